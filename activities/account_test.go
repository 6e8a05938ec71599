package activities

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/settings"
	stand "github.com/cartumsync/cartumsync/sandbox/roapp"
	"github.com/cartumsync/cartumsync/workflows"
)

// roappAccount is an account of the settings, its fake behind real HTTP, and the activities that ask it.
type roappAccount struct {
	t   *testing.T
	url string
	a   *Activities
	env *testsuite.TestActivityEnvironment

	mu      sync.Mutex
	missing []string // endpoints that the entity was told of
}

const accountSettings = `identity_key: ${KEY}
encryption_keys: [{id: k1, key: "${ENCRYPTION_KEY}"}]
accounts:
  main:
    url: URL
    web_url: https://web.roapp.example
    api_key: ${ROAPP}
    currency: PLN
    piece_unit: 1
    fallback_category: 7
    requests_per_second: 1000
    request_timeout: 5s
    settle_after_lost_answer: 0s
    search_lag: 20ms
    fields: {shop: f101, external_id: f102, created: f103, last_updated: f104}
    MORE
shops:
  demo:
    name: Kwiaty
    url: https://kwiaty.example
    admin_url: https://kwiaty.example/edit/
    login: x
    password: ${ROAPP}
    account: main
    since: 2026-01-01
    time_zone: Europe/Warsaw
    region: PL
    language: pl
    location: 12
    order_type: 34
    managers: [56]
    statuses: {import: {1: 101}}
`

// newcomers is Temporal where the account's entity knows of no order that was created.
type newcomers struct{ client.Client }

// QueryWorkflow implements [client.Client].
func (newcomers) QueryWorkflow(context.Context, string, string, string, ...any) (converter.EncodedValue, error) {
	return noAnswer{}, nil
}

// SignalWorkflow implements [client.Client].
func (newcomers) SignalWorkflow(context.Context, string, string, string, any) error { return nil }

// noAnswer is an answer that leaves what it is read into as it is.
type noAnswer struct{}

// HasValue implements [converter.EncodedValue].
func (noAnswer) HasValue() bool { return false }

// Get implements [converter.EncodedValue].
func (noAnswer) Get(any) error { return nil }

// openRoapp starts an account with switches of its fake and one more line of its settings.
func openRoapp(t *testing.T, more string, switches map[stand.Switch]string) *roappAccount {
	t.Helper()
	values := map[string]string{string(stand.SearchLag): "0s"}
	for name, value := range switches {
		values[string(name)] = value
	}
	server := stand.New(stand.Options{Unlimited: true, CustomFields: true, Switches: values})
	web := httptest.NewServer(server)
	t.Cleanup(web.Close)
	t.Cleanup(server.Close)
	env := map[string]string{
		"KEY": "identity-key-of-the-tests", "ENCRYPTION_KEY": base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("k"), 32)), "ROAPP": "sandbox",
	}
	yaml := strings.NewReplacer("URL\n", web.URL+"\n", "MORE", more).Replace(accountSettings)
	read, err := settings.Parse("settings.yaml", []byte(yaml), func(name string) (string, bool) { value, ok := env[name]; return value, ok })
	require.NoError(t, err)
	r := &roappAccount{t: t, url: web.URL, a: New(settings.NewStore(read), newcomers{}, index.New(newcomers{}))}
	shop, err := r.a.shop("demo")
	require.NoError(t, err)
	shop.descriptions.put("A-1", "Red.") // the catalogue was read a moment ago
	acc, err := r.a.account("main")
	require.NoError(t, err)
	acc.reportMissing = func(_ context.Context, endpoint string) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.missing = append(r.missing, endpoint)
	}
	r.env = enginetest.ActivityEnvironment()
	for _, one := range []any{r.a.FindProducts, r.a.CreateProduct, r.a.CreateContact, r.a.CreateCategory, r.a.CreateOrder, r.a.AddItems, r.a.UpdateFields, r.a.FindContact} {
		r.env.RegisterActivity(one)
	}
	return r
}

