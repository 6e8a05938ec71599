package order_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/order"
)

// doubtfulPrice is a price of the first line that a person has to accept.
func doubtfulPrice(o *order.Snapshot) {
	lines := []order.Line{o.Lines[0]}
	order.KeyLines(lines)
	o.Lines[0].Price = decimal.NewFromInt(3)
	o.Problems = []order.Problem{{
		Code: order.ProblemAmbiguous, Field: "products[0].price", Subject: order.SubjectItems, Line: lines[0].Key,
		Value: "3,000", Understood: "3", Acceptable: true,
	}}
}

// What must not be written is not written by a read that was asked for either. All
// else of the order goes on.
func TestF35_OrderThatBecomesUnfitWritesNoLine(t *testing.T) {
	t.Parallel()
	for name, unfit := range map[string]func(*order.Snapshot){
		"another currency": func(o *order.Snapshot) { o.Currency, o.Lines[0].Price = "EUR", decimal.NewFromInt(3) },
		"doubtful price":   doubtfulPrice,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := imported(t)
			l.account.comments = nil
			l.now = noon.Add(time.Hour)
			l.changed(func(o *order.Snapshot) {
				unfit(o)
				o.Delivery.Address, o.Status = "ul. Długa 2", 3
			})
			l.settle()
			require.NotNil(t, l.state.Hold)
			l.now = l.now.Add(time.Hour)
			read := l.accountRead()
			read.Listed, read.ModifiedAt = true, l.now
			l.report(order.SignalStatusChanged, read)
			l.settle()
			require.NotNil(t, l.state.Hold)
			assert.Equal(t, "10", l.account.items[0].Price.String(), "only a read")
			assert.EqualValues(t, 103, l.account.status, "the status goes on")
			require.NotEmpty(t, l.account.comments)
			assert.Contains(t, l.account.comments[0], "ul. Długa 2")

			l.now = l.now.Add(time.Minute)
			l.changed(func(o *order.Snapshot) {
				o.Currency, o.Lines[0].Price, o.Problems = "PLN", decimal.NewFromInt(10), nil
				setQuantity(o, 3)
			})
			l.settle()
			assert.Nil(t, l.state.Hold)
			assert.EqualValues(t, 3, l.quantity())
		})
	}
}

// One line that waits keeps neither the others nor payment and delivery.
func TestHeldLineStopsOnlyItself(t *testing.T) {
	t.Parallel()
	l := imported(t, func(l *life) { l.shop.Lines = []order.Line{line("A", 2, 10), line("B", 1, 5)} })
	l.account.comments = nil
	l.now = noon.Add(time.Hour)
	l.changed(func(o *order.Snapshot) {
		doubtfulPrice(o)
		o.Lines[1].Quantity = decimal.NewFromInt(4)
		o.Payment.Paid, o.Delivery.Address = true, "ul. Długa 2"
	})
	l.settle()
	hold := l.holds(order.HoldMalformed)
	assert.Equal(t, "10", l.account.items[0].Price.String())
	assert.Equal(t, "4", l.account.items[1].Quantity.String())
	require.Len(t, l.account.comments, 1)
	assert.Contains(t, l.account.comments[0], "opłacone")
	assert.Contains(t, l.account.comments[0], "ul. Długa 2")

	assert.Contains(t, l.state.Answers(), order.DecideAccept)
	assert.Equal(t, "3", hold.Params["understood"])
	l.decide(order.Decision{Kind: order.DecideAccept})
	l.settle()
	assert.Nil(t, l.state.Hold)
	assert.Equal(t, "3", l.account.items[0].Price.String())
}

// A line without quantity is one that the shop removed: its conversion leaves it out.
func TestRemovedLineIsADifferenceAndStopsNothing(t *testing.T) {
	t.Parallel()
	l := imported(t, func(l *life) { l.shop.Lines = []order.Line{line("A", 4, 10), line("B", 1, 5)} })
	l.account.comments = nil
	l.now = noon.Add(time.Hour)
	l.changed(func(o *order.Snapshot) {
		o.Lines = []order.Line{line("B", 2, 5)}
		o.Payment.Paid = true
	})
	l.settle()
	assert.Nil(t, l.state.Hold)
	assert.Equal(t, "2", l.account.items[1].Quantity.String())
	require.Len(t, l.state.Differences(), 1)
	assert.Equal(t, order.DifferenceRemoved, l.state.Differences()[0].Kind)
	require.Len(t, l.account.comments, 1)
	assert.Contains(t, l.account.comments[0], "opłacone")
}

