package browser

import (
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
	day(w)
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

func TestWhoMayOnlyLookIsOfferedNoAnswers(t *testing.T) {
	t.Parallel()
	w := promptEnv(t)
	w.Place(noCustomer, testenv.J{"delivery_phone": "+48000000000"})
	w.AwaitHeld(noCustomer, order.HoldNoCustomer)
	p := newPerson(w)
	p.opens("/holds")
	p.logsIn(viewer)
	p.unfolds(fmt.Sprint(noCustomer))
	p.sees("no usable phone")
	for _, answer := range []string{"Try again", "Create a contact", "Use this contact"} {
		p.hasNo("button", answer)
	}
}
