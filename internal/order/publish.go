package order

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// Links open the order's two sides for a person.
type Links struct {
	ShopName string `json:",omitempty"`
	Shop     string `json:",omitempty"` // Cartum's orders page; its API gives no link to one order
	Order    string `json:",omitempty"` // the order in RO App
	Page     string `json:",omitempty"` // the order's page
}

func (p *planner) links() Links {
	links := Links{ShopName: p.r.ShopName, Shop: p.r.AdminURL}
	if p.r.ShopName == "" {
		links = p.s.Links // the shop is not in the settings any more
	}
	if p.r.PagesURL != "" {
		links.Page = fmt.Sprintf("%s/orders/%s/%d", p.r.PagesURL, p.s.Key.Shop, p.s.Key.Number)
	}
	if p.s.Order != nil && p.r.WebURL != "" {
		links.Order = p.r.WebURL + "/orders/table/" + strconv.FormatInt(p.s.Order.ID, 10)
	}
	return links
}

// publish reports to the workflow what changed of what others see: a refresh's
// answer and what polls compare with at once, all else when the order rests.
func (a *advance) publish(resting bool) {
	s, c := a.s, &a.commands
	newRun := s.Published.Run != a.r.Run
	s.Published.Run = a.r.Run
	if refresh := s.refreshStatus(); newRun || s.Published.Refresh == nil || !reflect.DeepEqual(*s.Published.Refresh, refresh) {
		s.Published.Refresh, c.Refresh = &refresh, &refresh
	}
	if !resting {
		if observed := s.shownObserved(); a.observed && observed != s.Published.Observed {
			s.Published.Observed = observed
			c.Attributes = &flow.Attributes{Observed: &observed}
		}
		return
	}
	was, is := s.Published, s.attributes(a.r)
	c.Attributes = changed(was, is)
	is.Row, is.Refresh, is.Details, is.Run = was.Row, was.Refresh, was.Details, was.Run
	// A new run has the memo of the last one as it was encrypted then, maybe with a key
	// that is to be removed.
	if row := s.row(a.r); row != nil && (newRun || !reflect.DeepEqual(row, was.Row)) {
		is.Row, c.Row = row, row
	}
	if details := s.details(); newRun || details != was.Details {
		is.Details, c.Details = details, details
	}
	s.Published = is
	if closed := s.Closed; closed != nil && !a.ending {
		c.Close = &flow.Close{Text: closed.Code, Canceled: closed.Canceled}
		if closed.Reopens {
			c.Close.Failure = "NotInShop"
		}
	}
}

// shownObserved is what polls compare the shop's order with.
func (s *State) shownObserved() string { return cmp.Or(s.Observed, s.Digest) }

// attributes is what the search attributes should say now.
func (s *State) attributes(r Rules) Published {
	p := Published{SyncState: s.SyncState(), Observed: s.shownObserved(), Synced: s.Synced, Search: s.searchTokens(r)}
	if s.Hold != nil {
		p.HoldReason, p.HeldSince = s.Hold.Reason, s.Hold.Since
	}
	if s.Snapshot != nil {
		p.CartumState, p.Created = s.Snapshot.Status, s.Snapshot.Created
		p.Amount = s.Snapshot.Totals.Sum.String()
	}
	if s.Order != nil && !s.Order.Gone {
		p.RoappOrder, p.RoappState, p.WrittenOff = s.Order.ID, s.Order.StatusID, s.Order.WrittenOff
	}
	return p
}

// changed are the attributes that changed, nil for none.
func changed(was, is Published) *flow.Attributes {
	var a flow.Attributes
	set(&a.SyncState, string(was.SyncState), string(is.SyncState))
	set(&a.HoldReason, string(was.HoldReason), string(is.HoldReason))
	set(&a.Observed, was.Observed, is.Observed)
	set(&a.RoappOrder, was.RoappOrder, is.RoappOrder)
	set(&a.CartumStatus, int64(was.CartumState), int64(is.CartumState))
	set(&a.RoappStatus, was.RoappState, is.RoappState)
	set(&a.WrittenOff, was.WrittenOff, is.WrittenOff)
	setTime(&a.Created, was.Created, is.Created)
	setTime(&a.Synced, was.Synced, is.Synced)
	setTime(&a.HeldSince, was.HeldSince, is.HeldSince)
	if was.Amount != is.Amount {
		amount, _ := strconv.ParseFloat(cmp.Or(is.Amount, "0"), 64) // for sorting and filters only
		a.Amount = &amount
	}
	if !slices.Equal(was.Search, is.Search) {
		a.Search = &is.Search
	}
	if a == (flow.Attributes{}) {
		return nil
	}
	return &a
}

func set[T comparable](to **T, was, is T) {
	if was != is {
		*to = &is
	}
}

func setTime(to **time.Time, was, is time.Time) {
	if !was.Equal(is) {
		*to = &is
	}
}

// longestName bounds the customer's name in lists, in letters.
const longestName = 80

// row is what lists show, nil where nobody has read the order.
func (s *State) row(r Rules) *flow.Row {
	if s.Snapshot == nil {
		return nil
	}
	row := &flow.Row{
		ShopName: cmp.Or(r.ShopName, s.Links.ShopName), Account: r.Account,
		Customer: Shorten(NormalizeText(s.Snapshot.Customer.Name), longestName), Currency: s.Snapshot.Currency,
		NextUpdate: s.RefreshAllowed(),
	}
	if s.Order != nil {
		row.Account, row.Number = s.Order.Account, Shorten(s.Order.Number, longestName)
	}
	for _, warning := range s.Warnings {
		if !slices.Contains(row.Warnings, warning.Code) {
			row.Warnings = append(row.Warnings, warning.Code)
		}
	}
	return row
}

// details are what Temporal's UI shows of the order, as Markdown, newest first. They
// hold ids and words of our own only: what customers and staff wrote would be live
// Markdown.
func (s *State) details() string {
	var text strings.Builder
	fmt.Fprintf(&text, "**%s**", s.SyncState())
	if s.Hold != nil {
		fmt.Fprintf(&text, ": %s since %s", s.Hold.Reason, minute(s.Hold.Since))
		if !s.Hold.NextRetry.IsZero() {
			fmt.Fprintf(&text, ", next retry %s", minute(s.Hold.NextRetry))
		}
	}
	if s.Closed != nil {
		fmt.Fprintf(&text, ": %s", s.Closed.Code)
	}
	text.WriteString("\n\n")
	if s.Links.Page != "" {
		fmt.Fprintf(&text, "%s\n\n", link("The order's page", s.Links.Page))
	}
	if s.Snapshot != nil {
		fmt.Fprintf(&text, "%s, status %d\n\n", link("Cartum", s.Links.Shop), s.Snapshot.Status)
	}
	if s.Order != nil {
		fmt.Fprintf(&text, "%s, status %d\n\n", link(fmt.Sprintf("RO App order %d", s.Order.ID), s.Links.Order), s.Order.StatusID)
	}
	for _, warning := range s.Warnings {
		fmt.Fprintf(&text, "- warning: %s\n", warning.Code)
	}
	entries := s.Entries()
	for _, entry := range slices.Backward(entries[max(0, len(entries)-detailEntries):]) {
		fmt.Fprintf(&text, "- %s %s\n", minute(entry.At), entry.Code)
	}
	return text.String()
}

// link is a link in Markdown, or its text alone where there is no address.
func link(text, address string) string {
	if address == "" {
		return text
	}
	return fmt.Sprintf("[%s](<%s>)", text, address)
}

// detailEntries is how many entries of the timeline the details show.
const detailEntries = 5

func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 MST") }