// An import that runs is held by what the shop has made unsuitable meanwhile.
func TestF35_OrderThatBecomesUnfitWhileItIsImported(t *testing.T) {
	t.Parallel()
	l := received(t)
	for l.state.Order == nil {
		l.answer(l.kinds()[0])
	}
	l.now = l.now.Add(time.Minute)
	l.changed(func(o *order.Snapshot) { o.Currency, o.Lines[0].Quantity = "EUR", decimal.NewFromInt(5) })
	l.holds(order.HoldCurrency)
	assert.Empty(t, l.kinds())
	assert.Empty(t, l.account.items)
}

// twins are two lines of one SKU.
func twins(l *life) { l.shop.Lines = []order.Line{line("A", 2, 12), line("A", 5, 15)} }

func TestTwinLinesInAnotherOrderChangeNothing(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*life){
		"as they are":         func(*life) {},
		"after the write-off": func(l *life) { l.report(order.SignalWrittenOff, order.WriteOff{At: l.now}) },
	} {
		l := imported(t, twins)
		change(l)
		l.starts = nil
		for range 3 {
			l.now = l.now.Add(time.Minute)
			l.changed(func(o *order.Snapshot) { o.Lines[0], o.Lines[1] = o.Lines[1], o.Lines[0] })
			l.settle()
		}
		assert.Empty(t, l.starts, name)
		assert.Empty(t, l.state.Differences(), name)
	}
}

func TestFirstOfTwoTwinsIsRemoved(t *testing.T) {
	t.Parallel()
	l := imported(t, twins)
	l.now = noon.Add(time.Hour)
	l.changed(func(o *order.Snapshot) { o.Lines = o.Lines[1:] })
	l.settle()
	assert.Equal(t, "2", l.account.items[0].Quantity.String())
	assert.Equal(t, "5", l.account.items[1].Quantity.String(), "the other item is left as it is")
	require.Len(t, l.state.Differences(), 1)
	assert.Equal(t, order.DifferenceRemoved, l.state.Differences()[0].Kind)
	assert.Equal(t, "2", l.state.Differences()[0].Account.Quantity.String())
	assert.Zero(t, l.count(order.StepWriteLines))
}

func TestTwinsAreToldApartByTheShopsID(t *testing.T) {
	t.Parallel()
	l := imported(t, func(l *life) {
		twins(l)
		l.shop.Lines[0].StorageID, l.shop.Lines[1].StorageID = "s1", "s2"
	})
	l.now = noon.Add(time.Hour)
	l.changed(func(o *order.Snapshot) {
		o.Lines[0], o.Lines[1] = o.Lines[1], o.Lines[0]
		o.Lines[0].Quantity, o.Lines[0].Price = decimal.NewFromInt(2), decimal.NewFromInt(12) // now both are equal
	})
	l.settle()
	assert.Equal(t, "2", l.account.items[0].Quantity.String())
	assert.Equal(t, "2", l.account.items[1].Quantity.String())
	assert.Equal(t, "12", l.account.items[1].Price.String())
}

// reused is an imported order under whose number the shop shows another one.
func reused(t *testing.T) *life {
	t.Helper()
	l := imported(t)
	l.now = noon.Add(time.Hour)
	l.contacts = []order.Contact{{ID: 8, FirstName: "Ola", LastName: "Kot"}}
	l.changed(func(o *order.Snapshot) {
		o.CreatedAsWritten = "2026-11-20 13:59:00"
		o.Created, o.Customer, o.Lines = l.now.Add(-time.Minute), order.Customer{Name: "Ola Kot", Phone: "+48601222333"}, []order.Line{line("B", 1, 5)}
	})
	l.settle()
	hold := l.holds(order.HoldNumberReused)
	assert.Equal(t, params("placed", "2026-11-20T12:59:00Z", "wasPlaced", "2026-11-20T10:58:00Z", "amount", "20.00", "currency", "PLN", "lines", "1"), hold.Params)
	assert.Len(t, l.account.items, 1)
	assert.Equal(t, []order.DecisionKind{order.DecideNewOrder, order.DecideSameOrder, order.DecideSkip}, l.state.Answers())
	return l
}

