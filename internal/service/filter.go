package service

import (
	"regexp"
	"slices"
	"strings"

	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/order"
)

// States are the states of orders, in the order of their lives.
func States() []order.SyncState {
	return []order.SyncState{order.SyncImporting, order.SyncHeld, order.SyncSynced, order.SyncClosed, order.SyncFailed}
}

// Reasons are the reasons of holds, those that hold many orders at once first.
func Reasons() []order.HoldReason {
	return []order.HoldReason{
		order.HoldCredentials, order.HoldUnreachable, order.HoldAmbiguousContact, order.HoldAmbiguousProduct, order.HoldMissingRight,
		order.HoldNoCustomer, order.HoldNoArticle, order.HoldProductNotCreated, order.HoldRejected, order.HoldOrderGone, order.HoldNoItems,
		order.HoldCurrency, order.HoldUnknownShop, order.HoldMalformed, order.HoldDeductedAtOnce, order.HoldNotInShop,
		order.HoldNumberReused, order.HoldUnknownAccount, order.HoldInternalError,
	}
}

// orderNumber is what a number may look like, on either side.
var orderNumber = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z-]{0,31}$`)

// checked is the filter with its defaults. Whatever of it stands in a question to
// Temporal is known to be harmless there.
func (f Filter) checked() (Filter, error) {
	f.Number = strings.TrimPrefix(strings.TrimSpace(f.Number), "#") // as pages write it
	switch {
	case f.Source != "" && f.Source != SourceShop && f.Source != SourceRoapp && f.Source != SourceAny:
		return f, invalid("made", "must be integration, roapp or all")
	case f.Shop != "" && !order.ValidID(f.Shop):
		return f, invalid("shop", "must be the id of a shop in the settings")
	case f.Account != "" && !order.ValidID(f.Account):
		return f, invalid("account", "must be the id of an account in the settings")
	case f.State != "" && !slices.Contains(States(), f.State):
		return f, invalid("state", "must be importing, held, synced, closed or failed")
	case f.Reason != "" && !slices.Contains(Reasons(), f.Reason):
		return f, invalid("reason", "is no reason of a hold")
	case f.Number != "" && !orderNumber.MatchString(f.Number):
		return f, invalid("number", "must be the number of an order: up to 32 letters, digits and hyphens")
	case f.Source == SourceRoapp && (f.Shop != "" || f.State != "" || f.Reason != ""):
		return f, invalid("made", "an order that was made in RO App has no shop, no state and no hold; leave these filters out")
	}
	if f.Source == "" || f.Shop != "" || f.State != "" || f.Reason != "" { // only ours have these
		f.Source = SourceShop
	}
	return f, nil
}

// where is what the filter selects, but for the number.
func (f Filter) where(shops []string) index.Condition {
	var all []index.Condition
	if f.Shop != "" {
		all = append(all, index.OfShops(f.Shop))
	}
	if f.Account != "" {
		all = append(all, index.OfShops(shops...))
	}
	if f.State != "" {
		all = append(all, index.InState(f.State))
	}
	if f.Reason != "" {
		all = append(all, index.HeldFor(f.Reason))
	}
	return index.All(all...)
}
