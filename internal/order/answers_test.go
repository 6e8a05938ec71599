package order_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/order"
)

// ambiguous is an order whose phone two contacts have; an earlier choice is being
// looked up.
func ambiguous(t *testing.T, change ...func(*life)) *life {
	t.Helper()
	two := func(l *life) {
		l.contacts = []order.Contact{{ID: 5, FirstName: "Ewa"}, {ID: 6, FirstName: "Ola"}}
	}
	l := received(t, append([]func(*life){two}, change...)...)
	l.settleUntil(order.StepRecallChoice)
	return l
}

func TestChoiceIsLookedUpOnlyWhereSeveralFit(t *testing.T) {
	t.Parallel()
	l := imported(t)
	assert.EqualValues(t, 5, l.state.Order.ContactID)
	l = received(t)
	l.settle()
	assert.Zero(t, l.count(order.StepRecallChoice))
}

func TestRememberedChoiceIsTakenAsLongAsItFits(t *testing.T) {
	t.Parallel()
	l := ambiguous(t)
	assert.NotContains(t, in[order.RecallChoice](l, order.StepRecallChoice).Record, "501", "ids reveal nothing")
	l.recalled = &order.Remembered{ID: 6, By: "Anna"}
	l.settle()
	require.NotNil(t, l.state.Order)
	assert.EqualValues(t, 6, l.state.Order.ContactID)
	why := l.noted("customer")
	require.Len(t, why, 1)
	assert.Equal(t, params("why", "recalled", "contact", "6", "by", "Anna"), why[0].Params)

	for name, remembered := range map[string]*order.Remembered{"nothing": nil, "gone": {ID: 7, By: "Anna"}, "an organization": {ID: 6, Organization: true, By: "Anna"}} {
		l := ambiguous(t)
		l.recalled = remembered
		l.settle()
		assert.Equal(t, order.HoldAmbiguousContact, l.holds(order.HoldAmbiguousContact).Reason, name)
	}
}

func TestChoiceIsRememberedUnderTheIDThatItIsLookedUpBy(t *testing.T) {
	t.Parallel()
	l := ambiguous(t)
	record := in[order.RecallChoice](l, order.StepRecallChoice).Record
	l.settle()
	l.holds(order.HoldAmbiguousContact)
	decision := order.Decision{Kind: order.DecideContact, ContactID: 6, By: "Anna"}
	require.Empty(t, l.state.Unfit(decision))
	l.decide(decision)
	assert.True(t, l.state.Decided(decision))
	entries := len(l.state.Timeline)
	l.decide(decision)
	assert.Len(t, l.state.Timeline, entries, "twice is as good as once")

	remember := in[order.RememberChoice](l, order.StepRememberChoice)
	assert.Equal(t, record, remember.Record)
	assert.Equal(t, order.Remembered{ID: 6, By: "Anna", At: l.now}, remember.Choice)
	l.settle()
	assert.Empty(t, l.state.Chosen)
	assert.Equal(t, 1, l.count(order.StepRememberChoice))
}

// A person's word about one order is no choice between several.
func TestOnlyAChoiceBetweenSeveralIsRemembered(t *testing.T) {
	t.Parallel()
	l := phoneless(t)
	l.decide(order.Decision{Kind: order.DecideContact, ContactID: 6})
	assert.Empty(t, l.state.Chosen)
}

// phoneless is an order that waits, since its phone identifies nobody.
func phoneless(t *testing.T) *life {
	t.Helper()
	l := received(t, func(l *life) { l.shop.Customer.Phone = "" })
	l.settle()
	l.holds(order.HoldNoCustomer)
	return l
}

func TestLinkNeedsNoCustomer(t *testing.T) {
	t.Parallel()
	l := phoneless(t)
	l.decide(order.Decision{Kind: order.DecideLink, OrderID: 77})
	assert.Equal(t, order.SyncImporting, l.state.SyncState())
	l.answer(order.StepFindProducts)
	assert.EqualValues(t, 77, in[order.LinkOrder](l, order.StepLinkOrder).OrderID)
	l.end(order.StepLinkOrder, order.OrderLinked{Order: order.OrderCreated{ID: 77, Number: "B-77", ContactID: 9, StatusID: 103}})
	require.NotNil(t, l.state.Order)
	assert.Nil(t, l.state.Linking)
	assert.EqualValues(t, 9, l.state.Order.ContactID)
	assert.True(t, l.state.Order.Linked)
	assert.Equal(t, []order.StepKind{order.StepAddItems}, l.kinds(), "it is finished like an import")
}

