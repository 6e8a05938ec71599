package order_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/order"
)

func TestF38_F40_F41_F42_StatusesOfBothSides(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		shop    int // seen in the shop, 0 for no change
		account int64
		export4 bool

		set  int64 // to be written to RO App, 0 for nothing
		push int   // to be written to the shop
		both bool  // noted that both changed
		warn string
	}{
		"the shop's change goes to RO App":                    {shop: 3, set: 103},
		"RO App's change goes to the shop":                    {account: 103, push: 3},
		"both changed, RO App wins":                           {shop: 1, account: 103, push: 3, both: true},
		"both changed to the same":                            {shop: 3, account: 103},
		"both changed, RO App's stands for none":              {shop: 3, account: 106, both: true},
		"both changed, the shop's 4 wins":                     {shop: 4, account: 103, set: 104, warn: order.WarnNotPushed},
		"two of the shop's for one of RO App's do not flip":   {shop: 5},
		"two of RO App's for one of the shop's do not flip":   {account: 105},
		"the shop's status is in no mapping":                  {shop: 6, warn: order.WarnUnmappedStatus},
		"RO App's status is in no mapping":                    {account: 106},
		"RO App's cancellation is not mapped":                 {account: 104},
		"RO App's cancellation is mapped":                     {account: 104, export4: true, push: 4},
		"nothing changed":                                     {},
		"the list says what is known already":                 {account: 102},
		"the shop's mapped status beats an own one before it": {shop: 1, set: 101},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := imported(t)
			if test.export4 {
				l.rules.ExportStatuses[104] = 4
			}
			l.now = noon.Add(time.Hour)
			// Both are seen before anything is decided.
			if test.shop != 0 && test.account != 0 {
				l.shop.Status = test.shop
				l.state.Snapshot.Status = test.shop
			}
			switch {
			case test.account != 0:
				l.listed(test.account)
			case test.shop != 0:
				l.changed(func(o *order.Snapshot) { o.Status = test.shop })
			default:
				l.polled()
			}
			var set int64
			var push int
			for _, kind := range l.kinds() {
				switch kind {
				case order.StepSetStatus:
					set = in[order.SetStatus](l, kind).To
				case order.StepPushStatus:
					push = in[order.PushStatus](l, kind).To
				default:
					require.Fail(t, "another step", kind)
				}
			}
			assert.Equal(t, test.set, set)
			assert.Equal(t, test.push, push)
			both := l.noted("status-changed-on-both-sides")
			require.Equal(t, test.both, len(both) > 0)
			if test.both {
				assert.Equal(t, params("roappStatus", num(test.account), "cartumStatus", num(int64(test.shop))), both[0].Params)
			}
			if test.warn != "" {
				assert.Contains(t, l.warns(), test.warn)
			}
			l.settle()
			assert.Len(t, l.noted("status-changed-on-both-sides"), len(both), "noted again")
			l.starts = nil
			l.polled()
			l.listed(l.account.status)
			assert.Empty(t, l.starts, "one side's status comes back")
		})
	}
}

func num(n int64) string { return decimal.NewFromInt(n).String() }

func TestF37_OwnStatusIsNoNews(t *testing.T) {
	t.Parallel()
	t.Run("in the shop, where the answer was lost", func(t *testing.T) {
		t.Parallel()
		l := imported(t)
		l.now = noon.Add(time.Hour)
		l.listed(103)
		l.lose(order.StepPushStatus) // it came about
		l.now = l.now.Add(time.Minute)
		l.shop.Status = 3
		l.listed(102) // staff went back to what it was
		l.polled()
		assert.Equal(t, 2, in[order.PushStatus](l, order.StepPushStatus).To, "our own status in the shop came back to RO App")
		assert.Len(t, l.kinds(), 1)
	})
	t.Run("in RO App, where the answer was lost", func(t *testing.T) {
		t.Parallel()
		l := imported(t)
		l.now = noon.Add(time.Hour)
		l.changed(func(o *order.Snapshot) { o.Status = 3 })
		l.lose(order.StepSetStatus)
		l.now = l.now.Add(time.Minute)
		l.changed(func(o *order.Snapshot) { o.Status = 1 })
		l.listed(103)
		assert.EqualValues(t, 101, in[order.SetStatus](l, order.StepSetStatus).To, "our own status in RO App came back to the shop")
		assert.Len(t, l.kinds(), 1)
	})
	t.Run("in RO App, and the shop's is what it was before", func(t *testing.T) {
		t.Parallel()
		l := imported(t)
		l.now = noon.Add(time.Hour)
		l.changed(func(o *order.Snapshot) { o.Status = 3 })
		l.now = l.now.Add(time.Minute)
		l.changed(func(o *order.Snapshot) { o.Status = 2 }) // withdraws it; it came about all the same
		assert.Empty(t, l.kinds())
		l.listed(103)
		assert.EqualValues(t, 102, in[order.SetStatus](l, order.StepSetStatus).To)
		assert.Len(t, l.kinds(), 1)
	})
	t.Run("in RO App, of an attempt for another status, seen before the write", func(t *testing.T) {
		t.Parallel()
		l := imported(t)
		l.now = noon.Add(time.Hour)
		l.changed(func(o *order.Snapshot) { o.Status = 3 })
		l.lose(order.StepSetStatus)
		l.now = l.now.Add(time.Minute)
		l.changed(func(o *order.Snapshot) { o.Status = 1 })
		l.end(order.StepSetStatus, order.StatusSet{StatusID: 103})
		assert.EqualValues(t, 101, in[order.SetStatus](l, order.StepSetStatus).To)
		assert.Len(t, l.kinds(), 1)
	})
}

