package pages

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/cartumsync/cartumsync/internal/access"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/order/flow"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/wording"
)

// holdBox is what an order waits for, with the answers to it; the template
// hold-answers shows it. An order that goes on says so, and the box follows it.
type holdBox struct {
	Key     order.Key
	State   order.SyncState
	Hold    *order.Hold // nil where it waits for nothing
	Answers []order.DecisionKind
	Running []string      // kinds of the steps that the order is at
	Closed  *flow.Message // why it is done, nil where it is not
	Roapp   string        // its number in RO App, "" where it has none
	Link    string        // opens it there
	// Names are those of the statuses in messages, nil where they are not known.
	Names wording.StatusNames
	// Problem is what is wrong with the answer that was given.
	Problem string
	// Confirm is the contact that was named and that the person has to confirm; Found is set where it was searched for.
	Confirm *service.NamedContact
	Found   bool
	Search  foundPart // what was searched for, without scripts
	Back    string    // the page that the box is on
}

func holdBoxOf(view order.View) holdBox {
	box := holdBox{
		Key: view.State.Key, State: view.SyncState, Hold: view.State.Hold, Answers: view.State.Answers(),
		Running: view.Steps, Link: view.Links.Order,
	}
	if view.State.Closed != nil {
		box.Closed = &view.State.Closed.Message
	}
	if made := view.State.Order; made != nil {
		box.Roapp = cmp.Or(made.Number, strconv.FormatInt(made.ID, 10))
	}
	return box
}

func boxOfDetail(d service.Detail) holdBox {
	box := holdBox{Names: d.Names, Key: d.Key, State: d.State, Hold: d.Hold, Answers: d.Answers, Running: d.Steps, Closed: d.Closed, Link: d.Links.Order}
	if d.Roapp != nil {
		box.Roapp = d.Roapp.Number
	}
	return box
}

// StatusNames are the names of the statuses in messages.
func (b holdBox) StatusNames() wording.StatusNames { return b.Names }

// Follow tells that the order goes on, so that the box is to be asked again.
func (b holdBox) Follow() bool { return b.State == order.SyncImporting }

// Offers tells whether an answer is offered.
func (b holdBox) Offers(kind string) bool {
	return slices.Contains(b.Answers, order.DecisionKind(kind))
}

// ID is the box's name within a page.
func (b holdBox) ID() string { return fmt.Sprintf("hold-%s-%d", b.Key.Shop, b.Key.Number) }

// holdBox shows what an order waits for now.
func (p *pages) holdBox(w http.ResponseWriter, r *http.Request, key order.Key, orders *service.Orders) {
	view, err := orders.View(r.Context(), key)
	if err != nil {
		p.failed(w, r, err)
		return
	}
	box := holdBoxOf(view)
	if back := r.URL.Query().Get("back"); back != "" {
		box.Back = access.LocalPath(back)
	}
	p.showPart(w, r, "hold-answers", box)
}

// ofOrder serves the order that the URL names, with the way to it; it answers where there is none.
func (p *pages) ofOrder(serve func(http.ResponseWriter, *http.Request, order.Key, *service.Orders)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		key, err := order.ParseWorkflowID("order:" + chi.URLParam(r, "shop") + ":" + chi.URLParam(r, "number"))
		if err != nil {
			p.failed(w, r, &service.Error{Code: service.NoOrder})
			return
		}
		p.connected(func(w http.ResponseWriter, r *http.Request, orders *service.Orders) { serve(w, r, key, orders) })(w, r)
	}
}

// decide takes a person's answer to what an order waits for. A part of a page
// gets the box again, a page without scripts is shown again.
func (p *pages) decide(w http.ResponseWriter, r *http.Request, key order.Key, orders *service.Orders) {
	decision := decisionOf(r)
	box := holdBox{Key: key, Back: access.LocalPath(r.PostFormValue("back")), Found: decision.Found}
	err := p.confirmed(r, orders, &box, decision)
	if err == nil && box.Confirm == nil {
		err = orders.Decide(r.Context(), key, decision)
	}
	if err != nil {
		refusal := service.As(err)
		switch {
		case refusal.Contact != nil:
			box.Confirm = refusal.Contact
		case refusal.Code == service.Unfit, refusal.Code == service.Closed, refusal.Code == service.LookupFailed:
			box.Problem = p.problemOf(r, err)
		default:
			p.failed(w, r, err)
			return
		}
	}
	if !isLive(r) {
		if box.Confirm != nil {
			p.show(w, r, "confirm", box)
			return
		}
		if box.Problem != "" {
			p.failed(w, r, err)
			return
		}
		http.Redirect(w, r, box.Back, http.StatusSeeOther)
		return
	}
	box, err = p.boxAfter(r.Context(), orders, box)
	if err != nil {
		p.failed(w, r, err)
		return
	}
	p.showPart(w, r, "hold-answers", box)
}

// confirmed shows the person a contact that was typed by its id before it is taken;
// one that was chosen from a list was seen there.
func (p *pages) confirmed(r *http.Request, orders *service.Orders, box *holdBox, d order.Decision) error {
	if d.Kind != order.DecideContact || d.Confirmed || d.Found || r.PostFormValue("listed") != "" {
		return nil
	}
	var err error
	box.Confirm, err = orders.Preview(r.Context(), box.Key, d)
	return err
}

// boxAfter is the box after an answer. What the order makes of the answer may
// not be seen yet, so a box without a problem follows the order.
func (p *pages) boxAfter(ctx context.Context, orders *service.Orders, answered holdBox) (holdBox, error) {
	view, err := orders.View(ctx, answered.Key)
	if err != nil {
		return holdBox{}, err
	}
	box := holdBoxOf(view)
	box.Problem, box.Confirm, box.Found, box.Back = answered.Problem, answered.Confirm, answered.Found, answered.Back
	if box.Problem != "" || box.Confirm != nil {
		return box, nil
	}
	if box.State == order.SyncHeld {
		box.Hold, box.Answers, box.State = nil, nil, order.SyncImporting
	}
	return box, nil
}

// isLive tells that a script asks for a part of a page.
func isLive(r *http.Request) bool { return r.Header.Get("HX-Request") == "true" }

// decisionOf reads a form. A contact's value is its id, an organization's ends
// with "o".
func decisionOf(r *http.Request) order.Decision {
	contact, organization := strings.CutSuffix(r.PostFormValue("contact"), "o")
	return order.Decision{
		Kind: order.DecisionKind(r.PostFormValue("kind")), By: userName(r), Reason: strings.TrimSpace(r.PostFormValue("reason")),
		ContactID: idOf(contact), Organization: organization || r.PostFormValue("organization") != "",
		ProductID: idOf(r.PostFormValue("product")), ProductKey: order.ProductKey(r.PostFormValue("product_key")),
		OrderID: idOf(r.PostFormValue("order_id")), Confirmed: r.PostFormValue("confirmed") != "", Found: r.PostFormValue("found") != "",
	}
}

// idOf is 0 for what is no id; the rules say then what is missing.
func idOf(text string) int64 {
	id, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return 0
	}
	return id
}
