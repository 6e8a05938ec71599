package activities

import (
	"context"
	"time"

	"github.com/cartumsync/cartumsync/internal/check"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/refdata"
	"github.com/cartumsync/cartumsync/internal/roapp"
	"github.com/cartumsync/cartumsync/workflows"
)

// ReadCompany proves an account's address and key, with one request. It asks
// past the breaker, for somebody wants to know whether they are good by now.
func (a *Activities) ReadCompany(ctx context.Context, account string) (refdata.Company, error) {
	acc, err := a.account(account)
	if err != nil {
		return refdata.Company{}, unknown(ctx, order.SideRoapp, err)
	}
	company, err := check.AskCompany(ctx, acc.client)
	if err != nil {
		failure, err := acc.checkFailed(ctx, err)
		return refdata.Company{Failure: failure}, err
	}
	acc.breaker.accepted()
	return company, nil
}

// ReadDirectory reads one list of an account.
func (a *Activities) ReadDirectory(ctx context.Context, in workflows.ReadDirectoryInput) (refdata.Directory, error) {
	acc, err := a.account(in.Account)
	if err != nil {
		return refdata.Directory{}, unknown(ctx, order.SideRoapp, err)
	}
	list, err := check.AskList(ctx, acc.client, in.Kind)
	if err != nil {
		failure, err := acc.checkFailed(ctx, err)
		return refdata.Directory{Kind: in.Kind, Failure: failure}, err
	}
	return list, nil
}

// checkFailed makes an answer of a failure, which is what a check is for; only
// where the account's budget is used up is it asked again.
func (acc *account) checkFailed(ctx context.Context, err error) (*refdata.Failure, error) {
	switch roapp.KindOf(err) {
	case roapp.Throttled:
		return nil, acc.roappFailed(ctx, err, asks, true)
	case "": // the activity's own end
		return nil, err
	case roapp.Credentials:
		acc.breaker.refused(time.Now(), err)
	default:
	}
	return check.RoappFailure(err), nil
}

// AskShop asks a shop what the settings are checked against.
func (a *Activities) AskShop(ctx context.Context, shop string) (refdata.Shop, error) {
	s, err := a.shop(shop)
	if err != nil {
		return refdata.Shop{}, unknown(ctx, order.SideCartum, err)
	}
	says := check.AskShop(ctx, s.client, s.settings.Zone())
	if err := ctx.Err(); err != nil {
		return refdata.Shop{}, err
	}
	if says.Login == nil {
		s.breaker.accepted()
	}
	return says, nil
}