func TestF38_StaffWhoTakeBackTheirStatusStillWin(t *testing.T) {
	t.Parallel()
	l := imported(t)
	l.now = noon.Add(time.Hour)
	l.state.Snapshot.Status, l.shop.Status = 1, 1
	l.listed(103)
	assert.Equal(t, 3, in[order.PushStatus](l, order.StepPushStatus).To)
	l.now = l.now.Add(time.Minute)
	l.listed(102) // before the push was sent
	assert.Equal(t, 2, in[order.PushStatus](l, order.StepPushStatus).To)
	assert.Len(t, l.kinds(), 1)
}

// statusRefused is an imported order whose shop moved it to status 3, which RO App
// refused an hour ago.
func statusRefused(t *testing.T) *life {
	t.Helper()
	l := imported(t)
	l.now = noon.Add(time.Hour)
	l.changed(func(o *order.Snapshot) { o.Status = 3 })
	l.fail(order.StepSetStatus, order.Failure{Kind: order.FailRejected, Side: order.SideRoapp, Text: "no", Definite: true})
	assert.Contains(t, l.warns(), order.WarnStatusRefused)
	l.now = l.now.Add(time.Hour)
	return l
}

// Staff who move on from a status that was to be another one, and come back to it,
// chose it.
func TestF42_StaffComeBackToTheStatusBeforeARefusal(t *testing.T) {
	t.Parallel()
	l := statusRefused(t)
	l.listed(105)
	l.now = l.now.Add(time.Minute)
	l.listed(102) // before the push was sent
	l.settle()
	assert.Equal(t, 2, l.shop.Status)
	assert.EqualValues(t, 102, l.account.status)
}

// A status that the import wrote to an order of an earlier life is not taken for
// the staff's, even if its answer was lost: the shop's next one follows it.
func TestF46_OrderOfAnEarlierLifeIsCancelledWhileItsStatusIsWritten(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]bool{"answered": false, "lost": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := received(t)
			l.settleUntil(order.StepCreateOrder)
			l.account.status = 101
			l.end(order.StepCreateOrder, order.OrderCreated{ID: l.account.id, StatusID: 101, InitialStatusID: 101, Linked: true, Late: true})
			l.settleUntil(order.StepSetStatus)
			l.starting(order.StepSetStatus)
			l.report(order.SignalShopOrderChanged, order.ChangeNotice{At: l.now, By: order.OriginWebhook})
			l.account.status = 102
			if lost {
				l.lose(order.StepSetStatus)
			} else {
				l.answer(order.StepSetStatus)
			}
			l.now = l.now.Add(time.Minute)
			l.changed(func(o *order.Snapshot) { o.Status = order.CancelledStatus })
			l.settle()
			l.wait(l.now.Add(time.Hour))
			assert.EqualValues(t, 104, l.account.status)
			assert.Equal(t, order.SyncSynced, l.state.SyncState())
		})
	}
}

func TestF42_RefusedStatusIsNotTriedOverTheStaffs(t *testing.T) {
	t.Parallel()
	l := statusRefused(t)
	l.listed(106)
	l.settle()
	l.starts = nil
	l.report(order.UpdateRefresh, order.RefreshRequest{By: "Ola"})
	l.settle()
	assert.Zero(t, l.count(order.StepSetStatus, order.StepPushStatus))
	assert.NotZero(t, l.count(order.StepReadOrder))
}

