package workflows_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/refdata"
	"github.com/cartumsync/cartumsync/workflows"
)

// short runs one short workflow with activities of the test's own.
func short[T any](t *testing.T, workflow, in any, activities map[string]any) (answer T, err error) {
	t.Helper()
	env := enginetest.WorkflowEnvironment()
	workflows.Register(env)
	for name, run := range activities {
		env.RegisterActivityWithOptions(run, activity.RegisterOptions{Name: name})
	}
	env.ExecuteWorkflow(workflow, in)
	require.True(t, env.IsWorkflowCompleted())
	if err := env.GetWorkflowError(); err != nil || workflow == workflows.NotifyWorkflow {
		return answer, err // a notification has no answer
	}
	err = env.GetWorkflowResult(&answer)
	return answer, err
}

// contactSearch answers lookups of contacts in turn, and counts creates.
type contactSearch struct {
	answers [][]order.Contact
	lookups []bool // whether among organizations
	creates int
}

func (c *contactSearch) activities() map[string]any {
	return map[string]any{
		string(order.StepFindContact): func(_ context.Context, in order.FindContact) (order.ContactsFound, error) {
			c.lookups = append(c.lookups, in.Organizations)
			if n := len(c.lookups) - 1; n < len(c.answers) {
				return order.ContactsFound{Contacts: c.answers[n]}, nil
			}
			return order.ContactsFound{}, nil
		},
		workflows.ActivityCreateContact: func(context.Context, order.EnsureContact) (order.Contact, error) {
			c.creates++
			return order.Contact{ID: 99, Created: true}, nil
		},
	}
}

// A contact is created only where nobody can have created it since the order looked it up.
func TestContactIsCreatedOnce(t *testing.T) {
	t.Parallel()
	anna, eva := order.Contact{ID: 1, FirstName: "Anna"}, order.Contact{ID: 2, FirstName: "Eva"}
	recent, old := time.Now(), time.Now().Add(-time.Hour)
	for name, test := range map[string]struct {
		lookedAt time.Time
		thorough bool
		answers  [][]order.Contact
		lookups  []bool
		contact  int64
		found    int
	}{
		"looked up a moment ago":      {recent, false, nil, nil, 99, 0},
		"looked up long ago":          {old, false, nil, []bool{false, true}, 99, 0},
		"somebody has created it":     {old, false, [][]order.Contact{{anna}}, []bool{false}, 1, 0},
		"an organization has it":      {old, false, [][]order.Contact{nil, {eva}}, []bool{false, true}, 2, 0},
		"two have it":                 {old, false, [][]order.Contact{{anna, eva}}, []bool{false}, 0, 2},
		"an earlier run is pending":   {recent, true, [][]order.Contact{nil, nil, {anna}}, []bool{false, true, false}, 1, 0},
		"an earlier run created none": {recent, true, nil, []bool{false, true, false, true}, 99, 0},
	} {
		search := &contactSearch{answers: test.answers}
		in := workflows.EnsureContactInput{Thorough: test.thorough, EnsureContact: order.EnsureContact{
			Find: order.FindContact{Account: "main", Phones: []string{"+48501234567"}}, LookedUpAt: test.lookedAt,
			Pace: order.Pace{Timeout: time.Second, Settle: time.Minute, Lag: time.Second},
		}}
		answer, err := short[order.ContactEnsured](t, workflows.EnsureContactWorkflow, in, search.activities())
		require.NoError(t, err, name)
		assert.Equal(t, test.lookups, search.lookups, name)
		assert.Len(t, answer.Found, test.found, name)
		if test.contact == 0 {
			assert.Nil(t, answer.Contact, name)
			continue
		}
		require.NotNil(t, answer.Contact, name)
		assert.Equal(t, test.contact, answer.Contact.ID, name)
		assert.Equal(t, test.contact == 99, search.creates == 1, name)
	}
}

