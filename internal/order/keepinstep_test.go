package order_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/order"
)

// keepingRules have two of the shop's statuses stand for one of RO App's, and
// two of RO App's for one of the shop's.
func keepingRules() order.Rules {
	r := simulatedRules()
	r.ImportStatuses[5] = 102
	r.ExportStatuses = map[int64]int{102: 2, 103: 3, 105: 2}
	r.FinalShop, r.FinalRoapp = []int{3, 4}, []int64{103, 104}
	return r
}

// noon is when the tests of an imported order happen.
var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// imported is an order that both sides have as the rules want it: two of A, in
// status 2 of the shop and 102 of RO App.
func imported() order.State {
	snapshot := order.Snapshot{
		Number: 115, SeenAt: noon, Created: noon.Add(-time.Hour), Status: 2, Currency: "PLN",
		Customer: order.Customer{Name: "Anna Nowak", Phone: "+48501234567"},
		Lines:    []order.Line{{Article: "A", Title: "A", Type: order.LineProduct, Price: decimal.NewFromInt(10), Quantity: decimal.NewFromInt(2)}},
		Delivery: order.Delivery{Method: "Kurier", Address: "ul. Krótka 1"},
		Totals:   order.Totals{Sum: decimal.NewFromInt(20), Default: decimal.NewFromInt(20)},
	}
	order.KeyLines(snapshot.Lines)
	s := order.NewState(order.Key{Shop: "demo", Number: 115}, order.OriginWebhook, noon.Add(-time.Hour))
	s.Snapshot, s.Digest = &snapshot, order.Digest(snapshot, nil)
	s.Order = &order.AccountOrder{Account: "main", ID: 7, ContactID: 5, At: noon.Add(-time.Hour), StatusID: 102, InitialStatusID: 101}
	s.Lines = map[order.LineKey]order.LineFacts{"a:A#1": {ItemID: 70, ProductID: 9, Quantity: decimal.NewFromInt(2), Price: decimal.NewFromInt(10)}}
	s.Goods = map[order.GoodsKey]order.GoodsFacts{order.ArticleKey("A"): {Found: []order.Product{{ID: 9, Title: "A", Article: "A"}}}}
	s.Comment.FirstAt = noon.Add(-time.Hour)
	s.Take(order.Next{Imported: true, Synced: true}, noon)
	return s
}

// shopHas has the shop's order seen anew, changed.
func shopHas(s *order.State, at time.Time, change func(*order.Snapshot)) {
	snapshot := *s.Snapshot
	snapshot.Lines = append([]order.Line(nil), snapshot.Lines...)
	change(&snapshot)
	order.KeyLines(snapshot.Lines)
	snapshot.SeenAt = at
	s.See(order.Hint{At: at, By: order.OriginSweep, Snapshot: &snapshot, Digest: order.Digest(snapshot, nil)}, at)
}

// accountHas has RO App's order seen in a list.
func accountHas(s *order.State, at time.Time, status int64) {
	s.SeeAccountOrder(order.OrderRead{At: at, OrderID: 7, StatusID: status, Total: decimal.NewFromInt(20), Listed: true}, at)
}

// plan plans and takes, as the workflow does.
func plan(s *order.State, r order.Rules, at time.Time) order.Next {
	next := order.Plan(*s, r, nil, at)
	s.Take(next, at)
	return next
}

func TestF38_F40_F41_F42_StatusesOfBothSides(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		shop    int // seen in the shop, 0 for no change
		account int64
		export4 bool

		set  int64 // to be written to RO App, 0 for nothing
		push int   // to be written to the shop
		told string
		mark string
	}{
		"the shop's change goes to RO App":                    {shop: 3, set: 103},
		"RO App's change goes to the shop":                    {account: 103, push: 3},
		"both changed, RO App wins":                           {shop: 1, account: 103, push: 3, told: "RO App's 103 wins over the shop's 1"},
		"both changed to the same":                            {shop: 3, account: 103},
		"both changed, RO App's stands for none":              {shop: 3, account: 106, told: "RO App's 106 wins over the shop's 3"},
		"both changed, the shop's 4 wins":                     {shop: 4, account: 103, set: 104, mark: order.MarkNotPushed},
		"two of the shop's for one of RO App's do not flip":   {shop: 5},
		"two of RO App's for one of the shop's do not flip":   {account: 105},
		"the shop's status is in no mapping":                  {shop: 6, mark: order.MarkUnmappedStatus},
		"RO App's status is in no mapping":                    {account: 106},
		"RO App's cancellation is not mapped":                 {account: 104},
		"RO App's cancellation is mapped":                     {account: 104, export4: true, push: 4},
		"nothing changed":                                     {},
		"the list says what is known already":                 {account: 102},
		"the shop's mapped status beats an own one before it": {shop: 1, set: 101},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, r := imported(), keepingRules()
			if test.export4 {
				r.ExportStatuses[104] = 4
			}
			at := noon.Add(time.Hour)
			if test.shop != 0 {
				shopHas(&s, at, func(o *order.Snapshot) { o.Status = test.shop })
			}
			if test.account != 0 {
				accountHas(&s, at, test.account)
			}
			next := plan(&s, r, at)
			var set int64
			var push int
			for _, step := range next.Steps {
				switch {
				case step.SetStatus != nil:
					set = step.SetStatus.To
				case step.PushStatus != nil:
					push = step.PushStatus.To
				}
			}
			assert.Equal(t, test.set, set)
			assert.Equal(t, test.push, push)
			if test.told != "" {
				require.NotEmpty(t, next.Tell)
				assert.Contains(t, next.Tell[0], test.told)
			}
			if test.mark != "" {
				require.NotEmpty(t, next.Marks)
				assert.Equal(t, test.mark, next.Marks[0].Code)
			}
			if test.set == 0 && test.push == 0 {
				assert.Empty(t, plan(&s, r, at).Tell, "told again")
			}
		})
	}
}

