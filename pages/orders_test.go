package pages

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
	"github.com/cartumsync/cartumsync/internal/health"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/order/flow"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/service/servicetest"
	"github.com/cartumsync/cartumsync/workflows"
)

// visible is the text of a page without its marks.
func visible(page string) string {
	text := regexp.MustCompile(`(?s)<[^>]*>`).ReplaceAllString(page, " ")
	return strings.Join(strings.Fields(strings.ReplaceAll(text, "\u00a0", " ")), " ")
}

func TestARowShowsBothSidesInOneLine(t *testing.T) {
	t.Parallel()
	d, now := newDesk(t), time.Now()
	d.PutOrders(anOrder("demo", 115, now))
	page := d.opens("/orders", "Accept-Language", "pl")
	require.Equal(t, http.StatusOK, page.Code)
	said := visible(page.Text)
	for _, text := range []string{"#115", "Kwiaty Online", "Zewnętrzny identyfikator", "Katarzyna Wójcik-Nowakowska", "2193,00 zł", "Wysłane", "K115", "W drodze", "3 min temu", "zsynchronizowane"} {
		assert.Contains(t, said, text)
	}
	assert.Contains(t, page.Text, `href="https://kwiaty.example/edit/"`)
	assert.Contains(t, page.Text, `href="https://web.roapp.example/orders/table/80115"`)
	assert.Contains(t, page.Text, `href="/orders/demo/115"`)
	assert.NotContains(t, page.Text, "temporal.example", "the link to Temporal is on the order's page")
}

func TestTheButtonWaitsUntilTheOrderMayBeUpdatedAgain(t *testing.T) {
	t.Parallel()
	d, now := newDesk(t), time.Now()
	waiting, free := anOrder("demo", 1, now), anOrder("demo", 2, now)
	next := now.Add(6 * time.Minute)
	waiting.Published.Row.NextUpdate = next
	waiting.Refresh = order.RefreshState{Number: 1, EndedAt: now.Add(-4 * time.Minute), Succeeded: now.Add(-4 * time.Minute)}
	free.Published.Row.NextUpdate = now.Add(-time.Second)
	d.PutOrders(waiting)
	d.PutOrders(free)
	zone, err := time.LoadLocation("Europe/Warsaw")
	require.NoError(t, err)
	from := "from " + next.In(zone).Format("15:04")
	for path, name := range map[string]string{"/orders": "Update order 1, ", "/orders/demo/1": "Update order 1, "} {
		page := d.opens(path)
		assert.Regexp(t, `aria-label="`+name+from+`" disabled data-from="`, page.Text, path)
		assert.Contains(t, visible(page.Text), from, path)
	}
	assert.Contains(t, d.opens("/orders").Text, `aria-label="Update order 2"><span`)
	assert.NotContains(t, d.sees("/orders/demo/1").Text, "<button class=\"secondary outline\" aria-label=\"Update")
	assert.Contains(t, visible(d.sees("/orders/demo/1").Text), from)
}

func TestASearchGoesToAnAddressThatCanBeKept(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	state := anOrder("demo", 115, time.Now())
	key := []byte(d.Settings.Current().IdentityKey.Reveal())
	state.Published.Search = append(order.NameTokens(key, "Katarzyna Wójcik"), order.PhoneTokens(key, "+48601100104", "PL")...)
	d.PutOrders(state)
	for text, found := range map[string]bool{"#115": true, " 115 ": true, "wojcik KATARZYNA": true, "601 100 104": true, "48601100104": true, "Nowak": false, "#116": false} {
		went := d.asks(servicetest.ViewToken, http.MethodPost, "/orders/search", url.Values{"text": {text}, "show": {"shop:demo"}, "from": {""}})
		require.Equal(t, http.StatusSeeOther, went.Code, text)
		target := went.Header().Get("Location")
		assert.NotContains(t, strings.ToLower(target), "wojcik")
		assert.NotContains(t, target, "601")
		page := d.opens(target)
		require.Equal(t, http.StatusOK, page.Code, target)
		assert.Equal(t, found, strings.Contains(page.Text, `id="order-demo-115"`), "%s: %s", text, target)
		assert.Contains(t, page.Text, `value="`+strings.TrimPrefix(strings.TrimSpace(text), "#"), text)
	}
	assert.NotContains(t, strings.ToLower(strings.Join(d.Visibility(), "\n")), "wojcik", "no name in what Temporal is asked")
	assert.NotContains(t, strings.Join(d.Visibility(), "\n"), "+48")
	assert.Equal(t, "/orders", d.asks(servicetest.ViewToken, http.MethodPost, "/orders/search", url.Values{}).Header().Get("Location"))
}

