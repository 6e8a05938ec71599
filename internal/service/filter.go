package service

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/settings"
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
	f = f.split()
	f.Number = strings.TrimPrefix(strings.TrimSpace(f.Number), "#")
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
	case len([]rune(f.Text)) > longestText:
		return f, invalid("text", fmt.Sprintf("must be at most %d letters", longestText))
	case !f.From.IsZero() && !f.To.IsZero() && !f.From.Before(f.To):
		return f, invalid("from", "must be before the end of the days")
	case f.Source == SourceRoapp && (f.Shop != "" || f.State != "" || f.Reason != ""):
		return f, invalid("made", "an order that was made in RO App has no shop, no state and no hold; leave these filters out")
	}
	named := f.Text != "" && f.Number == ""
	if f.Source == "" || f.Shop != "" || f.State != "" || f.Reason != "" || named { // only ours have these
		f.Source = SourceShop
	}
	return f, nil
}

// where is what the filter selects, but for the number.
func (f Filter) where(set *settings.Settings) index.Condition {
	all := []index.Condition{index.PlacedIn(f.From, f.To)}
	if f.Text != "" && f.Number == "" {
		all = append(all, searched(f.Text, set))
	}
	if f.Shop != "" {
		all = append(all, index.OfShops(f.Shop))
	}
	if f.Account != "" {
		all = append(all, index.OfShops(set.ShopsOf(f.Account)...))
	}
	if f.State != "" {
		all = append(all, index.InState(f.State))
	}
	if f.Reason != "" {
		all = append(all, index.HeldFor(f.Reason))
	}
	return index.All(all...)
}
