package order_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/order"
)

// unclear are the ways in which a snapshot may show fewer lines than the shop's order has.
func unclear() map[string]func(*order.Snapshot) {
	problem := func(code order.ProblemCode, field, value string, acceptable bool) order.Problem {
		return order.Problem{Code: code, Field: field, Subject: order.SubjectItems, Value: value, Acceptable: acceptable}
	}
	return map[string]func(*order.Snapshot){
		"too many items": func(o *order.Snapshot) {
			o.Lines, o.Problems = nil, []order.Problem{problem(order.ProblemTooLarge, "products", "20000 items", false)}
		},
		"a list that is none": func(o *order.Snapshot) {
			o.Lines, o.Problems = nil, []order.Problem{problem(order.ProblemUnreadable, "products", "abc", true)}
		},
		"a row that is none": func(o *order.Snapshot) {
			o.Lines, o.Problems = o.Lines[1:], []order.Problem{problem(order.ProblemUnreadable, "products[0]", "abc", true)}
		},
	}
}

func TestLinesThatCannotBeShownAreNotSaidToBeRemoved(t *testing.T) {
	t.Parallel()
	for name, hide := range unclear() {
		for when, before := range map[string]func(*life){
			"open":        func(*life) {},
			"written off": func(l *life) { l.report(order.SignalWrittenOff, order.WriteOff{At: l.now}); l.settle() },
		} {
			t.Run(name+", "+when, func(t *testing.T) {
				t.Parallel()
				l := imported(t, func(l *life) {
					twins(l)
					l.shop.Totals = order.Totals{Sum: decimal.NewFromInt(99), Default: decimal.NewFromInt(99)}
				})
				before(l)
				comments, notes := len(l.account.comments), len(l.noted("line-removed"))
				items, lines := l.account.items, l.shop.Lines
				l.now = l.now.Add(time.Hour)
				l.changed(func(o *order.Snapshot) { hide(o) })
				l.settle()
				assert.Equal(t, order.HoldMalformed, l.holds(order.HoldMalformed).Reason)
				assert.Empty(t, l.state.Differences())
				assert.Len(t, l.account.comments, comments, "nothing is said")
				assert.Len(t, l.noted("line-removed"), notes)
				assert.Equal(t, items, l.account.items)
				assert.NotContains(t, l.warns(), order.WarnNotSynced)
				assert.Len(t, l.state.LinePairs(), 2)
				for _, pair := range l.state.LinePairs() {
					assert.NotNil(t, pair.Shop, "the last known one is shown")
				}

				// What is known goes on, and says nothing of a sum that is not known.
				l.now = l.now.Add(time.Hour)
				l.changed(func(o *order.Snapshot) {
					o.Delivery.Address = "ul. Długa 2"
					o.Totals.Sum, o.Totals.Default = decimal.NewFromInt(500), decimal.NewFromInt(500)
				})
				l.settle()
				require.Len(t, l.account.comments, comments+1)
				said := l.account.comments[comments]
				assert.Contains(t, said, "ul. Długa 2")
				assert.Contains(t, said, "500,00")
				assert.NotContains(t, said, "84,00", "the sum of the lines is not known")
				assert.NotContains(t, said, "99,00")

				// The lines are back, in another order: they are the ones that they were.
				l.now = l.now.Add(time.Hour)
				l.changed(func(o *order.Snapshot) {
					o.Lines, o.Problems = []order.Line{lines[1], lines[0]}, nil
					o.Totals.Sum, o.Totals.Default = decimal.NewFromInt(99), decimal.NewFromInt(99)
				})
				l.settle()
				assert.Nil(t, l.state.Hold)
				assert.Empty(t, l.state.Differences())
				assert.Equal(t, items, l.account.items)
				assert.Empty(t, l.noted("line-removed"))
				assert.Empty(t, l.noted("line-added"))
			})
		}
	}
}

// A person who accepts what was understood says that the other lines were removed.
func TestUnclearLinesThatAreAcceptedCount(t *testing.T) {
	t.Parallel()
	l := imported(t, twins)
	l.now = l.now.Add(time.Hour)
	l.changed(unclear()["a row that is none"])
	l.settle()
	l.decide(order.Decision{Kind: order.DecideAccept})
	l.settle()
	assert.Nil(t, l.state.Hold)
	require.Len(t, l.state.Differences(), 1)
	assert.Equal(t, order.DifferenceRemoved, l.state.Differences()[0].Kind)
}

// A removal that was reported before stays reported.
func TestDifferencesFromBeforeStayWhileLinesAreUnclear(t *testing.T) {
	t.Parallel()
	l := imported(t, twins)
	l.now = l.now.Add(time.Hour)
	l.changed(func(o *order.Snapshot) { o.Lines = o.Lines[:1] })
	l.settle()
	require.Len(t, l.state.Differences(), 1)
	comments := len(l.account.comments)
	l.now = l.now.Add(time.Hour)
	l.changed(unclear()["too many items"])
	l.settle()
	assert.Len(t, l.state.Differences(), 1)
	assert.Len(t, l.account.comments, comments)
}
