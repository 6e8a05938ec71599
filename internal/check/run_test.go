package check

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/internal/contract"
	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
	"github.com/cartumsync/cartumsync/internal/settings/settingstest"
	cartumstand "github.com/cartumsync/cartumsync/sandbox/cartum"
	roappstand "github.com/cartumsync/cartumsync/sandbox/roapp"
)

// checkWorld is what a check may meet: fakes of both services, settings that
// fit them, and a Temporal that is not there.
type checkWorld struct {
	t       *testing.T
	yaml    string
	env     map[string]string
	roapp   string
	cartum  string
	options Options
}

func newCheckWorld(t *testing.T, roapp roappstand.Options, cartum cartumstand.Options) *checkWorld {
	t.Helper()
	account, shop := roappstand.New(roapp), cartumstand.New(cartum)
	servers := []*httptest.Server{
		httptest.NewServer(contract.Roapp().Check(t, account)), httptest.NewServer(contract.Cartum().Check(t, shop)),
	}
	t.Cleanup(func() {
		for _, server := range servers {
			server.Close()
		}
		account.Close()
		shop.Close()
	})
	w := &checkWorld{
		t: t, roapp: servers[0].URL, cartum: servers[1].URL,
		yaml: settingstest.Text(servers[0].URL, servers[1].URL), env: settingstest.Env(),
	}
	w.options = Options{
		Env:             func(name string) (string, bool) { value, ok := w.env[name]; return value, ok },
		Temporal:        engine.Options{Logger: zap.NewNop(), HostPort: "127.0.0.1:1", Namespace: "nowhere"},
		TemporalTimeout: 200 * time.Millisecond,
	}
	return w
}

// standard is the test environment whose settings are all right.
func standard(t *testing.T) *checkWorld {
	t.Helper()
	return newCheckWorld(t, roappstand.Options{CustomFields: true, Unlimited: true}, cartumstand.Options{})
}

func (w *checkWorld) replace(old, by string) {
	w.t.Helper()
	require.Contains(w.t, w.yaml, old)
	w.yaml = strings.Replace(w.yaml, old, by, 1)
}

// errFound stands for problems in a report.
var errFound = errors.New("the report has problems")

// check runs the check and gives the report with runs of spaces as one.
func (w *checkWorld) check() (report string, err error) {
	w.t.Helper()
	w.options.SettingsPath = settingstest.Write(w.t, w.yaml)
	sections, err := Run(w.t.Context(), w.options)
	if err == nil && Count(sections, Problem) > 0 {
		err = errFound
	}
	return regexp.MustCompile(` +`).ReplaceAllString(Text(sections), " "), err
}

// problems are the lines of the report that begin so, but for Temporal, which is
// not there.
func problems(report string) []string {
	var found []string
	for line := range strings.Lines(report) {
		if strings.HasPrefix(line, "PROBLEM") && !strings.HasPrefix(line, "PROBLEM TEMPORAL_ADDRESS") {
			found = append(found, strings.TrimSpace(line))
		}
	}
	return found
}

