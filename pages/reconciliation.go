package pages

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"golang.org/x/text/language"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/workflows"
)

// reconciliationPage compares the days of a shop: of the first one, where nobody
// names another.
type reconciliationPage struct {
	Shops []shopName
	workflows.ReconcileInput
	// DaysProblem is what is wrong with the days, "" where they can be compared; then
	// one of Running, Problem and Result is set.
	DaysProblem string
	Running     bool
	Problem     string // why the orders could not be read
	Result      *service.Reconciliation
	Bars        bars
	// Missing are those that the page lists, of all.
	Missing []missingRow
	// Moves is set while missing orders are being imported.
	Moves     bool
	Requested bool // the import of missing orders was requested
}

type missingRow struct {
	Day string
	service.Missing
}

const (
	// missingShown bounds the list of missing orders.
	missingShown = 500
	// usualDays is how many days are compared where nobody names others.
	usualDays = 7
)

// Query names the comparison in an address.
func (c reconciliationPage) Query() string {
	return url.Values{"shop": {c.Shop}, "from": {c.From}, "to": {c.To}}.Encode()
}

func (p *pages) reconciliationData(r *http.Request, orders *service.Orders) (reconciliationPage, error) {
	set, query := p.Settings.Current(), r.URL.Query()
	data := reconciliationPage{
		ReconcileInput: workflows.ReconcileInput{Shop: query.Get("shop"), From: query.Get("from"), To: query.Get("to")},
		Requested:      query.Get("requested") != "",
	}
	data.Shops = slices.DeleteFunc(shopNames(set), func(shop shopName) bool { return !set.InForce(shop.ID) })
	if data.Shop == "" && len(data.Shops) > 0 {
		data.Shop = data.Shops[0].ID
	}
	if data.Shop == "" {
		return data, nil
	}
	if data.From == "" && data.To == "" {
		today := time.Now().In(set.Shops[data.Shop].Since.Location())
		data.From, data.To = today.AddDate(0, 0, 1-usualDays).Format(time.DateOnly), today.Format(time.DateOnly)
	}
	if data.Check() != nil {
		data.DaysProblem = p.text(r, "reconciliation.bad-days", "Most", workflows.ReconcileDays)
		return data, nil
	}
	result, err := orders.Reconciliation(r.Context(), data.ReconcileInput, query.Get("fresh") != "")
	switch {
	case service.Has(err, service.StillReading):
		data.Running = true
	case service.Has(err, service.NotRead):
		data.Problem = p.problemOf(r, err)
	case err != nil:
		return data, err
	default:
		data.show(result)
	}
	return data, nil
}

// show takes what was compared into the page's rows and bars.
func (c *reconciliationPage) show(result service.Reconciliation) {
	c.Result = &result
	for _, day := range result.Days {
		for _, missing := range day.Missing {
			c.Moves = c.Moves || missing.Reason == service.MissingImporting
			if len(c.Missing) < missingShown {
				c.Missing = append(c.Missing, missingRow{day.Day, missing})
			}
		}
	}
	columns := make([]barValues, 0, len(result.Days))
	for _, day := range slices.Backward(result.Days) {
		wanted, differ := len(day.Wanted()), len(day.Different)
		columns = append(columns, barValues{Name: day.Day, Parts: []int{day.Roapp.Orders - differ, differ, wanted, len(day.Missing) - wanted}})
	}
	c.Bars = newBars([]string{"synced", "held", "failed", "off"}, columns)
}

func (p *pages) reconciliation(w http.ResponseWriter, r *http.Request, orders *service.Orders) {
	data, err := p.reconciliationData(r, orders)
	switch {
	case err != nil:
		p.failed(w, r, err)
	case data.DaysProblem != "":
		p.showStatus(w, r, http.StatusUnprocessableEntity, "reconciliation", data)
	case r.URL.Query().Get("fresh") != "":
		// Reading has started; a page that is loaded again must not start it again.
		http.Redirect(w, r, "/reconciliation?"+data.Query(), http.StatusSeeOther) //nolint:gosec // within this host
	default:
		p.show(w, r, "reconciliation", data)
	}
}

// reconciled is what the page asks for again until all orders are there.
func (p *pages) reconciled(w http.ResponseWriter, r *http.Request, orders *service.Orders) {
	data, err := p.reconciliationData(r, orders)
	if err != nil {
		p.failed(w, r, err)
		return
	}
	p.showPart(w, r, "reconciled", data)
}

// importMissing requests the missing order that was clicked, or all that ought to
// be there.
func (p *pages) importMissing(w http.ResponseWriter, r *http.Request, orders *service.Orders) {
	in := workflows.ReconcileInput{Shop: r.PostFormValue("shop"), From: r.PostFormValue("from"), To: r.PostFormValue("to")}
	missing, err := p.missingOf(r, orders, in)
	if err == nil {
		err = orders.ImportMissing(r.Context(), missing, userName(r))
	}
	back := reconciliationPage{ReconcileInput: in}
	switch {
	case service.Has(err, service.StillReading):
		// What is missing is being read again, so nothing was requested yet.
		http.Redirect(w, r, "/reconciliation?"+back.Query(), http.StatusSeeOther)
	case err != nil:
		p.failed(w, r, err)
	default:
		http.Redirect(w, r, "/reconciliation?"+back.Query()+"&requested=1", http.StatusSeeOther)
	}
}

func (p *pages) missingOf(r *http.Request, orders *service.Orders, in workflows.ReconcileInput) ([]service.Missing, error) {
	if given := r.PostFormValue("number"); given != "" {
		number, err := strconv.ParseUint(given, 10, 63)
		if err != nil {
			return nil, &service.Error{Code: service.NoOrder}
		}
		return []service.Missing{{Key: order.Key{Shop: in.Shop, Number: int64(number)}}}, nil
	}
	result, err := orders.Reconciliation(r.Context(), in, false)
	return result.Wanted(), err
}

// Day is a day of a shop's clock, given as "2026-11-01", in the person's spelling.
func (v *view) Day(day string) string { return v.day(day, "02.01.2006", "2\u00a0Jan\u00a02006") }

// ShortDay is a day without its year.
func (v *view) ShortDay(day string) string { return v.day(day, "02.01", "2\u00a0Jan") }

func (v *view) day(day, layout, english string) string {
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	if v.Lang == language.English.String() {
		layout = english
	}
	return at.Format(layout)
}
