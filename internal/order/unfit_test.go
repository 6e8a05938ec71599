package order_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/order"
)

// What must not be written is not written by a read that was asked for either.
func TestF35_OrderThatBecomesUnfitWritesNoLine(t *testing.T) {
	t.Parallel()
	for name, unfit := range map[string]func(*order.Snapshot){
		"another currency": func(o *order.Snapshot) { o.Currency, o.Lines[0].Price = "EUR", decimal.NewFromInt(3) },
		"doubtful price": func(o *order.Snapshot) {
			o.Lines[0].Price = decimal.NewFromInt(3)
			o.Problems = []order.Problem{{Code: order.ProblemAmbiguous, Field: "products[0].price", Acceptable: true}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, r, at := imported(), keepingRules(), noon.Add(time.Hour)
			shopHas(&s, at, unfit)
			plan(&s, r, at)
			require.NotNil(t, s.Hold)
			s.Items.Due = true
			next := plan(&s, r, at)
			require.Len(t, next.Steps, 1)
			for _, line := range next.Steps[0].WriteLines.Lines {
				assert.False(t, line.Quantity || line.Price, "only a read")
			}
			shopHas(&s, at.Add(time.Minute), func(o *order.Snapshot) {
				o.Currency, o.Lines[0].Quantity, o.Lines[0].Price, o.Problems = "PLN", decimal.NewFromInt(3), decimal.NewFromInt(10), nil
			})
			assert.EqualValues(t, 3, carryLines(t, &s, r, at.Add(time.Minute), 2))
		})
	}
}

// An import that is under way holds what the shop has made unfit meanwhile.
func TestF35_OrderThatBecomesUnfitWhileItIsImported(t *testing.T) {
	t.Parallel()
	s, at := imported(), noon.Add(time.Minute)
	s.Synced, s.Comment.FirstAt = time.Time{}, time.Time{}
	shopHas(&s, at, func(o *order.Snapshot) { o.Currency, o.Lines[0].Quantity = "EUR", decimal.NewFromInt(5) })
	next := plan(&s, keepingRules(), at)
	require.NotNil(t, next.Hold)
	assert.Equal(t, order.HoldCurrency, next.Hold.Reason)
	assert.Empty(t, next.Steps)
}

func missing(s *order.State, at time.Time, digest string) {
	s.See(order.Hint{At: at, By: order.OriginSweep, Missing: true, Digest: digest}, at)
}

// A sweep that was carried out twice counts once, and one that is older than
// what was seen since counts nothing.
func TestSweepThatMissesTheOrderCountsOnce(t *testing.T) {
	t.Parallel()
	s, at := imported(), noon.Add(time.Hour)
	missing(&s, at, "missing:1")
	missing(&s, at.Add(time.Second), "missing:1")
	assert.Equal(t, 1, s.GoneSweeps)
	missing(&s, at.Add(5*time.Minute), "missing:2")
	assert.Equal(t, 2, s.GoneSweeps)
	assert.Equal(t, "missing:2", s.Attributes().Observed)
	plan(&s, keepingRules(), at)
	require.NotEmpty(t, s.Marks)
	assert.Equal(t, order.MarkGoneInShop, s.Marks[0].Code)

	shopHas(&s, at.Add(10*time.Minute), func(*order.Snapshot) {})
	assert.Zero(t, s.GoneSweeps)
	missing(&s, at.Add(6*time.Minute), "missing:1")
	assert.Zero(t, s.GoneSweeps, "it was seen since")
	assert.Equal(t, s.Digest, s.Attributes().Observed)
}

// A snapshot that came late is not published as what was observed: the sweeps
// would believe it known once the shop is so again.
func TestT10_LateSnapshotIsNotPublished(t *testing.T) {
	t.Parallel()
	s, at := imported(), noon.Add(time.Hour)
	first := *s.Snapshot
	shopHas(&s, at, func(o *order.Snapshot) { o.BuyerComment = "newer" })
	digest := s.Digest
	first.SeenAt = at.Add(-time.Minute)
	s.See(order.Hint{At: first.SeenAt, By: order.OriginSweep, Snapshot: &first, Digest: "late"}, at)
	assert.Equal(t, digest, s.Attributes().Observed)
}

// pushing is an order whose RO App status is about to be pushed.
func pushing(t *testing.T) (s order.State, r order.Rules, step order.Step, at time.Time) {
	t.Helper()
	s, r, at = imported(), keepingRules(), noon.Add(time.Hour)
	accountHas(&s, at, 103)
	next := plan(&s, r, at)
	require.Len(t, next.Steps, 1)
	require.NotNil(t, next.Steps[0].PushStatus)
	s.Begin(next.Steps[0], at)
	return s, r, next.Steps[0], at
}

// The shop does not show the order for a moment: its status is pushed once it
// does, and nothing says that the order is gone.
func TestF42_OrderThatVanishesDuringThePush(t *testing.T) {
	t.Parallel()
	s, r, step, at := pushing(t)
	s.Apply(step, &order.StatusPushed{}, at)
	next := plan(&s, r, at)
	assert.Empty(t, next.Steps, "nothing is pushed to an order that is not shown")
	assert.Zero(t, s.GoneSweeps)
	shopHas(&s, at.Add(time.Minute), func(*order.Snapshot) {})
	next = plan(&s, r, at.Add(time.Minute))
	require.Len(t, next.Steps, 1)
	assert.Equal(t, 3, next.Steps[0].PushStatus.To)
}

// The shop took the status and moved on at once: that is its own news, and the
// buyer is not told the same twice.
func TestF42_ShopThatMovesOnAtOnceIsNotPushedAgain(t *testing.T) {
	t.Parallel()
	s, r, step, at := pushing(t)
	moved := *s.Snapshot
	moved.Status, moved.SeenAt = 1, at
	s.Apply(step, &order.StatusPushed{Snapshot: &moved, Digest: order.Digest(moved, nil), Pushed: true}, at)
	next := plan(&s, r, at)
	require.Len(t, next.Steps, 1)
	require.NotNil(t, next.Steps[0].SetStatus)
	assert.EqualValues(t, 101, next.Steps[0].SetStatus.To)
}
