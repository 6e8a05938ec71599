package servicetest

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/shopspring/decimal"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/order/flow"
	"github.com/cartumsync/cartumsync/workflows"
)

// Shop is the shop of all orders here; a test changes the key of an order of another one.
const Shop = "demo"

// Key is that of an order of [Shop].
func Key(number int64) order.Key { return order.Key{Shop: Shop, Number: number} }

// Importing is an order that was read and does not exist in RO App yet: 2 roses of 12.50 PLN, placed as many minutes ago as
// its number says.
func Importing(number int64) order.State {
	now := time.Now().UTC().Truncate(time.Second)
	placed := now.Add(-time.Duration(number) * time.Minute)
	state := order.NewState(Key(number), order.OriginSweep, placed)
	rose := order.Line{
		Key: "a:A-1#1", Article: "A-1", Title: "Róża czerwona", Type: order.LineProduct,
		Quantity: decimal.NewFromInt(2), Price: decimal.RequireFromString("12.50"), Total: decimal.NewFromInt(25),
	}
	state.Snapshot = &order.Snapshot{
		Number: number, SeenAt: now, Created: placed, Status: 1, Currency: "PLN", Lines: []order.Line{rose},
		Customer: order.Customer{Name: "Anna Nowak", Phone: "+48 501 234 567"},
		Delivery: order.Delivery{Method: "InPost", City: "Kraków"}, Payment: order.Payment{Method: "BLIK", Paid: true},
		Totals: order.Totals{Default: rose.Total, Sum: rose.Total},
	}
	state.Products = map[order.ProductKey]order.ProductState{"a:A-1": {}}
	state.Links = order.Links{ShopName: "Kwiaty Online", Shop: "https://kwiaty.example/edit/"}
	note(&state, placed, "", flow.Message{Code: "seen-in-shop", Params: map[string]string{"cartumStatus": "1", "lines": "1", "amount": "25.00", "currency": "PLN"}})
	return state
}

// Synced is an order that both sides have. RO App's id is 1000 more than its number.
func Synced(number int64) order.State {
	state, total := Importing(number), decimal.NewFromInt(25)
	state.Synced = state.Snapshot.SeenAt
	state.Order = &order.AccountOrder{
		Account: "main", ID: 1000 + number, Number: fmt.Sprintf("Z%05d", number), ContactID: 7, StatusID: 101, Total: &total,
		SeenAt: state.Synced, WroteAt: state.Synced,
	}
	line := state.Snapshot.Lines[0]
	state.Lines = map[order.LineKey]order.LineState{line.Key: {ItemID: 3, ProductID: 8, Quantity: line.Quantity, Price: line.Price}}
	state.Links.Order = fmt.Sprintf("https://web.roapp.example/orders/table/%d", state.Order.ID)
	return state
}

// Held is an order that waits before its import.
func Held(number int64, hold order.Hold) order.State {
	state := Importing(number)
	hold.Since = state.Snapshot.SeenAt
	state.Hold = &hold
	return state
}

// Closed is an order that needs nothing more.
func Closed(number int64, why string) order.State {
	state := Synced(number)
	state.Closed = &order.Closed{Message: flow.Message{Code: why}, At: state.Synced}
	return state
}

// note adds an entry to an order's timeline.
func note(state *order.State, at time.Time, by string, m flow.Message) {
	state.LastEntry++
	if state.Timeline == nil {
		state.Timeline = map[int]order.Entry{}
	}
	state.Timeline[state.LastEntry] = order.Entry{At: at, By: by, Message: m}
}

// Run is the workflow of an order with its search attributes and memo, as it publishes them; its search tokens are those
// that the state has published. That of a closed order has completed. Running are the summaries of its steps in progress.
func Run(state order.State, running ...string) enginetest.Run {
	run := enginetest.Run{
		ID: state.Key.WorkflowID(), Type: workflows.OrderWorkflow, Started: state.StartedAt, Attributes: temporal.NewSearchAttributes(attributes(state)...),
	}
	if state.Closed != nil {
		run.Status = enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
	}
	if snap := state.Snapshot; snap != nil {
		row := flow.Row{ShopName: state.Links.ShopName, Customer: snap.Customer.Name, Currency: snap.Currency, NextUpdate: state.RefreshAllowed()}
		if state.Order != nil {
			row.Account, row.Number = state.Order.Account, state.Order.Number
		}
		for _, warning := range state.Warnings {
			row.Warnings = append(row.Warnings, warning.Code)
		}
		run.Memo = map[string]any{workflows.MemoRow: row}
	}
	text, err := json.Marshal(state)
	if err != nil {
		panic(err) // it is as the workflow keeps it
	}
	run.Queries = map[string]any{workflows.QueryOrder: workflows.OrderView{State: text, Running: running}}
	return run
}

func attributes(state order.State) []temporal.SearchAttributeUpdate {
	all := []temporal.SearchAttributeUpdate{
		engine.AttrShop.ValueSet(state.Key.Shop), engine.AttrOrderNumber.ValueSet(fmt.Sprint(state.Key.Number)),
		engine.AttrSyncState.ValueSet(string(state.SyncState())),
	}
	if hold := state.Hold; hold != nil {
		all = append(all, engine.AttrHoldReason.ValueSet(string(hold.Reason)), engine.AttrHeldSince.ValueSet(hold.Since))
	}
	if snap := state.Snapshot; snap != nil {
		all = append(all, engine.AttrCartumStatus.ValueSet(int64(snap.Status)), engine.AttrCartumCreated.ValueSet(snap.Created),
			engine.AttrAmount.ValueSet(snap.Totals.Sum.InexactFloat64()))
	}
	if there := state.Order; there != nil {
		all = append(all, engine.AttrRoappOrder.ValueSet(there.ID), engine.AttrRoappStatus.ValueSet(there.StatusID))
		if there.WrittenOff {
			all = append(all, engine.AttrWrittenOff.ValueSet(true))
		}
	}
	if !state.Synced.IsZero() {
		all = append(all, engine.AttrLastSynced.ValueSet(state.Synced))
	}
	if tokens := state.Published.Search; len(tokens) > 0 {
		all = append(all, engine.AttrSearch.ValueSet(tokens))
	}
	return all
}

// PutOrders puts the workflows of orders.
func (e *Env) PutOrders(states ...order.State) {
	for _, state := range states {
		e.Put(Run(state))
	}
}
