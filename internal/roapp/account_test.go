package roapp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/roapp"
	stand "github.com/cartumsync/cartumsync/sandbox/roapp"
)

// account is a fake of RO App behind real HTTP, and a client of it.
type account struct {
	*roapp.Client
	t   *testing.T
	url string
}

// open starts an account without limit and search lag, and with the switches.
func open(t *testing.T, config roapp.Config, switches map[stand.Switch]string) *account {
	t.Helper()
	values := map[string]string{string(stand.SearchLag): "0s", string(stand.StatusComment): "none"}
	for name, value := range switches {
		values[string(name)] = value
	}
	server := stand.New(stand.Options{Unlimited: true, CustomFields: true, Switches: values})
	web := httptest.NewServer(server)
	t.Cleanup(web.Close)
	t.Cleanup(server.Close)
	config.URL, config.APIKey, config.RequestsPerSecond, config.Timeout = web.URL, "sandbox", -1, 5*time.Second
	return &account{Client: roapp.New(config), t: t, url: web.URL}
}

func (a *account) sandbox(method, path, body string) (answer map[string]any) {
	a.t.Helper()
	r, err := http.NewRequestWithContext(a.t.Context(), method, a.url+"/sandbox"+path, bytes.NewBufferString(body))
	require.NoError(a.t, err)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(a.t, err)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	require.NoError(a.t, err)
	require.Less(a.t, resp.StatusCode, 300, "%s %s: %s", method, path, text)
	_ = json.Unmarshal(text, &answer) // lists are not needed
	return answer
}

func (a *account) set(name stand.Switch, value string) {
	a.t.Helper()
	a.sandbox(http.MethodPut, "/switches", fmt.Sprintf(`{%q:%q}`, name, value))
}

// requests are those since the last call, by endpoint.
func (a *account) requests() map[string]int {
	a.t.Helper()
	counts := map[string]int{}
	seen, _ := a.sandbox(http.MethodGet, "/requests", "")["endpoints"].(map[string]any)
	for endpoint, n := range seen {
		counts[endpoint] = int(n.(float64)) //nolint:forcetypeassert // a number of the fake
	}
	a.sandbox(http.MethodDelete, "/requests", "")
	return counts
}

// product is created by staff.
func (a *account) product(title, sku, code string) int64 {
	a.t.Helper()
	id, _ := a.sandbox(http.MethodPost, "/products", fmt.Sprintf(`{"title":%q,"article":%q,"code":%q}`, title, sku, code))["id"].(float64)
	return int64(id)
}

// order is created by the API, for a person whom staff created.
func (a *account) order(fields map[string]string) int64 {
	a.t.Helper()
	client, _ := a.sandbox(http.MethodPost, "/people", `{"first_name":"Jan"}`)["id"].(float64)
	created, err := a.CreateOrder(a.t.Context(), roapp.NewOrder{LocationID: 12, OrderTypeID: 34, ClientID: int64(client), CustomFields: fields})
	require.NoError(a.t, err)
	return created.ID
}

const (
	legacyGone = "404"
	v2Gone     = "404"
)

func found(t *testing.T, a *account, skus ...string) (titles []string) {
	t.Helper()
	products, err := a.FindProducts(t.Context(), roapp.ProductQuery{Articles: skus})
	require.NoError(t, err)
	for _, one := range products {
		titles = append(titles, one.Title)
	}
	return titles
}

func TestBothCataloguesFindTheSameProducts(t *testing.T) {
	t.Parallel()
	for _, family := range []roapp.Catalogue{roapp.CatalogueV2, roapp.CatalogueLegacy} {
		a := open(t, roapp.Config{Catalogue: family}, nil)
		a.product("Rose", "A-1", "")
		a.product("Vase", "A-12", "")
		assert.Contains(t, found(t, a, "A-12"), "Vase", family)
		assert.ElementsMatch(t, []string{"Rose", "Vase"}, found(t, a, "A-1", "A-12"), family)
		assert.Empty(t, found(t, a, "B-9"), family)
		products, err := a.FindProducts(t.Context(), roapp.ProductQuery{Title: "Rose"})
		require.NoError(t, err)
		require.Len(t, products, 1)
		assert.Equal(t, "A-1", products[0].Article)
		assert.Equal(t, family, a.CatalogueInUse())
	}
}

func TestBothCataloguesCreateProducts(t *testing.T) {
	t.Parallel()
	for _, family := range []roapp.Catalogue{roapp.CatalogueV2, roapp.CatalogueLegacy} {
		for _, form := range []string{"id", "data-id", "number", "empty"} {
			a := open(t, roapp.Config{Catalogue: family, ProductTypeID: 2}, map[stand.Switch]string{stand.CreateAnswer: form})
			id, err := a.CreateProduct(t.Context(), roapp.NewProduct{Title: "Rose", Article: "A-1", Description: "red", CategoryID: 7, UnitID: 1})
			require.NoError(t, err, "%s %s", family, form)
			if want := map[bool]int64{true: 0, false: 7001}[form == "empty"]; id != want {
				t.Errorf("%s %s: id %d, want %d", family, form, id, want)
			}
			assert.Equal(t, []string{"Rose"}, found(t, a, "A-1"))
		}
	}
}

