package pages

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/service"
)

// ordersPerPage is how many rows a page of the table has.
const ordersPerPage = 50

// ordersTable is the page of the orders table.
type ordersTable struct {
	Show     string // which orders, as the filter has it
	Shops    []choice
	States   []order.SyncState
	Filter   service.Filter
	Rows     []orderRow
	First    string // URL of the first page, "" on it
	Next     string // URL of the next page, "" on the last
	Counts   string // URL of the counts
	Problems []string
	Invalid  string // what is wrong with the search
}

// choice is an entry of a list to choose from.
type choice struct{ Value, Text string }

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

func (p *pages) ordersTable(w http.ResponseWriter, r *http.Request) {
	orders, connected := p.orders(w, r)
	if !connected {
		return
	}
	asked := r.URL.Query()
	table := p.tableAsked(asked)
	page, err := orders.List(r.Context(), table.Filter, asked.Get("page"), ordersPerPage)
	switch {
	case service.Has(err, service.Invalid):
		table.Invalid = service.As(err).Text
		v := p.view(r, table)
		v.Status = service.Invalid.Status()
		p.write(w, "orders", "layout", v)
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
	if asked.Get("page") != "" {
		table.First = tableURL(asked, "")
	}
	if page.Next != "" {
		table.Next = tableURL(asked, page.Next)
	}
	p.show(w, r, "orders", table)
}

// tableAsked reads the filter out of a URL.
func (p *pages) tableAsked(asked url.Values) ordersTable {
	table := ordersTable{Show: asked.Get("show"), States: service.States()}
	if table.Show == "" {
		table.Show = showIntegration
	}
	table.Filter = service.Filter{
		State: order.SyncState(asked.Get("state")), Reason: order.HoldReason(asked.Get("reason")), Number: asked.Get("number"),
	}
	if shop, one := strings.CutPrefix(table.Show, showShop); one {
		table.Filter.Shop = shop
	} else {
		table.Filter.Source = service.Source(table.Show)
	}
	if table.Filter.Source == service.SourceRoapp {
		table.Filter.State, table.Filter.Reason = "", "" // of our orders, chosen before
	}
	shops := p.Settings.Current().Shops
	for _, id := range slices.Sorted(maps.Keys(shops)) {
		table.Shops = append(table.Shops, choice{Value: showShop + id, Text: shops[id].Name})
	}
	table.Counts = "/orders/counts?" + url.Values{"show": {table.Show}}.Encode()
	return table
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

// orderRow shows one row anew.
func (p *pages) orderRow(w http.ResponseWriter, r *http.Request) {
	key, orders, ok := p.orderAsked(w, r)
	if !ok {
		return
	}
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

func (p *pages) orderCounts(w http.ResponseWriter, r *http.Request) {
	orders, connected := p.orders(w, r)
	if !connected {
		return
	}
	table := p.tableAsked(r.URL.Query())
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