func TestCheckAllRight(t *testing.T) {
	t.Parallel()
	w := standard(t)
	server := enginetest.Start(t)
	w.options.Temporal.HostPort, w.options.Temporal.Namespace = server.Address(), server.Namespace(t)
	w.options.TemporalTimeout = 20 * time.Second
	report, err := w.check()
	require.NoError(t, err, report)
	for _, line := range []string{
		`ok accounts.main.api_key accepted; the company is "Sandbox"`,
		`note accounts.main.currency PLN; RO App's API does not give the account's currency, so compare it by hand`,
		`ok accounts.main.piece_unit 1 is "pcs"`,
		`ok accounts.main.fields.shop f101 is "Shop"`,
		`ok accounts.main.fields.external_id f102 is "External ID"`,
		`ok shops.demo.login, shops.demo.password accepted`,
		`ok shops.demo.account the shop sells in PLN, the account's currency`,
		`ok shops.demo.location 12 is "Main shop"`,
		`ok shops.demo.order_type 34 is "Online order"`,
		`ok shops.demo.managers[1] 57 is "Piotr Lis"`,
		`ok shops.demo.statuses.import.2 2 "W realizacji" becomes 102 "In progress"`,
		`ok shops.demo.statuses.export.105 105 "Shipping" becomes 6 "`,
		"ID NAME GROUP\n 101 New 1 New\n",
		"\n 12 Main shop\n", "\n 56 Anna Nowak\n", "\n 2 kg\n", "\n 35 Repair\n", "\n f103 Created time\n", "\n f201 Source text\n",
		"ok accounts.main.catalog auto: the legacy catalogue is used",
		"ID NAME SUCCESSFUL BECOMES IN RO APP\n 1 Nowe 101 New\n",
		"104 Cancelled 7 Closed unsuccessfully (not mapped: changes nothing)",
		"ok TEMPORAL_ADDRESS connected",
		"ok queue roapp:main has one partition",
		"note worker none runs",
		`"Can add products without deduction"`, "the employee behind the API key", "switch it off for demo", "RO App's webhook", "a secret for: main",
		"no problems (ok: ",
	} {
		assert.Contains(t, report, line)
	}
}

func TestCheckNamesWhatIsNotThere(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ old, by, want string }{
		"location":      {"location: 12", "location: 13", "PROBLEM shops.demo.location account main has no location 13; use an id of this list: locations"},
		"order type":    {"order_type: 34", "order_type: 36", "PROBLEM shops.demo.order_type account main has no order type 36"},
		"manager":       {"[56, 57]", "[56, 58]", "PROBLEM shops.demo.managers[1] account main has no employee 58"},
		"import from":   {"{1: 101,", "{1: 101, 8: 102,", "PROBLEM shops.demo.statuses.import.8 the shop has no status 8"},
		"import to":     {"2: 102, 3", "2: 202, 3", "PROBLEM shops.demo.statuses.import.2 account main has no order status 202"},
		"export from":   {"{102: 2", "{109: 2", "PROBLEM shops.demo.statuses.export.109 account main has no order status 109"},
		"export to":     {"105: 6}", "105: 7}", "PROBLEM shops.demo.statuses.export.105 the shop has no status 7"},
		"final in shop": {"    statuses:", "    final: {shop: [3, 9]}\n    statuses:", "PROBLEM shops.demo.final.shop[1] the shop has no status 9"},
		"final in RO":   {"    statuses:", "    final: {roapp: [104, 109]}\n    statuses:", "PROBLEM shops.demo.final.roapp[1] account main has no order status 109"},
		"unit":          {"piece_unit: 1", "piece_unit: 9", "PROBLEM accounts.main.piece_unit account main has no unit 9"},
		"category":      {"fallback_category: 7", "fallback_category: 8", "PROBLEM accounts.main.fallback_category account main has no category 8"},
		"field by id":   {"shop: f101", "shop: f111", `PROBLEM accounts.main.fields.shop account main has no order custom field "f111"; create it in RO App, or use an id or a title of its list`},
		"field by name": {"External ID", "Number", `PROBLEM accounts.main.fields.external_id account main has no order custom field "Number"; create it in RO App, or use an id or a title of its list`},
		"field's type":  {"external_id: External ID, created: f103", "external_id: f103, created: f102", `PROBLEM accounts.main.fields.external_id f103 "Created" is a field of the type time; choose one of these types: text, number`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := standard(t)
			w.replace(tc.old, tc.by)
			report, err := w.check()
			require.ErrorIs(t, err, errFound)
			found := problems(report)
			require.Len(t, found, 1, report)
			assert.Contains(t, found[0], tc.want)
		})
	}
}