// run carries an activity out and reads its answer.
func run[T any](r *roappAccount, do, in any) (answer T, err error) {
	r.t.Helper()
	value, err := r.env.ExecuteActivity(do, in)
	if err != nil {
		return answer, err
	}
	err = value.Get(&answer)
	return answer, err
}

func (r *roappAccount) sandbox(method, path, body string) []byte {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.url+"/sandbox"+path, strings.NewReader(body))
	require.NoError(r.t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(r.t, err)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	require.NoError(r.t, err)
	require.Less(r.t, resp.StatusCode, 300, "%s", text)
	return text
}

func (r *roappAccount) turn(name stand.Switch, value string) {
	r.t.Helper()
	r.sandbox(http.MethodPut, "/switches", fmt.Sprintf(`{%q:%q}`, name, value))
}

func (r *roappAccount) list(what string) (rows []map[string]any) {
	r.t.Helper()
	require.NoError(r.t, json.Unmarshal(r.sandbox(http.MethodGet, "/"+what, ""), &rows))
	return rows
}

// make creates a record as staff would.
func (r *roappAccount) make(what, body string) int64 {
	r.t.Helper()
	var made struct{ ID int64 }
	require.NoError(r.t, json.Unmarshal(r.sandbox(http.MethodPost, "/"+what, body), &made))
	return made.ID
}

// requests are those since the last call, by endpoint.
func (r *roappAccount) requests() map[string]int {
	r.t.Helper()
	var seen struct{ Endpoints map[string]int }
	require.NoError(r.t, json.Unmarshal(r.sandbox(http.MethodGet, "/requests", ""), &seen))
	r.sandbox(http.MethodDelete, "/requests", "")
	return seen.Endpoints
}

func failureIn(t *testing.T, err error) (failure order.Failure, kind string, retryable bool) {
	t.Helper()
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	require.NoError(t, app.Details(&failure))
	return failure, app.Type(), !app.NonRetryable()
}

func newProduct() workflows.CreateProductInput {
	return workflows.CreateProductInput{EnsureProduct: order.EnsureProduct{
		ProductKey: order.ArticleKey("A-1"),
		Find:       order.FindProducts{Account: "main", Articles: []string{"A-1"}},
		Product:    order.NewProduct{Shop: "demo", Title: "Rose", Article: "A-1", UnitID: 1, Fallback: 7, Category: []string{"Flowers", "Roses"}},
		Pace:       order.Pace{Lag: 20 * time.Millisecond},
	}}
}

func newContact() order.EnsureContact {
	return order.EnsureContact{
		Find:   order.FindContact{Account: "main", Phones: []string{"+48501234567"}, Phone: "+48501234567", Region: "PL"},
		Person: order.Person{FirstName: "Anna", LastName: "Nowak", Phone: "+48501234567"},
		Pace:   order.Pace{Lag: 20 * time.Millisecond},
	}
}

func (r *roappAccount) newOrder() order.CreateOrder {
	r.t.Helper()
	return order.CreateOrder{
		Account: "main", Shop: "demo", ShopName: "Kwiaty", Number: 115, Created: time.Now(), Zone: "Europe/Warsaw",
		ContactID: r.make("people", `{"first_name":"Anna"}`), LocationID: 12, OrderTypeID: 34, ManagerID: 56,
	}
}

// found are the ids of products by the goods asked for.
func (r *roappAccount) found(skus ...string) map[order.ProductKey][]int64 {
	r.t.Helper()
	found, err := run[order.ProductsFound](r, r.a.FindProducts, order.FindProducts{Account: "main", Articles: skus})
	require.NoError(r.t, err)
	ids := map[order.ProductKey][]int64{}
	for key, products := range found.Products {
		for _, product := range products {
			ids[key] = append(ids[key], product.ID)
		}
	}
	return ids
}

var bothCatalogues = []string{"catalog: legacy", "catalog: v2"}

