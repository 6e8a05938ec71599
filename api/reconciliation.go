package api

import (
	"context"
	"net/http"
	"net/url"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/workflows"
)

type reconciliationInput struct {
	ShopPath
	From  string `query:"from" required:"true" format:"date" doc:"first day, on the shop's clock"`
	To    string `query:"to" required:"true" format:"date" doc:"last day; at most 62 days in all"`
	Fresh bool   `query:"fresh" doc:"read the shop again, though it was read in the last ten minutes"`
}

type reconciliationOutput struct {
	Status     int
	Location   string `header:"Location"`
	RetryAfter string `header:"Retry-After"`
	Body       reconciliationBody
}

type reconciliationBody struct {
	State    string              `json:"state" enum:"running,done" doc:"ask again at Location while it is running"`
	Shop     string              `json:"shop"`
	From     string              `json:"from" format:"date"`
	To       string              `json:"to" format:"date"`
	Currency string              `json:"currency,omitempty"`
	ReadAt   time.Time           `json:"read_at,omitzero" doc:"when the shop was read"`
	Complete bool                `json:"complete" doc:"whether nothing is missing but what the settings or somebody left out"`
	Days     []reconciliationDay `json:"days,omitempty"`
}

type reconciliationDay struct {
	Day         string            `json:"day" format:"date"`
	ShopOrders  int               `json:"shop_orders"`
	ShopSums    map[string]string `json:"shop_sums" doc:"of all items of these orders, as the shop says now, by currency"`
	RoappOrders int               `json:"roapp_orders" doc:"those of them that exist whole in RO App"`
	RoappSums   map[string]string `json:"roapp_sums" doc:"their totals in RO App, by currency"`
	Missing     []missingOrder    `json:"missing,omitempty"`
	Different   []differentOrder  `json:"different,omitempty" doc:"orders whose sum in the shop is another than their total in RO App"`
	Unreadable  int               `json:"unreadable,omitempty" doc:"orders of the shop whose sum could not be read"`
	Unread      int               `json:"unread,omitempty" doc:"orders that exist in RO App and that its list did not show"`
}

type differentOrder struct {
	Number        int64  `json:"number"`
	ShopSum       string `json:"shop_sum" example:"125.00"`
	ShopCurrency  string `json:"shop_currency"`
	RoappSum      string `json:"roapp_sum" example:"100.00"`
	RoappCurrency string `json:"roapp_currency"`
	RoappOrder    int64  `json:"roapp_order" doc:"RO App's id of the order"`
	WrittenOff    bool   `json:"written_off,omitempty" doc:"its items were taken from stock, so changes are not synced any more"`
}

type missingOrder struct {
	Number int64  `json:"number"`
	Reason string `json:"reason" enum:"held,importing,closed,skipped,older,unknown"`
	Hold   string `json:"hold_reason,omitempty"`
}

// registerReconciliation registers the comparison of both sides.
func (a *v1) registerReconciliation(doc huma.API) {
	operation := read("/shops/{shop}/reconciliation", "reconciliation", "Which of the shop's orders exist in RO App, day by day",
		http.StatusNotFound, http.StatusConflict, http.StatusBadGateway)
	operation.Description = "The shop is read page by page, and the orders' totals from RO App's list, which takes a while: the answer is 202 with the place to ask again, and 200 once it is there."
	body := doc.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[reconciliationBody](), true, "")
	operation.Responses = map[string]*huma.Response{"202": {
		Description: "The shop is being read; ask again at Location",
		Content:     map[string]*huma.MediaType{"application/json": {Schema: body}},
		Headers: map[string]*huma.Param{
			"Location":    {Schema: &huma.Schema{Type: huma.TypeString}},
			"Retry-After": {Schema: &huma.Schema{Type: huma.TypeInteger}, Description: "seconds"},
		},
	}}
	huma.Register(doc, operation, a.reconciliation)
}

// askAgain is after how many seconds a reading may be done.
const askAgain = "2"

func (a *v1) reconciliation(ctx context.Context, in *reconciliationInput) (*reconciliationOutput, error) {
	orders, err := a.ofShop(in.Shop)
	if err != nil {
		return nil, err
	}
	found, err := orders.Reconciliation(ctx, workflows.ReconcileInput{Shop: in.Shop, From: in.From, To: in.To}, in.Fresh)
	if service.Has(err, service.StillReading) {
		query := url.Values{"from": {in.From}, "to": {in.To}}
		return &reconciliationOutput{
			Status: http.StatusAccepted, Location: "/v1/shops/" + in.Shop + "/reconciliation?" + query.Encode(), RetryAfter: askAgain,
			Body: reconciliationBody{State: "running", Shop: in.Shop, From: in.From, To: in.To},
		}, nil
	}
	if err != nil {
		return nil, a.notListed("compare both sides", err)
	}
	return &reconciliationOutput{Status: http.StatusOK, Body: reconciliationOf(found)}, nil
}

func reconciliationOf(found service.Reconciliation) reconciliationBody {
	body := reconciliationBody{
		State: "done", Shop: found.Shop, From: found.From, To: found.To, Currency: found.Currency, ReadAt: found.ReadAt, Complete: found.Complete(),
	}
	body.Days = each(found.Days, func(day service.ReconciledDay) reconciliationDay {
		return reconciliationDay{
			Day: day.Day, ShopOrders: day.Shop.Orders, ShopSums: sumsOf(day.Shop),
			RoappOrders: day.Roapp.Orders, RoappSums: sumsOf(day.Roapp), Unreadable: day.Unreadable, Unread: day.Unread,
			Missing: each(day.Missing, func(m service.Missing) missingOrder {
				return missingOrder{Number: m.Key.Number, Reason: string(m.Reason), Hold: string(m.Hold)}
			}),
			Different: each(day.Different, func(d service.Different) differentOrder {
				return differentOrder{
					Number: d.Key.Number, ShopSum: d.Shop.StringFixed(2), ShopCurrency: d.Currency,
					RoappSum: d.Roapp.StringFixed(2), RoappCurrency: found.Currency, RoappOrder: d.RoappOrderID, WrittenOff: d.WrittenOff,
				}
			}),
		}
	})
	return body
}

func sumsOf(t service.Tally) map[string]string {
	sums := map[string]string{}
	for _, money := range t.Money() {
		sums[money.Currency] = money.Sum.StringFixed(2)
	}
	return sums
}
