package order_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/order"
)

// F44: a value is written only where the shop changed it and RO App still has
// what we wrote; staff's own value stays, and is told where the shop changed too.
func TestF44_LinesAreComparedThreeWays(t *testing.T) {
	t.Parallel()
	const written = 2 // by the import
	for name, test := range map[string]struct {
		shop    int64
		stands  int64 // in RO App, 0 where staff took the line out
		write   int64 // 0 for nothing
		differs bool
	}{
		"nobody changed it":                   {shop: written, stands: written},
		"the shop changed it":                 {shop: 3, stands: written, write: 3},
		"staff changed it":                    {shop: written, stands: 5},
		"both changed it":                     {shop: 3, stands: 5, differs: true},
		"both changed it to the same":         {shop: 3, stands: 3},
		"staff took it out":                   {shop: written},
		"staff took it out, the shop changed": {shop: 3, differs: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, r, at := imported(), keepingRules(), noon.Add(time.Hour)
			shopHas(&s, at, func(o *order.Snapshot) { o.Lines[0].Quantity = decimal.NewFromInt(test.shop) })
			s.Items.Due = test.shop == written
			wrote := carryLines(t, &s, r, at, test.stands)
			assert.Equal(t, test.write, wrote)
			assert.Equal(t, test.differs, len(s.Differences()) > 0, "differences: %v", s.Differences())
			for _, step := range plan(&s, r, at).Steps {
				assert.Nil(t, step.AddItem, "the line is added again")
				assert.Nil(t, step.WriteLines, "the line is written again")
				assert.Equal(t, test.differs, step.PostComment != nil, step.Key)
			}
		})
	}
}

// carryLines carries out the planned step that reads and writes the items, of
// which one stands in RO App, and gives the quantity that it wrote.
func carryLines(t *testing.T, s *order.State, r order.Rules, at time.Time, stands int64) (wrote int64) {
	t.Helper()
	for _, step := range plan(s, r, at).Steps {
		if step.WriteLines == nil {
			continue
		}
		require.Len(t, step.WriteLines.Lines, 1)
		answer := order.LinesWritten{At: at, Written: map[order.LineKey]order.Decided{}}
		if stands != 0 {
			item := order.Item{ID: 70, ProductID: 9, Quantity: decimal.NewFromInt(stands), Price: decimal.NewFromInt(10)}
			answer.Items = append(answer.Items, item)
			line := step.WriteLines.Lines[0]
			if send := line.Decide(item); !send.Nothing() {
				wrote = send.Quantity.IntPart()
				answer.Written[line.Key] = send
			}
		}
		s.Begin(step, at)
		s.Apply(step, &answer, at)
	}
	return wrote
}

func TestF44_ValueThatStaffTookBackIsCarriedOver(t *testing.T) {
	t.Parallel()
	s, r, at := imported(), keepingRules(), noon.Add(time.Hour)
	shopHas(&s, at, func(o *order.Snapshot) { o.Lines[0].Quantity = decimal.NewFromInt(3) })
	assert.Zero(t, carryLines(t, &s, r, at, 5))
	require.Len(t, s.Differences(), 1)

	s.Items.Due = true // staff have put back what we wrote
	assert.Zero(t, carryLines(t, &s, r, at, 2))
	assert.EqualValues(t, 3, carryLines(t, &s, r, at, 2))
	assert.Empty(t, s.Differences())
}

func TestF44_ChangeTakenBackWhileItsAnswerWasLost(t *testing.T) {
	t.Parallel()
	s, r, at := imported(), keepingRules(), noon.Add(time.Hour)
	shopHas(&s, at, func(o *order.Snapshot) { o.Lines[0].Quantity = decimal.NewFromInt(3) })
	step := plan(&s, r, at).Steps[0]
	s.Begin(step, at)
	s.Withdraw(step, at) // it came about all the same
	s.Items.Due = true
	shopHas(&s, at.Add(time.Second), func(o *order.Snapshot) { o.Lines[0].Quantity = decimal.NewFromInt(2) })
	assert.EqualValues(t, 2, carryLines(t, &s, r, at, 3), "read and put back in one go")
}

func TestF45_NothingIsWrittenAfterTheWriteOff(t *testing.T) {
	t.Parallel()
	for name, freeze := range map[string]func(*order.State){
		"told": func(s *order.State) { s.SeeWriteOff(order.WriteOff{At: noon}, noon) },
		"seen in the items": func(s *order.State) {
			s.Items.Due = true
			step := order.Plan(*s, keepingRules(), nil, noon).Steps[0]
			items := []order.Item{{ID: 70, ProductID: 9, Quantity: decimal.NewFromInt(2), Price: decimal.NewFromInt(10), WrittenOff: true}}
			s.Apply(step, &order.LinesWritten{At: noon, Items: items}, noon)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, r, at := imported(), keepingRules(), noon.Add(time.Hour)
			freeze(&s)
			require.True(t, s.Order.WrittenOff)
			shopHas(&s, at, func(o *order.Snapshot) {
				o.Lines[0].Quantity = decimal.NewFromInt(3)
				o.Lines = append(o.Lines, order.Line{Article: "B", Title: "B", Price: decimal.NewFromInt(1), Quantity: decimal.NewFromInt(1)})
			})
			steps := plan(&s, r, at).Steps
			require.Len(t, steps, 1, "one comment")
			require.NotNil(t, steps[0].PostComment)
			s.Begin(steps[0], at)
			s.Apply(steps[0], &order.CommentPosted{}, at)
			assert.Empty(t, plan(&s, r, at).Steps)
			assert.Len(t, s.Differences(), 2)
		})
	}
}

func TestF44_GoodsOfTheStaffThatAreWrittenOffAreLookedAtOnce(t *testing.T) {
	t.Parallel()
	s, r, at := imported(), keepingRules(), noon.Add(time.Hour)
	required := false
	read := order.OrderRead{At: at, OrderID: 7, StatusID: 102, Total: decimal.NewFromInt(20), DeductionRequired: &required, Listed: true}
	s.SeeAccountOrder(read, at)
	require.Len(t, plan(&s, r, at).Steps, 1)
	carryLines(t, &s, r, at, 0)
	read.At = at.Add(time.Hour)
	s.SeeAccountOrder(read, read.At)
	assert.Empty(t, plan(&s, r, read.At).Steps)
}