func TestProductsAreIdenticalInBothCatalogues(t *testing.T) {
	t.Parallel()
	for _, catalogue := range bothCatalogues {
		r := openRoapp(t, catalogue, nil)
		rose := r.make("products", `{"title":"Rose","article":"A-1"}`)
		r.make("products", `{"title":"Vase A-1","article":"A-12","code":"A-1"}`)
		r.make("products", `{"title":"A-1"}`)
		assert.Equal(t, map[order.ProductKey][]int64{order.ArticleKey("A-1"): {rose}}, r.found("A-1"), catalogue)
	}
}

// A product without SKU is known by its code, where the catalogue can search for it.
func TestProductIsKnownByItsCode(t *testing.T) {
	t.Parallel()
	r := openRoapp(t, "catalog: v2", nil)
	coded := r.make("products", `{"title":"Rose","code":"A-1"}`)
	assert.Equal(t, map[order.ProductKey][]int64{order.ArticleKey("A-1"): {coded}}, r.found("A-1"))
	named := r.make("products", `{"title":"Red rose","article":"A-1"}`)
	assert.Equal(t, map[order.ProductKey][]int64{order.ArticleKey("A-1"): {named}}, r.found("A-1"), "a SKU goes before a code")
}

func TestArchivedProductIsNotSold(t *testing.T) {
	t.Parallel()
	for _, catalogue := range bothCatalogues {
		r := openRoapp(t, catalogue, nil)
		old := r.make("products", `{"title":"Rose","article":"A-1"}`)
		r.sandbox(http.MethodPost, fmt.Sprintf("/products/%d/archive", old), "{}")
		assert.Empty(t, r.found("A-1"), catalogue)
	}
}

// However the create is answered, there is one record, and its id is known.
func TestCreateIsAnsweredInAnyForm(t *testing.T) {
	t.Parallel()
	for _, catalogue := range bothCatalogues {
		for _, form := range []string{"id", "data-id", "number", "empty"} {
			for _, lag := range []string{"0s", "300ms"} {
				t.Run(catalogue+" "+form+" "+lag, func(t *testing.T) {
					t.Parallel()
					r := openRoapp(t, catalogue, map[stand.Switch]string{
						stand.CreateAnswer: form, stand.SearchLag: lag, stand.CategoryCreate: "yes",
					})
					contact, err := run[order.Contact](r, r.a.CreateContact, newContact())
					require.NoError(t, err)
					assert.Equal(t, int64(20001), contact.ID)
					assert.Len(t, r.list("people"), 1)

					category, err := run[int64](r, r.a.CreateCategory, workflows.CreateCategoryInput{
						Account: "main", Title: "Roses", Fallback: 7, Pace: order.Pace{Lag: 20 * time.Millisecond},
					})
					require.NoError(t, err)
					assert.Equal(t, int64(301), category)

					in := newProduct()
					in.CategoryID = category
					made, err := run[workflows.ProductCreated](r, r.a.CreateProduct, in)
					require.NoError(t, err)
					assert.Equal(t, int64(7001), made.Product.ID)
					assert.True(t, made.Product.Created)
					assert.Len(t, r.list("products"), 1)

					create := r.newOrder()
					created, err := run[order.OrderCreated](r, r.a.CreateOrder, create)
					require.NoError(t, err)
					assert.Equal(t, int64(1001), created.ID)
					assert.Equal(t, int64(101), created.InitialStatusID)
					assert.Len(t, r.list("orders"), 1)

					added, err := run[order.ItemsAdded](r, r.a.AddItems, order.AddItems{
						Account: "main", OrderID: created.ID, AssigneeID: 56,
						Lines: []order.AddItem{{Line: "A-1", ProductID: made.Product.ID, Quantity: decimal.NewFromInt(2), Price: decimal.RequireFromString("12.50")}},
					})
					require.NoError(t, err)
					assert.Equal(t, int64(500001), added.Added["A-1"].ID)
				})
			}
		}
	}
}