func TestF37_OwnStatusIsNoNews(t *testing.T) {
	t.Parallel()
	t.Run("in the shop, where the answer was lost", func(t *testing.T) {
		t.Parallel()
		s, r, at := imported(), keepingRules(), noon.Add(time.Hour)
		accountHas(&s, at, 103)
		push := plan(&s, r, at).Steps[0]
		s.Begin(push, at)
		s.Fail(push, order.Failure{Kind: order.FailUnreachable, Side: order.SideCartum}, at)
		accountHas(&s, at.Add(time.Minute), 102) // staff went back to what it was
		shopHas(&s, at.Add(time.Minute), func(o *order.Snapshot) { o.Status = 3 })
		steps := plan(&s, r, at.Add(time.Minute)).Steps
		require.Len(t, steps, 1)
		require.NotNil(t, steps[0].PushStatus, "our own status in the shop came back to RO App")
		assert.Equal(t, 2, steps[0].PushStatus.To)
	})
	t.Run("in RO App, where the answer was lost", func(t *testing.T) {
		t.Parallel()
		s, r, at := imported(), keepingRules(), noon.Add(time.Hour)
		shopHas(&s, at, func(o *order.Snapshot) { o.Status = 3 })
		set := plan(&s, r, at).Steps[0]
		s.Begin(set, at)
		s.Fail(set, order.Failure{Kind: order.FailUnreachable, Side: order.SideRoapp}, at)
		shopHas(&s, at.Add(time.Minute), func(o *order.Snapshot) { o.Status = 1 })
		accountHas(&s, at.Add(time.Minute), 103)
		steps := plan(&s, r, at.Add(time.Minute)).Steps
		require.Len(t, steps, 1)
		require.NotNil(t, steps[0].SetStatus, "our own status in RO App came back to the shop")
		assert.EqualValues(t, 101, steps[0].SetStatus.To)
	})
	t.Run("in RO App, and the shop's is what it was before", func(t *testing.T) {
		t.Parallel()
		s, r, at := imported(), keepingRules(), noon.Add(time.Hour)
		shopHas(&s, at, func(o *order.Snapshot) { o.Status = 3 })
		set := plan(&s, r, at).Steps[0]
		s.Begin(set, at)
		s.Withdraw(set, at)
		shopHas(&s, at.Add(time.Minute), func(o *order.Snapshot) { o.Status = 2 })
		accountHas(&s, at.Add(time.Minute), 103)
		steps := plan(&s, r, at.Add(time.Minute)).Steps
		require.Len(t, steps, 1)
		require.NotNil(t, steps[0].SetStatus)
		assert.EqualValues(t, 102, steps[0].SetStatus.To)
	})
	t.Run("in RO App, of an attempt for another status, seen before the write", func(t *testing.T) {
		t.Parallel()
		s, r, at := imported(), keepingRules(), noon.Add(time.Hour)
		shopHas(&s, at, func(o *order.Snapshot) { o.Status = 3 })
		set := plan(&s, r, at).Steps[0]
		s.Begin(set, at)
		s.Fail(set, order.Failure{Kind: order.FailUnreachable, Side: order.SideRoapp}, at)
		shopHas(&s, at.Add(time.Minute), func(o *order.Snapshot) { o.Status = 1 })
		again := plan(&s, r, at.Add(time.Minute)).Steps[0]
		s.Begin(again, at.Add(time.Minute))
		s.Apply(again, &order.StatusSet{StatusID: 103}, at.Add(time.Minute))
		steps := plan(&s, r, at.Add(time.Minute)).Steps
		require.Len(t, steps, 1)
		require.NotNil(t, steps[0].SetStatus)
		assert.EqualValues(t, 101, steps[0].SetStatus.To)
	})
}

