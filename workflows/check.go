package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/refdata"
)

// CheckID is the id of the workflow that asks an account or a shop what the
// settings are checked against.
func CheckID(of Owner) string { return "check:" + of.String() }

// CheckInput is what the workflow Check works from.
type CheckInput struct {
	Of Owner
	// Revision is that of the settings in force when it was asked for.
	Revision string
	By       string // who wants to know; empty: nobody waits for it
}

// Checked is what an account or a shop says of itself; one of the two is set. It
// holds no more of people than employees' names.
type Checked struct {
	At       time.Time
	Revision string
	By       string
	Account  *refdata.Account `json:",omitempty"`
	Shop     *refdata.Shop    `json:",omitempty"`
}

// ReadDirectoryInput is what the activity ReadDirectory works from.
type ReadDirectoryInput struct {
	Account string
	Kind    refdata.Kind
}

// Check asks an account or a shop what it says of itself. What cannot be read is
// in the answer; it never fails for that.
func Check(ctx workflow.Context, in CheckInput) (Checked, error) {
	done := Checked{Revision: in.Revision, By: in.By}
	urgency := order.UrgencyPerson
	if in.By == "" {
		urgency = order.UrgencyImport
	}
	if in.Of.Shop != "" {
		done.Shop = checkShop(ctx, in.Of.Shop, urgency)
	} else {
		done.Account = checkAccount(ctx, in.Of.Account, urgency)
	}
	done.At = workflow.Now(ctx)
	return done, nil
}

func checkAccount(ctx workflow.Context, account string, urgency order.Urgency) *refdata.Account {
	says := &refdata.Account{At: workflow.Now(ctx)}
	asking := func(what string) workflow.Context {
		options := requestOptions(engine.RoappQueue(account), "Read "+what, urgency, 2*time.Minute, 2*time.Second)
		return workflow.WithActivityOptions(ctx, options)
	}
	var err error
	if says.Company, err = execute[refdata.Company](asking("the company"), ActivityReadCompany, account); err != nil {
		says.Company.Failure = &refdata.Failure{Text: err.Error()}
	}
	if !says.WantsMore() {
		return says // address or key are wrong: nothing else is asked in vain
	}
	says.Lists = map[refdata.Kind]refdata.Directory{}
	for _, kind := range refdata.AccountReads() {
		list, err := execute[refdata.Directory](asking(string(kind)), ActivityReadDirectory, ReadDirectoryInput{Account: account, Kind: kind})
		if err != nil {
			list = refdata.Directory{Kind: kind, Failure: &refdata.Failure{Text: err.Error()}}
		}
		says.Lists[kind] = list
	}
	says.JudgeAddress()
	return says
}

func checkShop(ctx workflow.Context, shop string, urgency order.Urgency) *refdata.Shop {
	options := requestOptions(engine.CartumQueue(shop), "Ask the shop for its statuses and currencies", urgency, 2*time.Minute, 2*time.Second)
	says, err := execute[refdata.Shop](workflow.WithActivityOptions(ctx, options), ActivityAskShop, shop)
	if err != nil {
		says = refdata.Shop{At: workflow.Now(ctx), Login: &refdata.Failure{Text: err.Error()}}
	}
	return &says
}