func TestRequestsPerProduct(t *testing.T) {
	t.Parallel()
	skus := []string{"A-1", "A-2", "A-3", "A-4", "A-5"}
	for family, want := range map[roapp.Catalogue]map[string]int{
		roapp.CatalogueLegacy: {"GET /products": 1},
		roapp.CatalogueV2:     {"GET /v2/catalog/products": 5},
		roapp.CatalogueAuto:   {"GET /products": 1},
	} {
		a := open(t, roapp.Config{Catalogue: family, ProductTypeID: 1}, nil)
		found(t, a, skus...)
		assert.Equal(t, want, a.requests(), family)
		_, err := a.CreateProduct(t.Context(), roapp.NewProduct{Title: "Rose", CategoryID: 7, UnitID: 1})
		require.NoError(t, err)
		total := 0
		for _, n := range a.requests() {
			total += n
		}
		assert.Equal(t, 1, total, "%s: one request to create", family)
	}
}

// The missing family is found out with the first request, and not asked again.
func TestAutoFindsTheCatalogueThatAnswers(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"404", "405", "410"} {
		a := open(t, roapp.Config{}, map[stand.Switch]string{stand.LegacyCatalogue: status})
		assert.Equal(t, roapp.Catalogue(""), a.CatalogueInUse())
		a.product("Rose", "A-1", "")
		assert.Equal(t, []string{"Rose"}, found(t, a, "A-1"))
		assert.Equal(t, roapp.CatalogueV2, a.CatalogueInUse())
		assert.Equal(t, map[string]int{"GET /products": 1, "GET /v2/catalog/products": 1}, a.requests(), status)
		found(t, a, "A-1")
		units, err := a.Units(t.Context())
		require.NoError(t, err)
		assert.NotEmpty(t, units)
		categories, err := a.Categories(t.Context())
		require.NoError(t, err)
		assert.NotEmpty(t, categories)
		assert.Equal(t, map[string]int{"GET /v2/catalog/products": 1, "GET /v2/catalog/products/uoms": 1, "GET /v2/catalog/products/categories": 1}, a.requests(), status)
	}
}

// The legacy family may end while the program runs, and the other way round.
func TestAutoFollowsACatalogueThatEnds(t *testing.T) {
	t.Parallel()
	a := open(t, roapp.Config{}, nil)
	a.product("Rose", "A-1", "")
	found(t, a, "A-1")
	assert.Equal(t, roapp.CatalogueLegacy, a.CatalogueInUse())
	a.set(stand.LegacyCatalogue, legacyGone)
	id, err := a.CreateProduct(t.Context(), roapp.NewProduct{Title: "Vase", Article: "A-2", CategoryID: 7, UnitID: 1})
	require.NoError(t, err)
	assert.NotZero(t, id)
	assert.Equal(t, roapp.CatalogueV2, a.CatalogueInUse())
	a.set(stand.LegacyCatalogue, "yes")
	a.set(stand.V2Catalogue, v2Gone)
	assert.Equal(t, []string{"Vase"}, found(t, a, "A-2"))
	assert.Equal(t, roapp.CatalogueLegacy, a.CatalogueInUse())
}

func TestNoCatalogueIsMissing(t *testing.T) {
	t.Parallel()
	a := open(t, roapp.Config{}, map[stand.Switch]string{stand.LegacyCatalogue: legacyGone, stand.V2Catalogue: v2Gone})
	_, err := a.FindProducts(t.Context(), roapp.ProductQuery{Articles: []string{"A-1"}})
	assert.Equal(t, roapp.Missing, roapp.KindOf(err))
	a.set(stand.V2Catalogue, "yes")
	assert.Empty(t, found(t, a, "A-1")) // by itself again

	set := open(t, roapp.Config{Catalogue: roapp.CatalogueLegacy}, map[stand.Switch]string{stand.LegacyCatalogue: legacyGone})
	_, err = set.FindProducts(t.Context(), roapp.ProductQuery{Articles: []string{"A-1"}})
	assert.Equal(t, roapp.Missing, roapp.KindOf(err), "what the settings say is not changed")
	assert.Equal(t, map[string]int{"GET /products": 1}, set.requests())
}

