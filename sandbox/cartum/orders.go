package cartum

import (
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// createdLayout is the form of stat_created
// (docs/reference/cartum.md#order-fields).
const createdLayout = "2006-01-02 15:04:05"

// order is one order of the shop. Its fields are what was put, whatever that
// was.
type order struct {
	number int
	fields map[string]any
	// placed stands in for a stat_created that cannot be read, so that a
	// malformed order is still found by date.
	placed  time.Time
	deleted bool
	// clock is its wallClock in a zone, for lists of many orders ask for it again and again.
	clock   time.Time
	clockIn *time.Location
}

func (o *order) status() string { return scalarText(o.fields["stat_status"]) }
func (o *order) paid() bool     { return scalarText(o.fields["payed"]) == "1" }

// orderQuery is what orders/get filters by. Dates are wall-clock times of the
// shop, written in UTC: stat_created has no zone.
type orderQuery struct {
	from, to time.Time
	numbers  []int
	statuses []int
	more     bool // additionalData
	window   window
}

// ordersGet answers orders/get (docs/reference/cartum.md#read-orders).
func (s *Server) ordersGet(p params) answer {
	query, err := s.parseOrderQuery(p)
	if err != nil {
		return failure(statusError, err.Error())
	}
	found := cut(s.findOrders(query), query.window)
	list := make([]map[string]any, 0, len(found))
	for _, r := range found {
		fields := s.render(r.order)
		fields["additional_data"] = s.additionalData(r.order, query.more)
		list = append(list, fields)
	}
	return rows(s, "orders", list)
}

func (s *Server) parseOrderQuery(p params) (q orderQuery, err error) {
	var errs [5]error
	q.from, errs[0] = parseDate(p, "from", false)
	q.to, errs[1] = parseDate(p, "to", true)
	q.numbers, errs[2] = p.numbers("ids")
	q.statuses, errs[3] = p.numbers("status")
	q.window, errs[4] = s.orderWindow(p)
	q.more = p.flag("additionalData")
	return q, cmp.Or(errs[:]...)
}

// parseDate reads the four documented forms. A day without a time reaches to
// its end where it is the upper end, since both ends are inclusive.
func parseDate(p params, name string, upper bool) (time.Time, error) {
	if !p.given(name) {
		return time.Time{}, nil
	}
	text := p.text(name)
	for _, layout := range []string{createdLayout, "02.01.2006 15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	for _, layout := range []string{time.DateOnly, "02.01.2006"} {
		t, err := time.Parse(layout, text)
		if err != nil {
			continue
		}
		if upper {
			t = t.AddDate(0, 0, 1).Add(-time.Second)
		}
		return t, nil
	}
	return time.Time{}, errors.New(name + " is defined incorrectly")
}

// orderWindow applies the default and the largest limit. An offset without a
// limit is ignored (docs/reference/cartum.md#read-orders).
func (s *Server) orderWindow(p params) (window, error) {
	if !p.given("limit") {
		return window{limit: s.count(SwitchOrdersDefaultLimit, math.MaxInt)}, nil
	}
	limit, err := p.number("limit")
	if err != nil {
		return window{}, err
	}
	w := window{limit: min(limit, s.count(SwitchOrdersMaxLimit, math.MaxInt))}
	if p.given("offset") {
		w.offset, err = p.number("offset")
	}
	return w, err
}

// row is an order of a listing with its time of creation.
type row struct {
	order   *order
	created time.Time
}

func (s *Server) findOrders(q orderQuery) []row {
	var found []row
	for _, o := range s.orders {
		if !s.matches(o, q) {
			continue
		}
		if r := (row{order: o, created: s.wallClock(o)}); q.includes(r.created) {
			found = append(found, r)
		}
	}
	s.sortOrders(found)
	return found
}

func (s *Server) matches(o *order, q orderQuery) bool {
	if o.deleted && s.is(SwitchDeletedOrder, "vanishes") {
		return false
	}
	if len(q.numbers) > 0 && !slices.Contains(q.numbers, o.number) {
		return false
	}
	return len(q.statuses) == 0 || hasStatus(o, q.statuses)
}

func (q orderQuery) includes(created time.Time) bool {
	return (q.from.IsZero() || !created.Before(q.from)) && (q.to.IsZero() || !created.After(q.to))
}

func hasStatus(o *order, statuses []int) bool {
	return slices.ContainsFunc(statuses, func(status int) bool { return strconv.Itoa(status) == o.status() })
}

// sortOrders puts a list in the order that the switch says, which public
// sources do not.
func (s *Server) sortOrders(list []row) {
	s.listings++
	byAge := func(a, b row) int { return a.created.Compare(b.created) }
	byNumber := func(a, b row) int { return cmp.Compare(a.order.number, b.order.number) }
	byChance := func(seed uint64) func(a, b row) int {
		return func(a, b row) int { return cmp.Compare(scatter(a.order.number, seed), scatter(b.order.number, seed)) }
	}
	var compare func(a, b row) int
	switch s.switches[SwitchOrdersSort] {
	case "oldest-first":
		compare = func(a, b row) int { return cmp.Or(byAge(a, b), byNumber(a, b)) }
	case "newest-first":
		compare = func(a, b row) int { return cmp.Or(byAge(b, a), byNumber(b, a)) }
	case "newest-first-loose":
		ties := byChance(s.listings)
		compare = func(a, b row) int { return cmp.Or(byAge(b, a), ties(a, b)) }
	default:
		compare = byChance(0)
	}
	slices.SortFunc(list, compare)
}

// scatter is a number that seems random and is the same each time.
func scatter(number int, seed uint64) uint64 {
	return rand.NewPCG(uint64(number), seed).Uint64() //nolint:gosec // an order's number is above 0
}

// wallClock is the time of creation as the shop shows it, written in UTC.
// Times are compared in this form, as a database compares times without a
// zone, also in the hour that a change of clocks doubles.
func (s *Server) wallClock(o *order) time.Time {
	if o.clockIn == s.zone {
		return o.clock
	}
	text, _ := s.created(o.fields["stat_created"]).(string)
	t, err := time.Parse(createdLayout, text)
	if err != nil {
		t, _ = time.Parse(createdLayout, o.placed.In(s.zone).Format(createdLayout))
	}
	o.clock, o.clockIn = t, s.zone
	return t
}

// created is stat_created as it is answered.
func (s *Server) created(stored any) any {
	text, ok := stored.(string)
	if !ok || s.is(SwitchTimeZone, "set") {
		return stored
	}
	t, err := time.ParseInLocation(createdLayout, text, s.opts.TimeZone)
	if err != nil {
		return stored
	}
	return t.In(s.zone).Format(createdLayout)
}

// render is an order as it is answered, without additional_data: a copy of
// what was put, changed only where a switch says so.
func (s *Server) render(o *order) map[string]any {
	fields := maps.Clone(o.fields)
	if created, ok := fields["stat_created"]; ok {
		fields["stat_created"] = s.created(created)
	}
	if s.is(SwitchTotalSum, "with-delivery") {
		addDelivery(fields)
	}
	switch s.switches[SwitchMoney] {
	case "string":
		writeMoney(fields, asText)
	case "binary":
		writeMoney(fields, asBinary)
	}
	if s.is(SwitchDeliveryData, "by-carrier") {
		byCarrier(fields)
	}
	if s.is(SwitchProducts, "object") {
		linesAsObject(fields)
	}
	if s.is(SwitchEntities, "escaped") {
		escapeTexts(fields, orderMarkup)
	}
	if s.is(SwitchUTMCampaign, "number") {
		campaignAsNumber(fields)
	}
	delete(fields, "additional_data")
	return fields
}

// additionalData is filled only where it was asked for
// (docs/reference/cartum.md#order-fields).
func (s *Server) additionalData(o *order, asked bool) any {
	stored := o.fields["additional_data"]
	empty := stored == nil
	switch value := stored.(type) {
	case []any:
		empty = len(value) == 0
	case map[string]any:
		empty = len(value) == 0
	}
	if asked && !empty {
		return stored
	}
	if s.is(SwitchAdditionalData, "object") {
		return map[string]any{}
	}
	return []any{}
}

// addDelivery keeps total_sum's JSON type; what is no number stays.
func addDelivery(fields map[string]any) {
	price, err := decimal.NewFromString(scalarText(fields["delivery_price"]))
	if err != nil || !price.IsPositive() {
		return
	}
	total, err := decimal.NewFromString(scalarText(fields["total_sum"]))
	if err != nil {
		return
	}
	sum := total.Add(price).String()
	if _, number := fields["total_sum"].(json.Number); number {
		fields["total_sum"] = json.Number(sum)
		return
	}
	fields["total_sum"] = sum
}

var (
	orderMoney = []string{
		"delivery_price", "payment_price", "total_default", "total_sum", "discount_percent", "discount_value",
		"coupon_percent", "coupon_discount_value", "manager_discount",
	}
	lineMoney = []string{"price", "total_price"}
)

func writeMoney(fields map[string]any, write func(decimal.Decimal) any) {
	writeAmounts(fields, orderMoney, write)
	lines, ok := fields["products"].([]any)
	if !ok {
		return
	}
	lines = slices.Clone(lines)
	for i, value := range lines {
		if line, ok := value.(map[string]any); ok {
			line = maps.Clone(line)
			writeAmounts(line, lineMoney, write)
			lines[i] = line
		}
	}
	fields["products"] = lines
}

func writeAmounts(fields map[string]any, names []string, write func(decimal.Decimal) any) {
	for _, name := range names {
		number, ok := fields[name].(json.Number)
		if !ok {
			continue
		}
		amount, err := decimal.NewFromString(number.String())
		if err != nil {
			continue
		}
		fields[name] = write(amount)
	}
}

// asText writes an amount as a database's decimal column does, with two decimals
// at least.
func asText(amount decimal.Decimal) any { return amount.StringFixed(max(2, -amount.Exponent())) }

// asBinary writes an amount as PHP does a float with a precision of 17 figures.
func asBinary(amount decimal.Decimal) any {
	return json.Number(strconv.FormatFloat(amount.InexactFloat64(), 'g', 17, 64))
}

func campaignAsNumber(fields map[string]any) {
	analytics, ok := fields["analytics"].(map[string]any)
	if !ok {
		return
	}
	campaign, ok := analytics["utm_campaign"].(string)
	if !ok || campaign == "" || strings.Trim(campaign, "0123456789") != "" || campaign[0] == '0' {
		return
	}
	analytics = maps.Clone(analytics)
	analytics["utm_campaign"] = json.Number(campaign)
	fields["analytics"] = analytics
}