func TestNumberUsedAgainIsImportedAsANewOrder(t *testing.T) {
	t.Parallel()
	l := reused(t)
	l.account = accountSide{id: 8, lastID: 90}
	l.decide(order.Decision{Kind: order.DecideNewOrder})
	for len(l.running) > 0 {
		if l.kinds()[0] == order.StepCreateOrder {
			assert.Equal(t, []int64{7}, in[order.CreateOrder](l, order.StepCreateOrder).Except)
			assert.EqualValues(t, 8, in[order.CreateOrder](l, order.StepCreateOrder).ContactID)
		}
		l.answer(l.kinds()[0])
	}
	assert.Equal(t, order.SyncSynced, l.state.SyncState(), "%+v", l.state.Hold)
	assert.EqualValues(t, 8, l.state.Order.ID)
	require.Len(t, l.account.items, 1)
	assert.EqualValues(t, 10, l.account.items[0].ProductID)
}

func TestNumberUsedAgainMayBeTheSameOrder(t *testing.T) {
	t.Parallel()
	l := reused(t)
	l.decide(order.Decision{Kind: order.DecideSameOrder})
	l.settle()
	assert.Nil(t, l.state.Hold)
	assert.EqualValues(t, 7, l.state.Order.ID)
	assert.Len(t, l.account.items, 2)
	l.now = l.now.Add(time.Minute)
	l.polled()
	assert.Nil(t, l.state.Hold, "asked once")
}

func TestNumberUsedAgainIsForgottenOnceTheFirstOrderIsShown(t *testing.T) {
	t.Parallel()
	first := received(t).shop
	l := reused(t)
	l.now = l.now.Add(time.Minute)
	l.changed(func(o *order.Snapshot) { *o = first })
	l.settle()
	assert.Nil(t, l.state.Hold)
}

// Whether an order is the one that was imported is told by when it was placed; a shop
// may come to write that otherwise, or not at all.
func TestOrderIsKnownByWhenItWasPlaced(t *testing.T) {
	t.Parallel()
	placed := func(after time.Duration) func(*order.Snapshot) {
		return func(o *order.Snapshot) {
			o.Created = o.Created.Add(after)
			o.CreatedAsWritten = o.Created.Format("02.01.2006 15:04:05")
		}
	}
	unclear := func(o *order.Snapshot) {
		o.Created, o.CreatedAsWritten = noon, ""
		o.Problems = []order.Problem{{Code: order.ProblemMissing, Field: "stat_created", Subject: order.SubjectCreated, Acceptable: true}}
	}
	customer := func(o *order.Snapshot) { o.Customer.Name = "Ola Kot" }
	goods := func(o *order.Snapshot) { o.Lines = []order.Line{line("B", 1, 5)} }
	for name, tc := range map[string]struct {
		changes []func(*order.Snapshot)
		other   bool
	}{
		"by the same customer, of the same goods": {[]func(*order.Snapshot){placed(3*time.Hour + 7*time.Minute)}, true},
		"weeks later":                        {[]func(*order.Snapshot){placed(7 * 24 * time.Hour)}, true},
		"on the clock of another zone":       {[]func(*order.Snapshot){placed(-time.Hour)}, false},
		"without its seconds":                {[]func(*order.Snapshot){placed(-40 * time.Second)}, false},
		"another zone, another customer":     {[]func(*order.Snapshot){placed(time.Hour), customer}, true},
		"another zone, other goods":          {[]func(*order.Snapshot){placed(time.Hour), goods}, true},
		"time lost":                          {[]func(*order.Snapshot){unclear}, false},
		"time lost, customer corrected":      {[]func(*order.Snapshot){unclear, customer}, false},
		"time lost, other goods":             {[]func(*order.Snapshot){unclear, goods}, false},
		"time lost, all is another's":        {[]func(*order.Snapshot){unclear, customer, goods}, true},
		"customer and goods, same time":      {[]func(*order.Snapshot){customer, goods}, false},
		"written otherwise, the same moment": {[]func(*order.Snapshot){placed(0)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := imported(t)
			l.now = noon.Add(time.Hour)
			l.changed(func(o *order.Snapshot) {
				for _, change := range tc.changes {
					change(o)
				}
			})
			l.settle()
			assert.Equal(t, tc.other, l.state.Reused != nil)
		})
	}
}