func TestCheckTellsTheCatalogue(t *testing.T) {
	t.Parallel()
	gone := func(names ...string) roappstand.Options {
		switches := map[string]string{}
		for _, name := range names {
			switches[name] = "404"
		}
		return roappstand.Options{CustomFields: true, Unlimited: true, Switches: switches}
	}
	for name, tc := range map[string]struct {
		options  roappstand.Options
		setting  string
		want     string
		problems []string
	}{
		"legacy":            {gone(), "catalog: legacy", "ok accounts.main.catalog the legacy catalogue answers", nil},
		"v2":                {gone(), "catalog: v2", "note accounts.main.product_type_id none: new products get the first type, 1 \"Product\"", nil},
		"auto, legacy gone": {gone("legacy-catalogue"), "product_type_id: 2", `ok accounts.main.product_type_id 2 is "Spare part"`, nil},
		"unknown type": {gone("legacy-catalogue"), "product_type_id: 9", "ok accounts.main.catalog auto: the v2 catalogue is used", []string{
			"PROBLEM accounts.main.product_type_id account main has no product type 9; use an id of this list: product types",
		}},
		"set to what is gone": {gone("legacy-catalogue"), "catalog: legacy", "ok accounts.main.api_key accepted", []string{
			"PROBLEM accounts.main.url RO App does not offer products: roapp: GET /products/: Missing, status 404; the address is right, since other requests are answered; orders wait for this one",
			"PROBLEM accounts.main.url RO App does not offer units: roapp: GET /catalogs/uoms: Missing, status 404; the address is right, since other requests are answered; orders wait for this one",
			"PROBLEM accounts.main.url RO App does not offer categories: roapp: GET /warehouse/categories/: Missing, status 404; the address is right, since other requests are answered; orders wait for this one",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newCheckWorld(t, tc.options, cartumstand.Options{})
			w.replace("    piece_unit: 1\n", "    piece_unit: 1\n    "+tc.setting+"\n")
			report, _ := w.check()
			assert.ElementsMatch(t, tc.problems, problems(report), report)
			assert.Contains(t, report, tc.want)
		})
	}
}

func TestCheckTellsAMissingEndpointFromAWrongAddress(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/v2/company", "/v2/contacts/people", "/v2/contacts/organizations", "/v2/orders", "/v2/orders/statuses", "/v2/contacts/people/custom-fields"} {
		w := standard(t)
		w.post(w.roapp, `{"match":"GET `+path+`","kind":"status","status":404,"times":9}`)
		report, err := w.check()
		require.ErrorIs(t, err, errFound)
		found := problems(report)
		require.Len(t, found, 1, report)
		assert.Contains(t, found[0], "PROBLEM accounts.main.url RO App does not offer ")
		assert.Contains(t, found[0], "GET "+path+": Missing, status 404")
		assert.Contains(t, report, "ok shops.demo.location")
	}
	w := standard(t)
	nowhere := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(nowhere.Close)
	w.replace(w.roapp, nowhere.URL)
	report, err := w.check()
	require.ErrorIs(t, err, errFound)
	found := problems(report)
	require.Len(t, found, 1, report)
	assert.Contains(t, found[0], "PROBLEM accounts.main.url there is no RO App API at this address")
}

// What an import will ask is asked, with reads alone.
func TestCheckTouchesWhatAnImportReads(t *testing.T) {
	t.Parallel()
	w := standard(t)
	w.put(w.roapp, `{"search-lag":"0s"}`)
	for _, request := range []string{
		`/sandbox/people {"first_name":"Jan","phones":["501"]}`,
		`/v2/orders {"branch_id":12,"order_type_id":34,"client_id":20001}`,
	} {
		path, body, _ := strings.Cut(request, " ")
		w.send(http.MethodPost, w.roapp+path, body)
	}
	report, _ := w.check()
	assert.Empty(t, problems(report), report)
	seen := w.read(w.roapp + "/sandbox/requests")
	for _, endpoint := range []string{
		"/products", "/v2/contacts/people", "/v2/contacts/organizations", "/v2/orders", "/v2/orders/{id}", "/v2/orders/{id}/items",
		"/v2/orders/custom-fields", "/v2/contacts/people/custom-fields", "/warehouse/categories", "/catalogs/uoms",
	} {
		assert.Contains(t, seen, `"GET `+endpoint+`":1`)
	}
	assert.NotContains(t, seen, `"PATCH`)
	assert.Equal(t, 1, strings.Count(seen, `"POST `), "the order that this test has created")
	assert.Contains(t, w.read(w.cartum+"/sandbox/requests"), "catalog/export")
}

