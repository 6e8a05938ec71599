package pages

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/settings"
)

// ordersPerPage is how many rows a page of the table has.
const ordersPerPage = 50

// ordersTable is the page of the orders table.
type ordersTable struct {
	Show     string // which orders, as the filter has it
	Shops    []shopName
	States   []order.SyncState
	Filter   service.Filter
	Rows     []orderRow
	First    string // URL of the first page, "" on it
	Next     string // URL of the next page, "" on the last
	Counts   string // URL of the counts
	Problems []service.Problem
	Invalid  string // what is wrong with the search
	Text     string // what was searched for
	From, To string // days, both included
	// Import are the shops that an order of this number can be imported from: no order has
	// it, so it may be one that was never imported.
	Import []shopName
	Number int64
}

// orderRow is a row as the template order-row shows it.
type orderRow struct {
	service.Row
	CartumName, RoappName string // of the statuses, "" where there is none
	// Update is what came of the wish to update the order; zero where nobody asked.
	Update updateCell
}

// Cell is the row's last cell.
func (r orderRow) Cell() updateCell {
	cell := r.Update
	cell.Key, cell.Row = r.Key, true
	if cell.Next.IsZero() {
		cell.Next = r.NextUpdate
	}
	return cell
}

// Known tells that the exchange has a page for the order.
func (r orderRow) Known() bool { return r.Workflow != "" }

// ElementID names the row in the page.
func (r orderRow) ElementID() string {
	if r.Key == (order.Key{}) {
		return fmt.Sprintf("roapp-%s-%d", r.Account, r.RoappOrder)
	}
	return fmt.Sprintf("order-%s-%d", r.Key.Shop, r.Key.Number)
}

const (
	showIntegration = string(service.SourceShop)
	showShop        = "shop:" // and its id
)

// Choice is the filter's value for one shop.
func (ordersTable) Choice(shop shopName) string { return showShop + shop.ID }

func (p *pages) ordersTable(w http.ResponseWriter, r *http.Request, orders *service.Orders) {
	asked := r.URL.Query()
	table, err := p.tableAsked(r)
	var page service.Page
	if err == nil {
		page, err = orders.List(r.Context(), table.Filter, asked.Get("page"), ordersPerPage)
	}
	switch {
	case service.Has(err, service.Invalid):
		table.Invalid = p.view(r, nil).invalid(service.As(err))
		p.showStatus(w, r, service.Invalid.Status(), "orders", table)
		return
	case err != nil:
		p.failed(w, r, err)
		return
	}
	names := orders.Names(r.Context())
	for _, row := range page.Rows {
		table.Rows = append(table.Rows, rowOf(row, names))
	}
	table.Problems = page.Problems
	if len(table.Rows) == 0 && asked.Get("page") == "" {
		table.offerImport(p.Settings.Current())
	}
	if asked.Get("page") != "" {
		table.First = tableURL(asked, "")
	}
	if page.Next != "" {
		table.Next = tableURL(asked, page.Next)
	}
	p.show(w, r, "orders", table)
}

// offerImport names the shops that an order can be imported from that no list has.
func (t *ordersTable) offerImport(set *settings.Settings) {
	number, err := strconv.ParseInt(t.Filter.Number, 10, 64)
	if err != nil || number < 1 || len(t.Filter.Number) >= longestOfferedNumber {
		return
	}
	t.Number = number
	t.Import = slices.DeleteFunc(shopNames(set), func(shop shopName) bool {
		return !set.InForce(shop.ID) || t.Filter.Shop != "" && t.Filter.Shop != shop.ID
	})
}

// longestOfferedNumber is more digits than an order's number has: those of a phone.
const longestOfferedNumber = 9