// A currency that is none stops the items and the amount until a person takes it for
// the account's.
func TestCurrencyThatIsNoneCanBeAccepted(t *testing.T) {
	t.Parallel()
	unknown := func(o *order.Snapshot) { o.Problems = []order.Problem{*order.CurrencyProblem("KWIATY", "PLN")} }
	held := received(t, func(l *life) { unknown(&l.shop) })
	held.settle()
	hold := held.holds(order.HoldCurrency)
	assert.Equal(t, "currency", hold.Field)
	assert.Equal(t, "PLN", hold.Params["understood"])
	assert.Equal(t, []order.DecisionKind{order.DecideAccept, order.DecideRetry, order.DecideSkip}, held.state.Answers())
	held.decide(order.Decision{Kind: order.DecideAccept})
	held.settle()
	assert.Nil(t, held.state.Hold)
	assert.Equal(t, order.SyncSynced, held.state.SyncState())

	l := imported(t)
	comments := len(l.account.comments)
	l.now = noon.Add(time.Hour)
	l.changed(func(o *order.Snapshot) {
		unknown(o)
		setQuantity(o, 5)
		o.Delivery.Address, o.Totals.Sum = "ul. Długa 2", decimal.NewFromInt(500)
	})
	l.settle()
	l.holds(order.HoldCurrency)
	assert.EqualValues(t, 2, l.quantity())
	require.Len(t, l.account.comments, comments+1)
	assert.Contains(t, l.account.comments[comments], "ul. Długa 2")
	l.decide(order.Decision{Kind: order.DecideAccept})
	l.settle()
	assert.Nil(t, l.state.Hold)
	assert.EqualValues(t, 5, l.quantity())
	require.Len(t, l.account.comments, comments+2)
	assert.Contains(t, l.account.comments[comments+1], "500,00 PLN")
}

// What staff add is no difference between the sides.
func TestServiceLineOfTheStaffWarnsOfNoAmount(t *testing.T) {
	t.Parallel()
	l := imported(t)
	l.now = noon.Add(time.Hour)
	l.account.items = append(l.account.items, order.Item{ID: 900, ProductID: 77, Quantity: decimal.NewFromInt(1), Price: decimal.NewFromInt(50)})
	read := l.accountRead()
	read.Listed, read.ModifiedAt = true, l.now
	l.report(order.SignalStatusChanged, read)
	l.settle()
	assert.Empty(t, l.warns())

	l.now = l.now.Add(time.Hour)
	l.account.items[0].Price = decimal.NewFromInt(11)
	read = l.accountRead()
	read.Listed, read.ModifiedAt = true, l.now
	l.report(order.SignalStatusChanged, read)
	l.settle()
	assert.Equal(t, []string{order.WarnAmount}, l.warns(), "a price that staff changed is one")
}

// The shop adds a set and a gift to an order that was imported: the set's main line
// costs nothing, for its parts have the price.
func TestF30_SetAndGiftAddedAfterTheImport(t *testing.T) {
	t.Parallel()
	l := imported(t)
	l.now = noon.Add(time.Hour)
	l.changed(func(o *order.Snapshot) {
		main, part, gift := line("B", 1, 30), line("B", 1, 30), line("B", 1, 0)
		main.Type, part.Type, gift.Type = order.LineSetMain, order.LineSetItem, order.LineGift
		o.Lines = append(o.Lines, main, part, gift)
		o.Totals.Sum, o.Totals.Default = decimal.NewFromInt(50), decimal.NewFromInt(50)
	})
	l.settle()
	assert.Nil(t, l.state.Hold)
	assert.Empty(t, l.state.Differences())
	var prices []string
	for _, item := range l.account.items {
		prices = append(prices, item.Price.String())
	}
	assert.ElementsMatch(t, []string{"10", "0", "30", "0"}, prices)
}
