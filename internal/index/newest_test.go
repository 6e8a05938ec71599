package index

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"pgregory.net/rapid"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

// run is one run of an order's workflow.
type run struct {
	key     order.Key
	created time.Time // zero while nobody has read the order
	started time.Time
	running bool
	failed  bool
}

// visibility lists runs as Temporal does: in no order that helps, in pages.
func visibility(runs ...run) *enginetest.Memory {
	memory := enginetest.NewMemory()
	for _, r := range runs {
		one := enginetest.Run{
			ID: r.key.WorkflowID(), Type: workflows.OrderWorkflow, Started: r.started,
			Status: enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED,
		}
		switch {
		case r.failed:
			one.Status = enumspb.WORKFLOW_EXECUTION_STATUS_FAILED
		case r.running:
			one.Status = enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
		}
		known := []temporal.SearchAttributeUpdate{engine.AttrSyncState.ValueSet(string(order.SyncSynced)), engine.AttrShop.ValueSet(r.key.Shop)}
		if !r.created.IsZero() {
			known = append(known, engine.AttrCartumCreated.ValueSet(r.created))
		}
		one.Attributes = temporal.NewSearchAttributes(known...)
		memory.Put(one)
	}
	return memory
}

// pages reads a whole list, page by page.
func pages(t require.TestingT, v *enginetest.Memory, size int) (all []Order, requestsOfPages []int) {
	var from *Position
	for {
		before := v.Calls("ListWorkflow")
		page, last, err := (&Index{temporal: v}).NewestFirst(context.Background(), "", from, size)
		require.NoError(t, err)
		require.LessOrEqual(t, len(page), size)
		all, requestsOfPages = append(all, page...), append(requestsOfPages, v.Calls("ListWorkflow")-before)
		if last == nil {
			return all, requestsOfPages
		}
		from = last
	}
}

// However orders lie in time and however large a page is, each is shown once,
// the newest first.
func TestEveryOrderIsListedOnceNewestFirst(t *testing.T) {
	t.Parallel()
	now := time.Now().UTC().Truncate(time.Second)
	rapid.Check(t, func(t *rapid.T) {
		var runs []run
		orders := rapid.IntRange(0, 60).Draw(t, "orders")
		// Some lie close together, some at one moment, some years apart.
		spread := rapid.SampledFrom([]time.Duration{0, time.Second, time.Hour, 24 * time.Hour, 30 * 24 * time.Hour, 3000 * 24 * time.Hour}).Draw(t, "spread")
		var want []order.Key
		at := map[order.Key]time.Time{}
		for number := range orders {
			key := order.Key{Shop: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "shop"), Number: int64(number/2 + 1)}
			if _, twice := at[key]; twice {
				continue
			}
			ago := time.Duration(rapid.Int64Range(int64(-spread/8), int64(spread)).Draw(t, "ago")).Truncate(time.Millisecond)
			newest := run{key: key, created: now.Add(-ago), started: now, running: rapid.Bool().Draw(t, "running")}
			at[key] = newest.created
			switch rapid.IntRange(0, 4).Draw(t, "kind") {
			case 0: // nobody has read it yet
				newest.started, newest.created = newest.created, time.Time{}
			case 1: // its workflow ended before, and was started again
				runs = append(runs, run{key: key, created: newest.created, started: now.Add(-time.Hour)})
			case 2: // the shop did not show it at first
				runs = append(runs, run{key: key, started: now.Add(-2 * time.Hour)})
			}
			runs = append(runs, newest)
			want = append(want, key)
		}
		slices.SortFunc(want, func(a, b order.Key) int {
			return Position{at[a], a.Number, a.Shop}.Compare(Position{at[b], b.Number, b.Shop})
		})
		got, _ := pages(t, visibility(runs...), rapid.IntRange(1, 60).Draw(t, "size"))
		var keys []order.Key
		for _, row := range got {
			keys = append(keys, row.Key)
		}
		require.Equal(t, want, keys)
	})
}

func TestPagesOfManyOrdersTakeFewQuestions(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for name, apart := range map[string]time.Duration{"a busy shop": 30 * time.Second, "a usual shop": 6 * time.Minute, "a quiet shop": 26 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var runs []run
			for number := range 1500 {
				at := now.Add(-time.Duration(number) * apart)
				runs = append(runs, run{key: order.Key{Shop: "a", Number: int64(number + 1)}, created: at, started: at, running: true})
			}
			all, requests := pages(t, visibility(runs...), 50)
			assert.Len(t, all, 1500)
			assert.LessOrEqual(t, slices.Max(requests), 7)
		})
	}
}

func TestManyOrdersOfOneMomentAreAllListed(t *testing.T) {
	t.Parallel()
	var runs []run
	at := time.Now().Add(-time.Hour)
	for number := range sliceHolds + 1 {
		runs = append(runs, run{key: order.Key{Shop: "a", Number: int64(number + 1)}, created: at, started: at, running: true})
	}
	all, _ := pages(t, visibility(runs...), 100)
	assert.Len(t, all, sliceHolds+1, "one more than a slice lists at once")
}
