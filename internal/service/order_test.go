package service_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"

	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/refdata"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/service/servicetest"
	"github.com/cartumsync/cartumsync/workflows"
)

// checked puts the last checks of an account and a shop, which name statuses.
func checked(e *servicetest.Env) {
	revision := e.Settings.Current().Revision
	account := workflows.Checked{At: time.Now(), Revision: revision, Account: &refdata.Account{Lists: map[refdata.Kind]refdata.Directory{
		refdata.Statuses:  {Kind: refdata.Statuses, Read: true, Records: []refdata.Record{{ID: "101", Name: "Nowe", More: []string{"new"}}, {ID: "102", Name: "W realizacji", More: []string{"in progress"}}}},
		refdata.Locations: {Kind: refdata.Locations, Read: true, Records: []refdata.Record{{ID: "12", Name: "Main shop"}}},
		refdata.Products:  {Kind: refdata.Products, Read: true, Catalogue: "v2"},
	}}}
	shop := workflows.Checked{At: time.Now(), Revision: revision, Shop: &refdata.Shop{Statuses: []refdata.Status{
		{ID: 1, Titles: map[string]string{"pl": "Nowe zamówienie", "en": "New"}},
	}}}
	e.Put(
		enginetest.Run{ID: "check:account:main", Status: enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, Result: account},
		enginetest.Run{ID: "check:shop:demo", Status: enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, Result: shop},
	)
}

func TestDetailOfASyncedOrder(t *testing.T) {
	t.Parallel()
	e := servicetest.New(t)
	checked(e)
	state := servicetest.Synced(3)
	state.Refresh = order.RefreshState{Number: 1, Running: true}
	e.Put(servicetest.Run(state, "Read the order from RO App"))
	d, err := e.Orders.Detail(t.Context(), servicetest.Key(3))
	require.NoError(t, err)
	assert.Equal(t, order.SyncSynced, d.State)
	assert.Equal(t, "Kwiaty Online", d.ShopName)
	assert.Equal(t, []string{"Read the order from RO App"}, d.Running)
	assert.True(t, d.Refreshing)
	assert.Equal(t, "refresh:1", d.RefreshID)
	assert.Equal(t, "Nowe zamówienie", d.Shop.StatusName, "in the shop's language")
	assert.Equal(t, "Anna Nowak", d.Shop.Customer.Name)
	assert.Equal(t, "Nowe", d.Roapp.StatusName)
	assert.Equal(t, "Z00003", d.Roapp.Number)
	assert.Equal(t, order.AmountLines, d.Amount.Roapp.Kind)
	require.Len(t, d.Lines, 1)
	assert.Equal(t, d.Lines[0].Shop, d.Lines[0].Account, "both sides agree")
	assert.Equal(t, "W realizacji", d.Names.RoappStatus(102))
	assert.Equal(t, "103", d.Names.RoappStatus(103), "no name is known")
	assert.Equal(t, "9", d.Names.CartumStatus(9))
	assert.Nil(t, d.Closed)
	assert.Empty(t, d.Answers)
}

func TestDetailOfAHeldOrder(t *testing.T) {
	t.Parallel()
	e := servicetest.New(t)
	e.PutOrders(servicetest.Held(2, noCustomer()))
	d, err := e.Orders.Detail(t.Context(), servicetest.Key(2))
	require.NoError(t, err)
	assert.Equal(t, order.SyncHeld, d.State)
	assert.Equal(t, []order.DecisionKind{order.DecideContact, order.DecideCreateContact, order.DecideRetry, order.DecideLink, order.DecideSkip}, d.Answers)
	assert.Nil(t, d.Roapp)
	assert.Nil(t, d.Amount.Roapp)
}

// Nobody looks after an order whose workflow was ended, whatever it said last.
func TestDetailOfAnOrderThatEnded(t *testing.T) {
	t.Parallel()
	e := servicetest.New(t)
	ended := servicetest.Run(servicetest.Held(1, noCustomer()))
	ended.Status = enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED
	fresh := servicetest.Run(order.NewState(servicetest.Key(3), order.OriginWebhook, time.Now()))
	e.Put(ended, servicetest.Run(servicetest.Closed(2, "final-on-both-sides")), fresh)
	d, err := e.Orders.Detail(t.Context(), servicetest.Key(1))
	require.NoError(t, err)
	assert.Equal(t, order.SyncFailed, d.State)
	d, err = e.Orders.Detail(t.Context(), servicetest.Key(2))
	require.NoError(t, err)
	assert.Equal(t, order.SyncClosed, d.State)
	assert.Equal(t, "final-on-both-sides", d.Closed.Code)
	d, err = e.Orders.Detail(t.Context(), servicetest.Key(3))
	require.NoError(t, err)
	assert.Nil(t, d.Shop, "nobody has read it")
	assert.Nil(t, d.Amount)
	assert.Equal(t, "Kwiaty Online", d.ShopName, "by the settings")

	_, err = e.Orders.Detail(t.Context(), servicetest.Key(9))
	assert.True(t, service.Has(err, service.NoOrder))
	e.Fail(func(call, _ string) error {
		if call == "DescribeWorkflow" {
			return serviceerror.NewUnavailable("away")
		}
		return nil
	})
	_, err = e.Orders.Detail(t.Context(), servicetest.Key(1))
	assert.True(t, service.Has(err, service.Unanswered))
}