// A product whose category is missing is created in it, once that is created.
func TestProductIsCreatedInItsCategory(t *testing.T) {
	t.Parallel()
	key := order.ArticleKey("A")
	for name, test := range map[string]struct {
		found    []order.Product
		lookedAt time.Time
		thorough bool
		creates  []int64 // the categories that products are created in
		product  int64
	}{
		"nobody has it":         {nil, time.Now(), false, []int64{0, 300}, 7},
		"staff have created it": {[]order.Product{{ID: 5}}, time.Now().Add(-time.Hour), false, nil, 5},
		"two are the same":      {[]order.Product{{ID: 5}, {ID: 6}}, time.Now().Add(-time.Hour), false, nil, 0},
		"an earlier run failed": {nil, time.Now(), true, []int64{0, 300}, 7},
	} {
		var creates []int64
		in := workflows.EnsureProductInput{Thorough: test.thorough, EnsureProduct: order.EnsureProduct{
			ProductKey: key, Find: order.FindProducts{Account: "main", Articles: []string{"A"}}, LookedUpAt: test.lookedAt,
			Pace: order.Pace{Timeout: time.Second, Settle: time.Minute, Lag: time.Second},
		}}
		answer, err := short[order.ProductEnsured](t, workflows.EnsureProductWorkflow, in, map[string]any{
			string(order.StepFindProducts): func(context.Context, order.FindProducts) (order.ProductsFound, error) {
				return order.ProductsFound{Products: map[order.ProductKey][]order.Product{key: test.found}}, nil
			},
			workflows.ActivityCreateProduct: func(_ context.Context, in workflows.CreateProductInput) (workflows.ProductCreated, error) {
				creates = append(creates, in.CategoryID)
				if in.CategoryID == 0 {
					return workflows.ProductCreated{MissingCategory: &workflows.EnsureCategoryInput{Account: "main", Path: []string{"Roses"}}}, nil
				}
				return workflows.ProductCreated{Product: &order.Product{ID: 7}}, nil
			},
			workflows.ActivityEnsureCategory: func(context.Context, workflows.EnsureCategoryInput) (int64, error) { return 300, nil },
		})
		require.NoError(t, err, name)
		assert.Equal(t, test.creates, creates, name)
		if test.product == 0 {
			assert.Len(t, answer.Found, 2, name)
			continue
		}
		require.NotNil(t, answer.Product, name)
		assert.Equal(t, test.product, answer.Product.ID, name)
	}
	category, err := short[workflows.CategoryEnsured](t, workflows.EnsureCategoryWorkflow, workflows.CreateCategoryInput{Account: "main", Title: "Roses", Pace: order.Pace{Timeout: time.Second, Settle: time.Minute}}, map[string]any{
		workflows.ActivityCreateCategory: func(_ context.Context, in workflows.CreateCategoryInput) (int64, error) {
			assert.Equal(t, "Roses", in.Title)
			return 300, nil
		},
	})
	require.NoError(t, err)
	assert.Equal(t, int64(300), category.ID)
}

// A check never fails: what cannot be read is part of its answer. Where address or key are wrong nothing else is asked.
func TestCheckNeverFails(t *testing.T) {
	t.Parallel()
	lists := 0
	account := func(company *refdata.Failure, err error) map[string]any {
		return map[string]any{
			workflows.ActivityReadCompany: func(context.Context, string) (refdata.Company, error) {
				return refdata.Company{Name: "Kwiaty", Failure: company}, err
			},
			workflows.ActivityReadDirectory: func(_ context.Context, in workflows.ReadDirectoryInput) (refdata.Directory, error) {
				lists++
				if in.Kind == refdata.Units {
					return refdata.Directory{}, temporal.NewNonRetryableApplicationError("RO App does not answer", "Unreachable", nil)
				}
				return refdata.Directory{Kind: in.Kind, Read: true}, nil
			},
		}
	}
	of := workflows.CheckInput{Of: workflows.Owner{Account: "main"}, By: "anna", Revision: "r1"}
	checked, err := short[workflows.Checked](t, workflows.CheckWorkflow, of, account(nil, nil))
	require.NoError(t, err)
	assert.True(t, checked.Account.Reached())
	assert.Len(t, checked.Account.Lists, len(refdata.AccountReads()))
	assert.Contains(t, checked.Account.Lists[refdata.Units].Failure.Text, "does not answer")
	assert.Equal(t, "r1", checked.Revision)

	lists = 0
	checked, err = short[workflows.Checked](t, workflows.CheckWorkflow, of, account(&refdata.Failure{Kind: "Credentials"}, nil))
	require.NoError(t, err)
	assert.False(t, checked.Account.Reached())
	checked, err = short[workflows.Checked](t, workflows.CheckWorkflow, of, account(nil, temporal.NewNonRetryableApplicationError("no such account", "UnknownShop", nil)))
	require.NoError(t, err)
	assert.Contains(t, checked.Account.Company.Failure.Text, "no such account")
	assert.Zero(t, lists)

	shop := func(err error) workflows.Checked {
		checked, failed := short[workflows.Checked](t, workflows.CheckWorkflow, workflows.CheckInput{Of: workflows.Owner{Shop: "demo"}}, map[string]any{
			workflows.ActivityAskShop: func(context.Context, string) (refdata.Shop, error) {
				return refdata.Shop{Currencies: []string{"PLN"}}, err
			},
		})
		require.NoError(t, failed)
		return checked
	}
	assert.Equal(t, []string{"PLN"}, shop(nil).Shop.Currencies)
	assert.Contains(t, shop(temporal.NewNonRetryableApplicationError("the shop is gone", "UnknownShop", nil)).Shop.Login.Text, "the shop is gone")
}

