package order_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/order"
)

// A value is written only where the shop changed it and RO App still has what we
// wrote; staff's own value stays, and a comment says so where the shop changed too.
func TestF44_LinesAreComparedThreeWays(t *testing.T) {
	t.Parallel()
	const written = 2 // by the import
	for name, test := range map[string]struct {
		shop    int64
		exists  int64 // in RO App, 0 where staff took the line out
		write   int64 // 0 for nothing
		differs bool
	}{
		"nobody changed it":                   {shop: written, exists: written},
		"the shop changed it":                 {shop: 3, exists: written, write: 3},
		"staff changed it":                    {shop: written, exists: 5},
		"both changed it":                     {shop: 3, exists: 5, differs: true},
		"both changed it to the same":         {shop: 3, exists: 3},
		"staff took it out":                   {shop: written},
		"staff took it out, the shop changed": {shop: 3, differs: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := imported(t)
			l.now = noon.Add(time.Hour)
			l.staffSet(test.exists)
			l.state.Items.Due = test.shop == written
			l.changed(func(o *order.Snapshot) { setQuantity(o, test.shop) })
			wrote := int64(0)
			for len(l.running) > 0 {
				before := l.quantity()
				l.answer(l.kinds()[0])
				if now := l.quantity(); now != before {
					wrote = now
				}
			}
			assert.Equal(t, test.write, wrote)
			assert.Equal(t, test.differs, len(l.state.Differences()) > 0, "differences: %v", l.state.Differences())
			assert.Equal(t, 1, l.count(order.StepWriteLines), "the line is written again")
			assert.Zero(t, l.count(order.StepAddItems), "the line is added again")
			assert.Equal(t, test.differs, l.state.Comment.Delivered.Difference != "", "a comment says so")
		})
	}
}

// setQuantity changes the shop's first line, and the totals with it.
func setQuantity(o *order.Snapshot, quantity int64) {
	o.Lines[0].Quantity = decimal.NewFromInt(quantity)
	total(o)
}

// total brings the totals in line with the lines.
func total(o *order.Snapshot) {
	sum := decimal.Zero
	for _, l := range o.Lines {
		sum = sum.Add(l.Quantity.Mul(l.Price))
	}
	o.Totals.Sum, o.Totals.Default = sum, sum
}

// staffSet has staff set the first item's quantity, 0 to take it out.
func (l *life) staffSet(quantity int64) {
	if quantity == 0 {
		l.account.items = nil
		return
	}
	l.account.items[0].Quantity = decimal.NewFromInt(quantity)
}

func (l *life) quantity() int64 {
	if len(l.account.items) == 0 {
		return 0
	}
	return l.account.items[0].Quantity.IntPart()
}

func TestF44_ValueThatStaffTookBackIsSynced(t *testing.T) {
	t.Parallel()
	l := imported(t)
	l.now = noon.Add(time.Hour)
	l.staffSet(5)
	l.changed(func(o *order.Snapshot) { setQuantity(o, 3) })
	l.settle()
	assert.EqualValues(t, 5, l.quantity())
	require.Len(t, l.state.Differences(), 1)

	l.now = l.now.Add(time.Hour)
	l.staffSet(2) // what we wrote
	read := l.accountRead()
	read.Listed, read.ModifiedAt = true, l.now
	l.report(order.SignalStatusChanged, read)
	l.settle()
	assert.EqualValues(t, 3, l.quantity())
	assert.Empty(t, l.state.Differences())
}

func TestF44_ChangeTakenBackWhileItsAnswerWasLost(t *testing.T) {
	t.Parallel()
	l := imported(t)
	l.now = noon.Add(time.Hour)
	l.changed(func(o *order.Snapshot) { setQuantity(o, 3) })
	l.starting(order.StepWriteLines)
	l.staffSet(3) // it came about
	l.now = l.now.Add(time.Second)
	l.changed(func(o *order.Snapshot) { setQuantity(o, 2) })
	l.lose(order.StepWriteLines)
	l.report(order.SignalSettings, "revision")
	l.settle()
	assert.EqualValues(t, 2, l.quantity(), "read and put back")
	assert.Nil(t, l.state.Hold)
}