// A run that has just started refuses queries for a moment.
func TestOrderThatHasJustStartedIsAskedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := servicetest.New(t)
		run := servicetest.Run(servicetest.Importing(1))
		view, asked := run.Queries[workflows.QueryOrder], 0
		run.Queries = map[string]any{workflows.QueryOrder: func(...any) (any, error) {
			asked++
			if asked < 3 {
				return nil, serviceerror.NewWorkflowNotReady("no task yet")
			}
			return view, nil
		}}
		e.Put(run)
		_, err := e.Orders.View(t.Context(), servicetest.Key(1))
		require.NoError(t, err)
		assert.Equal(t, 3, asked)

		asked = -1_000_000
		_, err = e.Orders.View(t.Context(), servicetest.Key(1))
		assert.True(t, service.Has(err, service.Unanswered))
	})
}

func TestImportByHand(t *testing.T) {
	t.Parallel()
	e := servicetest.New(t)
	e.PutOrders(servicetest.Closed(4, "final-on-both-sides"))
	e.OnStart(workflows.LookupWorkflow, func(input any) (any, error) {
		in := input.(workflows.LookupInput)
		assert.Equal(t, workflows.RecordShopOrder, in.Kind)
		if in.ID == 6 {
			return nil, errors.New("the shop is away")
		}
		return workflows.LookupResult{Found: in.ID == 1}, nil
	})
	for name, tc := range map[string]struct {
		key  order.Key
		want service.Code // "" for none
	}{
		"the shop has it":        {servicetest.Key(1), ""},
		"closed":                 {servicetest.Key(4), ""},
		"the shop shows none":    {servicetest.Key(5), service.NotInShop},
		"the shop is away":       {servicetest.Key(6), service.LookupFailed},
		"an unknown shop":        {order.Key{Shop: "nobody", Number: 1}, service.NoShop},
		"a shop that is stopped": {order.Key{Shop: "closed", Number: 1}, service.ShopOff},
	} {
		err := e.Orders.Import(t.Context(), tc.key, "Ola")
		if tc.want == "" {
			require.NoError(t, err, name)
			continue
		}
		assert.True(t, service.Has(err, tc.want), "%s: %v", name, err)
	}
	var asked []string
	for _, signal := range e.Signals() {
		notice := signal.Payload.(order.ChangeNotice)
		assert.Equal(t, workflows.SignalShopOrderChanged, signal.Name)
		assert.Equal(t, order.OriginHand, notice.By)
		assert.Equal(t, "Ola", notice.Who)
		asked = append(asked, signal.ID)
	}
	assert.ElementsMatch(t, []string{"order:demo:1", "order:demo:4"}, asked)
	assert.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, e.Newest("order:demo:4").Status, "a closed order is brought back")
}

// A webhook leaves a closed order alone, and starts one that ended badly again.
func TestChangesThatTheShopTells(t *testing.T) {
	t.Parallel()
	e := servicetest.New(t)
	failed := servicetest.Run(servicetest.Synced(3))
	failed.Status = enumspb.WORKFLOW_EXECUTION_STATUS_FAILED
	e.Put(servicetest.Run(servicetest.Closed(4, "final-on-both-sides")), failed)
	for _, number := range []int64{3, 4, 5} {
		require.NoError(t, e.Orders.Changed(t.Context(), servicetest.Key(number), order.OriginWebhook))
	}
	var asked []string
	for _, signal := range e.Signals() {
		asked = append(asked, signal.ID)
	}
	assert.Equal(t, []string{"order:demo:3", "order:demo:5"}, asked)
	e.Fail(func(string, string) error { return serviceerror.NewUnavailable("away") })
	assert.True(t, service.Has(e.Orders.Changed(t.Context(), servicetest.Key(5), order.OriginWebhook), service.Unanswered))
}

