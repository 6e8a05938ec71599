package workflows

import (
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/order"
)

// StartAttributes are those of an order that nobody has looked at yet.
func StartAttributes(key order.Key) temporal.SearchAttributes {
	return temporal.NewSearchAttributes(
		engine.AttrShop.ValueSet(key.Shop),
		engine.AttrOrderNumber.ValueSet(fmt.Sprint(key.Number)),
		engine.AttrSyncState.ValueSet(string(order.SyncImporting)),
	)
}

// observe publishes at once, before any work, what a sweep has told: it tells
// the same again as long as it does not see that it was heard.
func (r *orderRun) observe(ctx workflow.Context) error {
	observed := r.state.Attributes().Observed
	if !r.heard || observed == r.state.Published.Observed {
		return nil
	}
	r.heard = false
	r.state.Published.Observed = observed
	return workflow.UpsertTypedSearchAttributes(ctx, engine.AttrObserved.ValueSet(observed))
}

// publish writes the search attributes where they changed.
func (r *orderRun) publish(ctx workflow.Context) error {
	was, is := r.state.Published, r.state.Attributes()
	var updates []temporal.SearchAttributeUpdate
	add := func(changed bool, update temporal.SearchAttributeUpdate) {
		if changed {
			updates = append(updates, update)
		}
	}
	add(was.SyncState != is.SyncState, engine.AttrSyncState.ValueSet(string(is.SyncState)))
	add(was.HoldReason != is.HoldReason, holdAttribute(is.HoldReason))
	add(was.Observed != is.Observed, engine.AttrObserved.ValueSet(is.Observed))
	add(was.RoappOrder != is.RoappOrder, engine.AttrRoappOrder.ValueSet(is.RoappOrder))
	add(was.CartumState != is.CartumState, engine.AttrCartumStatus.ValueSet(int64(is.CartumState)))
	add(was.RoappState != is.RoappState, engine.AttrRoappStatus.ValueSet(is.RoappState))
	add(was.WrittenOff != is.WrittenOff, engine.AttrWrittenOff.ValueSet(is.WrittenOff))
	add(!was.Created.Equal(is.Created), engine.AttrCartumCreated.ValueSet(is.Created))
	add(!was.Synced.Equal(is.Synced), engine.AttrLastSynced.ValueSet(is.Synced))
	if was.Amount != is.Amount {
		amount, _ := r.state.Snapshot.Totals.Sum.Float64() // for sorting and filters only
		add(true, engine.AttrAmount.ValueSet(amount))
	}
	if len(updates) == 0 && was.HeldSince.Equal(is.HeldSince) {
		return nil
	}
	is.Shown = was.Shown
	r.state.Published = is
	updates = append(updates, heldSince(r.state.Hold))
	return workflow.UpsertTypedSearchAttributes(ctx, updates...)
}

// MemoRow is the memo of what lists show of an order, an [order.Shown].
const MemoRow = "row"

// show writes the memo where that was planned. Plans of earlier releases do not
// speak of it, so their histories replay.
func (r *orderRun) show(ctx workflow.Context) error {
	if r.shown == nil {
		return nil
	}
	r.state.Published.Shown = r.shown
	return workflow.UpsertMemo(ctx, map[string]any{MemoRow: *r.shown})
}

func holdAttribute(reason order.HoldReason) temporal.SearchAttributeUpdate {
	if reason == "" {
		return engine.AttrHoldReason.ValueUnset()
	}
	return engine.AttrHoldReason.ValueSet(string(reason))
}

// heldSince goes along with every other attribute.
func heldSince(hold *order.Hold) temporal.SearchAttributeUpdate {
	if hold == nil {
		return engine.AttrHeldSince.ValueUnset()
	}
	return engine.AttrHeldSince.ValueSet(hold.Since)
}

// shownEvents is how much of the timeline stands in Temporal's page.
const shownEvents = 12

// describe writes what Temporal's own page shows of the order: where it
// stands, what it waits for, and the way to both systems.
func (r *orderRun) describe(ctx workflow.Context) {
	var text strings.Builder
	fmt.Fprintf(&text, "**%s #%d**: %s\n\n", shopLabel(r.links, r.state.Key), r.state.Key.Number, r.state.SyncState())
	if r.links.Shop != "" {
		fmt.Fprintf(&text, "- [Orders in Cartum](%s), number %d\n", r.links.Shop, r.state.Key.Number)
	}
	if o := r.state.Order; o != nil && r.links.Order != "" {
		fmt.Fprintf(&text, "- [Order %s in RO App](%s)\n", orderLabel(o), r.links.Order)
	}
	if hold := r.state.Hold; hold != nil {
		fmt.Fprintf(&text, "\n**Waits: %s** since %s\n\n%s\n\n%s\n", hold.Reason, minute(hold.Since), hold.Text, hold.Remedy)
		text.WriteString("\n")
		for _, choice := range hold.Choices {
			fmt.Fprintf(&text, "- %d: %s\n", choice.ID, choice.Title)
		}
		if !hold.NextLook.IsZero() {
			fmt.Fprintf(&text, "\nLooked at again at %s.\n", minute(hold.NextLook))
		}
	}
	for _, mark := range r.state.Marks {
		fmt.Fprintf(&text, "\n⚠ %s\n", mark.Text)
	}
	text.WriteString("\n")
	for _, event := range r.state.Timeline[max(0, len(r.state.Timeline)-shownEvents):] {
		fmt.Fprintf(&text, "- %s %s\n", minute(event.At), event.Text)
	}
	workflow.SetCurrentDetails(ctx, text.String())
}

func shopLabel(links order.Links, key order.Key) string {
	if links.ShopName != "" {
		return links.ShopName
	}
	return key.Shop
}

func orderLabel(o *order.AccountOrder) string {
	if o.Number != "" {
		return o.Number
	}
	return fmt.Sprint(o.ID)
}

func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 MST") }
