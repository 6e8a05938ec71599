package pages

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/internal/access"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/service"
)

// holdsPerPage is small: each of them is asked for what it waits for.
const holdsPerPage = 20

type holdsPage struct {
	Shops    []string
	Shop     string
	Reason   order.HoldReason
	Reasons  []reasonCount
	All      int64
	Rows     []heldRow
	Next     string // URL of the page after this one, "" at the end
	Problems []string
	Answers  []order.DecisionKind
	// Said is what several orders said to the answer that was given.
	Said []decidedRow
}

type reasonCount struct {
	Reason order.HoldReason
	Orders int64
	URL    string
}

type heldRow struct {
	service.Row
	Box      holdBox
	Silent   bool // its workflow did not answer
	Checkbox string
}

type decidedRow struct {
	Key     order.Key
	Problem string // "" where it was taken
}

// userName is who asks, for the timeline.
func userName(r *http.Request) string {
	user, _ := access.Who(r.Context())
	return user.Name
}

// holds shows the orders on hold.
func (p *pages) holds(w http.ResponseWriter, r *http.Request) { p.showHolds(w, r, nil) }

func (p *pages) showHolds(w http.ResponseWriter, r *http.Request, said []decidedRow) {
	orders, connected := p.orders(w, r)
	if !connected {
		return
	}
	query := r.URL.Query()
	page := holdsPage{Shop: query.Get("shop"), Reason: order.HoldReason(query.Get("reason")), Answers: service.BulkKinds(), Said: said}
	for id := range p.Settings.Current().Shops {
		page.Shops = append(page.Shops, id)
	}
	slices.Sort(page.Shops)
	counts, err := orders.Counts(r.Context(), page.Shop)
	var held service.HeldPage
	if err == nil {
		held, err = orders.Holds(r.Context(), service.Filter{Shop: page.Shop, Reason: page.Reason}, query.Get("cursor"), holdsPerPage)
	}
	if err != nil {
		p.failed(w, r, err)
		return
	}
	page.count(counts)
	page.Problems = held.Problems
	if held.Next != "" {
		page.Next = page.link(page.Reason, held.Next)
	}
	for _, one := range held.Orders {
		page.Rows = append(page.Rows, p.heldRow(one))
	}
	p.show(w, r, "holds", page)
}

func (h *holdsPage) count(counts service.Counts) {
	h.All = counts.States[order.SyncHeld]
	for _, reason := range service.Reasons() {
		if number := counts.Held[reason]; number > 0 || reason == h.Reason {
			h.Reasons = append(h.Reasons, reasonCount{Reason: reason, Orders: number, URL: h.link(reason, "")})
		}
	}
}

// AllURL shows the holds of all reasons.
func (h holdsPage) AllURL() string { return h.link("", "") }

func (h holdsPage) link(reason order.HoldReason, cursor string) string {
	query := url.Values{}
	for name, value := range map[string]string{"shop": h.Shop, "reason": string(reason), "cursor": cursor} {
		if value != "" {
			query.Set(name, value)
		}
	}
	return "/holds?" + query.Encode()
}

func (p *pages) heldRow(one service.Held) heldRow {
	row := heldRow{Row: one.Row, Checkbox: one.Key.Shop + "/" + strconv.FormatInt(one.Key.Number, 10)}
	if one.Err != nil {
		p.Logger.Warn("an order on hold could not be asked", zap.String("shop", one.Key.Shop), zap.Int64("order", one.Key.Number), zap.Error(one.Err))
		row.Silent = true
		return row
	}
	row.Box = holdBoxOf(one.View)
	return row
}

// decideMany gives one answer to the orders that were chosen, and shows what
// each said.
func (p *pages) decideMany(w http.ResponseWriter, r *http.Request) {
	orders, connected := p.orders(w, r)
	if !connected {
		return
	}
	keys, ok := p.chosen(w, r)
	if !ok {
		return
	}
	decision := decisionOf(r)
	if !service.InBulk(decision.Kind) {
		p.fail(w, r, http.StatusBadRequest, "holds.one-only")
		return
	}
	decided, err := orders.DecideMany(r.Context(), keys, decision)
	if err != nil {
		p.failed(w, r, err)
		return
	}
	said := make([]decidedRow, 0, len(decided))
	for _, one := range decided {
		said = append(said, decidedRow{Key: one.Key, Problem: p.problemOf(r, one.Err)})
	}
	p.showHolds(w, r, said)
}

// chosen are the orders whose boxes were ticked.
func (p *pages) chosen(w http.ResponseWriter, r *http.Request) ([]order.Key, bool) {
	if err := r.ParseForm(); err != nil {
		p.fail(w, r, http.StatusBadRequest, "error.form")
		return nil, false
	}
	var keys []order.Key
	for _, text := range r.PostForm["order"] {
		key, err := order.ParseWorkflowID("order:" + strings.Replace(text, "/", ":", 1))
		if err == nil && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	switch {
	case len(keys) == 0:
		p.fail(w, r, http.StatusBadRequest, "error.none-chosen")
	case len(keys) > service.MostAtOnce:
		p.fail(w, r, http.StatusBadRequest, "error.too-many", "Most", service.MostAtOnce)
	default:
		return keys, true
	}
	return nil, false
}

// text is a text in the person's language; a missing one is its id.
func (p *pages) text(r *http.Request, id string, pairs ...any) string {
	text, err := p.view(r, nil).T(id, pairs...)
	if err != nil {
		return id
	}
	return text
}
