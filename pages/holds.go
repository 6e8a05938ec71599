package pages

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/service"
)

// heldInGroup is how many orders of a reason the page shows while no reason is
// chosen, and heldShown how many of a chosen one.
const (
	heldInGroup = 25
	heldShown   = 500
)

type holdsPage struct {
	Shops   []shopName
	Shop    string
	Reason  order.HoldReason
	Reasons []reasonCount
	All     int64
	Groups  []heldGroup
	More    bool // there are more orders on hold than the page lists
	Answers []order.DecisionKind
	// Said is what several orders said to the answer that was given.
	Said []decidedRow
	Bulk bulkAnswer
}

// bulkAnswer is an answer to several orders as it was filled in, with what is wrong
// with it at its field.
type bulkAnswer struct {
	Kind                       order.DecisionKind
	Reason                     string
	Chosen                     []string // orders, as their boxes name them
	NoneProblem, ReasonProblem string
}

// Has tells whether an order was chosen.
func (b bulkAnswer) Has(checkbox string) bool { return slices.Contains(b.Chosen, checkbox) }

type reasonCount struct {
	Reason order.HoldReason
	Orders int64
	URL    string
}

// heldGroup are the orders that wait for one reason.
type heldGroup struct {
	Reason order.HoldReason
	Rows   []heldRow
	Hidden int    // how many more there are
	URL    string // shows them all
}

type heldRow struct {
	service.Row
	Checkbox string
}

type decidedRow struct {
	Key     order.Key
	Problem string // "" where it was accepted
}

// holds shows the orders on hold.
func (p *pages) holds(w http.ResponseWriter, r *http.Request, orders *service.Orders) {
	p.showHolds(w, r, orders, http.StatusOK, bulkAnswer{})
}

func (p *pages) showHolds(w http.ResponseWriter, r *http.Request, orders *service.Orders, status int, bulk bulkAnswer) {
	query := r.URL.Query()
	page := holdsPage{
		Shops: shopNames(p.Settings.Current()), Shop: query.Get("shop"), Reason: order.HoldReason(query.Get("reason")),
		Answers: service.BulkKinds(), Bulk: bulk,
	}
	counts, err := orders.Counts(r.Context(), page.Shop)
	var groups []service.HeldGroup
	if err == nil {
		groups, page.More, err = orders.HeldGroups(r.Context(), service.Filter{Shop: page.Shop, Reason: page.Reason})
	}
	if err != nil {
		p.failed(w, r, err)
		return
	}
	page.count(counts)
	page.group(groups)
	for _, one := range p.results.of(query.Get("result"), userName(r)) {
		page.Said = append(page.Said, decidedRow{Key: one.Key, Problem: p.problemOf(r, one.Err)})
	}
	p.showStatus(w, r, status, "holds", page)
}

func (h *holdsPage) group(groups []service.HeldGroup) {
	most := heldInGroup
	if h.Reason != "" {
		most = heldShown
	}
	for _, group := range groups {
		shown := heldGroup{Reason: group.Reason, URL: h.link(group.Reason), Hidden: max(0, len(group.Rows)-most)}
		for _, row := range group.Rows[:len(group.Rows)-shown.Hidden] {
			shown.Rows = append(shown.Rows, heldRow{Row: row, Checkbox: row.Key.Shop + "/" + strconv.FormatInt(row.Key.Number, 10)})
		}
		h.Groups = append(h.Groups, shown)
	}
}

func (h *holdsPage) count(counts service.Counts) {
	h.All = counts.States[order.SyncHeld]
	for _, reason := range service.Reasons() {
		if number := counts.Held[reason]; number > 0 || reason == h.Reason {
			h.Reasons = append(h.Reasons, reasonCount{Reason: reason, Orders: number, URL: h.link(reason)})
		}
	}
}

// AllURL shows the holds of all reasons.
func (h holdsPage) AllURL() string { return h.link("") }

func (h holdsPage) link(reason order.HoldReason) string { return holdsURL(h.Shop, string(reason), "") }

func holdsURL(shop, reason, result string) string {
	query := url.Values{}
	for name, value := range map[string]string{"shop": shop, "reason": reason, "result": result} {
		if value != "" {
			query.Set(name, value)
		}
	}
	return "/holds?" + query.Encode()
}

// decideMany gives one answer to the orders that were chosen, and goes to what each
// said. What is wrong with the answer is said on the page, at its field.
func (p *pages) decideMany(w http.ResponseWriter, r *http.Request, orders *service.Orders) {
	decision := decisionOf(r)
	if !service.InBulk(decision.Kind) {
		p.fail(w, r, http.StatusBadRequest, "holds.one-only")
		return
	}
	keys, bulk := p.bulkOf(r, decision)
	if bulk.NoneProblem != "" || bulk.ReasonProblem != "" {
		p.showHolds(w, r, orders, http.StatusUnprocessableEntity, bulk)
		return
	}
	decided, err := orders.DecideMany(r.Context(), keys, decision)
	if err != nil {
		p.failed(w, r, err)
		return
	}
	query := r.URL.Query()
	http.Redirect(w, r, holdsURL(query.Get("shop"), query.Get("reason"), p.results.keep(userName(r), decided)), http.StatusSeeOther)
}

// bulkOf are the orders that were selected, and the answer with what is wrong with it.
func (p *pages) bulkOf(r *http.Request, decision order.Decision) ([]order.Key, bulkAnswer) {
	bulk := bulkAnswer{Kind: decision.Kind, Reason: decision.Reason, Chosen: r.PostForm["order"]}
	keys, problem := selected(r)
	if problem != nil {
		bulk.NoneProblem = p.text(r, problem.Text, problem.Pairs...)
	}
	if decision.Kind == order.DecideSkip && decision.Reason == "" {
		bulk.ReasonProblem = p.text(r, "holds.no-reason")
	}
	return keys, bulk
}

// selected are the orders whose boxes were ticked, or what is wrong with the form.
func selected(r *http.Request) (keys []order.Key, problem *failure) {
	if err := r.ParseForm(); err != nil {
		return nil, &failure{Text: "error.form"}
	}
	for _, text := range r.PostForm["order"] {
		key, err := order.ParseWorkflowID("order:" + strings.Replace(text, "/", ":", 1))
		if err == nil && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	switch {
	case len(keys) == 0:
		return nil, &failure{Text: "error.none-chosen"}
	case len(keys) > service.MostAtOnce:
		return nil, &failure{Text: "error.too-many", Pairs: []any{"Most", service.MostAtOnce}}
	}
	return keys, nil
}

// text is a text in the person's language; a missing one is its id.
func (p *pages) text(r *http.Request, id string, pairs ...any) string {
	return p.view(r, nil).text(id, pairs...)
}