// A category that cannot be created says nothing of the catalogue.
func TestRefusedCategoryLeavesTheCatalogue(t *testing.T) {
	t.Parallel()
	a := open(t, roapp.Config{}, map[stand.Switch]string{stand.CategoryCreate: "404"})
	_, err := a.CreateCategory(t.Context(), "Roses", 0)
	assert.Equal(t, roapp.Missing, roapp.KindOf(err))
	found(t, a, "A-1")
	assert.Equal(t, roapp.CatalogueLegacy, a.CatalogueInUse())
}

// Without a type in the settings the account's first one is read, once.
func TestProductType(t *testing.T) {
	t.Parallel()
	a := open(t, roapp.Config{Catalogue: roapp.CatalogueV2}, nil)
	for range 2 {
		_, err := a.CreateProduct(t.Context(), roapp.NewProduct{Title: "Rose", CategoryID: 7, UnitID: 1})
		require.NoError(t, err)
	}
	assert.Equal(t, map[string]int{"GET /v2/catalog/products/types": 1, "POST /v2/catalog/products": 2}, a.requests())
}

func TestArchivedProductsAreTold(t *testing.T) {
	t.Parallel()
	for _, family := range []roapp.Catalogue{roapp.CatalogueV2, roapp.CatalogueLegacy} {
		a := open(t, roapp.Config{Catalogue: family}, nil)
		a.sandbox(http.MethodPost, fmt.Sprintf("/products/%d/archive", a.product("Rose", "A-1", "")), "{}")
		products, err := a.FindProducts(t.Context(), roapp.ProductQuery{Articles: []string{"A-1"}})
		require.NoError(t, err)
		require.Len(t, products, 1)
		assert.True(t, products[0].Archived)
	}
}

func TestOrdersAreFoundByEitherNameOfTheClientFilter(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"clients_ids", "client_ids"} {
		a := open(t, roapp.Config{}, map[stand.Switch]string{stand.ClientFilter: name})
		first, second := a.order(nil), a.order(nil)
		order, err := a.Order(t.Context(), second)
		require.NoError(t, err)
		page, err := a.FindOrders(t.Context(), roapp.OrderQuery{ClientIDs: []int64{order.ClientID}})
		require.NoError(t, err)
		require.Len(t, page.Orders, 1, name)
		assert.Equal(t, second, page.Orders[0].ID)
		assert.NotEqual(t, first, second)
	}
}

// A search is one request, however many records there are.
func TestSearchesCostOneRequest(t *testing.T) {
	t.Parallel()
	for _, family := range []roapp.Catalogue{roapp.CatalogueV2, roapp.CatalogueLegacy} {
		a := open(t, roapp.Config{Catalogue: family}, nil)
		for i := range 70 {
			a.product(fmt.Sprintf("Rose %d", i), fmt.Sprintf("A-%d", i), "")
		}
		products, err := a.SearchProducts(t.Context(), "rose")
		require.NoError(t, err)
		assert.Len(t, products, 50)
		none, err := a.SearchProducts(t.Context(), " ")
		require.NoError(t, err)
		assert.Empty(t, none)
		nobody, err := a.SearchContacts(t.Context(), roapp.ContactQuery{Name: " "})
		require.NoError(t, err)
		assert.Empty(t, nobody)
		sent := 0
		for _, count := range a.requests() {
			sent += count
		}
		assert.Equal(t, 1, sent, family)
	}
}

// The list of organizations may ignore the phones: one page is read, not the whole
// account.
func TestOrganizationsCostOneRequest(t *testing.T) {
	t.Parallel()
	a := open(t, roapp.Config{}, nil)
	for i := range 120 {
		a.sandbox(http.MethodPost, "/organizations", fmt.Sprintf(`{"name":"Org %d","phones":["+4850000%04d"]}`, i, i))
	}
	organizations, err := a.FindOrganizations(t.Context(), []string{"+48500000119"})
	require.NoError(t, err)
	assert.Len(t, organizations, 50)
	assert.Equal(t, map[string]int{"GET /v2/contacts/organizations": 1}, a.requests())
	a.set(stand.OrganizationFilter, "honoured")
	organizations, err = a.FindOrganizations(t.Context(), []string{"+48500000119"})
	require.NoError(t, err)
	assert.Len(t, organizations, 1)
}

func TestRequiredContactFieldIsNamedAndGiven(t *testing.T) {
	t.Parallel()
	a := open(t, roapp.Config{}, map[stand.Switch]string{stand.RequiredContactField: "yes"})
	fields, err := a.PeopleCustomFields(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []roapp.CustomField{{ID: "f201", Title: "Source", Required: true, Type: 1}}, fields)

	_, err = a.CreatePerson(t.Context(), roapp.NewPerson{FirstName: "Anna"})
	var refusal *roapp.Error
	require.ErrorAs(t, err, &refusal)
	assert.Equal(t, roapp.Rejected, refusal.Kind)
	assert.Equal(t, "custom_fields.f201", refusal.Field)
	assert.Contains(t, refusal.Message, "f201: Це поле є обов'язковим")

	_, err = a.CreatePerson(t.Context(), roapp.NewPerson{FirstName: "Anna", CustomFields: map[string]string{"f201": ""}})
	require.NoError(t, err)
}