func TestCheckListsRequiredFields(t *testing.T) {
	t.Parallel()
	demanding := roappstand.Options{CustomFields: true, Unlimited: true, Switches: map[string]string{"required-contact-field": "yes", "required-order-field": "yes"}}
	w := newCheckWorld(t, demanding, cartumstand.Options{})
	report, err := w.check()
	require.ErrorIs(t, err, errFound)
	assert.Equal(t, []string{
		`PROBLEM accounts.main.order_fields account main requires the order custom field f106 "Channel"; give it a value, for example order_fields: {f106: ""}`,
		`PROBLEM accounts.main.contact_fields account main requires the contact custom field f201 "Source"; give it a value, for example contact_fields: {f201: ""}`,
	}, problems(report))
	assert.Contains(t, report, "f201 Source text required")

	w.replace("    piece_unit: 1\n", "    piece_unit: 1\n    order_fields: {Channel: online}\n    contact_fields: {f201: \"\", f999: x}\n")
	report, _ = w.check()
	assert.Equal(t, []string{
		`PROBLEM accounts.main.contact_fields.f999 account main has no contact custom field "f999"; use an id or a title of its list`,
	}, problems(report))
	assert.Contains(t, report, `ok accounts.main.order_fields.Channel f106 is "Channel"`)
}

func TestCheckNotesOrganizationsThatCannotBeSearched(t *testing.T) {
	t.Parallel()
	w := standard(t)
	w.put(w.roapp, `{"search-lag":"0s"}`)
	w.send(http.MethodPost, w.roapp+"/sandbox/organizations", `{"name":"One"}`)
	report, _ := w.check()
	assert.Contains(t, report, "note organizations RO App does not search its organizations by phone")
	w.put(w.roapp, `{"organization-filter":"honoured"}`)
	report, _ = w.check()
	assert.NotContains(t, report, "note organizations")
}

func TestCheckSendsATestAlert(t *testing.T) {
	t.Parallel()
	w := standard(t)
	var sent []string
	var refused error
	w.options.SendAlert = func(_ context.Context, url string) error { sent = append(sent, url); return refused }
	report, _ := w.check()
	assert.Contains(t, report, "PROBLEM alerts.url none")
	assert.Empty(t, sent)

	w.yaml += "alerts: {url: \"${ALERT_URL}\"}\n"
	w.env["ALERT_URL"] = "https://alerts.example/a-token"
	report, _ = w.check()
	assert.Contains(t, report, "ok alerts.url the test alert was accepted")
	assert.Equal(t, []string{"https://alerts.example/a-token"}, sent)
	assert.NotContains(t, report, "a-token")

	refused = errors.New("the receiver of alerts answered with HTTP 403")
	report, err := w.check()
	require.ErrorIs(t, err, errFound)
	assert.Contains(t, report, "PROBLEM alerts.url the test alert was not accepted: the receiver of alerts answered with HTTP 403")

	w.options.RoappURL = w.roapp
	_, err = w.check()
	require.ErrorContains(t, err, "--alert sends to the alert URL of the settings")
}

