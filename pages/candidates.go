package pages

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/cartumsync/cartumsync/internal/access"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/service"
)

// candidate is a contact or a product to choose; the template candidate shows it.
type candidate struct {
	service.Candidate
	Box   string             // the box that it is in
	Kind  order.DecisionKind // the decision that chooses it
	Known bool               // whether RO App was asked
}

// Value is its id in a form: that of an organization ends with "o".
func (c candidate) Value() string {
	value := strconv.FormatInt(c.ID, 10)
	if c.Organization {
		value += "o"
	}
	return value
}

// ElementID names what is known of it within a page.
func (c candidate) ElementID() string { return c.Box + "-" + string(c.Kind) + "-" + c.Value() }

// PhonesText is the contact's phones in one line, "" where it has none.
func (c candidate) PhonesText() string { return strings.Join(c.Phones, ", ") }

// Choices are the records that the hold lets a person choose.
func (b holdBox) Choices() []candidate {
	kind := b.Hold.ChoiceKind()
	var choices []candidate
	for _, choice := range b.Hold.Choices {
		choices = append(choices, candidate{Candidate: service.Candidate{Choice: choice}, Box: b.ID(), Kind: kind})
	}
	return choices
}

// foundPart is what was found in RO App; the template found shows it.
type foundPart struct {
	Kind       order.DecisionKind // "" where nobody searched
	Text       string
	Candidates []candidate
	More       bool
	Problem    string // in the reader's language
}

// candidates are what RO App has of the records that a hold lets a person choose.
func (p *pages) candidates(w http.ResponseWriter, r *http.Request, key order.Key, orders *service.Orders) {
	choices, kind, err := orders.Candidates(r.Context(), key)
	if err != nil {
		p.failed(w, r, err)
		return
	}
	p.showPart(w, r, "candidates", candidatesOf(key, kind, choices))
}

func candidatesOf(key order.Key, kind order.DecisionKind, all []service.Candidate) []candidate {
	box := holdBox{Key: key}.ID()
	candidates := make([]candidate, 0, len(all))
	for _, one := range all {
		candidates = append(candidates, candidate{Candidate: one, Box: box, Kind: kind, Known: true})
	}
	return candidates
}

// searchCandidates searches RO App for a contact or a product. The text is in the form's body, for addresses are
// logged. A page without scripts is shown again.
func (p *pages) searchCandidates(w http.ResponseWriter, r *http.Request, key order.Key, orders *service.Orders) {
	part := foundPart{Kind: order.DecisionKind(r.PostFormValue("kind")), Text: strings.TrimSpace(r.PostFormValue("text"))}
	found, err := orders.Search(r.Context(), key, part.Kind, part.Text)
	part.Candidates, part.More = candidatesOf(key, part.Kind, found.Candidates), found.More
	switch {
	case service.Has(err, service.Invalid):
		part.Problem = p.text(r, "hold.search.invalid")
	case service.Has(err, service.Unfit):
		part.Problem = p.problemOf(r, err)
	case err != nil:
		p.failed(w, r, err)
		return
	case found.Problem != nil:
		part.Problem = p.text(r, "hold.search."+string(found.Problem.Code), "Why", found.Problem.Why)
	}
	if isLive(r) {
		p.showPart(w, r, "found", part)
		return
	}
	view, err := orders.View(r.Context(), key)
	if err != nil {
		p.failed(w, r, err)
		return
	}
	box := holdBoxOf(view)
	box.Search, box.Back = part, access.LocalPath(r.PostFormValue("back"))
	p.show(w, r, "search", box)
}