func TestF39_UnrelatedEditInRoappWritesNoStatus(t *testing.T) {
	t.Parallel()
	l := imported(t)
	l.now = noon.Add(time.Hour)
	read := l.accountRead()
	read.Total, read.ModifiedAt, read.Listed = decimal.NewFromInt(35), l.now, true
	l.report(order.SignalStatusChanged, read)
	assert.Equal(t, []order.StepKind{order.StepWriteLines}, l.kinds(), "the items are read")
	l.settle()
	assert.Zero(t, l.count(order.StepSetStatus, order.StepPushStatus))
}

func TestF37_ListThatLagsBehindIsNoNews(t *testing.T) {
	t.Parallel()
	l := imported(t)
	l.now = noon.Add(time.Hour)
	read := order.OrderRead{At: l.now, OrderID: 7, StatusID: 103, Total: decimal.NewFromInt(20), ModifiedAt: l.now, Listed: true}
	l.report(order.SignalStatusChanged, read)
	require.NotEmpty(t, l.kinds())
	l.now = l.now.Add(time.Minute)
	read.At, read.StatusID, read.ModifiedAt = l.now, 102, noon
	l.report(order.SignalStatusChanged, read)
	assert.EqualValues(t, 103, l.state.Order.StatusID)
}

func TestF37_ReadSentBeforeOurOwnWriteIsNoNews(t *testing.T) {
	t.Parallel()
	l := imported(t)
	l.now = noon.Add(time.Hour)
	sent := l.accountRead()
	sent.At = l.now.Add(time.Second)
	l.changed(func(o *order.Snapshot) { o.Status = 3 })
	l.now = l.now.Add(2 * time.Second)
	l.answer(order.StepSetStatus)
	l.now = l.now.Add(time.Second)
	l.report(order.SignalStatusChanged, sent)
	assert.EqualValues(t, 103, l.state.Order.StatusID)
	assert.Equal(t, []order.StepKind{order.StepReadOrder}, l.kinds(), "it is read again")
}

func TestF42_RefusedStatusIsShownAndNotRepeated(t *testing.T) {
	t.Parallel()
	l := imported(t)
	l.now = noon.Add(time.Hour)
	l.listed(103)
	l.fail(order.StepPushStatus, order.Failure{Kind: order.FailRejected, Side: order.SideCartum, Text: "the order still has status 2", Definite: true})
	assert.Nil(t, l.state.Hold)
	assert.NotContains(t, l.kinds(), order.StepPushStatus)
	assert.Contains(t, l.warns(), order.WarnNotPushed)
	l.settle()
	l.wait(l.now.Add(day))
	assert.Equal(t, 1, l.count(order.StepPushStatus))

	l.report(order.UpdateRefresh, order.RefreshRequest{By: "Ola"})
	l.settle()
	assert.Equal(t, 2, l.count(order.StepPushStatus), "a person asked")
	assert.Equal(t, 3, l.shop.Status)
}

// pushing is an order whose RO App status is about to be pushed.
func pushing(t *testing.T) *life {
	t.Helper()
	l := imported(t)
	l.now = noon.Add(time.Hour)
	l.listed(103)
	assert.Equal(t, 3, in[order.PushStatus](l, order.StepPushStatus).To)
	return l
}

// The shop does not show the order for a moment: its status is pushed once it
// does, and nothing says that the order is gone.
func TestF42_OrderThatVanishesDuringThePush(t *testing.T) {
	t.Parallel()
	l := pushing(t)
	l.end(order.StepPushStatus, order.StatusPushed{})
	assert.Empty(t, l.kinds(), "nothing is pushed to an order that is not shown")
	assert.True(t, l.state.GoneSince.IsZero())
	assert.Contains(t, l.warns(), order.WarnNotPushed)
	l.now = l.now.Add(time.Minute)
	l.polled()
	assert.Equal(t, 3, in[order.PushStatus](l, order.StepPushStatus).To)
}

// The shop took the status and moved on at once: that is its own news, and the
// buyer is not notified of the same twice.
func TestF42_ShopThatMovesOnAtOnceIsNotPushedAgain(t *testing.T) {
	t.Parallel()
	l := pushing(t)
	l.shop.Status = 1
	moved, digest := l.read()
	l.end(order.StepPushStatus, order.StatusPushed{Snapshot: moved, Digest: digest, Pushed: true})
	assert.EqualValues(t, 101, in[order.SetStatus](l, order.StepSetStatus).To)
	assert.Len(t, l.kinds(), 1)
}
