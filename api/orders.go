package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/service"
)

func (a *v1) registerOrders(doc huma.API) {
	list := read("/orders", "list-orders", "Orders, newest first")
	list.Description = "By when they were placed. A row may lag a moment behind its order. " +
		"Orders made in RO App come from RO App's own list, which is read within the account's limit and at most every 30 seconds; " +
		"what is missing because an account did not answer stands in `problems`."
	huma.Register(doc, list, connected(a, a.listOrders))
	huma.Register(doc, read("/orders/{shop}/{number}", "get-order", "One order, both sides by each other", http.StatusNotFound), a.getOrder)
	counts := read("/counts", "count-orders", "How many orders there are, by state and by reason of hold")
	counts.Description = "Up to 10 seconds old."
	huma.Register(doc, counts, connected(a, a.countOrders))
}

type listOrdersInput struct {
	Source  string `query:"source" enum:"integration,roapp,all" default:"integration" doc:"Where the orders were created: in a shop, in RO App by its staff, or anywhere. A shop, a state or a reason makes it integration"`
	Shop    string `query:"shop" maxLength:"40" doc:"The id of a shop in the settings"`
	Account string `query:"account" maxLength:"40" doc:"The id of an account in the settings"`
	State   string `query:"state" enum:"importing,held,synced,closed,failed"`
	Reason  string `query:"reason" maxLength:"40" doc:"What held orders wait for, such as no-customer"`
	Number  string `query:"number" maxLength:"32" doc:"Either side's number or id"`
	Cursor  string `query:"cursor" maxLength:"4000" doc:"The next of the page before"`
	Limit   int    `query:"limit" minimum:"1" maximum:"100" default:"50"`
}

type listOrdersOutput struct {
	Body struct {
		Orders   []OrderSummary `json:"orders"`
		Next     string         `json:"next,omitempty" doc:"The cursor of the page after this one; left out on the last"`
		Problems []string       `json:"problems,omitempty" doc:"What is missing here, and why"`
	}
}

// OrderSummary is one order of a list.
type OrderSummary struct {
	Shop         string     `json:"shop,omitempty" doc:"The shop's id; left out of an order made in RO App"`
	Number       int64      `json:"number,omitempty" doc:"Cartum's order number, the External ID"`
	ShopName     string     `json:"shop_name,omitempty"`
	Account      string     `json:"account,omitempty"`
	Customer     string     `json:"customer,omitempty"`
	Created      *time.Time `json:"created,omitempty" doc:"When it was placed"`
	Updated      *time.Time `json:"updated,omitempty" doc:"When both sides were last compared"`
	CartumStatus int        `json:"cartum_status,omitempty"`
	Roapp        *RoappRef  `json:"roapp,omitempty" doc:"Left out while the order does not exist there"`
	Amount       string     `json:"amount,omitempty" doc:"The sum of all items, a decimal" example:"129.90"`
	Currency     string     `json:"currency,omitempty" example:"PLN"`
	State        string     `json:"state,omitempty" enum:"importing,held,synced,closed,failed" doc:"Left out of an order made in RO App"`
	Reason       string     `json:"reason,omitempty" doc:"What a held order waits for"`
	HeldSince    *time.Time `json:"held_since,omitempty"`
	WrittenOff   bool       `json:"written_off,omitempty" doc:"The items were taken from stock: quantities, prices and lines are frozen"`
	Warnings     []string   `json:"warnings,omitempty" doc:"Codes of warnings"`
	ShopURL      string     `json:"shop_url,omitempty" doc:"The shop's orders in Cartum"`
	Workflow     string     `json:"workflow,omitempty" doc:"The workflow's id in Temporal"`
}

// RoappRef is an order in RO App.
type RoappRef struct {
	ID         int64  `json:"id"`
	Number     string `json:"number,omitempty" doc:"As staff see it"`
	Status     int64  `json:"status,omitempty"`
	StatusName string `json:"status_name,omitempty"`
	URL        string `json:"url,omitempty"`
}

func (a *v1) listOrders(ctx context.Context, orders *service.Orders, in *listOrdersInput) (*listOrdersOutput, error) {
	page, err := orders.List(ctx, service.Filter{
		Source: service.Source(in.Source), Shop: in.Shop, Account: in.Account, State: order.SyncState(in.State),
		Reason: order.HoldReason(in.Reason), Number: in.Number,
	}, in.Cursor, in.Limit)
	if err != nil {
		return nil, a.notListed("list orders", err)
	}
	var out listOrdersOutput
	out.Body.Orders = each(page.Rows, summaryOf)
	out.Body.Next, out.Body.Problems = page.Next, service.Sentences(page.Problems)
	return &out, nil
}

func summaryOf(row service.Row) OrderSummary {
	summary := OrderSummary{
		Shop: row.Key.Shop, Number: row.Key.Number, Account: row.Account, Customer: row.Customer,
		Created: known(row.Created), Updated: known(row.Updated), CartumStatus: row.CartumStatus, Currency: row.Currency,
		State: string(row.State), Reason: string(row.Reason), HeldSince: known(row.HeldSince), WrittenOff: row.WrittenOff,
		Warnings: row.Marks, ShopURL: row.Links.Shop, Workflow: row.Workflow, ShopName: row.ShopName,
	}
	if row.Amount != nil {
		summary.Amount = row.Amount.StringFixed(2)
	}
	if row.RoappOrder != 0 {
		summary.Roapp = &RoappRef{
			ID: row.RoappOrder, Number: row.RoappNumber, Status: row.RoappStatus, StatusName: row.RoappStatusName, URL: row.Links.Order,
		}
	}
	return summary
}

// known leaves out a time that is not known.
func known(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	at = at.UTC()
	return &at
}

type countOrdersOutput struct {
	Body struct {
		At     time.Time                  `json:"at" doc:"When they were counted"`
		States map[order.SyncState]int64  `json:"states" doc:"By state: importing, held, synced, closed, failed"`
		Held   map[order.HoldReason]int64 `json:"held" doc:"Those on hold, by what they wait for"`
	}
}

func (a *v1) countOrders(ctx context.Context, orders *service.Orders, in *struct {
	Shop string `query:"shop" maxLength:"40" doc:"The id of a shop in the settings; all shops where it is left out"`
},
) (*countOrdersOutput, error) {
	counts, err := orders.Counts(ctx, in.Shop)
	if err != nil {
		return nil, a.notListed("count orders", err)
	}
	var out countOrdersOutput
	out.Body.At, out.Body.States, out.Body.Held = counts.At.UTC(), counts.States, counts.Held
	return &out, nil
}