// tableAsked reads the filter out of a URL.
func (p *pages) tableAsked(r *http.Request) (ordersTable, error) {
	asked := r.URL.Query()
	table := ordersTable{Show: asked.Get("show"), States: service.States(), From: asked.Get("from"), To: asked.Get("to")}
	table.Show = cmp.Or(table.Show, showIntegration)
	table.Filter = service.Filter{
		State: order.SyncState(asked.Get("state")), Reason: order.HoldReason(asked.Get("reason")), Number: asked.Get("number"),
	}
	table.Text = table.Filter.Number
	if sealed := asked.Get("q"); sealed != "" {
		text, err := p.unseal(sealed)
		if err != nil {
			return table, &service.Error{Code: service.Invalid, Field: "q", Text: "q: " + err.Error()}
		}
		table.Text, table.Filter.Text = text, text
		if !strings.HasPrefix(table.Show, showShop) {
			table.Show = showIntegration // only these have names to search for
		}
	}
	if err := p.daysAsked(r, &table); err != nil {
		return table, err
	}
	if shop, one := strings.CutPrefix(table.Show, showShop); one {
		table.Filter.Shop = shop
	} else {
		table.Filter.Source = service.Source(table.Show)
	}
	if table.Filter.Source == service.SourceRoapp {
		table.Filter.State, table.Filter.Reason = "", "" // of our orders, chosen before
	}
	table.Shops = shopNames(p.Settings.Current())
	table.Counts = "/orders/counts?" + url.Values{"show": {table.Show}}.Encode()
	return table, nil
}

// daysAsked reads the days in the zone of the page.
func (p *pages) daysAsked(r *http.Request, table *ordersTable) error {
	zone, _ := p.zoneFor(r)
	for _, day := range []struct {
		name, text string
		into       *time.Time
		plus       int
	}{{"from", table.From, &table.Filter.From, 0}, {"to", table.To, &table.Filter.To, 1}} {
		if day.text == "" {
			continue
		}
		at, err := time.ParseInLocation(time.DateOnly, day.text, zone)
		if err != nil || at.Year() < 2000 || at.Year() > 2999 {
			return &service.Error{Code: service.Invalid, Field: day.name, Text: day.name + ": must be a day such as 2026-11-28"}
		}
		*day.into = at.AddDate(0, 0, day.plus)
	}
	return nil
}

// tableURL is the same table from a cursor on.
func tableURL(asked url.Values, cursor string) string {
	asked = maps.Clone(asked)
	asked.Del("page")
	if cursor != "" {
		asked.Set("page", cursor)
	}
	return "/orders?" + asked.Encode()
}

// StateURL is the table of one state.
func (t ordersTable) StateURL(state order.SyncState) string {
	return "/orders?" + url.Values{"show": {t.Show}, "state": {string(state)}}.Encode()
}

// invalid says what is wrong with the search, in the person's language where a page can
// ask for it.
func (v *view) invalid(err *service.Error) string {
	if id := "orders.invalid." + err.Field; v.Has(id) {
		return v.text(id)
	}
	return v.text("failed.invalid", "Why", err.Text)
}

func rowOf(row service.Row, names service.Names) orderRow {
	shown := orderRow{Row: row, RoappName: row.RoappStatusName}
	if row.CartumStatus != 0 {
		shown.CartumName = names.Cartum(row.Key.Shop, row.CartumStatus)
	}
	if row.RoappStatus != 0 && shown.RoappName == "" {
		shown.RoappName = names.Roapp(row.Account, row.RoappStatus)
	}
	return shown
}

// orderRow shows one row again.
func (p *pages) orderRow(w http.ResponseWriter, r *http.Request, key order.Key, orders *service.Orders) {
	row, known, err := orders.Row(r.Context(), key)
	switch {
	case err != nil:
		p.failed(w, r, err)
	case !known:
		p.failed(w, r, &service.Error{Code: service.NoOrder})
	default:
		p.showPart(w, r, "order-row", rowOf(row, orders.Names(r.Context())))
	}
}

// orderCounts is the part of the page that counts the orders by state.
type orderCounts struct {
	Table  ordersTable
	Counts service.Counts
}

func (p *pages) orderCounts(w http.ResponseWriter, r *http.Request, orders *service.Orders) {
	table, err := p.tableAsked(r)
	if err != nil {
		p.failed(w, r, err)
		return
	}
	if table.Filter.Shop == "" {
		table.Show = showIntegration // only these have states
	}
	counts, err := orders.Counts(r.Context(), table.Filter.Shop)
	if err != nil {
		p.failed(w, r, err)
		return
	}
	p.showPart(w, r, "order-counts", orderCounts{table, counts})
}
