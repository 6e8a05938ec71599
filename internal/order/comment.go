package order

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// Bounds of what people and shops write into an order, in runes. Together they
// stay below the bound of a comment, so that the amount to collect, which comes
// last, is never cut off.
const (
	longestComment = 9000 // RO App names no limit (docs/reference/roapp.md#order-comments)
	longestRemark  = 1500
	longestAddress = 400
	longestValue   = 200
	longestTitle   = 60
	mostTitles     = 10
)

// commentTime is how a moment is written in comments, on the shop's clock.
const commentTime = "02.01.2006 15:04"

// FirstComment is the text that goes into the event feed of every order that is
// created in RO App, for every delivery method: the customer as written, delivery,
// remarks, payment, and the amount to collect with its calculation. It names the
// moment it reports, at, as a repeated comment cannot be distinguished from the
// first otherwise.
func FirstComment(s Snapshot, r Rules, at time.Time) string {
	c := commentary{voice: newVoice(r.Language), order: s, totals: Explain(s)}
	return joinSections(c.heading("Heading", r, at), c.customer(), c.delivery(), c.remarks(), c.zeroPrices(), c.amount())
}

// joinSections leaves out empty lines and empty sections.
func joinSections(sections ...[]string) string {
	var texts []string
	for _, lines := range sections {
		texts = append(texts, strings.Join(filled(lines), "\n"))
	}
	return Shorten(strings.Join(filled(texts), "\n\n"), longestComment)
}

func filled(texts []string) []string {
	return slices.DeleteFunc(texts, func(text string) bool { return text == "" })
}

// commentary writes about one order in one language.
type commentary struct {
	voice
	order  Snapshot
	totals Totalling
	// linesUnclear is set where nothing is to be said of the sum of the lines.
	linesUnclear bool
}

// withValue is a text with a value in it, and "" where there is no value. The
// value becomes one line, so that a buyer's remark cannot be mistaken for lines of
// ours.
func (c commentary) withValue(id, value string, limit int) string {
	value = Shorten(NormalizeText(value), limit)
	if value == "" {
		return ""
	}
	return c.say(id, words{"Value": value})
}

func (c commentary) heading(id string, r Rules, at time.Time) []string {
	return []string{c.say(id, words{
		"Number": num(c.order.Number),
		"Shop":   Shorten(NormalizeText(r.ShopName), longestValue),
		"At":     at.In(r.Zone()).Format(commentTime),
	})}
}

func (c commentary) customer() []string {
	return []string{
		c.withValue("Customer", c.order.Customer.Name, longestValue),
		c.withValue("Phone", c.order.Customer.Phone, longestValue),
		c.withValue("Email", c.order.Customer.Email, longestValue),
	}
}

// delivery always names the recipient, also where it is the customer: the
// comment is what the parcel is packed from.
func (c commentary) delivery() []string {
	d := c.order.Delivery
	return []string{
		c.withValue("DeliveryMethod", d.Method, longestValue),
		c.withValue("DeliveryPrice", c.deliveryPrice(), longestValue),
		c.withValue("Recipient", d.Recipient, longestValue),
		c.withValue("RecipientPhone", d.Phone, longestValue),
		c.withValue("City", d.City, longestValue),
		c.withValue("Address", readableAddress(d.Address), longestAddress),
		c.withValue("Branch", d.Branch, longestAddress),
		c.withValue("Tracking", d.Tracking, longestValue),
	}
}

func (c commentary) deliveryPrice() string {
	price := c.totals.Delivery
	switch {
	case c.order.Delivery.AtCarrierRates:
		return c.say("AtCarrierRates", nil)
	case price == nil:
		return ""
	case price.IsZero():
		return c.say("FreeOfCharge", nil)
	case c.totals.DeliveryIncluded:
		return c.say("IncludedInTotal", words{"Value": c.money(*price, c.order.Currency)})
	default:
		return c.money(*price, c.order.Currency)
	}
}

var emailAddress = regexp.MustCompile(`(?i)[a-z0-9._%+-]+@[a-z0-9-]+\.[a-z]{2,}`)

// readableAddress puts commas where Cartum's UkrPoshta option has "@" between
// the parts of an address (docs/reference/cartum.md#order-fields).
func readableAddress(address string) string {
	if strings.Count(address, "@") == 1 && emailAddress.MatchString(address) {
		return address
	}
	var parts []string
	for part := range strings.SplitSeq(address, "@") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ", ")
}

func (c commentary) remarks() []string {
	remarks := []string{c.withValue("BuyerComment", c.order.BuyerComment, longestRemark)}
	if c.order.DoNotCall {
		remarks = append(remarks, c.say("DoNotCall", nil))
	}
	return append(remarks, c.withValue("ManagerComment", c.order.ManagerComment, longestRemark))
}