func TestCheckWarnsOfExamples(t *testing.T) {
	t.Parallel()
	w := standard(t)
	w.yaml += `users: [{name: anna, password_bcrypt: $2a$12$YoV4Co9UK/.fKFZgyeNiduVayJvMqpqQEUeeUGkrEPkz9tzuxGy7C, role: act}]
api_tokens: [{name: warehouse, sha256: 736eb27c1980849a5b5e4271fb694b70056baab5e4746eda68dd3afb5035ba55}]
session_key: ${SESSION_KEY}
`
	w.env["SESSION_KEY"] = "b1946ac92492d2347c6235b4d2611184b1946ac92492d2347c6235b4d2611184"
	report, _ := w.check()
	assert.Empty(t, problems(report), "a warning is no problem")
	for _, line := range []string{
		"note users[0] anna has an example's password", "note api_tokens[0] warehouse has an example's token",
		"note accounts.main.api_key looks like an example", "note shops.demo.webhook_key looks like an example",
	} {
		assert.Contains(t, report, line)
	}
	assert.NotContains(t, report, "note session_key")
	assert.NotContains(t, report, "note identity_key")
}

func TestCheckTellsServicesThatRefuse(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*checkWorld)
		want   string
		still  string // what is checked all the same
	}{
		"wrong key": {
			func(w *checkWorld) { w.env["ROAPP_API_KEY"] = "other" },
			"PROBLEM accounts.main.api_key RO App refuses the key", "ok shops.demo.login",
		},
		"wrong password": {
			func(w *checkWorld) { w.env["CARTUM_PASSWORD"] = "other" },
			"PROBLEM shops.demo.login, shops.demo.password the shop refuses them", "ok shops.demo.location",
		},
		"account is down": {
			func(w *checkWorld) { w.replace(w.roapp, "http://127.0.0.1:1") },
			"PROBLEM accounts.main.url RO App does not answer for the company", "note shops.demo.account the ids of account main are not checked",
		},
		"shop is down": {
			func(w *checkWorld) { w.replace(w.cartum, "http://127.0.0.1:1") },
			"PROBLEM shops.demo.url the shop does not answer for the login", "ok shops.demo.location",
		},
		"API is off": {
			func(w *checkWorld) { w.put(w.cartum, `{"api":"off"}`) },
			"PROBLEM shops.demo.url the shop does not answer for the login", "ok shops.demo.location",
		},
		"one list is refused": {
			func(w *checkWorld) {
				w.post(w.roapp, `{"match":"GET /v2/company/employees","kind":"status","status":403,"times":9}`)
			},
			"PROBLEM accounts.main.api_key the key may not read employees", "ok shops.demo.location",
		},
		"statuses are refused": {
			func(w *checkWorld) {
				w.post(w.cartum, `{"match":"POST /api/orders/get_available_statuses","kind":"envelope","body":"EXCEPTION","times":9}`)
			},
			"PROBLEM shops.demo.url the shop does not answer for its statuses", "ok shops.demo.account",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := standard(t)
			tc.change(w)
			report, err := w.check()
			require.ErrorIs(t, err, errFound)
			found := problems(report)
			require.Len(t, found, 1, report)
			assert.Contains(t, found[0], tc.want)
			assert.Contains(t, report, tc.still)
		})
	}
}

func TestCheckComparesCurrencies(t *testing.T) {
	t.Parallel()
	w := newCheckWorld(t,
		roappstand.Options{CustomFields: true, Unlimited: true, Currency: "EUR", Switches: map[string]string{"company-currency": "present"}},
		cartumstand.Options{Currency: "UAH"})
	report, err := w.check()
	require.ErrorIs(t, err, errFound)
	assert.Equal(t, []string{
		"PROBLEM accounts.main.currency RO App's account is in EUR, the settings say PLN; write EUR",
		"PROBLEM shops.demo.account the shop sells in UAH, the account is in PLN, so every order would be held; choose an account in the shop's currency, or change the shop's",
	}, problems(report))

	silent := standard(t)
	silent.post(silent.cartum, `{"match":"POST /api/currency/export","kind":"envelope","body":"UNDEFINED_FUNCTION"}`)
	report, _ = silent.check()
	assert.Empty(t, problems(report))
	assert.Contains(t, report, "note shops.demo.account the shop does not list its currencies; its orders must be in PLN")
}

