package roapp

import (
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/contract"
	fake "github.com/cartumsync/cartumsync/sandbox/roapp"
)

// The way of an order through every call of the client, in both profiles and with both catalogues: all that is asked and
// answered is in the document, and all that is in the document is asked.
func TestAllCallsAreInTheDocumentAndNoMore(t *testing.T) {
	t.Parallel()
	asked := map[string]bool{}
	for _, profile := range []string{"documented", "flipped"} {
		for _, catalogue := range []Catalogue{CatalogueLegacy, CatalogueV2} {
			for _, operation := range everyCall(t, profile, catalogue) {
				asked[operation] = true
			}
		}
	}
	for _, operation := range onlyVerified {
		asked[operation] = true
	}
	assert.Equal(t, contract.Roapp().Operations(), slices.Sorted(maps.Keys(asked)))
}

// onlyVerified are asked by internal/verify alone, which removes what it created.
var onlyVerified = []string{"DELETE /v2/catalog/products/{id}", "DELETE /v2/contacts/people/{id}"}

func everyCall(t *testing.T, profile string, catalogue Catalogue) []string {
	t.Helper()
	switches := fake.Profile(profile)
	switches[string(fake.SearchLag)], switches[string(fake.LegacyCatalogue)] = "0s", "yes"
	account := fake.New(fake.Options{Unlimited: true, CustomFields: true, Switches: switches})
	gate := contract.Roapp().Check(t, account)
	server := httptest.NewServer(gate)
	t.Cleanup(func() { server.Close(); account.Close() })
	c := New(Config{URL: server.URL, APIKey: "sandbox", RequestsPerSecond: -1, Catalogue: catalogue})
	ctx := t.Context()
	ok := func(_ any, err error) { t.Helper(); require.NoError(t, err) }

	ok(c.Company(ctx))
	ok(c.Locations(ctx))
	ok(c.Employees(ctx))
	ok(c.OrderStatuses(ctx))
	ok(c.OrderTypes(ctx))
	ok(c.OrderCustomFields(ctx))
	ok(c.PeopleCustomFields(ctx))
	ok(c.ProductTypes(ctx))
	ok(c.Units(ctx))
	ok(c.Categories(ctx))
	if _, err := c.CreateCategory(ctx, "Róże", 7); profile == "flipped" {
		require.NoError(t, err)
	}

	ok(c.CreatePerson(ctx, NewPerson{
		FirstName: "Anna", LastName: "Nowak", Email: "anna@example.com", Phone: "+48501234567", Notes: "pl",
		CustomFields: map[string]string{"f201": ""},
	}))
	people, err := c.FindPeople(ctx, []string{"+48501234567", "501234567"})
	ok(people, err)
	require.Len(t, people, 1)
	ok(c.FindPeopleByName(ctx, "Anna"))
	person, err := c.Contact(ctx, people[0].ID, false)
	ok(person, err)
	assert.Equal(t, people[0].Phones, person.Phones)
	_, err = c.Contact(ctx, people[0].ID, true)
	assert.Equal(t, NotFound, KindOf(err))
	ok(c.FindOrganizations(ctx, []string{"+48501234567"}))
	found, err := c.SearchContacts(ctx, ContactQuery{Name: "Anna"})
	ok(found, err)
	require.Len(t, found, 1)
	assert.Equal(t, people[0].Phones, found[0].Phones)

	ok(c.CreateProduct(ctx, NewProduct{Title: "Róża", Article: "A-12", Description: "czerwona", CategoryID: 7, UnitID: 1}))
	products, err := c.FindProducts(ctx, ProductQuery{Articles: []string{"A-12"}})
	ok(products, err)
	require.Len(t, products, 1)
	ok(c.FindProducts(ctx, ProductQuery{Title: "Róża"}))
	mentioning, err := c.SearchProducts(ctx, "a-12")
	ok(mentioning, err)
	require.Len(t, mentioning, 1)
	assert.Equal(t, int64(1), mentioning[0].UnitID)
	product, err := c.Product(ctx, products[0].ID)
	ok(product, err)
	assert.Equal(t, products[0].Article, product.Article)
	_, err = c.Product(ctx, 999)
	assert.Equal(t, NotFound, KindOf(err))

	ok(c.CreateOrder(ctx, NewOrder{
		LocationID: 12, OrderTypeID: 34, ClientID: people[0].ID, ManagerID: 56, ManagerNotes: "115",
		CustomFields: map[string]string{"f101": "Kwiaty", "f102": "115", "f106": ""},
	}))
	page, err := c.FindOrders(ctx, OrderQuery{ClientIDs: []int64{people[0].ID}, Sort: "-modified_at"})
	ok(page, err)
	require.Len(t, page.Orders, 1)
	id, created := page.Orders[0].ID, page.Orders[0].CreatedAt
	ok(c.FindOrders(ctx, OrderQuery{IDs: []int64{id}, Numbers: []string{page.Orders[0].Number}, CreatedFrom: created, ModifiedFrom: created}))
	ok(c.Order(ctx, id))
	ok(nil, c.UpdateFields(ctx, id, map[string]string{"f101": "Kwiaty", "f104": "2026-11-02T09:30:00Z"}, "f104"))
	ok(nil, c.SetManagerNotes(ctx, id, "115, paid"))
	ok(c.AddItem(ctx, id, NewItem{ProductID: products[0].ID, AssigneeID: 56, Quantity: decimal.NewFromInt(2), Price: decimal.RequireFromString("12.5")}))
	items, err := c.Items(ctx, id)
	ok(items, err)
	require.Len(t, items, 1)
	quantity, price := decimal.NewFromInt(3), decimal.RequireFromString("11.99")
	ok(nil, c.UpdateItem(ctx, id, items[0].ID, ItemChange{Quantity: &quantity, Price: &price}))
	ok(nil, c.SetStatus(ctx, id, 102, "by the shop"))
	ok(nil, c.AddComment(ctx, id, strings.Repeat("Dostawa. ", 20), true))

	ok(nil, c.DeleteProduct(ctx, products[0].ID))
	ok(nil, c.DeletePerson(ctx, people[0].ID))
	assert.Equal(t, NotFound, KindOf(c.DeletePerson(ctx, people[0].ID)))

	_, err = c.Order(ctx, 999)
	assert.Equal(t, NotFound, KindOf(err))
	assert.Equal(t, Credentials, KindOf(New(Config{URL: server.URL, APIKey: "wrong"}).SetManagerNotes(ctx, id, "x")))
	return gate.Asked()
}