func TestF45_NothingIsWrittenAfterTheWriteOff(t *testing.T) {
	t.Parallel()
	for name, freeze := range map[string]func(*life){
		"reported": func(l *life) { l.report(order.SignalWrittenOff, order.WriteOff{At: l.now}) },
		"seen in the items": func(l *life) {
			l.account.items[0].WrittenOff = true
			read := l.accountRead()
			read.Listed, read.ModifiedAt = true, l.now
			l.report(order.SignalStatusChanged, read)
			l.settle()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := imported(t)
			l.now = noon.Add(time.Hour)
			freeze(l)
			require.True(t, l.state.Order.WrittenOff)
			l.starts = nil
			l.changed(func(o *order.Snapshot) {
				o.Lines = append(o.Lines, line("B", 1, 1))
				setQuantity(o, 3)
			})
			assert.Equal(t, []order.StepKind{order.StepPostComment}, l.kinds(), "one comment")
			l.settle()
			assert.Len(t, l.starts, 1)
			assert.Len(t, l.state.Differences(), 2)
			assert.Len(t, l.noted("written-off"), 1)
		})
	}
}

// lostAdd is an imported order to which the shop has added one B. It was added,
// but its answer was lost. Staff or the shop change something before it is retried.
func lostAdd(t *testing.T) (l *life, item *order.Item) {
	t.Helper()
	l = imported(t)
	l.changed(func(o *order.Snapshot) { o.Lines = append(o.Lines, line("B", 1, 5)); total(o) })
	l.settleUntil(order.StepAddItems)
	l.account.items = append(l.account.items, order.Item{ID: l.newID(), ProductID: 10, Quantity: decimal.NewFromInt(1), Price: decimal.NewFromInt(5)})
	l.lose(order.StepAddItems)
	l.now = l.now.Add(time.Minute)
	return l, &l.account.items[1]
}

// That items were written off is seen in an item that was added without an answer
// too.
func TestF45_NothingIsWrittenAfterTheWriteOffOfAnItemWhoseAddWasLost(t *testing.T) {
	t.Parallel()
	l, item := lostAdd(t)
	item.WrittenOff = true
	l.changed(func(o *order.Snapshot) { setQuantity(o, 3) })
	l.settle()
	l.wait(l.now.Add(time.Hour))
	assert.EqualValues(t, 2, l.quantity(), "a line is written after the write-off")
	assert.True(t, l.state.Order.WrittenOff)
	require.Len(t, l.state.Differences(), 1)
	assert.Equal(t, order.DifferenceValues, l.state.Differences()[0].Kind)
	assert.Len(t, l.account.items, 2)
}

func TestF44_ItemWhoseAddWasLostAndWhoseLineTheShopTookOutIsReported(t *testing.T) {
	t.Parallel()
	l, _ := lostAdd(t)
	l.changed(func(o *order.Snapshot) { o.Lines = o.Lines[:1]; total(o) })
	l.settle()
	l.wait(l.now.Add(time.Hour))
	require.Len(t, l.state.Differences(), 1)
	assert.Equal(t, order.DifferenceRemoved, l.state.Differences()[0].Kind)
	assert.Empty(t, l.state.Items.Adding)
	assert.Empty(t, l.state.Items.Others, "the item is not the staff's")
}

func TestF44_ItemsOfTheStaffThatAreWrittenOffAreReadOnce(t *testing.T) {
	t.Parallel()
	l := imported(t)
	l.now = noon.Add(time.Hour)
	required := false
	read := l.accountRead()
	read.Listed, read.DeductionRequired = true, &required
	l.report(order.SignalStatusChanged, read)
	assert.Equal(t, []order.StepKind{order.StepWriteLines}, l.kinds())
	l.settle()
	l.now = l.now.Add(time.Hour)
	read.At = l.now
	l.report(order.SignalStatusChanged, read)
	assert.Empty(t, l.kinds())
}