func (a *account) fieldsOf(order int64) map[string]string {
	a.t.Helper()
	read, err := a.Order(a.t.Context(), order)
	require.NoError(a.t, err)
	return read.CustomFields
}

func ours() map[string]string {
	return map[string]string{"f101": "Kwiaty", "f102": "115", "f103": "2026-11-01T10:00:00Z", "f104": "2026-11-01T10:00:00Z"}
}

func TestCustomFieldsOfStaffAreNeverLost(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		patch    string
		learned  bool // on a new order, before
		requests map[string]int
	}{
		{"merge", true, map[string]int{"PATCH /v2/orders/{id}": 1}},
		{"merge", false, map[string]int{"GET /v2/orders/{id}": 2, "PATCH /v2/orders/{id}": 1}},
		{"replace", true, map[string]int{"GET /v2/orders/{id}": 2, "PATCH /v2/orders/{id}": 1}},
		{"replace", false, map[string]int{"GET /v2/orders/{id}": 3, "PATCH /v2/orders/{id}": 2}},
	} {
		name := fmt.Sprintf("%s, learned before: %t", test.patch, test.learned)
		a := open(t, roapp.Config{}, map[stand.Switch]string{stand.PatchCustomFields: test.patch})
		order := a.order(ours())
		if test.learned {
			require.NoError(t, a.LearnFieldsPatch(t.Context(), order, ours(), "f103"))
			assert.Equal(t, ours(), notEmpty(a.fieldsOf(order)), name)
		}
		a.sandbox(http.MethodPatch, fmt.Sprintf("/orders/%d", order), `{"custom_fields":{"f105":"50"}}`)
		a.requests()
		now := ours()
		now["f104"] = "2026-11-02T08:00:00Z"
		require.NoError(t, a.UpdateFields(t.Context(), order, now, "f103"))
		assert.Equal(t, test.requests, a.requests(), name)
		now["f105"] = "50"
		assert.Equal(t, now, notEmpty(a.fieldsOf(order)), name)
	}
}

// Where the account keeps what is not named, what staff set at the same moment stays.
func TestCustomFieldSetMeanwhileStays(t *testing.T) {
	t.Parallel()
	a := open(t, roapp.Config{}, map[stand.Switch]string{stand.PatchCustomFields: "merge"})
	order := a.order(ours())
	require.NoError(t, a.LearnFieldsPatch(t.Context(), order, ours(), "f103"))
	a.sandbox(http.MethodPost, "/faults", `{"match":"PATCH /v2/orders/*","kind":"slow","delay":"300ms"}`)
	done := make(chan error, 1)
	go func() {
		done <- a.UpdateFields(context.WithoutCancel(t.Context()), order, map[string]string{"f104": "2026-11-02T08:00:00Z"}, "")
	}()
	require.Eventually(t, func() bool { return a.requestsSoFar("PATCH /v2/orders/{id}") == 2 }, 5*time.Second, 5*time.Millisecond)
	a.sandbox(http.MethodPatch, fmt.Sprintf("/orders/%d", order), `{"custom_fields":{"f105":"50"}}`)
	require.NoError(t, <-done)
	fields := a.fieldsOf(order)
	assert.Equal(t, "50", fields["f105"])
	assert.Equal(t, "2026-11-02T08:00:00Z", fields["f104"])
}

func (a *account) requestsSoFar(endpoint string) int {
	seen, _ := a.sandbox(http.MethodGet, "/requests", "")["endpoints"].(map[string]any)
	n, _ := seen[endpoint].(float64)
	return int(n)
}

// Without a field that may be missing for a moment, all are read, written and read again.
func TestUpdateFieldsWithoutProbe(t *testing.T) {
	t.Parallel()
	a := open(t, roapp.Config{}, nil)
	order := a.order(ours())
	a.sandbox(http.MethodPatch, fmt.Sprintf("/orders/%d", order), `{"custom_fields":{"f105":"50"}}`)
	require.NoError(t, a.UpdateFields(t.Context(), order, map[string]string{"f104": "2026-11-02T08:00:00Z"}, ""))
	want := ours()
	want["f104"], want["f105"] = "2026-11-02T08:00:00Z", "50"
	assert.Equal(t, want, notEmpty(a.fieldsOf(order)))
}

func notEmpty(fields map[string]string) map[string]string {
	kept := map[string]string{}
	for key, value := range fields {
		if value != "" {
			kept[key] = value
		}
	}
	return kept
}
