package order_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/order"
)

// ambiguousProduct is an imported order to which the shop has added a line whose
// product is not known: two have its SKU.
func ambiguousProduct(t *testing.T) *life {
	t.Helper()
	l := imported(t)
	l.products[order.ArticleKey("C")] = []order.Product{{ID: 17, Article: "C"}, {ID: 18, Article: "C"}}
	l.now = noon.Add(time.Hour)
	l.changed(func(o *order.Snapshot) { o.Lines = append(o.Lines, line("C", 5, 2)) })
	l.settle()
	l.holds(order.HoldAmbiguousProduct)
	return l
}

// The cause of a hold is checked again whenever something changes; an answer that
// comes meanwhile counts.
func TestF29_DecisionWhileTheCauseIsCheckedAgain(t *testing.T) {
	t.Parallel()
	l := ambiguousProduct(t)
	l.report(order.SignalShopOrderChanged, order.ChangeNotice{At: l.now, By: order.OriginHand})
	require.Nil(t, l.state.Hold)
	require.NotEmpty(t, l.kinds())
	l.decide(order.Decision{Kind: order.DecideProduct, ProductID: 18})
	l.settle()
	assert.Nil(t, l.state.Hold)
	assert.EqualValues(t, 18, l.state.Products[order.ArticleKey("C")].Chosen.ID)
	decided := l.noted("decided")
	require.Len(t, decided, 1)
	assert.Equal(t, params("decision", "product", "id", "18"), decided[0].Params)
	assert.Len(t, l.account.items, 2)
}

func TestDecisionThatFitsNothingSaysSo(t *testing.T) {
	t.Parallel()
	l := imported(t)
	l.decide(order.Decision{Kind: order.DecideProduct, ProductID: 8})
	noted := l.noted("decision-changed-nothing")
	require.Len(t, noted, 1)
	assert.Equal(t, params("decision", "product", "why", "waits-for-nothing"), noted[0].Params)
}

func TestDecisionThatIsNotOfferedIsRefused(t *testing.T) {
	t.Parallel()
	held := map[string]*life{}
	held["currency"] = received(t, func(l *life) { l.shop.Currency = "EUR" })
	held["no items"] = received(t, func(l *life) { l.shop.Lines = nil })
	held["malformed"] = received(t, func(l *life) {
		l.shop.Problems = []order.Problem{{Code: order.ProblemAmbiguous, Field: "currency", Subject: order.SubjectCurrency, Value: "$", Acceptable: true}}
	})
	for name, l := range held {
		l.settle()
		require.NotNil(t, l.state.Hold, name)
		for _, d := range []order.Decision{
			{Kind: order.DecideContact, ContactID: 20001, By: "Anna"},
			{Kind: order.DecideCreateContact, By: "Anna"},
			{Kind: order.DecideProduct, ProductID: 3, By: "Anna"},
			{Kind: order.DecideCreateAgain, By: "Anna"},
			{Kind: order.DecideNewOrder, By: "Anna"},
			{Kind: order.DecideSameOrder, By: "Anna"},
			{Kind: "anything", By: "Anna"},
		} {
			assert.Equal(t, "not-offered", l.state.Unfit(d), "%s: %s", name, d.Kind)
			before := l.state.Hold
			l.decide(d)
			assert.Equal(t, before, l.state.Hold, "%s: %s", name, d.Kind)
			assert.Nil(t, l.state.Customer.Chosen, "%s: %s", name, d.Kind)
		}
		assert.Len(t, l.noted("decision-changed-nothing"), 7, name)
		l.shop.Currency, l.shop.Problems, l.shop.Lines = "PLN", nil, []order.Line{line("A", 2, 10)}
		l.now = l.now.Add(time.Minute)
		l.polled()
		l.settle()
		require.NotNil(t, l.state.Order, name)
		assert.EqualValues(t, 5, l.state.Order.ContactID, name)
	}
}

// Whatever a hold offers must be something that can release it, and is taken.
func TestEveryAnswerThatAHoldOffersIsTaken(t *testing.T) {
	t.Parallel()
	for name, held := range map[string]func(*testing.T) *life{"no-customer": phoneless, "ambiguous-product": ambiguousProduct} {
		for _, kind := range held(t).state.Answers() {
			l := held(t)
			d := order.Decision{Kind: kind, Reason: "double", ContactID: 9, ProductID: 18, OrderID: 77}
			if kind != order.DecideContact {
				d.ContactID = 0
			}
			if kind != order.DecideProduct {
				d.ProductID = 0
			}
			require.Empty(t, l.state.Unfit(d), "%s: %s", name, kind)
			l.decide(d)
			assert.Len(t, l.noted("decided"), 1, "%s: %s", name, kind)
			assert.Empty(t, l.noted("decision-changed-nothing"), "%s: %s", name, kind)
		}
	}
}