func TestWhatIsWrongWithASearchStaysOnThePage(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for query, text := range map[string]string{
		"from=yesterday": "Pierwszy dzień musi być przed ostatnim", "from=2026-11-28&to=2026-11-01": "Pierwszy dzień musi być przed ostatnim",
		"to=x": "Wpisz dzień jako", "q=abc": "Wyszukaj ponownie", "number=%27": "Numer ma do 32", "page=zzz": "Zacznij od pierwszej strony", "state=lost": "To zapytanie jest nieprawidłowe",
	} {
		page := d.opens("/orders?"+query, "Accept-Language", "pl")
		assert.Equal(t, http.StatusUnprocessableEntity, page.Code, query)
		assert.Contains(t, visible(page.Text), text, query)
		assert.Contains(t, page.Text, `name="text"`, "the form is still there")
	}
}

func TestDaysAreThoseOfThePagesZone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.opens("/orders?show=shop:second&from=2026-11-27&to=2026-11-27")
	asked := strings.Join(d.Visibility(), "\n")
	assert.Contains(t, asked, "CartumCreated >= '2026-11-26T22:00:00Z'") // in Kyiv
	assert.Contains(t, asked, "CartumCreated < '2026-11-27T22:00:00Z'")
}

func TestAnUnknownNumberCanBeImported(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.OnStart(workflows.RoappOrdersWorkflow, func(any) (any, error) { return workflows.RoappOrdersPage{Pages: 1}, nil })
	d.OnStart(workflows.LookupWorkflow, func(in any) (any, error) {
		asked, _ := in.(workflows.LookupInput)
		return workflows.LookupResult{Found: asked.ID == 777}, nil
	})
	page := d.opens("/orders?number=777")
	assert.Contains(t, visible(page.Text), "Import order 777 from Kwiaty Online")
	assert.Contains(t, visible(page.Text), "Import order 777 from Квіти онлайн")
	assert.Contains(t, page.Text, `action="/orders/demo/777/import"`)
	assert.NotContains(t, d.opens("/orders?number=777&show=shop:demo").Text, "Квіти онлайн</button>", "only of the chosen shop")
	assert.NotContains(t, d.sees("/orders?number=777").Text, "/777/import")
	assert.NotContains(t, d.opens("/orders?number=601100104").Text, "/import\"", "a phone is no number of an order")

	went := d.sends("/orders/demo/777/import", url.Values{})
	assert.Equal(t, "/orders/demo/777", went.Header().Get("Location"))
	assert.True(t, d.signaled("order:demo:777", workflows.SignalShopOrderChanged))
	refused := d.sends("/orders/demo/900001/import", url.Values{})
	assert.Equal(t, http.StatusNotFound, refused.Code, "the shop does not have it")
}

func TestOrdersOfStaffAreListedWithTheirProblems(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.OnStart(workflows.RoappOrdersWorkflow, func(any) (any, error) {
		return workflows.RoappOrdersPage{Pages: 1, Orders: []workflows.RoappOrder{{
			ID: 7001, Number: "Z00007", Created: time.Now().Add(-time.Hour), Customer: "Walk-in customer", StatusID: 101, StatusName: "Przyjęte", Total: decimal.NewFromInt(20),
		}}}, nil
	})
	page := d.opens("/orders?show=roapp")
	assert.Contains(t, visible(page.Text), "Z00007")
	assert.Contains(t, visible(page.Text), "Walk-in customer")
	assert.NotContains(t, d.opens("/orders?show=roapp&from=2027-01-01&to=2027-01-02").Text, "Z00007", "placed on another day")
	texts := textIDs(t, languages[0])
	for _, code := range []service.ProblemCode{service.ProblemBusy, service.ProblemSlow, service.ProblemNotRead, service.ProblemUnreadable} {
		assert.True(t, texts["orders.problem."+string(code)], code)
		assert.NotEmpty(t, service.Problem{Code: code, Account: "main"}.String())
	}
}

