package browser

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"

	"github.com/cartumsync/cartumsync/api"
	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
)

func TestAPersonChoosesBetweenTwoContactsByKeyboard(t *testing.T) {
	t.Parallel()
	w := promptEnv(t)
	for _, name := range []string{"Maria", "Piotr"} {
		w.Roapp.Create("people", testenv.J{"first_name": name, "last_name": "Zielińska", "phones": []string{"502 300 400"}})
	}
	w.Place(twoContacts, placedAgo(1, testenv.J{"delivery_name": "M. Z.", "delivery_phone": "+48 502 300 400"}))
	w.Place(otherCurrency, placedAgo(3, testenv.J{"delivery_name": "Hans Müller", "delivery_phone": "+48 604 100 200", "currency": "EUR"}))
	w.AwaitHeld(otherCurrency, order.HoldCurrency)
	held := w.AwaitHeld(twoContacts, order.HoldAmbiguousContact)
	p := newPerson(w)
	p.opens("/holds")
	p.logsInByKeyboard(anna)
	p.sees("several contacts 1")
	p.goesTo("link", "several contacts 1")
	p.presses(enter)
	p.seesNot("Hans Müller")
	p.goesTo("checkbox", fmt.Sprintf("Select order %d", twoContacts))
	p.presses(tab, enter) // opens the row

	first, second := held.Hold.Choices[0], held.Hold.Choices[1]
	p.goesTo("radio", radioOf(first))
	p.presses(down)
	p.awaits("the second contact is chosen", func() bool { return p.focused("radio", radioOf(second)) })
	p.goesTo("button", "Use this contact")
	p.presses(enter)
	p.sees("in RO App")
	p.seesThat("heading", "On hold")
	p.awaits("the answered order leaves the list", func() bool {
		rows, err := chromedp.Run(p.ctx, chromedp.Evaluate[int](`document.querySelectorAll(".held-row").length`))
		return err == nil && rows == 0
	})

	view, made := w.AwaitSynced(twoContacts)
	assert.Equal(t, second.ID, made.Client.ID)
	assert.Equal(t, anna, decidedBy(view))
	p.opens("/holds")
	p.sees("Hans Müller")
	p.seesNot("M. Z.")
}

// A person types a name, sees whom RO App has, and chooses.
func TestAPersonSearchesForTheCustomer(t *testing.T) {
	t.Parallel()
	w := promptEnv(t)
	halina := w.Roapp.Create("people", testenv.J{"first_name": "Halina", "last_name": "Wróbel", "phones": []string{"600 700 800"}, "email": "halina@poczta.example"})
	w.Place(plainOrder, placedAgo(5, testenv.J{"delivery_name": "Halina Wróbel", "delivery_phone": "+48 600 700 800"}))
	w.AwaitSynced(plainOrder)
	w.Place(noCustomer, placedAgo(2, testenv.J{"delivery_name": "Halina", "delivery_phone": "+48000000000"}))
	w.AwaitHeld(noCustomer, order.HoldNoCustomer)
	p := newPerson(w)
	p.opens("/holds")
	p.logsIn(anna)
	p.unfolds(fmt.Sprint(noCustomer))
	const field = "Search RO App for a contact: name or phone"
	p.seesThat("searchbox", field)
	p.hasNo("radio", "")
	searches := func(text string) func() { return func() { p.fillsSearch(field, text) } }
	searches("nobody of this name")()
	p.seesOnceAnswered("No contact with “nobody of this name” was found.", searches("nobody of this name"))
	searches("Wróbel")()
	p.seesOnceAnswered("600 700 800", searches("Wróbel"))
	for _, text := range []string{"halina@poczta.example", "last order #1012"} {
		p.sees(text)
	}
	p.seesThat("link", "Open in RO App")
	p.canBeUsedByAll()
	p.clicks("radio", fmt.Sprintf("Halina Wróbel %d", halina))
	p.clicks("button", "Use this contact")
	p.sees("in RO App")
	_, made := w.AwaitSynced(noCustomer)
	assert.Equal(t, halina, made.Client.ID)
}

// fillsSearch fills a search field by its label.
func (p *person) fillsSearch(name, text string) {
	p.w.T.Helper()
	p.tries("search for "+text, func(ctx context.Context) error {
		if _, err := on[chromedp.Void](ctx, "searchbox", name, `function() { this.focus(); this.select() }`); err != nil {
			return err
		}
		return chromedp.Do(ctx, chromedp.KeyEvent(text))
	})
}

// radioOf is what a choice is called.
func radioOf(c api.ChoiceDetail) string { return fmt.Sprintf("%s %d", c.Title, c.ID) }

// decidedBy is who answered the hold last, as the timeline has it.
func decidedBy(view testenv.Order) string {
	for _, entry := range view.Timeline {
		if entry.By != "" {
			return entry.By
		}
	}
	return ""
}
