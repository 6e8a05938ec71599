package order_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/order"
)

// notImported is an order that stands before its customer is known.
func notImported() order.State {
	s := imported()
	s.Order, s.Lines, s.Synced, s.Comment = nil, nil, time.Time{}, order.CommentFacts{}
	s.Customer = order.CustomerFacts{}
	return s
}

func stepOf(t *testing.T, next order.Next, kind order.StepKind) order.Step {
	t.Helper()
	for _, step := range next.Steps {
		if step.Kind == kind {
			return step
		}
	}
	t.Fatalf("no step %s in %+v", kind, next)
	return order.Step{}
}

// ambiguous is an order whose phone two contacts have.
func ambiguous(t *testing.T) (s order.State, r order.Rules, recall order.Step) {
	t.Helper()
	s, r = notImported(), keepingRules()
	find := stepOf(t, plan(&s, r, noon), order.StepFindContact)
	s.Apply(find, &order.ContactsFound{At: noon, Contacts: []order.Contact{{ID: 5, FirstName: "Ewa"}, {ID: 6, FirstName: "Ola"}}}, noon)
	recall = stepOf(t, plan(&s, r, noon), order.StepRecallChoice)
	return s, r, recall
}

func TestChoiceIsAskedForOnlyWhereSeveralFit(t *testing.T) {
	t.Parallel()
	s, r := notImported(), keepingRules()
	find := stepOf(t, plan(&s, r, noon), order.StepFindContact)
	s.Apply(find, &order.ContactsFound{At: noon, Contacts: []order.Contact{{ID: 5, FirstName: "Ewa"}}}, noon)
	assert.NotNil(t, stepOf(t, plan(&s, r, noon), order.StepCreateOrder).CreateOrder)
}

func TestRememberedChoiceIsTakenAsLongAsItFits(t *testing.T) {
	t.Parallel()
	s, r, recall := ambiguous(t)
	assert.NotContains(t, recall.RecallChoice.Record, "501", "ids tell nothing")
	s.Apply(recall, &order.ChoiceRecalled{Choice: &order.Remembered{ID: 6, By: "Anna"}}, noon)
	create := stepOf(t, plan(&s, r, noon), order.StepCreateOrder)
	assert.EqualValues(t, 6, create.CreateOrder.ContactID)
	assert.Contains(t, create.CreateOrder.ContactWhy, "Anna chose")

	for name, remembered := range map[string]*order.Remembered{"nothing": nil, "gone": {ID: 7, By: "Anna"}, "an organization": {ID: 6, Organization: true, By: "Anna"}} {
		s, r, recall := ambiguous(t)
		s.Apply(recall, &order.ChoiceRecalled{Choice: remembered}, noon)
		next := plan(&s, r, noon)
		require.NotNil(t, next.Hold, name)
		assert.Equal(t, order.HoldAmbiguousContact, next.Hold.Reason, name)
	}
}

func TestChoiceIsRememberedUnderTheIdThatItIsAskedBy(t *testing.T) {
	t.Parallel()
	s, r, recall := ambiguous(t)
	s.Apply(recall, &order.ChoiceRecalled{}, noon)
	plan(&s, r, noon)
	require.NotNil(t, s.Hold)
	decision := order.Decision{Kind: order.DecideContact, ContactID: 6, By: "Anna"}
	require.Empty(t, s.Unfit(decision))
	s.Decide(decision, noon)
	assert.True(t, s.Decided(decision))
	lines := len(s.Timeline)
	s.Decide(decision, noon.Add(time.Second))
	assert.Len(t, s.Timeline, lines, "twice is as good as once")

	remember := stepOf(t, plan(&s, r, noon), order.StepRememberChoice)
	assert.Equal(t, recall.RecallChoice.Record, remember.RememberChoice.Record)
	assert.Equal(t, order.Remembered{ID: 6, By: "Anna", At: noon}, remember.RememberChoice.Choice)
	s.Apply(remember, &order.ChoiceRemembered{}, noon)
	assert.Empty(t, s.Chosen)
	for _, step := range plan(&s, r, noon).Steps {
		assert.NotEqual(t, order.StepRememberChoice, step.Kind)
	}
}

// A person's word about one order is no choice between several.
func TestOnlyAChoiceBetweenSeveralIsRemembered(t *testing.T) {
	t.Parallel()
	s, r := notImported(), keepingRules()
	s.Snapshot.Customer.Phone = ""
	plan(&s, r, noon)
	require.NotNil(t, s.Hold)
	s.Decide(order.Decision{Kind: order.DecideContact, ContactID: 6, By: "Anna"}, noon)
	assert.Empty(t, s.Chosen)
}

