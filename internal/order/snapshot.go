package order

import (
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// Snapshot is an order as the shop had it at one moment. Amounts are in
// Currency, in its main unit, and exact decimals.
type Snapshot struct {
	Number  int64
	SeenAt  time.Time // when the request that brought it was sent
	Created time.Time // when the buyer placed it
	// CreatedAsWritten is the shop's own text of the creation, which has no zone.
	CreatedAsWritten string
	Status           int // Cartum's status id
	Currency         string
	Customer         Customer
	Lines            []Line
	Delivery         Delivery
	Payment          Payment
	Totals           Totals
	BuyerComment     string `json:",omitempty"`
	ManagerComment   string `json:",omitempty"` // written by the shop's manager in Cartum
	DoNotCall        bool   `json:",omitempty"`
	// Problems are what is not written as expected. What an acceptable one is
	// about waits until a person accepts it.
	Problems []Problem `json:",omitempty"`
}

// linesUnclear reports whether lines may be missing from the snapshot, since what
// the shop shows in their place is not understood: that one is not there does not
// mean that the shop removed it.
func (s Snapshot) linesUnclear(accepted map[string]bool) bool {
	return slices.ContainsFunc(Holding(s.Problems), func(p Problem) bool {
		return p.Subject == SubjectItems && p.Line == "" && !accepted[p.ID()]
	})
}

// linesUnclear reports whether it is not known which lines the shop's order has.
func (s *State) linesUnclear() bool { return s.Snapshot.linesUnclear(s.Accepted) }

// clearest is the shop's order with the lines that it has for all that is known.
func (s *State) clearest() Snapshot {
	shop := *s.Snapshot
	if s.linesUnclear() && len(s.LastLines) > 0 {
		shop.Lines = s.LastLines
	}
	return shop
}

// everyLine are the lines of the snapshot and the last known ones that are not among
// them.
func (s *State) everyLine() []Line {
	if s.Snapshot == nil {
		return nil
	}
	lines := slices.Clone(s.Snapshot.Lines)
	for _, last := range s.LastLines {
		if !slices.ContainsFunc(lines, func(line Line) bool { return line.Key == last.Key }) {
			lines = append(lines, last)
		}
	}
	return lines
}

// CancelledStatus is the status id with which Cartum says "cancelled" or "not
// delivered"; an order in it can never leave it
// (docs/reference/cartum.md#update-orders).
const CancelledStatus = 4

// Customer is the buyer as the shop wrote it: one field for the whole name, and
// the phone in any format.
type Customer struct {
	Name  string
	Phone string
	Email string `json:",omitempty"`
}

// LineType is Cartum's kind of an order line
// (docs/reference/cartum.md#order-lines).
type LineType string

// The documented line types. An unknown one is treated as a product.
const (
	LineProduct    LineType = "product"
	LineGift       LineType = "gift"
	LineGiftParent LineType = "gift_parent"
	LineSetMain    LineType = "set_main"
	LineSetItem    LineType = "set_item"
)

// LineKey names a line within its order. Cartum's lines have no id, so it is made
// of the SKU (the title where that is empty) and of the occurrence: "a:A-12#1" is
// the first line with SKU A-12.
type LineKey string

// label is what people call the line: its SKU or its title.
func (k LineKey) label() string {
	at := strings.LastIndex(string(k), "#")
	if at < 0 {
		return string(k)
	}
	name, occurrence := string(k)[:at], string(k)[at+1:]
	if _, after, found := strings.Cut(name, ":"); found {
		name = after
	}
	if occurrence != "1" {
		name += " (" + occurrence + ")"
	}
	return Shorten(name, longestTitle)
}

// Line is one position of an order.
type Line struct {
	Key     LineKey
	Article string `json:",omitempty"` // the product's code, may be empty
	// ArticleAsWritten is the shop's own text where it is not Article, with what
	// nobody sees: a record of RO App may have it just so.
	ArticleAsWritten string `json:",omitempty"`
	// StorageID tells lines of one SKU apart, and ParentStorageID is the StorageID of
	// the line that a gift or a part of a set belongs to; empty where the shop sends
	// none (docs/reference/cartum.md#read-orders).
	StorageID       string   `json:",omitempty"`
	ParentStorageID string   `json:",omitempty"`
	Title           string   // in the buyer's language
	Type            LineType `json:",omitempty"`
	Quantity        decimal.Decimal
	Price           decimal.Decimal // of one piece, the product's own discount already in it
	Total           decimal.Decimal // of the line, as Cartum says it
}

// Delivery is how the products reach the recipient.
type Delivery struct {
	Method string `json:",omitempty"` // title of the shop's delivery option
	// Price is nil where Cartum names none.
	Price *decimal.Decimal `json:",omitempty"`
	// AtCarrierRates is set where Cartum's price is -1: not calculated.
	AtCarrierRates bool   `json:",omitempty"`
	Recipient      string `json:",omitempty"`
	Phone          string `json:",omitempty"`
	City           string `json:",omitempty"`
	Address        string `json:",omitempty"`
	Branch         string `json:",omitempty"` // the carrier's branch or parcel locker
	Tracking       string `json:",omitempty"` // the parcel's number
}

// Payment is how the buyer pays.
type Payment struct {
	Method string           `json:",omitempty"`
	Paid   bool             `json:",omitempty"`
	Fee    *decimal.Decimal `json:",omitempty"` // added by the payment method
}

// Totals are the order's sums as Cartum computed them
// (docs/reference/cartum.md#money).
type Totals struct {
	Default              decimal.Decimal // before discounts of the whole order
	Sum                  decimal.Decimal // with discounts, usually without delivery
	DiscountPercent      decimal.Decimal
	DiscountValue        decimal.Decimal
	CouponCode           string `json:",omitempty"`
	CouponPercent        decimal.Decimal
	CouponValue          decimal.Decimal
	ManagerDiscount      decimal.Decimal
	ManagerDiscountTitle string `json:",omitempty"`
}

// QuantityPlaces and PricePlaces are the decimals that RO App keeps of them
// (docs/reference/roapp.md#numbers).
const (
	QuantityPlaces = 3
	PricePlaces    = 2
)

// Fit brings a line to what RO App can keep and reports what that changed; field
// is the line's place in the shop's order. A quantity below zero becomes 0, a line
// without anything.
func (l *Line) Fit(field string) []Problem {
	var problems []Problem
	fit := func(name string, value *decimal.Decimal, places int32) {
		p := Problem{Field: field + "." + name, Subject: SubjectItems, Value: value.String(), Acceptable: true}
		switch rounded := value.Round(places); {
		case value.IsNegative():
			p.Code, *value = ProblemNegative, decimal.Zero
		case !rounded.Equal(*value):
			p.Code, *value = ProblemPrecision, rounded
		default:
			return
		}
		p.Understood = value.String()
		problems = append(problems, p)
	}
	fit("quantity", &l.Quantity, QuantityPlaces)
	fit("price", &l.Price, PricePlaces)
	return problems
}
