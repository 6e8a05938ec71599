package order

import "time"

// HoldReason says why an order waits. It is the search attribute HoldReason.
type HoldReason string

// The reasons an order may wait for. Each ends by itself once its cause is gone,
// except HoldOrderGone, which only a person ends.
const (
	HoldNoCustomer        HoldReason = "no-customer"
	HoldNoGoods           HoldReason = "no-goods"
	HoldAmbiguousContact  HoldReason = "ambiguous-contact"
	HoldAmbiguousProduct  HoldReason = "ambiguous-product"
	HoldNoArticle         HoldReason = "no-article"
	HoldProductNotCreated HoldReason = "product-not-creatable"
	HoldCurrency          HoldReason = "currency"
	HoldMissingRight      HoldReason = "missing-right"
	HoldRejected          HoldReason = "rejected"
	HoldOrderGone         HoldReason = "order-gone"
	HoldCredentials       HoldReason = "credentials"
	HoldUnreachable       HoldReason = "unreachable"
	HoldUnknownShop       HoldReason = "unknown-shop"
	HoldMalformed         HoldReason = "malformed"        // a value of the shop's order has no safe meaning
	HoldDeductedAtOnce    HoldReason = "deducted-at-once" // RO App writes goods off as they are added
	HoldNotInShop         HoldReason = "not-in-shop"      // Cartum does not show the order (yet)
)

// Hold is what an order waits for.
type Hold struct {
	Reason HoldReason
	// Side is the service that does not answer, of holds that concern one only.
	Side   Side     `json:",omitempty"`
	Field  string   `json:",omitempty"` // the value that causes it, as its service calls it
	Text   string   // what happened
	Remedy string   // what a person can do; the order goes on by itself afterwards
	Goods  GoodsKey `json:",omitempty"` // of holds for one product
	// Choices are the records a person may choose between.
	Choices []Choice `json:",omitempty"`
	// Note tells what came of a person's last answer, where nothing did.
	Note  string `json:",omitempty"`
	Since time.Time
	// Looks counts how often the cause was looked at again.
	Looks    int
	NextLook time.Time // zero: only a person ends it
}

// Choice is one record that fits.
type Choice struct {
	ID           int64
	Organization bool `json:",omitempty"`
	Title        string
}

// stopsAll tells that nothing of the order can be carried over meanwhile.
func (h *Hold) stopsAll() bool { return h.Reason == HoldOrderGone || h.Reason == HoldUnknownShop }

// same tells whether two holds wait for the same thing.
func (h *Hold) same(other *Hold) bool {
	return h != nil && other != nil && h.Reason == other.Reason && h.Field == other.Field && h.Goods == other.Goods
}

// lookAgain are the growing delays after which a hold's cause is looked at
// again; the last one repeats.
func lookAgain(reason HoldReason) []time.Duration {
	switch reason {
	case HoldUnreachable, HoldNotInShop:
		return []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour}
	case HoldCredentials:
		return []time.Duration{5 * time.Minute, 15 * time.Minute, time.Hour}
	case HoldOrderGone:
		return nil
	default:
		return []time.Duration{time.Hour}
	}
}

// nextLook is the absolute time of the next look. Orders held together do not
// come back together: up to a tenth of the delay is added by the order's number.
func nextLook(h *Hold, number int64, now time.Time) time.Time {
	delays := lookAgain(h.Reason)
	if len(delays) == 0 {
		return time.Time{}
	}
	delay := delays[min(h.Looks, len(delays)-1)]
	return now.Add(delay + delay/1000*time.Duration(number%100))
}

// DecisionKind is what a person answers to a hold.
type DecisionKind string

// The answers. Each names what it is about: a contact, a product, or nothing.
const (
	DecideContact       DecisionKind = "contact"        // this contact is the customer
	DecideCreateContact DecisionKind = "create-contact" // a new contact, also without phone
	DecideProduct       DecisionKind = "product"        // this product is the line's
	DecideCreateProduct DecisionKind = "create-product" // a new product under the line's title
	DecideAccept        DecisionKind = "accept"         // take the value as it was understood
	DecideTryAgain      DecisionKind = "try-again"
	DecideCreateAgain   DecisionKind = "create-again" // the order deleted in RO App is made anew
	DecideTakeOver      DecisionKind = "take-over"    // this order in RO App stands for it
	DecideLeave         DecisionKind = "leave"        // give the order up, with a reason
)

// Decision is a person's answer to a hold.
type Decision struct {
	Kind         DecisionKind
	By           string   // who decided
	Reason       string   `json:",omitempty"`
	ContactID    int64    `json:",omitempty"`
	Organization bool     `json:",omitempty"`
	Goods        GoodsKey `json:",omitempty"`
	ProductID    int64    `json:",omitempty"`
	OrderID      int64    `json:",omitempty"` // RO App's id of the order to take over
}
