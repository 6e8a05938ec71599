package pages

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/service/servicetest"
	"github.com/cartumsync/cartumsync/workflows"
)

// compares puts the last seven days of a shop into Temporal: four orders on both
// sides, one of them with another sum, one that is missing, and one in euros.
func (d *desk) compares() {
	d.t.Helper()
	in := workflows.ReconcileInput{Shop: "demo", From: d.dayAgo(6), To: d.dayAgo(0)}
	amount := func(text string) *decimal.Decimal { sum := decimal.RequireFromString(text); return &sum }
	read := workflows.Reconciled{ReconcileInput: in, At: time.Now()}
	for i := range int64(4) {
		state := order.NewState(order.Key{Shop: "demo", Number: 1 + i}, order.OriginWebhook, time.Now())
		state.Order, state.Synced = &order.AccountOrder{ID: 100 + i}, time.Now()
		d.PutOrders(state)
		read.Orders = append(read.Orders, workflows.ShopOrder{Number: 1 + i, Day: d.dayAgo(int(i)), Sum: amount("100"), RoappOrder: 100 + i, RoappTotal: amount("100")})
	}
	read.Orders[3].RoappTotal = amount("90.5")
	read.Orders = append(read.Orders,
		workflows.ShopOrder{Number: 5, Day: d.dayAgo(0), Sum: amount("20")},
		workflows.ShopOrder{Number: 6, Day: d.dayAgo(1), Sum: amount("30"), Currency: "EUR"})
	d.ended(workflows.ReconcileID(in), read, nil)
}

// The page opens with the last seven days, compared.
func TestReconciliationOpensCompared(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	first := d.opens("/reconciliation")
	require.Equal(t, http.StatusOK, first.Code)
	assert.Contains(t, first.Text, `hx-get="/reconciliation/result?from=`+d.dayAgo(6), "it is being read, and the page follows it")
	assert.True(t, d.runs("reconcile:demo:"+d.dayAgo(6)+":"+d.dayAgo(0)))

	d.compares()
	for _, lang := range []string{"en", "pl", "uk"} {
		compared := d.opens("/reconciliation", "Accept-Language", lang)
		require.Equal(t, http.StatusOK, compared.Code, lang)
		assert.Contains(t, compared.Text, `<svg width="100%"`, "the days are drawn")
		assert.Contains(t, compared.Text, `<tr><th scope="row">EUR</th>`, "each currency is compared by itself")
		assert.Contains(t, compared.Text, `href="/orders/demo/4"`, "the order whose sums differ is named")
	}
	english := d.opens("/reconciliation").Text
	for _, text := range []string{"2 orders are missing", "1 sum differs", "PLN\u00a0420.00", "PLN\u00a0390.50", "-PLN\u00a029.50", "€30.00"} {
		assert.Contains(t, english, text)
	}
	assert.NotContains(t, d.sees("/reconciliation").Text, "/reconciliation/import", "who may only look imports nothing")
}

// Days that cannot be compared are refused at their fields, with what to do.
func TestReconciliationRefusesDaysAtTheirFields(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, days := range []string{"from=2026-02-01&to=2026-01-01", "from=2026-01-01&to=2026-12-31", "from=x&to=2026-01-01"} {
		refused := d.opens("/reconciliation?shop=demo&" + days)
		assert.Equal(t, http.StatusUnprocessableEntity, refused.Code, days)
		assert.Contains(t, refused.Text, `aria-invalid="true" aria-describedby="days-problem"`)
		assert.Contains(t, refused.Text, "at most 62 days")
	}
	assert.Equal(t, http.StatusNotFound, d.opens("/reconciliation?shop=nowhere&from=2026-01-01&to=2026-01-02").Code)
}

func TestMissingOrdersAreImportedFromThePage(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.compares()
	days := url.Values{"shop": {"demo"}, "from": {d.dayAgo(6)}, "to": {d.dayAgo(0)}}
	all := d.sends("/reconciliation/import", days)
	require.Equal(t, http.StatusSeeOther, all.Code, all.Text)
	assert.Contains(t, d.opens(all.Header().Get("Location")).Text, "import of the missing orders was requested")
	for _, id := range []string{"order:demo:5", "order:demo:6"} {
		assert.True(t, d.signaled(id, workflows.SignalShopOrderChanged), id)
	}
	assert.False(t, d.signaled("order:demo:1", workflows.SignalShopOrderChanged), "it exists")

	days.Set("number", "nonsense")
	assert.Equal(t, http.StatusNotFound, d.sends("/reconciliation/import", days).Code)
	assert.Equal(t, http.StatusForbidden, d.asks(servicetest.ViewToken, http.MethodPost, "/reconciliation/import", days).Code)
}

// Reading again starts once, however often the page is loaded.
func TestReadingAgainLeavesAPageThatCanBeReloaded(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.compares()
	again := d.opens("/reconciliation?shop=demo&from=" + d.dayAgo(6) + "&to=" + d.dayAgo(0) + "&fresh=1")
	require.Equal(t, http.StatusSeeOther, again.Code)
	assert.NotContains(t, again.Header().Get("Location"), "fresh")
	part := d.opens("/reconciliation/result?" + again.Header().Get("Location")[len("/reconciliation?"):])
	assert.Contains(t, part.Text, "aria-busy")
	assert.NotContains(t, part.Text, "<html")
}

func TestBarsFillTheirPlace(t *testing.T) {
	t.Parallel()
	b := newBars([]string{"synced", "failed"}, []barValues{{"a", []int{4, 0}}, {"b", []int{0, 2}}, {"c", []int{0, 0}}})
	require.Len(t, b.Columns, 3)
	assert.InDelta(t, float64(barsTop), b.Columns[0].Parts[0].Y, 0.1, "the highest one is as high as there is room")
	assert.InDelta(t, b.Columns[0].Parts[0].Height/2, b.Columns[1].Parts[1].Height, 0.1)
	assert.Zero(t, b.Columns[2].Sum)
	assert.Empty(t, newBars([]string{"synced"}, nil).Columns)

	var many []barValues
	for range 62 {
		many = append(many, barValues{"day", []int{1}})
	}
	labelled := 0
	for _, column := range newBars([]string{"synced"}, many).Columns {
		if column.Labelled {
			labelled++
		}
	}
	assert.LessOrEqual(t, labelled, labelsMost)
}
