package service_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/refdata"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/service/servicetest"
	"github.com/cartumsync/cartumsync/workflows"
)

// knows lets RO App answer searches with records.
func knows(e *servicetest.Env, records ...workflows.FoundRecord) {
	e.OnStart(workflows.SearchWorkflow, func(any) (any, error) { return workflows.SearchResult{Records: records}, nil })
}

func found(id int64, has workflows.LookupResult) workflows.FoundRecord {
	has.Found = true
	return workflows.FoundRecord{ID: id, LookupResult: has}
}

// placed is an order that is found by a phone.
func placed(e *servicetest.Env, number int64, phone string) order.State {
	state := servicetest.Synced(number)
	state.Published.Search = order.PhoneTokens([]byte(e.Settings.Current().IdentityKey.Reveal()), phone, "PL")
	return state
}

// What a person chooses by costs no request besides the search itself.
func TestFoundContactsShowTheirLastOrders(t *testing.T) {
	t.Parallel()
	e := servicetest.New(t)
	own := placed(e, 2, "501 234 567")
	own.Hold = &order.Hold{Reason: order.HoldNoCustomer, Since: time.Now()}
	e.PutOrders(own, placed(e, 40, "501 234 567"), placed(e, 30, "501 234 567"), placed(e, 10, "601 000 201"))
	knows(e, found(7, workflows.LookupResult{Title: "Anna", Phones: []string{"600 600 600", "501-234-567"}}), found(8, workflows.LookupResult{Title: "Jan"}))
	result, err := e.Orders.Search(t.Context(), servicetest.Key(2), order.DecideContact, " Anna  Nowak ")
	require.NoError(t, err)
	require.Len(t, result.Candidates, 2)
	anna := result.Candidates[0]
	assert.Equal(t, order.Choice{ID: 7, Title: "Anna"}, anna.Choice)
	assert.Equal(t, servicetest.Key(30), anna.LastOrder.Key, "the newest, but for the one on hold itself")
	assert.Equal(t, "https://web.roapp.example/contacts/people/7", anna.Link)
	assert.Nil(t, result.Candidates[1].LastOrder)
	listed := strings.Join(e.Visibility(), " ")
	assert.Equal(t, 1, strings.Count(listed, "SearchTokens"), "one question for all")
	assert.NotContains(t, listed, "501")
	for _, id := range e.Started() {
		assert.False(t, strings.HasPrefix(id, "search:"), "no workflow is left")
	}

	e.Fail(func(call, _ string) error {
		if call == "ListWorkflow" {
			return errors.New("away")
		}
		return nil
	})
	again, err := e.Orders.Search(t.Context(), servicetest.Key(2), order.DecideContact, "Anna Nowak")
	require.NoError(t, err)
	assert.Nil(t, again.Candidates[0].LastOrder)
	assert.Equal(t, 1, e.Calls("ExecuteWorkflow"), "the same text within half a minute is not asked again")
}

func TestFoundProductsShowTheirUnits(t *testing.T) {
	t.Parallel()
	e := servicetest.New(t)
	checked := workflows.Checked{At: time.Now(), Revision: e.Settings.Current().Revision, Account: &refdata.Account{Lists: map[refdata.Kind]refdata.Directory{
		refdata.Units: {Records: []refdata.Record{{ID: "3", Name: "szt."}}},
	}}}
	e.OnStart(workflows.CheckWorkflow, func(any) (any, error) { return checked, nil })
	e.Orders.Checks(t.Context()) // starts one
	e.PutOrders(servicetest.Held(2, order.Hold{Reason: order.HoldAmbiguousProduct, ProductKey: "a:A-1", Choices: []order.Choice{{ID: 8, Title: "Rose"}}}))
	rose := workflows.LookupResult{Found: true, Title: "Rose", SKU: "A-1", UnitID: 3}
	e.OnStart(workflows.LookupWorkflow, func(any) (any, error) { return rose, nil })
	knows(e, found(9, rose))
	require.NoError(t, e.Orders.Check(t.Context(), "Ola")) // so that the next page reads it
	choices, kind, err := e.Orders.Candidates(t.Context(), servicetest.Key(2))
	require.NoError(t, err)
	assert.Equal(t, order.DecideProduct, kind)
	require.Len(t, choices, 1)
	assert.Equal(t, "szt.", choices[0].Unit)
	assert.Empty(t, choices[0].Link, "no address of a product is known")
	result, err := e.Orders.Search(t.Context(), servicetest.Key(2), order.DecideProduct, "A-1")
	require.NoError(t, err)
	assert.Equal(t, "szt.", result.Candidates[0].Unit)
	assert.Equal(t, "A-1", result.Candidates[0].SKU)
}

func TestSearchesThatAreRefused(t *testing.T) {
	t.Parallel()
	e := servicetest.New(t)
	lost := servicetest.Held(3, noCustomer())
	lost.Key.Shop = "gone"
	e.PutOrders(servicetest.Held(2, noCustomer()), servicetest.Synced(4), lost)
	for name, tc := range map[string]struct {
		key  order.Key
		kind order.DecisionKind
		text string
		want service.Code
	}{
		"too short":               {servicetest.Key(2), order.DecideContact, " a ", service.Invalid},
		"too long":                {servicetest.Key(2), order.DecideContact, strings.Repeat("ż", 101), service.Invalid},
		"not offered":             {servicetest.Key(2), order.DecideProduct, "Anna", service.Unfit},
		"nothing to search for":   {servicetest.Key(2), order.DecideRetry, "Anna", service.Unfit},
		"waits for nothing":       {servicetest.Key(4), order.DecideContact, "Anna", service.Unfit},
		"a shop that is gone":     {lost.Key, order.DecideContact, "Anna", service.Unfit},
		"an order nobody knows":   {servicetest.Key(5), order.DecideContact, "Anna", service.NoOrder},
		"a decision of no record": {servicetest.Key(2), "", "Anna", service.Unfit},
	} {
		_, err := e.Orders.Search(t.Context(), tc.key, tc.kind, tc.text)
		assert.Equal(t, tc.want, service.As(err).Code, name)
	}
	assert.Zero(t, e.Calls("ExecuteWorkflow"))
	e.OnStart(workflows.SearchWorkflow, func(any) (any, error) { return nil, errors.New("RO App is away") })
	result, err := e.Orders.Search(t.Context(), servicetest.Key(2), order.DecideContact, "Anna")
	require.NoError(t, err)
	assert.Equal(t, service.ProblemNotRead, result.Problem.Code)
}

// Who types faster than RO App may be asked is told so.
func TestSearchesOfAUserAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := servicetest.New(t)
		e.PutOrders(servicetest.Held(2, noCustomer()))
		knows(e)
		var mu sync.Mutex
		problems := map[service.ProblemCode]int{}
		var all sync.WaitGroup
		for i := range 40 {
			all.Go(func() {
				result, err := e.Orders.Search(t.Context(), servicetest.Key(2), order.DecideContact, fmt.Sprintf("Anna %d", i))
				assert.NoError(t, err)
				mu.Lock()
				defer mu.Unlock()
				if result.Problem != nil {
					problems[result.Problem.Code]++
				}
			})
		}
		all.Wait()
		asked := e.Calls("ExecuteWorkflow")
		assert.InDelta(t, 13, asked, 2, "a few at once, and one in two seconds")
		assert.Equal(t, map[service.ProblemCode]int{service.ProblemBusy: 40 - asked}, problems)
	})
}