// A create that was answered with yes and is not listed yet is looked for, by later attempts as well.
func TestCreateWithoutIdIsNotRepeated(t *testing.T) {
	t.Parallel()
	r := openRoapp(t, "", map[stand.Switch]string{stand.CreateAnswer: "empty", stand.SearchLag: "1h"})
	brief, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
	defer cancel()
	r.env.SetWorkerOptions(worker.Options{BackgroundActivityContext: brief})
	r.env.SetHeartbeatDetails(committedMark)
	_, err := run[order.Contact](r, r.a.CreateContact, newContact())
	require.Error(t, err)
	assert.Empty(t, r.list("people"), "an earlier attempt has created it")
	assert.Zero(t, r.requests()["POST /v2/contacts/people"])
}

// What an earlier attempt did may be encrypted with a key that this process does not
// have (yet). To take that for nothing could create the record twice.
func TestCreateIsNotRepeatedForAMissingKey(t *testing.T) {
	t.Parallel()
	r := openRoapp(t, "", nil)
	with := func(keys ...string) converter.DataConverter {
		all := make([]engine.Key, 0, len(keys))
		for _, id := range keys {
			all = append(all, engine.Key{ID: id, Key: bytes.Repeat([]byte(id[:1]), 32)})
		}
		codec, err := engine.NewCodec(all)
		require.NoError(t, err)
		return engine.DataConverter(codec)
	}
	r.env.SetDataConverter(with("new", "old"))
	r.env.SetHeartbeatDetails(committedMark)
	r.env.SetDataConverter(with("old"))
	_, err := run[order.Contact](r, r.a.CreateContact, newContact())
	require.ErrorContains(t, err, engine.ErrUnknownKey.Error())
	assert.Zero(t, r.requests()["POST /v2/contacts/people"])
}

func TestNoOrderWaitsForACategory(t *testing.T) {
	t.Parallel()
	for _, catalogue := range bothCatalogues {
		match := map[string]string{"catalog: legacy": "GET /warehouse/categories", "catalog: v2": "GET /v2/catalog/products/categories"}[catalogue]
		for _, status := range []int{400, 403, 404, 405, 410} {
			r := openRoapp(t, catalogue, nil)
			r.sandbox(http.MethodPost, "/faults", fmt.Sprintf(`{"match":%q,"kind":"status","status":%d,"times":10}`, match, status))
			made, err := run[workflows.ProductCreated](r, r.a.CreateProduct, newProduct())
			require.NoError(t, err, "%s %d", catalogue, status)
			require.NotNil(t, made.Product)
			id, err := run[int64](r, r.a.CreateCategory, workflows.CreateCategoryInput{Account: "main", Title: "Roses", Fallback: 7})
			require.NoError(t, err)
			assert.Equal(t, int64(7), id)
			category, _ := r.list("products")[0]["category"].(map[string]any)
			assert.InEpsilon(t, 7.0, category["id"], 0)
			assert.Empty(t, r.missing, "orders go on, so it is no outage")
		}
	}
}

// A missing endpoint is an outage of the account and says nothing of the order.
func TestMissingEndpointIsUnreachable(t *testing.T) {
	t.Parallel()
	for _, status := range []int{404, 405, 410} {
		for match, try := range map[string]func(*roappAccount) error{
			"GET /v2/contacts/people": func(r *roappAccount) error {
				_, err := run[order.ContactsFound](r, r.a.FindContact, newContact().Find)
				return err
			},
			"POST /v2/contacts/people": func(r *roappAccount) error {
				_, err := run[order.Contact](r, r.a.CreateContact, newContact())
				return err
			},
			"POST /v2/orders": func(r *roappAccount) error {
				_, err := run[order.OrderCreated](r, r.a.CreateOrder, r.newOrder())
				return err
			},
			"GET /v2/orders/custom-fields": func(r *roappAccount) error {
				_, err := run[order.OrderCreated](r, r.a.CreateOrder, r.newOrder())
				return err
			},
		} {
			r := openRoapp(t, "", nil)
			r.sandbox(http.MethodPost, "/faults", fmt.Sprintf(`{"match":%q,"kind":"status","status":%d}`, match, status))
			failure, kind, retryable := failureIn(t, try(r))
			assert.Equal(t, order.FailUnreachable, failure.Kind, "%s %d", match, status)
			assert.Equal(t, workflows.NoLongerOffered(match), failure.Text)
			assert.Equal(t, string(workflows.FailEndpointMissing), kind)
			assert.False(t, retryable, "the order waits at once")
			assert.Equal(t, []string{match}, r.missing)
			require.NoError(t, try(r), "and goes on once it is back")
		}
	}
}