func TestCheckNotesWhatMayBeMeant(t *testing.T) {
	t.Parallel()
	w := newCheckWorld(t, roappstand.Options{Unlimited: true}, cartumstand.Options{Languages: []string{"ua", "en"}, Switches: map[string]string{"extra_status": "paid"}})
	w.replace("    fields: {shop: f101, external_id: External ID, created: f103, last_updated: Last updated}\n", "")
	w.replace("    webhook_secret: ${ROAPP_WEBHOOK_SECRET}\n", "")
	w.replace("    webhook_key: ${WEBHOOK_KEY}\n", "")
	w.replace("language: pl", "language: uk")
	w.replace("{102: 2,", "{104: 4, 102: 2,")
	w.replace("    statuses:", "    enabled: false\n    final: {shop: []}\n    statuses:")
	report, _ := w.check()
	assert.Empty(t, problems(report), report)
	for _, line := range []string{
		"note accounts.main.fields.external_id none: Cartum's number goes into the manager's notes",
		"note accounts.main.webhook_secret none",
		"note shops.demo.webhook_key none",
		"note shops.demo.statuses.export.104 status 4 locks an order in Cartum forever",
		"note shops.demo.enabled the shop is switched off",
		"note shops.demo.final one side has no final status",
		"note shops.demo.statuses.import not mapped: 8 ",
		"1 Нове 101 New",
		"order custom fields\n (none)",
	} {
		assert.Contains(t, report, line)
	}
}

// The fake refuses a fourth request within a second.
func TestCheckKeepsToTheBudget(t *testing.T) {
	t.Parallel()
	w := newCheckWorld(t, roappstand.Options{CustomFields: true}, cartumstand.Options{})
	w.replace("requests_per_second: 1000", "requests_per_second: 3")
	report, _ := w.check()
	assert.Empty(t, problems(report), report)
}

// Running workers use the same budget, so a check waits for its turn.
func TestCheckWaitsWhereOthersUseTheBudget(t *testing.T) {
	t.Parallel()
	w := standard(t)
	w.post(w.roapp, `{"match":"GET /v2/orders/types","kind":"status","status":429,"times":2,"retry_after":"0"}`)
	report, _ := w.check()
	assert.Empty(t, problems(report), report)
}

func TestCheckOneAccountOrShop(t *testing.T) {
	t.Parallel()
	w := standard(t)
	second := "  other:" + strings.SplitAfter(w.yaml, "  main:")[1]
	second = strings.Replace(strings.Split(second, "shops:")[0], "${ROAPP_API_KEY}", "${OTHER_KEY}", 1)
	w.env["OTHER_KEY"] = "wrong"
	w.replace("shops:\n", second+"shops:\n")

	w.options.Account = "main"
	report, _ := w.check()
	assert.Empty(t, problems(report), report)
	assert.Contains(t, report, "== Shop demo")
	w.options.Account = "other"
	report, _ = w.check()
	assert.Len(t, problems(report), 1)
	assert.NotContains(t, report, "== Shop demo")
	w.options.Account, w.options.Shop = "", "demo"
	report, _ = w.check()
	assert.NotContains(t, report, "account other")

	w.options.Shop = "kwiaty"
	_, err := w.check()
	require.EqualError(t, err, `the settings have no shop "kwiaty"; there are: demo`)
	w.options.Account, w.options.Shop = "third", ""
	_, err = w.check()
	require.EqualError(t, err, `the settings have no account "third"; there are: main, other`)
	w.options.Account, w.options.Shop = "other", "demo"
	_, err = w.check()
	require.EqualError(t, err, `the shop "demo" belongs to account "main", not to "other"`)
}