func TestWriteOffThatAProgramTells(t *testing.T) {
	t.Parallel()
	e := servicetest.New(t)
	e.PutOrders(servicetest.Importing(1), servicetest.Synced(3), servicetest.Closed(4, "final-on-both-sides"))
	require.NoError(t, e.Orders.WrittenOff(t.Context(), servicetest.Key(3), "warehouse"))
	require.NoError(t, e.Orders.WrittenOff(t.Context(), servicetest.Key(4), "warehouse"), "a closed order takes no more changes")
	assert.True(t, service.Has(e.Orders.WrittenOff(t.Context(), servicetest.Key(1), "warehouse"), service.NotImported))
	assert.True(t, service.Has(e.Orders.WrittenOff(t.Context(), servicetest.Key(9), "warehouse"), service.NoOrder))
	require.Len(t, e.Signals(), 1)
	assert.Equal(t, "order:demo:3", e.Signals()[0].ID)
	assert.Equal(t, "warehouse", e.Signals()[0].Payload.(order.WriteOff).By)
}

// decided are the decisions that orders have got.
func decided(e *servicetest.Env) (all []order.Decision) {
	for _, signal := range e.Signals() {
		all = append(all, signal.Payload.(order.Decision))
	}
	return all
}

func TestDecisions(t *testing.T) {
	t.Parallel()
	several := order.Hold{Reason: order.HoldAmbiguousContact, Choices: []order.Choice{{ID: 5, Title: "Jan"}, {ID: 6, Organization: true, Title: "Kwiaty"}}}
	product := order.Hold{Reason: order.HoldNoArticle, ProductKey: "a:A-1"}
	own := workflows.LookupResult{Found: true, Title: "Jan", Phones: []string{"501 234 567"}}
	others := workflows.LookupResult{Found: true, Title: "Jan", Phones: []string{"601 000 111"}}
	for name, tc := range map[string]struct {
		hold     order.Hold
		decision order.Decision
		found    any // in RO App: a LookupResult or an error
		want     service.Code
		unfit    string
		field    string
	}{
		"retry":                 {hold: noCustomer(), decision: order.Decision{Kind: order.DecideRetry}},
		"a contact":             {hold: several, decision: order.Decision{Kind: order.DecideContact, ContactID: 5}, found: own},
		"an organization":       {hold: several, decision: order.Decision{Kind: order.DecideContact, ContactID: 6, Organization: true}, found: own},
		"a product":             {hold: product, decision: order.Decision{Kind: order.DecideProduct, ProductID: 8}, found: workflows.LookupResult{Found: true}},
		"an order":              {hold: noCustomer(), decision: order.Decision{Kind: order.DecideLink, OrderID: 900}, found: workflows.LookupResult{Found: true}},
		"not offered":           {hold: noCustomer(), decision: order.Decision{Kind: order.DecideCreateAgain}, want: service.Unfit, unfit: "not-offered"},
		"not among the choices": {hold: several, decision: order.Decision{Kind: order.DecideContact, ContactID: 7}, want: service.Unfit, unfit: "not-among-choices"},
		"no such contact":       {noCustomer(), order.Decision{Kind: order.DecideContact, ContactID: 7}, workflows.LookupResult{}, service.Unfit, "no-such-person", "contact"},
		"no such product":       {product, order.Decision{Kind: order.DecideProduct, ProductID: 8}, workflows.LookupResult{}, service.Unfit, "no-such-product", "product"},
		"an archived product":   {product, order.Decision{Kind: order.DecideProduct, ProductID: 8}, workflows.LookupResult{Found: true, Archived: true}, service.Unfit, "archived-product", "product"},
		"no such order":         {noCustomer(), order.Decision{Kind: order.DecideLink, OrderID: 9}, workflows.LookupResult{}, service.Unfit, "no-such-order", "roapp_order"},
		"another phone":         {noCustomer(), order.Decision{Kind: order.DecideContact, ContactID: 7}, others, service.Unfit, "other-phone", "confirm_other_phone"},
		"no phone":              {noCustomer(), order.Decision{Kind: order.DecideContact, ContactID: 7}, workflows.LookupResult{Found: true}, service.Unfit, "contact-without-phone", "confirm_other_phone"},
		"confirmed":             {hold: noCustomer(), decision: order.Decision{Kind: order.DecideContact, ContactID: 7, Confirmed: true}, found: others},
		"RO App is away":        {hold: noCustomer(), decision: order.Decision{Kind: order.DecideContact, ContactID: 7}, found: errors.New("away"), want: service.LookupFailed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := servicetest.New(t)
			e.PutOrders(servicetest.Held(2, tc.hold))
			e.OnStart(workflows.LookupWorkflow, func(any) (any, error) {
				if err, failed := tc.found.(error); failed {
					return nil, err
				}
				return tc.found, nil
			})
			tc.decision.By = "Ola"
			contact, err := e.Orders.Preview(t.Context(), servicetest.Key(2), tc.decision)
			assert.Empty(t, e.Signals(), "a preview brings nothing")
			var shown []service.NamedContact
			again := e.Orders.DecideShowing(t.Context(), servicetest.Key(2), tc.decision, func(c service.NamedContact) error {
				shown = append(shown, c)
				return nil
			})
			if tc.want != "" {
				assert.Equal(t, tc.want, service.As(err).Code)
				assert.Equal(t, service.As(err), service.As(again))
				assert.Equal(t, tc.unfit, service.As(err).Unfit)
				assert.Equal(t, tc.field, service.As(err).Field)
				assert.Empty(t, e.Signals())
				return
			}
			require.NoError(t, err)
			require.NoError(t, again)
			assert.Equal(t, []order.Decision{tc.decision}, decided(e))
			if tc.decision.Kind == order.DecideContact {
				require.Len(t, shown, 1)
				assert.Equal(t, *contact, shown[0])
				assert.Equal(t, tc.decision.Confirmed, shown[0].OrderPhone != "", "only another phone is compared")
			}
		})
	}
}

