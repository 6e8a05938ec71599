package pages

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/internal/access"
	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
	"github.com/cartumsync/cartumsync/internal/health"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/order/flow"
	"github.com/cartumsync/cartumsync/internal/refdata"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/service/servicetest"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/workflows"
)

// desk is where somebody uses the pages, of the shops "demo" and "second" of one account.
type desk struct {
	*servicetest.Env
	t       testing.TB
	viewer  *health.Viewer
	handler http.Handler
	away    atomic.Bool // not connected to Temporal
}

// newDesk gives one with a worker and without orders, whose services were checked.
func newDesk(t testing.TB) *desk {
	t.Helper()
	d := &desk{t: t, Env: servicetest.New(t)}
	set := *d.Settings.Current()
	account, second := set.Accounts["main"], set.Shops["demo"]
	account.RequestsPerSecond = 3
	second.Name, second.TimeZone, second.Region = "Квіти онлайн", "Europe/Kyiv", "UA"
	set.Accounts = map[string]settings.Account{"main": account}
	set.Shops = map[string]settings.Shop{"demo": set.Shops["demo"], "second": second}
	d.Settings.Replace(&set)
	d.StartWorker()
	d.checked(refdata.Account{Lists: map[refdata.Kind]refdata.Directory{
		refdata.Statuses: {Records: []refdata.Record{{ID: "101", Name: "Przyjęte"}, {ID: "103", Name: "W drodze"}}},
	}}, refdata.Shop{Statuses: []refdata.Status{
		{ID: 1, Titles: map[string]string{"pl": "Nowe"}}, {ID: 3, Titles: map[string]string{"pl": "Wysłane"}},
	}})
	d.viewer = health.New(d.Memory, d.Index, "default", d.Settings)
	guard, err := access.New(access.Options{Settings: d.Settings, Logger: zap.NewNop()})
	require.NoError(t, err)
	d.handler = guard.Authenticate(New(Options{
		Settings: d.Settings, Logger: zap.NewNop(), TemporalUI: "https://temporal.example/namespaces/default",
		Orders:   func() (*service.Orders, bool) { return d.Orders, !d.away.Load() },
		Overview: func() (*health.Viewer, bool) { return d.viewer, !d.away.Load() },
	}))
	return d
}

// answer is what a page answered.
type answer struct {
	*httptest.ResponseRecorder
	Text string
}

// asks requests a page with a token; the names and values of headers follow each other.
func (d *desk) asks(token, method, path string, form url.Values, headers ...string) answer {
	d.t.Helper()
	var body io.Reader = http.NoBody
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequestWithContext(d.t.Context(), method, path, body)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	return answer{w, w.Body.String()}
}

// opens gets a page as somebody who may act.
func (d *desk) opens(path string, headers ...string) answer {
	d.t.Helper()
	return d.asks(servicetest.ActToken, http.MethodGet, path, nil, headers...)
}

// sees gets a page as somebody who may only view.
func (d *desk) sees(path string) answer {
	d.t.Helper()
	return d.asks(servicetest.ViewToken, http.MethodGet, path, nil)
}

// sends sends a form as somebody who may act.
func (d *desk) sends(path string, form url.Values, headers ...string) answer {
	d.t.Helper()
	return d.asks(servicetest.ActToken, http.MethodPost, path, form, headers...)
}

// knows waits until the report of the installation's health says something.
func (d *desk) knows(is func(health.Report) bool) {
	d.t.Helper()
	ctx, done := context.WithCancel(d.t.Context())
	defer done()
	go func() { _, _ = d.viewer.Read(ctx) }() // counting all orders would take longer
	require.Eventually(d.t, func() bool { return is(d.viewer.Last()) }, 30*time.Second, 5*time.Millisecond)
}

// runs tells whether a workflow runs.
func (d *desk) runs(id string) bool {
	return d.Newest(id).Status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
}

// signaled tells whether a workflow has got a signal.
func (d *desk) signaled(id, name string) bool {
	return slices.ContainsFunc(d.Signals(), func(s enginetest.Signal) bool { return s.ID == id && s.Name == name })
}

// ended puts a workflow that ended just now.
func (d *desk) ended(id string, result any, failure error) {
	status := enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
	if failure != nil {
		status = enumspb.WORKFLOW_EXECUTION_STATUS_FAILED
	}
	d.Put(enginetest.Run{ID: id, Status: status, Result: result, Failure: failure})
}

