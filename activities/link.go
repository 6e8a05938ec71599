package activities

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/roapp"
	"github.com/cartumsync/cartumsync/workflows"
)

// LinkOrder links an order that a person named, unless it stands for
// another order of the shops. It then carries the shop's number, so that its
// changes are seen and nobody else takes it.
func (a *Activities) LinkOrder(ctx context.Context, in order.LinkOrder) (order.OrderLinked, error) {
	acc, err := a.openAccount(ctx, in.Account)
	if err != nil {
		return order.OrderLinked{}, err
	}
	fields, err := acc.orderFields(ctx)
	if err != nil {
		return order.OrderLinked{}, acc.roappFailed(ctx, err, asks, true)
	}
	create := order.CreateOrder{Account: in.Account, Shop: in.Shop, ShopName: in.ShopName, Number: in.Number, OrderTypeID: in.OrderTypeID}
	fields.otherShops = a.otherShops(create)
	row, err := acc.client.Order(ctx, in.OrderID)
	if roapp.KindOf(err) == roapp.NotFound {
		return order.OrderLinked{Refused: "no-such-order"}, nil
	}
	if err != nil {
		return order.OrderLinked{}, acc.roappFailed(ctx, err, asks, true)
	}
	known := fields.standFor(*row, create)
	holder, err := a.holderOf(ctx, in)
	if err != nil {
		return order.OrderLinked{}, err
	}
	if holder == "" && !known {
		holder = fields.namedIn(*row)
	}
	if holder != "" {
		return order.OrderLinked{Refused: "linked-to-another", Holder: holder}, nil
	}
	created, err := a.takeOver(ctx, acc, create, in.OrderID)
	if err != nil || known {
		return order.OrderLinked{Order: created}, err
	}
	if err := acc.nameAfter(ctx, in, fields, row.ManagerNotes); err != nil {
		return order.OrderLinked{}, acc.roappFailed(ctx, err, asks, true)
	}
	return order.OrderLinked{Order: created}, nil
}

// nameAfter writes the shop's number into the order: into its fields, and where
// the account has none for it into the manager's notes, below what stands there.
func (acc *account) nameAfter(ctx context.Context, in order.LinkOrder, fields orderFields, standing string) error {
	values, notes := fields.write(fieldValues{shop: in.Shop, shopName: in.ShopName, number: in.Number, created: in.Created, zone: in.Zone}, time.Now())
	if notes != "" {
		if err := acc.client.SetManagerNotes(ctx, in.OrderID, strings.TrimSpace(standing+"\n"+notes)); err != nil {
			return err
		}
	}
	if len(values) == 0 {
		return nil
	}
	return acc.client.UpdateFields(ctx, in.OrderID, values, fields.probe())
}

// namedIn is whose order a row says to be, "" for nobody's.
func (f orderFields) namedIn(row roapp.Order) string {
	if match := markerPattern.FindStringSubmatch(row.ManagerNotes); match != nil {
		if key, err := order.ParseWorkflowID(match[1]); err == nil {
			return "order " + key.String()
		}
	}
	if f.externalID == nil {
		return ""
	}
	number := strings.TrimSpace(row.CustomFields[f.externalID.ID])
	if _, err := strconv.ParseInt(number, 10, 64); err != nil {
		return ""
	}
	return "another order, for its External ID is " + number
}

// holderOf is the order of the account's shops that has RO App's order, besides
// the one that asks.
func (a *Activities) holderOf(ctx context.Context, in order.LinkOrder) (holder string, err error) {
	self := order.Key{Shop: in.Shop, Number: in.Number}.WorkflowID()
	shops := a.settings.Current().ShopsOf(in.Account)
	query := fmt.Sprintf("WorkflowType = '%s' AND %s = %d AND %s IN ('%s') AND WorkflowId != '%s' AND ExecutionStatus != 'ContinuedAsNew'",
		workflows.OrderWorkflow, engine.AttrRoappOrder.GetName(), in.OrderID, engine.AttrShop.GetName(), strings.Join(shops, "','"), self)
	err = a.eachExecution(ctx, query, func(execution *workflowpb.WorkflowExecutionInfo) {
		status := execution.GetStatus()
		key, invalid := order.ParseWorkflowID(execution.GetExecution().GetWorkflowId())
		if invalid == nil && (status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING || status == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED) {
			holder = "order " + key.String()
		}
	})
	if err != nil {
		return "", engineFailed("look for who has RO App's order", err)
	}
	return holder, nil
}