func TestCheckBeforeTheSettingsAreComplete(t *testing.T) {
	t.Parallel()
	w := standard(t)
	w.replace("    location: 12\n", "")
	w.replace("currency: PLN", "curency: PLN")
	report, err := w.check()
	require.ErrorIs(t, err, errFound)
	for _, text := range []string{"shops.demo.location: is missing", "accounts.main.currency: is missing", "accounts.main.curency: unknown key"} {
		assert.Contains(t, report, text)
	}
	assert.Contains(t, report, "starter check --roapp-url")
	assert.Contains(t, report, "== Temporal")

	w.options.RoappURL, w.options.CartumURL = w.roapp, w.cartum
	report, err = w.check()
	require.NoError(t, err)
	for _, text := range []string{
		`ok ROAPP_API_KEY accepted; the company is "Sandbox"`, "\n 12 Main shop\n", "\n 103 Delivered 6 Closed successfully\n", "\n f101 Shop text\n",
		"ok CARTUM_LOGIN, CARTUM_PASSWORD accepted", "ok currencies PLN", "\n 3 ",
	} {
		assert.Contains(t, report, text)
	}
	assert.NotContains(t, report, "Temporal")
}

func TestCheckWithoutSettingsRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*checkWorld)
		want   string
	}{
		"no key":        {func(w *checkWorld) { delete(w.env, "ROAPP_API_KEY") }, "--roapp-url needs the environment variable ROAPP_API_KEY"},
		"plain http":    {func(w *checkWorld) { w.options.RoappURL = "http://api.roapp.io" }, "must be https://"},
		"path":          {func(w *checkWorld) { w.options.RoappURL = "https://api.roapp.io/v2" }, "must be https://"},
		"with account":  {func(w *checkWorld) { w.options.Account = "main" }, "--account and --shop choose from the settings"},
		"no credential": {func(w *checkWorld) { w.options.CartumURL = w.cartum; delete(w.env, "CARTUM_LOGIN") }, "--cartum-url needs the environment variable CARTUM_LOGIN"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := standard(t)
			w.options.RoappURL = w.roapp
			tc.change(w)
			_, err := w.check()
			require.ErrorContains(t, err, tc.want)
		})
	}
}

func TestCheckWithoutTemporal(t *testing.T) {
	t.Parallel()
	report, err := standard(t).check()
	require.ErrorIs(t, err, errFound)
	assert.Contains(t, report, "== Temporal at 127.0.0.1:1, namespace nowhere\nPROBLEM TEMPORAL_ADDRESS")
	assert.Contains(t, report, "1 PROBLEM (ok: ")

	w := standard(t)
	w.options.Temporal.HostPort, w.options.TemporalTimeout = enginetest.Start(t).Address(), 3*time.Second
	report, _ = w.check()
	assert.Contains(t, report, "PROBLEM TEMPORAL_NAMESPACE the server has no such namespace; make it with: temporal operator namespace create --namespace nowhere")
}

func TestCheckShowsNoSecret(t *testing.T) {
	t.Parallel()
	w := standard(t)
	w.env["ROAPP_API_KEY"], w.env["CARTUM_PASSWORD"] = "the-secret-key", "the-secret-password"
	report, _ := w.check()
	assert.NotContains(t, report, "the-secret")
}

// put sets switches of a fake, post adds a fault.
func (w *checkWorld) put(fake, body string) {
	w.send(http.MethodPut, fake+"/sandbox/switches", body)
}

func (w *checkWorld) post(fake, body string) {
	w.send(http.MethodPost, fake+"/sandbox/faults", body)
}

func (w *checkWorld) read(url string) string {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, url, http.NoBody)
	require.NoError(w.t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(w.t, err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	require.NoError(w.t, err)
	return string(text)
}

func (w *checkWorld) send(method, url, body string) {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), method, url, strings.NewReader(body))
	require.NoError(w.t, err)
	request.Header.Set("Authorization", "Bearer sandbox") // of RO App's own API
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	require.NoError(w.t, err)
	require.NoError(w.t, response.Body.Close())
	require.Less(w.t, response.StatusCode, 300)
}