// checked puts what the account and each shop said when they were last checked.
func (d *desk) checked(account refdata.Account, shop refdata.Shop) {
	revision := d.Settings.Current().Revision
	d.ended(workflows.CheckID(workflows.Owner{Account: "main"}), workflows.Checked{At: time.Now(), Revision: revision, Account: &account}, nil)
	for _, id := range []string{"demo", "second"} {
		d.ended(workflows.CheckID(workflows.Owner{Shop: id}), workflows.Checked{At: time.Now(), Revision: revision, Shop: &shop}, nil)
	}
}

// dayAgo is a day on the clock of the shop "demo".
func (d *desk) dayAgo(days int) string {
	return time.Now().In(d.Settings.Current().Shops["demo"].Since.Location()).AddDate(0, 0, -days).Format(time.DateOnly)
}

// anOrder is an order of twelve lines on both sides that was updated a while ago.
func anOrder(shop string, number int64, now time.Time) order.State {
	created := now.Add(-50 * time.Hour)
	state := order.NewState(order.Key{Shop: shop, Number: number}, order.OriginWebhook, created)
	fee := decimal.RequireFromString("14.99")
	snap := order.Snapshot{
		Number: number, SeenAt: now.Add(-3 * time.Minute), Created: created, Status: 3, Currency: "PLN",
		Customer: order.Customer{Name: "Katarzyna Wójcik-Nowakowska", Phone: "+48 601 100 104", Email: "k.wojcik@poczta.example"},
		Delivery: order.Delivery{Method: "Kurier", Price: &fee, Recipient: "Katarzyna Wójcik", Phone: "+48 601 100 104", City: "Gdańsk", Address: "Długa 12/4"},
		Payment:  order.Payment{Method: "Płatność przy odbiorze"}, BuyerComment: "Proszę dzwonić przed dostawą.",
	}
	state.Lines = map[order.LineKey]order.LineState{}
	note := func(at time.Time, by, code string, params map[string]string) {
		if state.Timeline == nil {
			state.Timeline = map[int]order.Entry{}
		}
		state.LastEntry++
		state.Timeline[state.LastEntry] = order.Entry{At: at, By: by, Message: flow.Message{Code: code, Params: params}}
	}
	for i := range 12 {
		sku := "KWIAT-" + strconv.Itoa(100+i)
		key := order.LineKey("a:" + sku + "#1")
		price, quantity := decimal.New(int64(1250+1010*i), -2), decimal.NewFromInt(int64(1+i%4))
		snap.Lines = append(snap.Lines, order.Line{Key: key, Article: sku, Title: "Róża czerwona, bukiet " + strconv.Itoa(i+1), Type: order.LineProduct, Quantity: quantity, Price: price, Total: price.Mul(quantity)})
		state.Lines[key] = order.LineState{ItemID: int64(i + 1), ProductID: int64(i + 1), Quantity: quantity, Price: price}
		snap.Totals.Sum = snap.Totals.Sum.Add(price.Mul(quantity))
		note(created.Add(time.Minute), "", "item-added", map[string]string{"sku": sku, "quantity": quantity.String(), "price": price.String()})
	}
	snap.Totals.Default = snap.Totals.Sum
	state.Snapshot, state.Synced = &snap, now.Add(-3*time.Minute)
	total := snap.Totals.Sum
	state.Order = &order.AccountOrder{Account: "main", ID: 80000 + number, Number: "K" + strconv.FormatInt(number, 10), ContactID: 55, StatusID: 103, Total: &total, SeenAt: state.Synced, WroteAt: state.Synced, At: created}
	note(created.Add(2*time.Minute), "", "imported", nil)
	note(now.Add(-4*time.Minute), "anna", "refresh-requested", nil)
	note(now.Add(-3*time.Minute), "", "shop-status-changed", map[string]string{"wasCartumStatus": "1", "cartumStatus": "3"})
	note(now.Add(-3*time.Minute), "", "roapp-status-set", map[string]string{"roappStatus": "103"})
	state.Links = order.Links{ShopName: "Kwiaty Online", Shop: "https://kwiaty.example/edit/", Order: "https://web.roapp.example/orders/table/" + strconv.FormatInt(state.Order.ID, 10)}
	state.Published.Row = &flow.Row{ShopName: "Kwiaty Online", Account: "main", Customer: snap.Customer.Name, Currency: "PLN", Number: state.Order.Number}
	return state
}
