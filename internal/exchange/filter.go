package exchange

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

// States are the states of orders, in the order of their lives.
func States() []order.SyncState {
	return []order.SyncState{order.SyncImporting, order.SyncHeld, order.SyncSynced, order.SyncClosed}
}

// Reasons are the reasons of holds, those that hold many orders at once first.
func Reasons() []order.HoldReason {
	return []order.HoldReason{
		order.HoldCredentials, order.HoldUnreachable, order.HoldAmbiguousContact, order.HoldAmbiguousProduct, order.HoldMissingRight,
		order.HoldNoCustomer, order.HoldNoArticle, order.HoldProductNotCreated, order.HoldRejected, order.HoldOrderGone, order.HoldNoGoods,
		order.HoldCurrency, order.HoldUnknownShop, order.HoldMalformed, order.HoldDeductedAtOnce, order.HoldNotInShop,
	}
}

// orderNumber is what a number may look like, on either side.
var orderNumber = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z-]{0,31}$`)

// checked is the filter with its defaults. Whatever of it stands in a question to
// Temporal is known to be harmless there.
func (f Filter) checked() (Filter, error) {
	f.Number = strings.TrimSpace(f.Number)
	switch {
	case f.Made != "" && f.Made != MadeInShop && f.Made != MadeInRoapp && f.Made != MadeAnywhere:
		return f, invalid("made", "must be integration, roapp or all")
	case f.Shop != "" && !order.ValidID(f.Shop):
		return f, invalid("shop", "must be the id of a shop in the settings")
	case f.Account != "" && !order.ValidID(f.Account):
		return f, invalid("account", "must be the id of an account in the settings")
	case f.State != "" && !slices.Contains(States(), f.State):
		return f, invalid("state", "must be importing, held, synced or closed")
	case f.Reason != "" && !slices.Contains(Reasons(), f.Reason):
		return f, invalid("reason", "is no reason of a hold")
	case f.Number != "" && !orderNumber.MatchString(f.Number):
		return f, invalid("number", "must be the number of an order: up to 32 letters, digits and hyphens")
	case f.Made == MadeInRoapp && (f.Shop != "" || f.State != "" || f.Reason != ""):
		return f, invalid("made", "an order that was made in RO App has no shop, no state and no hold; leave these filters out")
	}
	if f.Made == "" || f.Shop != "" || f.State != "" || f.Reason != "" { // only ours have these
		f.Made = MadeInShop
	}
	return f, nil
}

// ours selects the workflows of orders, one run of each life.
const ours = "WorkflowType = '" + workflows.OrderWorkflow + "' AND ExecutionStatus != 'ContinuedAsNew'"

// where is the question to Temporal, but for the number and the time.
func (f Filter) where(shops []string) string {
	all := []string{ours}
	if f.Shop != "" {
		all = append(all, fmt.Sprintf("%s = '%s'", engine.AttrShop.GetName(), f.Shop))
	}
	if f.Account != "" {
		all = append(all, among(engine.AttrShop.GetName(), shops))
	}
	if f.State != "" {
		all = append(all, stateIs(f.State))
	}
	if f.Reason != "" {
		all = append(all, fmt.Sprintf("%s = '%s' AND ExecutionStatus = 'Running'", engine.AttrHoldReason.GetName(), f.Reason))
	}
	return strings.Join(all, " AND ")
}

// stateIs selects a state. A workflow that was ended from outside is closed,
// whatever it said last.
func stateIs(state order.SyncState) string {
	said := fmt.Sprintf("%s = '%s'", engine.AttrSyncState.GetName(), state)
	if state == order.SyncClosed {
		return "(" + said + " OR ExecutionStatus != 'Running')"
	}
	return said + " AND ExecutionStatus = 'Running'"
}

// among selects one of some values that need no escaping; of none, nothing.
func among(name string, values []string) string {
	if len(values) == 0 {
		return name + " = ''"
	}
	return name + " IN ('" + strings.Join(values, "','") + "')"
}
