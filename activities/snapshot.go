package activities

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/cartumsync/cartumsync/internal/cartum"
	"github.com/cartumsync/cartumsync/internal/order"
)

// snapshotOf converts the wire's order to the domain's: texts as they are
// compared, values as far as they were understood, and a problem for each that
// is not written as documented.
func snapshotOf(row cartum.Order, rules order.Rules, at time.Time) order.Snapshot {
	lines, problems := linesOf(row)
	totals, ofTotals := totalsOf(row, lines)
	created, ofCreated := createdOf(row, rules.Zone(), at)
	currency, ofCurrency := currencyOf(row, rules.Currency)
	problems = slices.Concat(problems, ofTotals, ofCreated, ofCurrency)
	for i := range row.Flaws {
		if flaw := &row.Flaws[i]; !converted(flaw.Field) {
			problems = append(problems, problemOf(flaw, flaw.Understood))
		}
	}
	return bound(order.Snapshot{
		Number: row.Number, SeenAt: at, Created: created, CreatedAsWritten: row.CreatedRaw,
		Status: row.Status, Currency: currency,
		Customer:     order.Customer{Name: order.CleanText(row.Name), Phone: row.Phone, Email: order.CleanText(row.Email)},
		Lines:        lines,
		Delivery:     deliveryOf(row),
		Payment:      order.Payment{Method: order.CleanText(row.PaymentType.Title), Paid: row.Paid, Fee: row.PaymentPrice},
		BuyerComment: order.CleanLines(row.Comment), ManagerComment: order.CleanLines(row.ManagerComment), DoNotCall: row.WithoutCallback,
		Totals:   totals,
		Problems: problems,
	})
}

func deliveryOf(row cartum.Order) order.Delivery {
	delivery := order.Delivery{
		Method: order.CleanText(row.DeliveryType.Title), Recipient: order.CleanText(row.Name), Phone: row.Phone,
		City: order.CleanText(row.City), Address: order.CleanText(row.Address),
		Branch: order.CleanText(row.Branch), Tracking: order.CleanText(row.Tracking),
	}
	if row.DeliveryPrice != nil {
		// -1 means not calculated: at the carrier's rates
		// (docs/reference/cartum.md#order-fields).
		delivery.AtCarrierRates = row.DeliveryPrice.Sign() < 0
		if !delivery.AtCarrierRates {
			delivery.Price = row.DeliveryPrice
		}
	}
	return delivery
}

// linesOf converts the lines. One without anything is how a shop may say that it
// was removed, so it is none; only what made it so is told.
func linesOf(row cartum.Order) (lines []order.Line, problems []order.Problem) {
	ofLine := map[int][]order.Problem{}
	for _, from := range row.Lines {
		line, found := lineOf(row, from)
		if line.Quantity.IsZero() {
			for _, p := range found {
				if p.Field == from.Path+".quantity" {
					problems = append(problems, p)
				}
			}
			continue
		}
		ofLine[len(lines)] = found
		lines = append(lines, line)
	}
	order.KeyLines(lines)
	for i, line := range lines {
		for _, p := range ofLine[i] {
			p.Line = line.Key
			problems = append(problems, p)
		}
	}
	return lines, problems
}

func lineOf(row cartum.Order, from cartum.Line) (order.Line, []order.Problem) {
	line := order.Line{
		StorageID: from.StorageID, ParentStorageID: from.ParentStorageID,
		Article: order.CleanText(from.Article), Title: order.CleanText(from.Title),
		Type:     order.LineType(strings.ToLower(order.NormalizeText(from.Type))),
		Quantity: from.Quantity, Price: from.Price, Total: from.Total,
	}
	if line.Article != from.Article {
		line.ArticleAsWritten = from.Article
	}
	unknown := func(name string) bool { return nothing(flawOf(row, from.Path+"."+name)) }
	if unknown("quantity") {
		line.Quantity = quantityFrom(line, unknown("price") || unknown("total_price"))
	}
	if unknown("price") && !unknown("total_price") && !line.Quantity.IsZero() {
		line.Price = line.Total.DivRound(line.Quantity, order.PricePlaces)
	}
	if unknown("total_price") {
		line.Total = line.Price.Mul(line.Quantity)
	}
	understood := map[string]string{
		"quantity": line.Quantity.String(), "price": line.Price.String(), "total_price": line.Total.String(),
	}
	var problems []order.Problem
	for i := range row.Flaws {
		flaw := &row.Flaws[i]
		name, ofLine := strings.CutPrefix(flaw.Field, from.Path+".")
		if !ofLine || name == "total_price" && flaw.Kind == cartum.Missing { // older shops send none
			continue
		}
		as, worked := understood[name]
		if !worked {
			as = flaw.Understood
		}
		problems = append(problems, problemOf(flaw, as))
	}
	problems = append(problems, line.Fit(from.Path)...)
	if line.Article == "" && line.Title == "" {
		// The name is the line's own: no other line without a name may be taken for it.
		line.Title = fmt.Sprintf("#%d %s", row.Number, from.Path)
		problems = append(problems, order.Problem{
			Code: order.ProblemNoName, Field: from.Path + ".title", Subject: order.SubjectItems, Understood: line.Title,
		})
	}
	return line, problems
}

// quantityFrom works a quantity out of the line's amount; else it is one piece.
func quantityFrom(line order.Line, unknown bool) decimal.Decimal {
	one := decimal.NewFromInt(1)
	if unknown || !line.Price.IsPositive() || !line.Total.IsPositive() {
		return one
	}
	quantity := line.Total.DivRound(line.Price, order.QuantityPlaces)
	if quantity.IsZero() || !quantity.Mul(line.Price).Round(order.PricePlaces).Equal(line.Total.Round(order.PricePlaces)) {
		return one
	}
	return quantity
}