// A person who is shown the contact may change their mind.
func TestDecisionThatItsPersonTakesBack(t *testing.T) {
	t.Parallel()
	e := servicetest.New(t)
	e.PutOrders(servicetest.Held(2, noCustomer()))
	e.OnStart(workflows.LookupWorkflow, func(any) (any, error) {
		return workflows.LookupResult{Found: true, Title: "Jan", Phones: []string{"501234567"}}, nil
	})
	no := errors.New("that is not her")
	err := e.Orders.DecideShowing(t.Context(), servicetest.Key(2), order.Decision{Kind: order.DecideContact, ContactID: 7, By: "Ola"}, func(c service.NamedContact) error {
		assert.Equal(t, "501234567", c.PhonesText())
		return no
	})
	assert.ErrorIs(t, err, no)
	assert.Empty(t, e.Signals())
}

func TestDecisionsThatComeTooLate(t *testing.T) {
	t.Parallel()
	e := servicetest.New(t)
	retry := order.Decision{Kind: order.DecideRetry, By: "Ola"}
	taken := servicetest.Synced(1)
	taken.LastDecision = &retry
	e.PutOrders(taken, servicetest.Closed(2, "final-on-both-sides"), servicetest.Synced(3))
	ended := servicetest.Run(servicetest.Held(4, noCustomer()))
	ended.Status = enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED
	e.Put(ended)

	require.NoError(t, e.Orders.Decide(t.Context(), servicetest.Key(1), retry), "the same answer was taken before")
	closed := service.As(e.Orders.Decide(t.Context(), servicetest.Key(2), retry))
	assert.Equal(t, service.Closed, closed.Code)
	assert.Equal(t, "final-on-both-sides", closed.Why.Code)
	assert.Equal(t, "waits-for-nothing", service.As(e.Orders.Decide(t.Context(), servicetest.Key(3), retry)).Unfit)
	closed = service.As(e.Orders.Decide(t.Context(), servicetest.Key(4), retry))
	assert.Equal(t, service.Closed, closed.Code)
	assert.Nil(t, closed.Why)
	assert.Empty(t, e.Signals())
}

// Each of several orders answers for itself.
func TestOneAnswerForManyOrders(t *testing.T) {
	t.Parallel()
	e := servicetest.New(t)
	e.PutOrders(servicetest.Held(1, noCustomer()), servicetest.Synced(2))
	keys := []order.Key{servicetest.Key(1), servicetest.Key(2), servicetest.Key(9)}
	all, err := e.Orders.DecideMany(t.Context(), keys, order.Decision{Kind: order.DecideRetry, By: "Ola"})
	require.NoError(t, err)
	require.Len(t, all, 3)
	assert.NoError(t, all[0].Err)
	assert.True(t, service.Has(all[1].Err, service.Unfit))
	assert.True(t, service.Has(all[2].Err, service.NoOrder))
	assert.Equal(t, keys[2], all[2].Key)

	_, err = e.Orders.DecideMany(t.Context(), keys, order.Decision{Kind: order.DecideContact, ContactID: 7})
	assert.Equal(t, "kind", service.As(err).Field, "a contact is of one order")
	_, err = e.Orders.DecideMany(t.Context(), make([]order.Key, service.MostAtOnce+1), order.Decision{Kind: order.DecideRetry})
	assert.Equal(t, "orders", service.As(err).Field)
}

// Whatever an error is wrapped in, its code is found; any other means that nobody answered.
func TestErrorsHaveCodes(t *testing.T) {
	t.Parallel()
	unknown := errors.New("broken pipe")
	assert.Equal(t, service.Unanswered, service.As(unknown).Code)
	assert.ErrorIs(t, service.As(unknown), unknown)
	assert.False(t, service.Has(nil, service.Unanswered))
	cause := &service.Error{Code: service.NotRead, Text: "the orders could not be read", Err: unknown}
	assert.EqualError(t, cause, "the orders could not be read: broken pipe")
	assert.EqualError(t, &service.Error{Text: "only this"}, "only this")
	assert.Contains(t, service.Codes(), service.NotRead)
}
