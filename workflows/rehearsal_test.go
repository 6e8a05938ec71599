package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

// A rehearsal asks what the plans ask for, once each, and counts what would be created only once.
func TestRehearsalAsksUntilNothingIsOpen(t *testing.T) {
	t.Parallel()
	asked := map[string]int{}
	key := order.ArticleKey("A")
	activities := map[string]any{
		workflows.ActivityRehearsalRead: func(_ context.Context, in workflows.RehearsalReadInput) (workflows.RehearsalRead, error) {
			asked["slices"]++
			return workflows.RehearsalRead{
				Before: in.Before.Add(-4 * 24 * time.Hour), ImportCounts: workflows.ImportCounts{Seen: 6, Started: 5, Known: 1},
				Orders: []order.Snapshot{{Number: 1}}, Others: []workflows.RehearsedOrder{{Number: 9, As: workflows.RehearsedKnown}},
			}, nil
		},
		workflows.ActivityRehearsalPlan: func(_ context.Context, in workflows.RehearsalPlanInput) (workflows.RehearsalPlanned, error) {
			planned := workflows.RehearsalPlanned{Account: "main", PerSecond: 2}
			if _, known := in.Data.People["+48"]; !known {
				phones := []order.FindContact{{Phone: "+48"}}
				planned.Contacts = []workflows.RehearsalContacts{{Account: "main", Phones: phones}, {Account: "main", Organizations: true, Phones: phones}}
				planned.Products = []order.FindProducts{{Account: "main", Articles: []string{"A"}}}
				planned.Catalogue = []order.ReadCatalogue{{Shop: "demo", Articles: []string{"A"}}}
				planned.Standing = []order.CreateOrder{{Number: 1}}
				return planned, nil
			}
			assert.Equal(t, int64(5), in.Data.People["+48"][0].ID)
			assert.Equal(t, int64(6), in.Data.Organizations["+48"][0].ID)
			assert.Equal(t, int64(7), in.Data.Products[key][0].ID)
			assert.True(t, in.Data.Read["A"])
			assert.Equal(t, "Rose", in.Data.Catalogue["A"].Title)
			assert.Equal(t, "Z1", in.Data.Standing[1])
			planned.Orders = []workflows.RehearsedOrder{
				{Number: 1, As: workflows.RehearsedLink, Requests: 3},
				{Number: 2, As: workflows.RehearsedCreate, Requests: 5, NewContact: "contact:main:1", NewProducts: []string{"product:main:1"}},
				{Number: 3, As: workflows.RehearsedCreate, Requests: 5, NewContact: "contact:main:1", NewProducts: []string{"product:main:1"}},
				{Number: 4, As: workflows.RehearsedHeld, Hold: order.HoldNoCustomer},
				{Number: 5, As: workflows.RehearsedClosed},
			}
			return planned, nil
		},
		workflows.ActivityRehearsalContacts: func(_ context.Context, in workflows.RehearsalContacts) (map[string][]order.Contact, error) {
			asked["contacts"]++
			id := int64(5)
			if in.Organizations {
				id = 6
			}
			return map[string][]order.Contact{"+48": {{ID: id}}}, nil
		},
		workflows.ActivityRehearsalStanding: func(context.Context, order.CreateOrder) (string, error) {
			asked["standing"]++
			return "Z1", nil
		},
		string(order.StepFindProducts): func(context.Context, order.FindProducts) (order.ProductsFound, error) {
			asked["products"]++
			return order.ProductsFound{Products: map[order.ProductKey][]order.Product{key: {{ID: 7}}}}, nil
		},
		string(order.StepReadCatalogue): func(context.Context, order.ReadCatalogue) (order.CatalogueRead, error) {
			asked["catalogue"]++
			return order.CatalogueRead{Entries: map[string]order.CatalogueEntry{"A": {Title: "Rose"}}}, nil
		},
	}
	in := workflows.RehearsalInput{Shop: "demo", InitialImportWanted: workflows.InitialImportWanted{From: "2026-11-01", To: "2026-11-07"}}
	result, err := short[workflows.Rehearsed](t, workflows.RehearsalWorkflow, in, activities)
	require.NoError(t, err)
	assert.Equal(t, map[string]int{"slices": 2, "contacts": 2, "standing": 1, "products": 1, "catalogue": 1}, asked)
	assert.Equal(t, 12, result.Seen)
	assert.Equal(t, 2, result.Links)
	assert.Equal(t, 4, result.Imports)
	assert.Equal(t, 2, result.Closed)
	assert.Equal(t, map[order.HoldReason]int{order.HoldNoCustomer: 2}, result.Holds)
	assert.Equal(t, 1, result.NewContacts)
	assert.Equal(t, 1, result.NewProducts)
	assert.Equal(t, 2*(3+5+5)+2, result.Requests)
	assert.Equal(t, 14*time.Second, result.Time)

	in.To = "yesterday"
	_, err = short[workflows.Rehearsed](t, workflows.RehearsalWorkflow, in, activities)
	require.ErrorContains(t, err, "no dates")
}