// totalsOf takes what the lines make for totals that cannot be read.
func totalsOf(row cartum.Order, lines []order.Line) (order.Totals, []order.Problem) {
	totals := order.Totals{
		Default: row.TotalDefault, Sum: row.TotalSum,
		DiscountPercent: row.DiscountPercent, DiscountValue: row.DiscountValue,
		CouponCode: order.CleanText(row.CouponCode), CouponPercent: row.CouponPercent, CouponValue: row.CouponDiscount,
		ManagerDiscount: row.ManagerDiscount, ManagerDiscountTitle: order.CleanText(row.ManagerDiscountTitle),
	}
	all, due := flawOf(row, "total_default"), flawOf(row, "total_sum")
	if nothing(all) {
		totals.Default = decimal.Zero
		for _, line := range lines {
			totals.Default = totals.Default.Add(line.Quantity.Mul(line.Price))
		}
	}
	if nothing(due) {
		totals.Sum = totals.Default
	}
	var problems []order.Problem
	if all != nil {
		problems = append(problems, problemOf(all, totals.Default.String()))
	}
	if due != nil {
		problems = append(problems, problemOf(due, totals.Sum.String()))
	}
	return totals, problems
}

// createdOf is when the buyer placed the order; where the shop does not say, it
// is when the order was seen.
func createdOf(row cartum.Order, zone *time.Location, at time.Time) (time.Time, []order.Problem) {
	created, problem := order.ParseShopTime(row.CreatedRaw, zone)
	if problem == nil {
		return created, nil
	}
	if flaw := flawOf(row, "stat_created"); nothing(flaw) {
		problem.Code, problem.Value = codes[flaw.Kind], flaw.Value
	}
	if created.IsZero() {
		created = at.UTC().Truncate(time.Second)
		problem.Understood = created.In(zone).Format(time.DateTime)
	}
	return created, []order.Problem{*problem}
}

// currencyOf is the order's currency. What is no currency is taken for the account's,
// which a person has to accept.
func currencyOf(row cartum.Order, account string) (string, []order.Problem) {
	code := order.NormalizeCurrency(row.Currency)
	flaw := flawOf(row, "currency")
	problem := order.CurrencyProblem(code, account)
	switch {
	case problem == nil && flaw == nil:
		return code, nil
	case problem == nil:
		return code, []order.Problem{problemOf(flaw, code)}
	case nothing(flaw):
		problem.Code, problem.Value = codes[flaw.Kind], flaw.Value
	}
	return account, []order.Problem{*problem}
}

// converted tells of fields whose flaws are told where they are converted.
func converted(field string) bool {
	return strings.HasPrefix(field, "products[") && strings.Contains(field, "].") ||
		slices.Contains([]string{"total_default", "total_sum", "stat_created", "currency"}, field)
}

func flawOf(row cartum.Order, field string) *cartum.Flaw {
	i := slices.IndexFunc(row.Flaws, func(f cartum.Flaw) bool { return f.Field == field })
	if i < 0 {
		return nil
	}
	return &row.Flaws[i]
}

// nothing tells that no value at all was read.
func nothing(flaw *cartum.Flaw) bool {
	return flaw != nil && (flaw.Kind == cartum.Missing || flaw.Kind == cartum.Unreadable)
}

var codes = map[cartum.FlawKind]order.ProblemCode{
	cartum.Odd: order.ProblemSpelling, cartum.Ambiguous: order.ProblemAmbiguous,
	cartum.Unreadable: order.ProblemUnreadable, cartum.Missing: order.ProblemMissing,
}

func problemOf(flaw *cartum.Flaw, understood string) order.Problem {
	return order.Problem{
		Code: codes[flaw.Kind], Field: flaw.Field, Subject: subjectOf(flaw.Field),
		Value: flaw.Value, Understood: order.CleanText(understood), Acceptable: holds(flaw),
	}
}

// holds tells that nothing may be made of a doubtful value before a person has
// seen it: what the buyer gets, at which price, and the status, which may be a
// cancellation. Everything else only informs.
func holds(flaw *cartum.Flaw) bool {
	if flaw.Kind == cartum.Odd {
		return false
	}
	line, name, ofLine := strings.Cut(flaw.Field, "].")
	switch {
	case ofLine && strings.HasPrefix(line, "products["):
		return name == "price" || name == "quantity" || name == "article"
	case strings.HasPrefix(flaw.Field, "products"):
		return flaw.Kind == cartum.Unreadable
	default:
		return flaw.Field == "stat_status"
	}
}

// subjects are the parts of an order by how their fields begin, the longer
// beginning first.
var subjects = []struct {
	prefix  string
	subject order.Subject
}{
	{"products", order.SubjectItems},
	{"delivery_name", order.SubjectCustomer},
	{"delivery_phone", order.SubjectCustomer},
	{"delivery_email", order.SubjectCustomer},
	{"delivery", order.SubjectDelivery},
	{"pay", order.SubjectPayment},
	{"stat_status", order.SubjectStatus},
	{"stat_created", order.SubjectCreated},
	{"currency", order.SubjectCurrency},
	{"comment", order.SubjectComments},
	{"manager_comment", order.SubjectComments},
	{"order_without_callback", order.SubjectComments},
}

func subjectOf(field string) order.Subject {
	for _, s := range subjects {
		if strings.HasPrefix(field, s.prefix) {
			return s.subject
		}
	}
	return order.SubjectAmount
}
