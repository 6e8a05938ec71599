package service

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/order/flow"
	"github.com/cartumsync/cartumsync/internal/settings"
)

// Detail is one order, both sides by each other, for people and programs.
// Amounts are in Currency.
type Detail struct {
	Key      order.Key
	ShopName string
	State    order.SyncState
	Links    order.Links
	Workflow string // its id in Temporal
	// Started is when the workflow first heard of the order, Compared when both
	// sides were last compared, zero for never.
	Origin            order.Origin
	Started, Compared time.Time
	Closed            *flow.Message // why it is done, nil while it is not
	// Running are the steps in progress, Pending what is to be done after them.
	Running []string
	Steps   []string // kinds of those running
	Pending []order.Pending
	// Refreshing is set while a refresh runs; else NextRefresh is from when on one
	// is allowed, past for at once.
	Refreshing  bool
	RefreshID   string // of the running refresh
	NextRefresh time.Time
	Hold        *order.Hold
	Answers     []order.DecisionKind // that the hold offers
	Currency    string
	Shop        *ShopSide  // nil while nobody has read the order
	Roapp       *RoappSide // nil while it does not stand there
	Lines       []order.LinePair
	Amount      *AmountDetail // nil with Shop
	// Differences are the changes of the shop that are not synced.
	Differences []order.Difference
	Warnings    []flow.Message
	Timeline    []order.Entry // newest first
	// Names are those of the statuses in messages.
	Names StatusNames
}

// ShopSide is the order as the shop has it.
type ShopSide struct {
	Placed, Read                 time.Time
	Status                       int
	StatusName                   string
	Customer                     order.Customer
	Delivery                     order.Delivery
	Payment                      order.Payment
	BuyerComment, ManagerComment string
	DoNotCall                    bool
}

// RoappSide is the order as RO App has it, as far as it was seen.
type RoappSide struct {
	Account     string
	ID          int64
	Number      string // the id where the number is not known
	Status      int64
	StatusName  string
	Contact     int64
	Total       *decimal.Decimal // nil until it was seen
	Linked      bool             // it stood there from before
	WrittenOff  bool             // quantities, prices and lines are frozen
	Seen, Wrote time.Time
}

// AmountDetail explains the shop's amount and RO App's total.
type AmountDetail struct {
	order.Totalling
	AtCarrierRates bool // the delivery's price is not known
	Roapp          *order.AmountCheck
}

// Detail asks the order's workflow for all of it; [NoOrder] where there is
// none.
func (o *Orders) Detail(ctx context.Context, key order.Key) (Detail, error) {
	waiting, cancel := context.WithTimeout(ctx, viewWithin)
	defer cancel()
	view, err := o.View(waiting, key)
	if err != nil {
		return Detail{}, err
	}
	described, err := o.temporal.DescribeWorkflow(waiting, key.WorkflowID(), "")
	if err != nil {
		return Detail{}, fmt.Errorf("look how the workflow of %s is: %w", key, err)
	}
	detail := o.detail(view, o.Names(ctx))
	detail.State = index.StateOf(described.Status, view.SyncState)
	return detail, nil
}

// accountOf is the account that the order is in, or will be.
func accountOf(state order.State, set *settings.Settings) string {
	if state.Order != nil {
		return state.Order.Account
	}
	return set.Shops[state.Key.Shop].Account
}

func closedWhy(state order.State) *flow.Message {
	if state.Closed == nil {
		return nil
	}
	return &state.Closed.Message
}

func (o *Orders) detail(view order.View, names Names) Detail {
	state := view.State
	set := o.settings.Current()
	d := Detail{
		Names: names.Of(state.Key.Shop, accountOf(state, set)),
		Key:   state.Key, ShopName: cmp.Or(view.Links.ShopName, set.Shops[state.Key.Shop].Name, state.Key.Shop),
		State: view.SyncState, Links: view.Links, Workflow: state.Key.WorkflowID(), Origin: state.Origin,
		Started: state.StartedAt, Compared: state.Synced, Closed: closedWhy(state), Running: view.Running, Pending: view.Pending, Steps: view.Steps,
		Refreshing: state.Refresh.Running, RefreshID: view.RefreshID, NextRefresh: view.NextRefresh, Hold: state.Hold, Answers: state.Answers(),
		Lines: state.LinePairs(), Differences: view.Differences, Warnings: state.Warnings, Timeline: state.Entries(),
	}
	slices.Reverse(d.Timeline)
	if snap := state.Snapshot; snap != nil {
		d.Currency = snap.Currency
		d.Shop = &ShopSide{
			Placed: snap.Created, Read: snap.SeenAt, Status: snap.Status, StatusName: names.Cartum(state.Key.Shop, snap.Status),
			Customer: snap.Customer, Delivery: snap.Delivery, Payment: snap.Payment,
			BuyerComment: snap.BuyerComment, ManagerComment: snap.ManagerComment, DoNotCall: snap.DoNotCall,
		}
		d.Amount = &AmountDetail{Totalling: order.Explain(*snap), AtCarrierRates: snap.Delivery.AtCarrierRates}
	}
	if there := state.Order; there != nil {
		d.Roapp = &RoappSide{
			Account: there.Account, ID: there.ID, Number: cmp.Or(there.Number, fmt.Sprint(there.ID)), Status: there.StatusID,
			StatusName: names.Roapp(there.Account, there.StatusID), Contact: there.ContactID, Total: there.Total,
			Linked: there.Linked, WrittenOff: there.WrittenOff, Seen: there.SeenAt, Wrote: there.WroteAt,
		}
		if d.Amount != nil && there.Total != nil {
			check := order.CheckAmount(*state.Snapshot, *there.Total)
			d.Amount.Roapp = &check
		}
	}
	return d
}