// Both sides of every order are read, each order once, and RO App's list page by page.
func TestReconciliationReadsPieces(t *testing.T) {
	t.Parallel()
	sum := decimal.NewFromInt(25)
	pages, pieces := []int{}, 0
	activities := map[string]any{
		workflows.ActivityReconcileSlice: func(_ context.Context, in workflows.ReconcileSliceInput) (workflows.ReconciledSlice, error) {
			pieces++
			piece := workflows.ReconciledSlice{Account: "main", Before: in.Before.Add(-15 * 24 * time.Hour), Unnumbered: 1}
			for number := int64(1); number <= 40; number++ { // the pieces overlap by ten orders
				number := number + int64(pieces-1)*30
				piece.Orders = append(piece.Orders, workflows.ShopOrder{Number: number, Sum: &sum, RoappOrder: 1000 + number})
			}
			return piece, nil
		},
		workflows.ActivityReconcileTotals: func(_ context.Context, in workflows.ReconcileTotalsInput) (workflows.ReconciledTotals, error) {
			pages = append(pages, len(in.Orders))
			totals := workflows.ReconciledTotals{Totals: map[int64]decimal.Decimal{}}
			for _, id := range in.Orders {
				totals.Totals[id] = sum
			}
			delete(totals.Totals, 1005)
			totals.Totals[1006] = decimal.NewFromInt(50)
			return totals, nil
		},
	}
	in := workflows.ReconcileInput{Shop: "demo", From: "2026-11-01", To: "2026-11-30"}
	read, err := short[workflows.Reconciled](t, workflows.ReconcileWorkflow, in, activities)
	require.NoError(t, err)
	assert.Equal(t, 2, pieces)
	assert.Equal(t, 2, read.Unnumbered)
	assert.Equal(t, []int{50, 20}, pages)
	require.Len(t, read.Orders, 70)
	assert.True(t, read.Orders[0].SameSum())
	assert.False(t, read.Orders[4].SameSum(), "RO App's list does not show it")
	assert.False(t, read.Orders[5].SameSum())

	for _, days := range []workflows.ReconcileInput{
		{From: "2026-11-30", To: "2026-11-01"}, {From: "2026-01-01", To: "2026-03-31"}, {From: "yesterday", To: "today"},
	} {
		require.ErrorIs(t, days.Check(), workflows.ErrReconcileDays)
		_, err := short[workflows.Reconciled](t, workflows.ReconcileWorkflow, days, activities)
		require.ErrorContains(t, err, "at most 62")
	}
	activities[workflows.ActivityReconcileSlice] = func(_ context.Context, in workflows.ReconcileSliceInput) (workflows.ReconciledSlice, error) {
		piece := workflows.ReconciledSlice{Account: "main", Before: in.From}
		for number := range int64(10_001) {
			piece.Orders = append(piece.Orders, workflows.ShopOrder{Number: number})
		}
		return piece, nil
	}
	_, err = short[workflows.Reconciled](t, workflows.ReconcileWorkflow, in, activities)
	require.ErrorContains(t, err, "fewer days")
}

// Rounding may change a sum by its slack; the lines' own sum will do, too.
func TestSameSum(t *testing.T) {
	t.Parallel()
	of := func(text string) *decimal.Decimal { value := decimal.RequireFromString(text); return &value }
	for name, test := range map[string]struct {
		order workflows.ShopOrder
		same  bool
	}{
		"equal":        {workflows.ShopOrder{Sum: of("25"), RoappTotal: of("25.00")}, true},
		"differs":      {workflows.ShopOrder{Sum: of("25"), RoappTotal: of("25.01")}, false},
		"by rounding":  {workflows.ShopOrder{Sum: of("25"), RoappTotal: of("25.01"), Slack: of("0.01")}, true},
		"as the lines": {workflows.ShopOrder{Sum: of("20"), Lines: of("25"), RoappTotal: of("25")}, true},
		"not shown":    {workflows.ShopOrder{Sum: of("25")}, false},
	} {
		assert.Equal(t, test.same, test.order.SameSum(), name)
	}
}

