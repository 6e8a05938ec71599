package order

import (
	"maps"
	"time"

	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// HoldReason says why an order waits. It is the search attribute HoldReason.
type HoldReason string

// The reasons an order may wait for. Each ends by itself once its cause is gone,
// except HoldOrderGone, which only a person ends.
const (
	HoldNoCustomer        HoldReason = "no-customer"
	HoldNoItems           HoldReason = "no-items"
	HoldAmbiguousContact  HoldReason = "ambiguous-contact"
	HoldAmbiguousProduct  HoldReason = "ambiguous-product"
	HoldNoArticle         HoldReason = "no-sku"
	HoldProductNotCreated HoldReason = "product-not-creatable"
	HoldCurrency          HoldReason = "currency"
	HoldMissingRight      HoldReason = "missing-permission"
	HoldRejected          HoldReason = "rejected"
	HoldOrderGone         HoldReason = "order-gone"
	HoldCredentials       HoldReason = "credentials"
	HoldUnreachable       HoldReason = "unreachable"
	HoldUnknownShop       HoldReason = "unknown-shop"
	HoldMalformed         HoldReason = "malformed"        // a value of the shop's order has no safe meaning
	HoldDeductedAtOnce    HoldReason = "deducted-at-once" // RO App writes items off as they are added
	HoldNotInShop         HoldReason = "not-in-shop"      // Cartum does not show the order (yet)
	HoldNumberReused      HoldReason = "number-reused"    // the shop gave the order's number to another order
	HoldUnknownAccount    HoldReason = "unknown-account"  // the order's RO App account is not in the settings any more
	HoldInternalError     HoldReason = "internal-error"   // a defect of ours; the order is safe and waits
)

// Hold is what an order waits for. Its reason and parameters are put into words
// where they are shown.
type Hold struct {
	Reason HoldReason
	// Variant distinguishes the causes of one reason.
	Variant string            `json:",omitempty"`
	Params  map[string]string `json:",omitempty"`
	// Side is the service that does not answer, of holds that concern one only.
	Side  Side   `json:",omitempty"`
	Field string `json:",omitempty"` // the value that causes it, as its service calls it
	// Step is the key of the step whose failure is the cause.
	Step string `json:",omitempty"`
	// Problem identifies the value that a person may accept as understood.
	Problem    string     `json:",omitempty"`
	ProductKey ProductKey `json:",omitempty"` // of holds for one product
	// Choices are the records a person may choose between.
	Choices []Choice `json:",omitempty"`
	// Note says why a person's last answer had no effect.
	Note  *flow.Message `json:",omitempty"`
	Since time.Time
	// Retries counts how often the cause was checked again.
	Retries   int       `json:",omitempty"`
	NextRetry time.Time `json:",omitzero"` // zero: only a person ends it
}

// holdFor creates a hold from its reason and pairs of a parameter's name and
// value.
func holdFor(reason HoldReason, pairs ...string) *Hold {
	return &Hold{Reason: reason, Params: msg("", pairs...).Params}
}

// ChoiceKind is the decision that chooses a record: a product where the hold is about one, else a contact.
func (h *Hold) ChoiceKind() DecisionKind {
	if h.ProductKey != "" {
		return DecideProduct
	}
	return DecideContact
}

// Message is what the order waits for, as a message.
func (h *Hold) Message() flow.Message {
	params := maps.Clone(h.Params)
	put(&params, "reason", string(h.Reason))
	if h.Variant != "" {
		params["variant"] = h.Variant
	}
	return flow.Message{Code: "hold", Params: params}
}

// Choice is one record that fits.
type Choice struct {
	ID           int64
	Organization bool `json:",omitempty"`
	Title        string
}

// stopsAll reports whether nothing of the order can be synced meanwhile.
func (h *Hold) stopsAll() bool {
	switch h.Reason {
	case HoldOrderGone, HoldUnknownShop, HoldUnknownAccount, HoldNumberReused, HoldInternalError:
		return true
	default:
		return false
	}
}

// same reports whether two holds wait for the same thing.
func (h *Hold) same(other *Hold) bool {
	return h != nil && other != nil && h.Reason == other.Reason && h.Variant == other.Variant && h.Field == other.Field && h.Problem == other.Problem && h.ProductKey == other.ProductKey
}

// retryDelays are the growing delays after which a hold's cause is checked
// again; the last one repeats.
func retryDelays(reason HoldReason) []time.Duration {
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

// nextRetry is the absolute time of the next retry. Orders held together do not
// come back together: up to a tenth of the delay is added by the order's number.
func nextRetry(h *Hold, number int64, now time.Time) time.Time {
	delays := retryDelays(h.Reason)
	if len(delays) == 0 {
		return time.Time{}
	}
	delay := delays[min(h.Retries, len(delays)-1)]
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
	DecideRetry         DecisionKind = "retry"
	DecideCreateAgain   DecisionKind = "create-again" // the order deleted in RO App is created again
	DecideLink          DecisionKind = "link"         // this order in RO App is the order
	DecideSkip          DecisionKind = "skip"         // do not sync the order, with a reason
	DecideNewOrder      DecisionKind = "new-order"    // another order has the number now: import it
	DecideSameOrder     DecisionKind = "same-order"   // it is the order that was imported before
)

// Decision is a person's answer to a hold.
type Decision struct {
	Kind         DecisionKind
	By           string     // who decided
	Reason       string     `json:",omitempty"`
	ContactID    int64      `json:",omitempty"`
	Organization bool       `json:",omitempty"`
	ProductKey   ProductKey `json:",omitempty"`
	ProductID    int64      `json:",omitempty"`
	OrderID      int64      `json:",omitempty"` // RO App's id of the order to link
	// Confirmed is set where the person was shown that a value does not agree, such
	// as the phone of a contact, and wants it all the same.
	Confirmed bool `json:",omitempty"`
	// Found is set where the person searched for the contact or the product and was shown it, so that it need not be
	// one of the choices.
	Found bool `json:",omitempty"`
}