func TestCountsAndRowsAreShownAgainAlone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.PutOrders(anOrder("demo", 115, time.Now()))
	assert.Contains(t, visible(d.opens("/orders/counts?show=all").Text), "synced: 1")
	assert.Equal(t, http.StatusUnprocessableEntity, d.opens("/orders/counts?from=x").Code)
	row := d.opens("/orders/demo/115/row")
	assert.True(t, strings.HasPrefix(row.Text, `<tr id="order-demo-115"`), row.Text)
	assert.Equal(t, http.StatusNotFound, d.opens("/orders/demo/116/row").Code)
	assert.Equal(t, http.StatusNotFound, d.opens("/orders/demo/x/row").Code)
	d.away.Store(true)
	for _, path := range []string{"/orders", "/orders/counts", "/orders/demo/115", "/orders/demo/115/row"} {
		assert.Equal(t, http.StatusServiceUnavailable, d.opens(path).Code, path)
	}
}

func TestUpdatesAreAnsweredInTheirRows(t *testing.T) {
	t.Parallel()
	d, now := newDesk(t), time.Now()
	running, waiting := anOrder("demo", 1, now), anOrder("demo", 2, now)
	running.Refresh = order.RefreshState{Number: 1, Running: true}
	waiting.Refresh = order.RefreshState{Number: 1, EndedAt: now, Succeeded: now, Changed: []flow.Message{
		{Code: "shop-status-changed", Params: map[string]string{"wasCartumStatus": "1", "cartumStatus": "3"}},
		{Code: "price-changed", Params: map[string]string{"sku": "A-1", "was": "10.50", "is": "12.25"}},
	}}
	closed := anOrder("demo", 3, now)
	closed.Closed = &order.Closed{Message: flow.Message{Code: "final-on-both-sides"}}
	d.PutOrders(running, waiting, closed)
	d.Change("order:demo:1", func(run *enginetest.Run) {
		run.Updates = map[string]func(context.Context, string) (any, error){
			workflows.UpdateRefresh: func(context.Context, string) (any, error) { return flow.Refresh{Running: true}, nil },
		}
	})
	form := url.Values{"order": {"demo/1", "demo/2", "demo/3", "demo/9"}, "row": {"1"}}
	live := d.sends("/orders/refresh", form, "HX-Request", "true", "Accept-Language", "pl")
	require.Equal(t, http.StatusOK, live.Code)
	for _, text := range []string{"trwa aktualizacja", "Zaktualizowano przed chwilą.", "Zamówienie jest zamknięte", "To zamówienie nie jest tu znane"} {
		assert.Contains(t, visible(live.Text), text)
	}
	assert.Equal(t, 4, strings.Count(live.Text, `hx-swap-oob="true"`))
	assert.Contains(t, visible(d.sends("/orders/refresh", form).Text), "Update of orders", "a page of its own without scripts")

	ended := d.opens("/orders/demo/2/refreshes/refresh:1?row=1", "HX-Request", "true", "Accept-Language", "pl")
	assert.Equal(t, "#order-demo-2", ended.Header().Get("HX-Retarget"))
	assert.Contains(t, visible(ended.Text), "status w Cartum: Nowe → Wysłane")
	assert.Contains(t, visible(ended.Text), "cena A-1 w Cartum: 10,50 → 12,25")
	one := d.sends("/orders/demo/2/refresh", url.Values{}, "HX-Request", "true")
	assert.Contains(t, visible(one.Text), "Updated a moment ago.")
	assert.Equal(t, http.StatusForbidden, d.asks(servicetest.ViewToken, http.MethodPost, "/orders/demo/2/refresh", url.Values{}).Code)
	d.StopWorker()
	assert.Contains(t, visible(d.opens("/orders/demo/1/refreshes/refresh:1", "HX-Request", "true").Text), "updating", "it goes on, whether a worker says so or not")
}

func TestListsNeedNoWorker(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.PutOrders(anOrder("demo", 115, time.Now()))
	d.StopWorker()
	d.knows(health.Report.NoWorker)
	page := d.opens("/orders")
	assert.Equal(t, http.StatusOK, page.Code)
	assert.Contains(t, visible(page.Text), "#115")
	assert.Contains(t, visible(page.Text), "No worker is running")
}