func TestF38_StaffWhoTakeBackTheirStatusStillWin(t *testing.T) {
	t.Parallel()
	s, r, at := imported(), keepingRules(), noon.Add(time.Hour)
	accountHas(&s, at, 103)
	shopHas(&s, at, func(o *order.Snapshot) { o.Status = 1 })
	push := plan(&s, r, at).Steps[0]
	require.NotNil(t, push.PushStatus)
	accountHas(&s, at.Add(time.Minute), 102) // before the push was made
	steps := plan(&s, r, at.Add(time.Minute)).Steps
	require.Len(t, steps, 1)
	require.NotNil(t, steps[0].PushStatus)
	assert.Equal(t, 2, steps[0].PushStatus.To)
}

func TestF42_RefusedStatusIsNotTriedOverTheStaffs(t *testing.T) {
	t.Parallel()
	s, r, at := imported(), keepingRules(), noon.Add(time.Hour)
	shopHas(&s, at, func(o *order.Snapshot) { o.Status = 3 })
	set := plan(&s, r, at).Steps[0]
	s.Begin(set, at)
	s.Fail(set, order.Failure{Kind: order.FailRejected, Side: order.SideRoapp, Text: "no", Definite: true}, at)
	accountHas(&s, at.Add(time.Hour), 106)
	plan(&s, r, at.Add(time.Hour))
	s.Pressed = true
	assert.Empty(t, plan(&s, r, at.Add(time.Hour)).Steps)
}

func TestF39_UnrelatedEditInRoappWritesNoStatus(t *testing.T) {
	t.Parallel()
	s, r, at := imported(), keepingRules(), noon.Add(time.Hour)
	s.SeeAccountOrder(order.OrderRead{At: at, OrderID: 7, StatusID: 102, Total: decimal.NewFromInt(35), ModifiedAt: at, Listed: true}, at)
	for _, step := range plan(&s, r, at).Steps {
		assert.Nil(t, step.PushStatus)
		assert.Nil(t, step.SetStatus)
	}
}

func TestF37_ListThatLagsBehindIsNoNews(t *testing.T) {
	t.Parallel()
	s, r, at := imported(), keepingRules(), noon.Add(time.Hour)
	read := func(status int64, modified, at time.Time) {
		s.SeeAccountOrder(order.OrderRead{At: at, OrderID: 7, StatusID: status, Total: decimal.NewFromInt(20), ModifiedAt: modified, Listed: true}, at)
	}
	read(103, at, at)
	push := plan(&s, r, at)
	require.NotEmpty(t, push.Steps)
	read(102, noon, at.Add(time.Minute))
	assert.EqualValues(t, 103, s.Order.StatusID)
}

func TestF37_ReadSentBeforeOurOwnWriteIsNoNews(t *testing.T) {
	t.Parallel()
	s, r, at := imported(), keepingRules(), noon.Add(time.Hour)
	shopHas(&s, at, func(o *order.Snapshot) { o.Status = 3 })
	set := plan(&s, r, at).Steps[0]
	s.Begin(set, at)
	s.Apply(set, &order.StatusSet{StatusID: 103}, at.Add(2*time.Second))
	s.SeeAccountOrder(order.OrderRead{At: at.Add(time.Second), OrderID: 7, StatusID: 102, Total: decimal.NewFromInt(20)}, at.Add(3*time.Second))
	assert.EqualValues(t, 103, s.Order.StatusID)
	assert.True(t, s.OrderDue, "it is read again")
}

func TestF42_RefusedStatusIsMarkedAndNotRepeated(t *testing.T) {
	t.Parallel()
	s, r, at := imported(), keepingRules(), noon.Add(time.Hour)
	accountHas(&s, at, 103)
	push := plan(&s, r, at).Steps[0]
	s.Begin(push, at)
	s.Fail(push, order.Failure{Kind: order.FailRejected, Side: order.SideCartum, Text: "it answered OK, but the order still has status 2", Definite: true}, at)
	next := plan(&s, r, at)
	assert.Nil(t, next.Hold)
	for _, step := range next.Steps {
		assert.Nil(t, step.PushStatus)
	}
	require.NotEmpty(t, next.Marks)
	assert.Equal(t, order.MarkNotPushed, next.Marks[0].Code)

	later := at.Add(time.Hour)
	s.BeginRefresh("Ola", later)
	s.Hint, s.OrderDue, s.Items.Due = nil, false, false // both sides are as they were
	steps := plan(&s, r, later).Steps
	require.NotEmpty(t, steps)
	assert.NotNil(t, steps[0].PushStatus, "a person asked")
}
