// Package service is the order sync as people and programs reach it: it asks
// and tells the workflows of orders, shops and accounts, for the HTTP surfaces and
// the commands alike.
package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jellydator/ttlcache/v3"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/workflows"
)

// Orders is the way to the workflows. It is safe for concurrent use.
type Orders struct {
	temporal  client.Client
	index     *index.Index
	namespace string
	settings  *settings.Store
	checks    *checks
	// What lists and searches remember and share, and their limits.
	counts   *shared[Counts]
	roapp    *shared[workflows.RoappOrdersPage]
	searches *shared[workflows.SearchResult]
	reads    *reads
	// received are the shops whose entity was told lately that events arrive.
	received *ttlcache.Cache[string, struct{}]

	reconciling    sync.Mutex
	lastReconciled map[string]string // the shop's last comparison
}

// NewOrders makes the way to the workflows of a namespace, by the settings that
// the store holds.
func NewOrders(c client.Client, ix *index.Index, namespace string, store *settings.Store) *Orders {
	return &Orders{
		temporal: c, index: ix, namespace: namespace, settings: store, checks: newChecks(), lastReconciled: map[string]string{},
		counts: newShared[Counts](countsFor, countsWithin), roapp: newShared[workflows.RoappOrdersPage](roappOrdersFor, readWithin),
		searches: newShared[workflows.SearchResult](searchFor, readWithin), reads: newReads(),
		received: ttlcache.New(ttlcache.WithTTL[string, struct{}](workflows.EventNoticeEvery), ttlcache.WithDisableTouchOnHit[string, struct{}]()),
	}
}

// Changed tells the order's workflow to read the shop's order, and starts it
// where there is none. A workflow that completed is left alone, for its order
// is done; only a person brings it back.
func (o *Orders) Changed(ctx context.Context, key order.Key, by order.Origin) error {
	return workflows.Dispatch(ctx, o.temporal, key, order.ChangeNotice{At: time.Now(), By: by})
}

// Updated is [Orders.Changed] for an order that most likely has a workflow.
func (o *Orders) Updated(ctx context.Context, key order.Key, by order.Origin) error {
	return workflows.DispatchKnown(ctx, o.temporal, key, order.ChangeNotice{At: time.Now(), By: by})
}

// Import imports an order of the shop, or reads it again where it is known; one
// that is closed is brought back. An order that no workflow knows is looked up in
// the shop first: one that the shop does not show is [NotInShop], and nothing is
// started for it.
func (o *Orders) Import(ctx context.Context, key order.Key, by string) error {
	if err := o.InForce(key.Shop); err != nil {
		return err
	}
	_, err := o.temporal.DescribeWorkflow(ctx, key.WorkflowID(), "")
	switch {
	case engine.Missing(err):
		if err := o.inShop(ctx, key); err != nil {
			return err
		}
	case err != nil:
		return fmt.Errorf("look for the workflow of %s: %w", key, err)
	}
	return o.bringByHand(ctx, key, by)
}

// inShop refuses an order that the shop does not show.
func (o *Orders) inShop(ctx context.Context, key order.Key) error {
	found, err := o.lookup(ctx, workflows.LookupInput{Owner: workflows.Owner{Shop: key.Shop}, Kind: workflows.RecordShopOrder, ID: key.Number})
	if err != nil {
		return &Error{Code: LookupFailed, Err: err, Text: fmt.Sprintf("the shop did not say whether it has %s, so nothing was started; try again", key)}
	}
	if !found.Found {
		return &Error{Code: NotInShop, Text: fmt.Sprintf("the shop does not show %s, so nothing was started", key)}
	}
	return nil
}

// bringByHand gives an order's workflow the notice of a person.
func (o *Orders) bringByHand(ctx context.Context, key order.Key, by string) error {
	return workflows.Dispatch(ctx, o.temporal, key, order.ChangeNotice{At: time.Now(), By: order.OriginHand, Who: by})
}

// View asks the order's workflow for the whole order; [NoOrder] where there is
// none.
func (o *Orders) View(ctx context.Context, key order.Key) (order.View, error) {
	answer, err := o.query(ctx, key.WorkflowID(), workflows.QueryOrder)
	if engine.Missing(err) {
		return order.View{}, noOrder(key)
	}
	if err != nil {
		return order.View{}, fmt.Errorf("ask the workflow of %s: %w", key, err)
	}
	var answered workflows.OrderView
	var state order.State
	if err := answer.Get(&answered); err != nil {
		return order.View{}, fmt.Errorf("read the view of %s: %w", key, err)
	}
	if err := json.Unmarshal(answered.State, &state); err != nil {
		return order.View{}, fmt.Errorf("read the state of %s: %w", key, err)
	}
	found := order.NewView(state, answered.Running)
	found.Steps = answered.Steps
	return found, nil
}

// notReadyFor is how long a run that has just started may need to answer queries.
const notReadyFor = 3 * time.Second

// query asks a workflow. A run that was started a moment ago, by a start or by
// continue-as-new, refuses queries until its first task is scheduled.
func (o *Orders) query(ctx context.Context, id, query string) (converter.EncodedValue, error) {
	began := time.Now()
	for {
		answer, err := o.temporal.QueryWorkflow(ctx, id, "", query)
		var notReady *serviceerror.WorkflowNotReady
		if !errors.As(err, &notReady) || time.Since(began) > notReadyFor {
			return answer, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// PollAccount tells the account's entity that something changed in RO App.
func (o *Orders) PollAccount(ctx context.Context, account string) error {
	return o.signal(ctx, workflows.AccountID(account), workflows.SignalPoll, nil, workflows.AccountWorkflow, workflows.AccountState{Account: account})
}

// signal tells an entity something, and starts it where it does not run.
func (o *Orders) signal(ctx context.Context, id, signal string, payload any, workflow string, state any) error {
	ctx, cancel := context.WithTimeout(ctx, workflows.DispatchTimeout)
	defer cancel()
	options := client.StartWorkflowOptions{ID: id, TaskQueue: engine.OrdersQueue}
	if _, err := o.temporal.SignalWithStartWorkflow(ctx, id, signal, payload, options, workflow, state); err != nil {
		return fmt.Errorf("tell %s: %w", id, err)
	}
	return nil
}

// WrittenOff tells the order's workflow that its goods were taken from stock.
// An order that is done takes no more changes, so it needs not be told.
func (o *Orders) WrittenOff(ctx context.Context, key order.Key, by string) error {
	ctx, cancel := context.WithTimeout(ctx, workflows.DispatchTimeout)
	defer cancel()
	view, err := o.View(ctx, key)
	switch {
	case err != nil:
		return err
	case view.State.Order == nil:
		return &Error{Code: NotImported, Text: fmt.Sprintf("%s is not imported into RO App yet, so none of its items can be written off", key)}
	}
	err = o.temporal.SignalWorkflow(ctx, key.WorkflowID(), "", workflows.SignalWrittenOff, order.WriteOff{At: time.Now(), By: by})
	if err != nil && !engine.Missing(err) {
		return fmt.Errorf("tell %s that its goods were written off: %w", key, err)
	}
	return nil
}
