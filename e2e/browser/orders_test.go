package browser

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"

	"github.com/cartumsync/cartumsync/e2e/testenv"
)

func TestAPersonFindsOpensAndUpdatesOrders(t *testing.T) {
	t.Parallel()
	first, second := testenv.NewPair(t, prompt())
	for number, name := range map[int64]string{1: "Zofia Kamińska", 2: "Jan Kowalski", 3: "Ewa Wiśniewska", 4: "Adam Mazur"} {
		first.Place(number, testenv.J{"delivery_name": name, "delivery_phone": fmt.Sprintf("+48 601 000 00%d", number)})
	}
	second.Place(501, testenv.J{"delivery_name": "Оксана Мельник", "delivery_phone": "+380 67 123 45 67"})
	for number := range int64(4) {
		first.AwaitSynced(number + 1)
	}
	second.AwaitSynced(501)
	p := newPerson(first)
	p.opens("/orders")
	p.logsIn(anna)

	p.sees("Zofia Kamińska")
	p.sees("Оксана Мельник")
	p.chooses("Shop", "– Kwiaty Online")
	p.seesNot("Оксана Мельник")
	p.sees("Zofia Kamińska")
	p.chooses("Shop", "– Квіти онлайн")
	p.seesNot("Zofia Kamińska")
	p.sees("Оксана Мельник")
	p.chooses("Shop", "Through an integration")
	p.sees("Zofia Kamińska")

	first.Cartum.Change(2, testenv.J{"products": []testenv.J{testenv.Line("A-1", "Róża czerwona", "12.50", "5")}})
	for number := 1; number <= 3; number++ {
		p.clicks("checkbox", fmt.Sprintf("Select order %d", number))
	}
	p.clicks("button", "Update orders")
	p.sees("quantity of A-1 in Cartum: 2 → 5")
	p.awaits("three rows have answered", func() bool { return p.counts("Nothing changed.") == 2 })
	p.sees("PLN 62.50") // in the row, without a reload
	p.sees("from ")     // when it works again, in each row that was updated
	p.awaits("the button of the updated order is disabled", func() bool {
		return p.finds(`#order-demo-1 button[data-from]:disabled`) == 1 && p.finds(`#order-demo-4 .update button:enabled`) == 1
	})

	p.clicks("link", "#2")
	p.seesThat("heading", "Timeline")
	p.awaits("the four fields stand at the top, with the time from which the order may be updated again", func() bool {
		return p.finds(`dl.four dt`) == 4 && p.finds(`dl.four button[data-from]:disabled time`) == 1
	})
	p.sees("anna")
	p.sees("quantity of A-1 in Cartum: 2 → 5")
}

func TestWhatABuyerWritesIsShownAndNotDone(t *testing.T) {
	t.Parallel()
	w := promptEnv(t)
	w.Place(attackOrder, attacked())
	w.AwaitSynced(attackOrder)
	p := newPerson(w)
	p.opens("/orders")
	p.logsIn(anna)
	p.sees(attack + " Nowak")
	p.opens(orderPage(w, attackOrder))
	p.sees(attack)
	title, err := chromedp.Run(p.ctx, chromedp.Title())
	p.must(err)
	assert.NotEqual(t, "taken", title)
}