// withGoods plans on once the lines' products are found.
func withGoods(t *testing.T, s *order.State, r order.Rules) order.Next {
	t.Helper()
	find := stepOf(t, plan(s, r, noon), order.StepFindProducts)
	found := &order.ProductsFound{At: noon, Products: map[order.GoodsKey][]order.Product{}}
	for i, key := range order.GoodsAsked(*find.FindProducts) {
		found.Products[key] = []order.Product{{ID: int64(100 + i)}}
	}
	s.Apply(find, found, noon)
	return plan(s, r, noon)
}

func phoneless(t *testing.T) (order.State, order.Rules) {
	t.Helper()
	s, r := notImported(), keepingRules()
	s.Snapshot.Customer.Phone = ""
	plan(&s, r, noon)
	require.Equal(t, order.HoldNoCustomer, s.Hold.Reason)
	return s, r
}

func TestTakeOverNeedsNoCustomer(t *testing.T) {
	t.Parallel()
	s, r := phoneless(t)
	s.Decide(order.Decision{Kind: order.DecideTakeOver, OrderID: 77, By: "Anna"}, noon)
	assert.Equal(t, order.SyncImporting, s.SyncState())
	step := stepOf(t, withGoods(t, &s, r), order.StepTakeOverOrder)
	assert.EqualValues(t, 77, step.TakeOverOrder.OrderID)
	s.Apply(step, &order.OrderTakenOver{Order: order.OrderCreated{ID: 77, Number: "B-77", ContactID: 9, StatusID: 103}}, noon)
	require.NotNil(t, s.Order)
	assert.Nil(t, s.TakeOver)
	assert.EqualValues(t, 9, s.Order.ContactID)
	assert.True(t, s.Order.TakenOver)
	assert.NotEmpty(t, plan(&s, r, noon).Steps, "it is finished like an import")
}

func TestTakeOverThatIsRefusedWaitsAsBefore(t *testing.T) {
	t.Parallel()
	s, r := phoneless(t)
	since := s.Hold.Since
	s.Decide(order.Decision{Kind: order.DecideTakeOver, OrderID: 77, By: "Anna"}, noon)
	step := stepOf(t, withGoods(t, &s, r), order.StepTakeOverOrder)
	s.Apply(step, &order.OrderTakenOver{Refused: "it stands for order demo #2"}, noon.Add(time.Minute))
	require.NotNil(t, s.Hold)
	assert.Equal(t, order.HoldNoCustomer, s.Hold.Reason)
	assert.Equal(t, since, s.Hold.Since)
	assert.Contains(t, s.Hold.Note, "it stands for order demo #2")
	assert.Nil(t, s.Order)
}

// A create that is under way ends before another order is taken over; what it
// made counts.
func TestTakeOverWaitsForACreateUnderWay(t *testing.T) {
	t.Parallel()
	s, r := phoneless(t)
	s.Decide(order.Decision{Kind: order.DecideContact, ContactID: 9, By: "Anna"}, noon)
	create := stepOf(t, withGoods(t, &s, r), order.StepCreateOrder)
	s.Begin(create, noon)
	s.Decide(order.Decision{Kind: order.DecideTakeOver, OrderID: 77, By: "Anna"}, noon)
	require.NotNil(t, s.TakeOver)
	assert.Empty(t, order.Plan(s, r, []order.Step{create}, noon).Steps)
	s.Apply(create, &order.OrderCreated{ID: 50}, noon)
	assert.Nil(t, s.TakeOver)
	assert.EqualValues(t, 50, s.Order.ID)
}

func TestTakeOverFitsOnlyBeforeTheOrderExistsOrOnceItIsGone(t *testing.T) {
	t.Parallel()
	takeOver := order.Decision{Kind: order.DecideTakeOver, OrderID: 77, By: "Anna"}
	s := imported()
	s.Hold = &order.Hold{Reason: order.HoldRejected}
	assert.NotEmpty(t, s.Unfit(takeOver))
	s.Hold.Reason = order.HoldOrderGone
	assert.Empty(t, s.Unfit(takeOver))
	s = notImported()
	for reason, fits := range map[order.HoldReason]bool{
		order.HoldNoCustomer: true, order.HoldAmbiguousProduct: true, order.HoldUnreachable: true,
		order.HoldCurrency: false, order.HoldUnknownShop: false, order.HoldMalformed: false,
	} {
		s.Hold = &order.Hold{Reason: reason}
		assert.Equal(t, fits, s.Unfit(takeOver) == "", reason)
	}
}

func TestWhatIsLeftNeedsAReason(t *testing.T) {
	t.Parallel()
	s, _ := phoneless(t)
	assert.NotEmpty(t, s.Unfit(order.Decision{Kind: order.DecideLeave, By: "Anna", Reason: " "}))
	assert.Empty(t, s.Unfit(order.Decision{Kind: order.DecideLeave, By: "Anna", Reason: "double"}))
}