func TestReadsOfOneRequest(t *testing.T) {
	t.Parallel()
	lookup := workflows.LookupInput{Owner: workflows.Owner{Shop: "demo"}, Kind: workflows.RecordShopOrder, ID: 115}
	assert.Equal(t, "lookup:shop:demo:shop-order:115", workflows.LookupID(lookup))
	found, err := short[workflows.LookupResult](t, workflows.LookupWorkflow, lookup, map[string]any{
		workflows.ActivityLookup: func(ctx context.Context, _ workflows.LookupInput) (workflows.LookupResult, error) {
			return workflows.LookupResult{Found: true, Title: activity.GetInfo(ctx).TaskQueue}, nil
		},
	})
	require.NoError(t, err)
	assert.True(t, found.Found)

	list := workflows.RoappOrdersInput{Account: "main", Page: 2}
	page, err := short[workflows.RoappOrdersPage](t, workflows.RoappOrdersWorkflow, list, map[string]any{
		workflows.ActivityRoappOrders: func(_ context.Context, in workflows.RoappOrdersInput) (workflows.RoappOrdersPage, error) {
			return workflows.RoappOrdersPage{Pages: in.Page}, nil
		},
	})
	require.NoError(t, err)
	assert.Equal(t, 2, page.Pages)
	assert.Equal(t, "roapp-orders:main:2", workflows.RoappOrdersID(list, nil))
	list.Number = "Anna"
	assert.NotContains(t, workflows.RoappOrdersID(list, []byte("key")), "Anna", "people search for names")
}

// A search for a contact asks for organizations only where no person fits.
func TestSearchAsksForPeopleFirst(t *testing.T) {
	t.Parallel()
	in := workflows.SearchInput{Account: "main", Kind: workflows.RecordPerson, Text: "Anna"}
	assert.NotContains(t, workflows.SearchID(in, []byte("key")), "Anna", "people search for names")
	for kind, asked := range map[workflows.RecordKind][]workflows.RecordKind{
		workflows.RecordPerson:       {workflows.RecordPerson},
		workflows.RecordOrganization: {workflows.RecordPerson, workflows.RecordOrganization},
		"":                           {workflows.RecordPerson, workflows.RecordOrganization},
	} {
		var kinds []workflows.RecordKind
		found, err := short[workflows.SearchResult](t, workflows.SearchWorkflow, in, map[string]any{
			workflows.ActivitySearch: func(_ context.Context, in workflows.SearchInput) (workflows.SearchResult, error) {
				kinds = append(kinds, in.Kind)
				if in.Kind != kind {
					return workflows.SearchResult{}, nil
				}
				return workflows.SearchResult{Records: []workflows.FoundRecord{{ID: 7}}}, nil
			},
		})
		require.NoError(t, err)
		assert.Equal(t, asked, kinds)
		assert.Len(t, found.Records, map[bool]int{true: 1}[kind != ""])
	}
	in.Kind = workflows.RecordProduct
	searches := 0
	_, err := short[workflows.SearchResult](t, workflows.SearchWorkflow, in, map[string]any{
		workflows.ActivitySearch: func(context.Context, workflows.SearchInput) (workflows.SearchResult, error) {
			searches++
			return workflows.SearchResult{}, nil
		},
	})
	require.NoError(t, err)
	assert.Equal(t, 1, searches)
}

// An alert is sent until the receiver takes it, for a day; then it is given up.
func TestAlertIsSentUntilItIsTaken(t *testing.T) {
	t.Parallel()
	sent := 0
	send := func(failures int) map[string]any {
		sent = 0
		return map[string]any{workflows.ActivitySendAlert: func(_ context.Context, alert workflows.Alert) error {
			assert.Equal(t, "account:main:red:1", alert.ID)
			sent++
			if sent <= failures {
				return errors.New("the receiver of alerts answered with HTTP 503")
			}
			return nil
		}}
	}
	alert := workflows.Alert{ID: "account:main:red:1", Kind: workflows.AlertRed}
	_, err := short[any](t, workflows.NotifyWorkflow, alert, send(3))
	require.NoError(t, err)
	assert.Equal(t, 4, sent)
	_, err = short[any](t, workflows.NotifyWorkflow, alert, send(1_000_000))
	require.ErrorContains(t, err, "HTTP 503")
	assert.GreaterOrEqual(t, sent, 10)
}