func TestLinkThatIsRefusedWaitsAsBefore(t *testing.T) {
	t.Parallel()
	l := phoneless(t)
	since := l.state.Hold.Since
	l.now = l.now.Add(time.Minute)
	l.decide(order.Decision{Kind: order.DecideLink, OrderID: 77})
	l.answer(order.StepFindProducts)
	l.end(order.StepLinkOrder, order.OrderLinked{Refused: "linked-to-another", Holder: "demo #2"})
	hold := l.holds(order.HoldNoCustomer)
	assert.Equal(t, since, hold.Since)
	require.NotNil(t, hold.Note)
	assert.Equal(t, "not-linked", hold.Note.Code)
	assert.Equal(t, params("roappOrder", "77", "why", "linked-to-another", "holder", "demo #2"), hold.Note.Params)
	assert.Nil(t, l.state.Order)
}

// A create that runs ends before another order is linked; what it created counts.
func TestLinkWaitsForACreateThatRuns(t *testing.T) {
	t.Parallel()
	l := phoneless(t)
	l.decide(order.Decision{Kind: order.DecideContact, ContactID: 9})
	l.answer(order.StepFindProducts)
	l.starting(order.StepCreateOrder)
	l.now = l.now.Add(time.Second)
	l.changed(func(o *order.Snapshot) { o.Currency = "EUR" })
	l.holds(order.HoldCurrency)
	assert.Contains(t, l.kinds(), order.StepCreateOrder)

	l = phoneless(t)
	l.decide(order.Decision{Kind: order.DecideContact, ContactID: 9})
	l.answer(order.StepFindProducts)
	l.starting(order.StepCreateOrder)
	l.now = l.now.Add(time.Second)
	l.report(order.SignalSettings, "revision")
	l.changed(func(o *order.Snapshot) { o.Lines = nil })
	l.holds(order.HoldNoItems)
	l.decide(order.Decision{Kind: order.DecideLink, OrderID: 77})
	require.NotNil(t, l.state.Linking)
	assert.Equal(t, []order.StepKind{order.StepCreateOrder}, l.kinds(), "the create ends first")
	l.end(order.StepCreateOrder, order.OrderCreated{ID: 50})
	assert.Nil(t, l.state.Linking)
	assert.EqualValues(t, 50, l.state.Order.ID)
	assert.Len(t, l.noted("not-linked-created-before"), 1)
}

func TestLinkFitsOnlyBeforeTheOrderExistsOrOnceItIsGone(t *testing.T) {
	t.Parallel()
	link := order.Decision{Kind: order.DecideLink, OrderID: 77, By: "Anna"}
	s := imported(t).state
	s.Hold = &order.Hold{Reason: order.HoldRejected}
	assert.Equal(t, "not-offered", s.Unfit(link))
	s.Hold.Reason = order.HoldOrderGone
	assert.Empty(t, s.Unfit(link))
	s = phoneless(t).state
	for reason, fits := range map[order.HoldReason]bool{
		order.HoldNoCustomer: true, order.HoldAmbiguousProduct: true, order.HoldUnreachable: true, order.HoldMalformed: true,
		order.HoldCurrency: false, order.HoldUnknownShop: false, order.HoldNumberReused: false,
	} {
		s.Hold = &order.Hold{Reason: reason}
		assert.Equal(t, fits, s.Unfit(link) == "", reason)
	}
}

func TestSkippingNeedsAReason(t *testing.T) {
	t.Parallel()
	l := phoneless(t)
	assert.Equal(t, "reason-missing", l.state.Unfit(order.Decision{Kind: order.DecideSkip, By: "Anna", Reason: " "}))
	assert.Empty(t, l.state.Unfit(order.Decision{Kind: order.DecideSkip, By: "Anna", Reason: "double"}))
	l.decide(order.Decision{Kind: order.DecideSkip, Reason: "double"})
	require.NotNil(t, l.last.Close)
	assert.Equal(t, "skipped", l.state.Closed.Code)
	assert.Equal(t, params("by", "Anna", "reason", "double"), l.state.Closed.Params)
}

// A mistyped id is no answer to a choice; a record that the person searched for and saw is, and is not remembered as one that fits.
func TestAFoundRecordNeedNotBeAmongTheChoices(t *testing.T) {
	t.Parallel()
	hold := &order.Hold{Reason: order.HoldAmbiguousContact, Choices: []order.Choice{{ID: 5}, {ID: 6, Organization: true}}}
	s := phoneless(t).state
	s.Hold = hold
	other := order.Decision{Kind: order.DecideContact, ContactID: 77, By: "Anna"}
	assert.Equal(t, "not-among-choices", s.Unfit(other))
	other.Found = true
	assert.Empty(t, s.Unfit(other))
	assert.Equal(t, "is-an-organization", s.Unfit(order.Decision{Kind: order.DecideContact, ContactID: 6, By: "Anna"}))

	l := phoneless(t)
	l.state.Hold = hold
	l.decide(other)
	assert.Equal(t, int64(77), l.state.Customer.Chosen.ID)
	assert.Empty(t, l.state.Chosen)
}