func TestMissingCatalogueIsAnOutage(t *testing.T) {
	t.Parallel()
	r := openRoapp(t, "", map[stand.Switch]string{stand.LegacyCatalogue: "404", stand.V2Catalogue: "404"})
	_, err := run[order.ProductsFound](r, r.a.FindProducts, order.FindProducts{Account: "main", Articles: []string{"A-1"}})
	failure, _, _ := failureIn(t, err)
	assert.Equal(t, order.FailUnreachable, failure.Kind)
	assert.Equal(t, "RO App no longer offers /products/", failure.Text)
	assert.Equal(t, []string{"GET /products/"}, r.missing)

	shop, err := r.a.shop("demo")
	require.NoError(t, err)
	shop.descriptions.put("A-1", "Red.") // the catalogue was read a moment ago
	acc, err := r.a.account("main")
	require.NoError(t, err)
	still, err := acc.stillMissing(t.Context(), []string{"GET /products/"})
	require.NoError(t, err)
	assert.Equal(t, []string{"GET /products/"}, still)
	r.turn(stand.V2Catalogue, "yes") // either one will do
	still, err = acc.stillMissing(t.Context(), []string{"GET /products/"})
	require.NoError(t, err)
	assert.Empty(t, still)
}

// That products cannot be created while they can be read is for staff, and no outage.
func TestProductThatTheAPIDoesNotCreate(t *testing.T) {
	t.Parallel()
	for _, catalogue := range append(bothCatalogues, "catalog: auto") {
		for _, answer := range []string{"403", "404"} {
			r := openRoapp(t, catalogue, map[stand.Switch]string{stand.ProductCreate: answer})
			in := newProduct()
			in.CategoryID = 7
			_, err := run[workflows.ProductCreated](r, r.a.CreateProduct, in)
			failure, _, _ := failureIn(t, err)
			assert.Equal(t, order.FailNotCreatable, failure.Kind, "%s %s", catalogue, answer)
			assert.Empty(t, r.missing)
		}
	}
}

func TestRequiredFieldOfContacts(t *testing.T) {
	t.Parallel()
	required := map[stand.Switch]string{stand.RequiredContactField: "yes"}
	r := openRoapp(t, "", required)
	_, err := run[order.Contact](r, r.a.CreateContact, newContact())
	failure, _, _ := failureIn(t, err)
	assert.Equal(t, order.FailRejected, failure.Kind)
	assert.Equal(t, "custom_fields.f201", failure.Field)
	assert.Contains(t, failure.Text, "f201: Це поле є обов'язковим")
	assert.Contains(t, failure.Text, "accounts.main.contact_fields")
	assert.NotContains(t, err.Error(), "обов'язковим", "the service's words travel in the details only")

	for _, given := range []string{`contact_fields: {f201: ""}`, `contact_fields: {Source: shop}`} {
		r := openRoapp(t, given, required)
		_, err := run[order.Contact](r, r.a.CreateContact, newContact())
		require.NoError(t, err, given)
	}
	r = openRoapp(t, `contact_fields: {Origin: shop}`, required)
	_, err = run[order.Contact](r, r.a.CreateContact, newContact())
	failure, _, _ = failureIn(t, err)
	assert.Contains(t, failure.Text, `accounts.main.contact_fields: the account's contacts have no custom field "Origin"`)
}

