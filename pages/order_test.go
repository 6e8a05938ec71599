package pages

import (
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"

	"github.com/cartumsync/cartumsync/internal/health"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/order/flow"
	"github.com/cartumsync/cartumsync/internal/service/servicetest"
	"github.com/cartumsync/cartumsync/workflows"
)

// rich is an order with all that an order's page can show.
func rich(now time.Time) order.State {
	state := anOrder("demo", 115, now)
	total := decimal.NewFromInt(2000)
	state.Order.Total, state.Order.WrittenOff = &total, true
	state.Warnings = []flow.Message{
		{Code: "status-not-pushed", Params: map[string]string{"cartumStatus": "3", "message": "busy"}},
		{Code: "unmapped-status", Params: map[string]string{"cartumStatus": "1"}},
	}
	state.Hold = &order.Hold{Reason: order.HoldNoCustomer, Since: now.Add(-2 * time.Hour), NextRetry: now.Add(time.Hour)}
	state.Lines["a:KWIAT-100#1"] = order.LineState{ItemID: 1, Quantity: decimal.NewFromInt(9), Price: decimal.NewFromInt(9)}
	return state
}

// english are words that only stand in English texts of the pages.
var english = regexp.MustCompile(`(?i)\b(the|order|orders|updated?|changed|added|status of|since|ago|from|worker is|lines?|items?|read from|on hold|synced|written)\b`)

func TestAnOrderIsShownInTheReadersLanguage(t *testing.T) {
	t.Parallel()
	d, now := newDesk(t), time.Now()
	d.PutOrders(rich(now))
	for lang, texts := range map[string][]string{
		"pl": {"Zamówienie #115", "Sklep", "Zewnętrzny identyfikator", "Utworzono", "Ostatnia aktualizacja", "3 min temu", "wstrzymane", "brak klienta", "status w Cartum: Nowe → Wysłane", "ustawiono status w RO App: W drodze", "anna zażądano aktualizacji", "Statusu Nowe z Cartum nie ma", "Suma w RO App", "różni się od sumy pozycji", "starszych wpisów", "odpisane"},
		"uk": {"Замовлення #115", "Магазин", "Зовнішній ідентифікатор", "Створено", "Останнє оновлення", "3 хв тому", "призупинено", "статус у Cartum: Nowe → Wysłane", "Позиції", "давніших записів", "списано"},
	} {
		page := d.opens("/orders/demo/115", "Accept-Language", lang)
		assert.Equal(t, http.StatusOK, page.Code)
		said := visible(regexp.MustCompile(`(?s)<(title|option)[^>]*>.*?</(title|option)>`).ReplaceAllString(page.Text, ""))
		for _, text := range texts {
			assert.Contains(t, said, text, lang)
		}
		assert.Empty(t, english.FindAllString(said, -1), "%s: %s", lang, said)
	}
}

func TestTheFourFieldsStandAtTheTop(t *testing.T) {
	t.Parallel()
	d, now := newDesk(t), time.Now()
	d.PutOrders(anOrder("demo", 115, now))
	page := d.opens("/orders/demo/115")
	assert.Regexp(t, `(?s)<h1>.*<dl class="four">.*Shop.*External ID.*Created.*Last updated.*Update</span>.*</dl>.*<div class="sides">`, page.Text)
	assert.Contains(t, page.Text, `href="https://temporal.example/namespaces/default/workflows/order:demo:115"`)
	assert.Contains(t, visible(page.Text), "3 min ago")
	assert.Equal(t, http.StatusNotFound, d.opens("/orders/demo/116").Code)
}

func TestAClosedOrderCanBeImportedAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	state := anOrder("demo", 115, time.Now())
	state.Closed = &order.Closed{Message: flow.Message{Code: "final-on-both-sides"}}
	d.PutOrders(state)
	page := d.opens("/orders/demo/115")
	assert.Contains(t, page.Text, `action="/orders/demo/115/import"`)
	assert.Contains(t, visible(page.Text), "Closed: final on both sides")
	assert.NotContains(t, page.Text, "/refresh")
}

func TestAnOrderThatRunsSaysWhatItDoes(t *testing.T) {
	t.Parallel()
	d, now := newDesk(t), time.Now()
	state := anOrder("demo", 115, now)
	state.Refresh = order.RefreshState{Number: 1, Running: true}
	run := servicetest.Run(state)
	view, _ := run.Queries[workflows.QueryOrder].(workflows.OrderView)
	view.Steps = []string{string(order.StepAddItems)}
	run.Queries[workflows.QueryOrder] = view
	d.Put(run)
	page := d.opens("/orders/demo/115", "Accept-Language", "pl")
	assert.Contains(t, visible(page.Text), "W toku: dodanie pozycji")
	assert.Contains(t, visible(page.Text), "trwa aktualizacja")
}

// Without a worker an order's page says so, and shows what is known.
func TestAnOrderWithoutAWorkerExplainsItself(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.PutOrders(anOrder("demo", 115, time.Now()))
	d.StopWorker()
	page := d.opens("/orders/demo/115")
	assert.Equal(t, http.StatusOK, page.Code)
	assert.Contains(t, visible(page.Text), "The order did not answer", "nobody knows yet that there is no worker")
	d.knows(health.Report.NoWorker)
	for lang, texts := range map[string][]string{
		"en": {"No worker is running", "The order is safe", "Katarzyna Wójcik-Nowakowska", "PLN 2,193.00", "W drodze", "What still works"},
		"pl": {"Nie działa żaden", "Zamówienie jest bezpieczne", "Ostatnio znane"}, "uk": {"Жоден процес worker не працює", "Останнє відоме"},
	} {
		page = d.opens("/orders/demo/115", "Accept-Language", lang)
		assert.Equal(t, http.StatusOK, page.Code)
		for _, text := range texts {
			assert.Contains(t, visible(page.Text), text, lang)
		}
	}
	assert.Equal(t, http.StatusServiceUnavailable, d.opens("/orders/demo/4711").Code, "of an order that no list has nothing is known")
}