func TestRequiredFieldOfOrders(t *testing.T) {
	t.Parallel()
	required := map[stand.Switch]string{stand.RequiredOrderField: "yes"}
	r := openRoapp(t, "", required)
	_, err := run[order.OrderCreated](r, r.a.CreateOrder, r.newOrder())
	failure, _, _ := failureIn(t, err)
	assert.Equal(t, "custom_fields.f106", failure.Field)
	assert.Contains(t, failure.Text, "accounts.main.order_fields")

	r = openRoapp(t, `order_fields: {Channel: online}`, required)
	created, err := run[order.OrderCreated](r, r.a.CreateOrder, r.newOrder())
	require.NoError(t, err)
	var whole struct {
		Order struct {
			Fields map[string]string `json:"custom_fields"`
		}
	}
	require.NoError(t, json.Unmarshal(r.sandbox(http.MethodGet, fmt.Sprintf("/orders/%d", created.ID), ""), &whole))
	assert.Equal(t, "online", whole.Order.Fields["f106"])
	assert.Equal(t, "115", whole.Order.Fields["f102"])
	assert.NotEmpty(t, whole.Order.Fields["f103"], "what was left out for a moment is back")
}

// What staff wrote into a field of their own is there after an update, whichever way the account takes a PATCH.
func TestUpdateOfFieldsLosesNone(t *testing.T) {
	t.Parallel()
	for _, patch := range []string{"merge", "replace"} {
		r := openRoapp(t, "", map[stand.Switch]string{stand.PatchCustomFields: patch})
		in := r.newOrder()
		created, err := run[order.OrderCreated](r, r.a.CreateOrder, in)
		require.NoError(t, err)
		path := fmt.Sprintf("/orders/%d", created.ID)
		r.sandbox(http.MethodPatch, path, `{"custom_fields":{"f105":"50"}}`)
		r.requests()
		_, err = run[order.FieldsUpdated](r, r.a.UpdateFields, order.UpdateFields{
			Account: "main", OrderID: created.ID, Shop: "demo", ShopName: "Kwiaty", Number: 115, Created: in.Created, Zone: "Europe/Warsaw",
			LastUpdated: time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC),
		})
		require.NoError(t, err)
		assert.Equal(t, map[string]int{"merge": 1, "replace": 1}[patch], r.requests()["PATCH /v2/orders/{id}"])
		text := string(r.sandbox(http.MethodGet, path, ""))
		assert.Contains(t, text, `"f105":"50"`, patch)
		assert.Contains(t, text, `"f104":"2026-11-02T08:00:00Z"`, patch)
		assert.Contains(t, text, `"f102":"115"`, patch)
	}
}

// What an earlier attempt added counts, also where the next line is refused:
// otherwise it would be added again.
func TestF04_LineThatWasFoundCountsBesideOneThatIsRefused(t *testing.T) {
	t.Parallel()
	r := openRoapp(t, "", nil)
	created, err := run[order.OrderCreated](r, r.a.CreateOrder, r.newOrder())
	require.NoError(t, err)
	create := newProduct()
	create.CategoryID = 7
	product, err := run[workflows.ProductCreated](r, r.a.CreateProduct, create)
	require.NoError(t, err)
	known := order.AddItem{Line: "A-1", ProductID: product.Product.ID, Quantity: decimal.NewFromInt(2), Price: decimal.RequireFromString("12.50")}
	in := order.AddItems{Account: "main", OrderID: created.ID, AssigneeID: 56, Lines: []order.AddItem{known}}
	first, err := run[order.ItemsAdded](r, r.a.AddItems, in)
	require.NoError(t, err)

	refused := known
	refused.Line, refused.ProductID = "A-2", 999_999
	in.Lines, in.Precheck = append(in.Lines, refused), order.Precheck{Old: true}
	second, err := run[order.ItemsAdded](r, r.a.AddItems, in)
	require.NoError(t, err)
	assert.Equal(t, first.Added["A-1"].ID, second.Added["A-1"].ID)
	assert.NotContains(t, second.Added, order.LineKey("A-2"))
	in.Lines = []order.AddItem{refused}
	_, err = run[order.ItemsAdded](r, r.a.AddItems, in)
	require.Error(t, err, "by itself the line is refused")
}
