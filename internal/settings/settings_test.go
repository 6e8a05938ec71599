package settings_test

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/settings"
)

const file = "settings.yaml"

var encryptionKey = base64.StdEncoding.EncodeToString([]byte("an encryption key of 32 bytes ok"))

// variables are the environment of the example file. Each value is told from
// every other text, so that a leak of it is found.
func variables() map[string]string {
	return map[string]string{
		"CARTUMSYNC_IDENTITY_KEY":   "hunter-identity-key",
		"CARTUMSYNC_ENCRYPTION_KEY": encryptionKey,
		"ROAPP_API_KEY":             "hunter-api-key",
		"ROAPP_WEBHOOK_SECRET":      "hunter-webhook-secret",
		"KWIATY_LOGIN":              "hunter-login",
		"KWIATY_PASSWORD":           "hunter-password",
		"KWIATY_WEBHOOK_KEY":        "hunter-webhook-key",
		"CARTUMSYNC_ALERT_URL":      "https://alerts.example/hunter-token",
		"CARTUMSYNC_SESSION_KEY":    "hunter-session-key-of-32-characters",
		"CARTUMSYNC_OIDC_SECRET":    "hunter-oidc-secret",
	}
}

func environment(set map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { value, ok := set[name]; return value, ok }
}

func parse(t *testing.T, yaml string) *settings.Settings {
	t.Helper()
	read, err := settings.Parse(file, []byte(yaml), environment(variables()))
	require.NoError(t, err)
	return read
}

// replaced is the example with one text replaced, which must be in it.
func replaced(t *testing.T, old, replacement string) string {
	t.Helper()
	text := string(settings.Example())
	require.Contains(t, text, old)
	return strings.Replace(text, old, replacement, 1)
}

func TestCustomFieldValues(t *testing.T) {
	t.Parallel()
	account := parse(t, replaced(t, "    # contact_fields: {f12: \"\"}\n",
		"    contact_fields: {f12: \"\", Source: \"${KWIATY_LOGIN}\"}\n    order_fields: {f106: 007}\n    product_type_id: 3\n")).Accounts["main"]
	require.Equal(t, map[string]string{"f12": "", "Source": "hunter-login"}, account.ContactFields)
	require.Equal(t, map[string]string{"f106": "007"}, account.OrderFields)
	require.Equal(t, int64(3), account.ProductType)
}

func TestExampleIsRead(t *testing.T) {
	t.Parallel()
	warsaw, err := time.LoadLocation("Europe/Warsaw")
	require.NoError(t, err)

	got := parse(t, string(settings.Example()))

	require.Equal(t, map[string]settings.Account{"main": {
		URL:                   "https://api.roapp.io",
		WebURL:                "https://web.roapp.io",
		APIKey:                settings.NewSecret("hunter-api-key"),
		WebhookSecret:         settings.NewSecret("hunter-webhook-secret"),
		Currency:              "PLN",
		RequestsPerSecond:     3,
		RequestTimeout:        75 * time.Second,
		SettleAfterLostAnswer: 15 * time.Second,
		SearchLag:             5 * time.Second,
		PieceUnit:             1,
		FallbackCategory:      7,
		CollectEvery:          time.Minute,
		Catalog:               "auto",
		Fields: settings.CustomFields{
			Shop: "f101", ExternalID: "f102", Created: "f103", LastUpdated: "Last updated",
		},
	}}, got.Accounts)
	require.Equal(t, map[string]settings.Shop{"kwiaty": {
		Name:               "Kwiaty Online",
		URL:                "https://kwiaty.example",
		AdminURL:           "https://kwiaty.example/edit/",
		Login:              settings.NewSecret("hunter-login"),
		Password:           settings.NewSecret("hunter-password"),
		WebhookKey:         settings.NewSecret("hunter-webhook-key"),
		Account:            "main",
		RequestsPerSecond:  2,
		Since:              time.Date(2026, time.November, 1, 0, 0, 0, 0, warsaw),
		TimeZone:           "Europe/Warsaw",
		Region:             "PL",
		Language:           "pl",
		NameOrder:          order.FirstLast,
		IdentifyProductsBy: order.ByArticle,
		Location:           12,
		OrderType:          34,
		Managers:           []int64{56, 57},
		Statuses: settings.Statuses{
			Import: map[int]int64{1: 101, 2: 102, 3: 103, 4: 104, 6: 105},
			Export: map[int64]int{102: 2, 103: 3, 105: 6},
		},
		Enabled:       true,
		Sweep:         settings.Sweep{RecentEvery: time.Minute, RecentDays: 3, WholeEvery: 5 * time.Minute, WindowDays: 60, MissingAfter: time.Hour},
		InitialImport: settings.InitialImport{SkipStatuses: []int{3}},
		Final:         settings.Final{Shop: []int{3, 4}, Roapp: []int64{103, 104}},
	}}, got.Shops)
	require.Equal(t, "https://alerts.example/hunter-token", got.Alerts.URL.Reveal())
	require.Equal(t, []settings.APIToken{{
		Name: "warehouse", SHA256: "736eb27c1980849a5b5e4271fb694b70056baab5e4746eda68dd3afb5035ba55", Role: "act",
	}}, got.APITokens)
	require.Equal(t, "anna", got.Users[0].Name)
	require.Equal(t, "act", got.Users[0].Role)
	require.True(t, strings.HasPrefix(got.Users[0].PasswordBcrypt.Reveal(), "$2a$12$"))
	require.Equal(t, "hunter-session-key-of-32-characters", got.SessionKey.Reveal())
	roles := map[string]string{"warehouse": "view", "sales": "act"}
	require.Equal(t, settings.SignIn{
		OIDC: settings.OIDC{
			Issuer: "https://login.example", ClientID: "cartumsync", ClientSecret: settings.NewSecret("hunter-oidc-secret"),
			RedirectURL: "https://orders.example/login/oidc/callback", Scopes: []string{"groups"}, RoleClaim: "groups", Roles: roles,
		},
		ProxyHeader: settings.ProxyHeader{User: "X-Forwarded-User", Groups: "X-Forwarded-Groups", Roles: roles, Trusted: []string{"192.0.2.10/32"}},
	}, got.SignIn)
	require.Equal(t, "hunter-identity-key", got.IdentityKey.Reveal())
	key, err := got.Encryption[0].Bytes()
	require.NoError(t, err)
	require.Equal(t, "an encryption key of 32 bytes ok", string(key))
}

func TestExampleExplainsEveryKey(t *testing.T) {
	t.Parallel()
	var keys func(reflect.Type) []string
	keys = func(of reflect.Type) []string {
		switch of.Kind() {
		case reflect.Map, reflect.Slice:
			return keys(of.Elem())
		case reflect.Struct:
		default:
			return nil
		}
		var names []string
		for _, field := range reflect.VisibleFields(of) {
			if name := field.Tag.Get("yaml"); name != "" && name != "-" {
				names = append(append(names, name), keys(field.Type)...)
			}
		}
		return names
	}
	names := keys(reflect.TypeFor[settings.Settings]())
	require.Greater(t, len(names), 30)
	for _, name := range names {
		require.Regexp(t, `(?m)^[ #-]*`+name+`:`, string(settings.Example()))
	}
}

func TestExampleShowsTheDefaults(t *testing.T) {
	t.Parallel()
	marked := regexp.MustCompile(`(?m)^.*# default$\n`)
	example := string(settings.Example())
	require.Len(t, marked.FindAllString(example, -1), 23)

	without := parse(t, marked.ReplaceAllString(example, ""))

	require.Equal(t, parse(t, example), without)
}

func TestExampleIsACopy(t *testing.T) {
	t.Parallel()
	clear(settings.Example())
	require.NotEmpty(t, bytes.Trim(settings.Example(), "\x00"))
}

func TestOptionalKeysMayBeLeftOut(t *testing.T) {
	t.Parallel()
	optional := regexp.MustCompile(`(?m)^ +(webhook_secret|webhook_key|export|fields|shop|external_id|created|last_updated):.*\n`)
	got := parse(t, optional.ReplaceAllString(string(settings.Example()), ""))
	require.Empty(t, got.Accounts["main"].WebhookSecret.Reveal())
	require.Empty(t, got.Accounts["main"].Fields)
	require.Empty(t, got.Shops["kwiaty"].WebhookKey.Reveal())
	require.Empty(t, got.Shops["kwiaty"].Statuses.Export)
}

func TestValuesAreReadAsTheirKeysAsk(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, old, replacement string
		got                    func(settings.Account, settings.Shop) any
		want                   any
	}{
		{
			"a name that looks like a number", "name: Kwiaty Online", "name: 007",
			func(_ settings.Account, s settings.Shop) any { return s.Name }, "007",
		},
		{
			"Norway", "region: PL", "region: NO",
			func(_ settings.Account, s settings.Shop) any { return s.Region }, "NO",
		},
		{
			"a slash after the host", "url: https://kwiaty.example ", "url: https://kwiaty.example/ ",
			func(_ settings.Account, s settings.Shop) any { return s.URL }, "https://kwiaty.example",
		},
		{
			"a service of the same network", "url: https://api.roapp.io", "url: http://roapp:8082",
			func(a settings.Account, _ settings.Shop) any { return a.URL }, "http://roapp:8082",
		},
		{
			"this machine by name", "url: https://api.roapp.io", "url: http://localhost:8082",
			func(a settings.Account, _ settings.Shop) any { return a.URL }, "http://localhost:8082",
		},
		{
			"this machine by address", "url: https://api.roapp.io", "url: http://127.0.0.1:8082",
			func(a settings.Account, _ settings.Shop) any { return a.URL }, "http://127.0.0.1:8082",
		},
		{
			"this machine by IPv6 address", "url: https://api.roapp.io", `url: "http://[::1]:8082"`,
			func(a settings.Account, _ settings.Shop) any { return a.URL }, "http://[::1]:8082",
		},
		{
			"a login written out", "login: ${KWIATY_LOGIN}", "login: api",
			func(_ settings.Account, s settings.Shop) any { return s.Login.Reveal() }, "api",
		},
		{
			"variables inside a text", "name: Kwiaty Online", "name: a ${KWIATY_LOGIN} b ${KWIATY_LOGIN}",
			func(_ settings.Account, s settings.Shop) any { return s.Name }, "a hunter-login b hunter-login",
		},
		{
			"half a request a second", "requests_per_second: 3", "requests_per_second: 0.5",
			func(a settings.Account, _ settings.Shop) any { return a.RequestsPerSecond }, 0.5,
		},
		{
			"no pause at all", "search_lag: 5s", "search_lag: 0s",
			func(a settings.Account, _ settings.Shop) any { return a.SearchLag }, time.Duration(0),
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := parse(t, replaced(t, test.old, test.replacement))
			require.Equal(t, test.want, test.got(got.Accounts["main"], got.Shops["kwiaty"]))
		})
	}
}

func TestLineEndsAndByteOrderMarkOfWindows(t *testing.T) {
	t.Parallel()
	example := string(settings.Example())
	windows := "\ufeff" + strings.ReplaceAll(example, "\n", "\r\n")
	require.Equal(t, parse(t, example), parse(t, windows))
}

// A variable is a value: it cannot add keys, and is not looked up again.
func TestVariablesAreNoStructure(t *testing.T) {
	t.Parallel()
	set := variables()
	set["KWIATY_PASSWORD"] = `x, admin: true, y: "${ROAPP_API_KEY}" # {`
	got, err := settings.Parse(file, settings.Example(), environment(set))
	require.NoError(t, err)
	require.Equal(t, set["KWIATY_PASSWORD"], got.Shops["kwiaty"].Password.Reveal())
}

func TestRulesHoldEveryField(t *testing.T) {
	t.Parallel()
	read := parse(t, string(settings.Example()))

	got, ok := read.Rules("kwiaty")

	require.True(t, ok)
	require.Equal(t, order.Rules{
		Shop: "kwiaty", ShopName: "Kwiaty Online", ShopURL: "https://kwiaty.example",
		AdminURL: "https://kwiaty.example/edit/", Account: "main", WebURL: "https://web.roapp.io",
		Currency: "PLN", TimeZone: "Europe/Warsaw", Region: "PL", Language: "pl",
		NameOrder: order.FirstLast, IdentifyBy: order.ByArticle,
		LocationID: 12, OrderTypeID: 34, Managers: []int64{56, 57}, PieceUnitID: 1, FallbackCategory: 7,
		ImportStatuses: map[int]int64{1: 101, 2: 102, 3: 103, 4: 104, 6: 105},
		ExportStatuses: map[int64]int{102: 2, 103: 3, 105: 6},
		FinalShop:      []int{3, 4}, FinalRoapp: []int64{103, 104}, Window: 60 * 24 * time.Hour, LastUpdatedField: true,
		RequestTimeout: 75 * time.Second, Settle: 15 * time.Second, SearchLag: 5 * time.Second,
		IdentityKey: []byte("hunter-identity-key"), Revision: read.Revision,
	}, got)
	fields := reflect.ValueOf(got)
	// What is known of the run and of the process, and why there are no rules, comes from elsewhere.
	elsewhere := []string{"Absent", "AccountAbsent", "Run", "KnownProduct"}
	for i := range fields.NumField() {
		name := fields.Type().Field(i).Name
		require.Equal(t, slices.Contains(elsewhere, name), fields.Field(i).IsZero(), "%s is not filled", name)
	}
}

// A link that is built from an address with a slash at its end has one slash.
func TestAddressesEndWithoutSlash(t *testing.T) {
	t.Parallel()
	text := strings.NewReplacer("https://web.roapp.io", "https://web.roapp.io//", "    url: https://kwiaty.example\n", "    url: https://kwiaty.example/\n").Replace(string(settings.Example()))
	read := parse(t, text)
	require.Equal(t, "https://web.roapp.io", read.Accounts["main"].WebURL)
	require.Equal(t, "https://kwiaty.example", read.Shops["kwiaty"].URL)
	rules, ok := read.Rules("kwiaty")
	require.True(t, ok)
	require.Equal(t, "https://web.roapp.io", rules.WebURL)
	require.Equal(t, "https://kwiaty.example/edit/", rules.AdminURL)
}

func TestRulesBelongToTheCaller(t *testing.T) {
	t.Parallel()
	read := parse(t, string(settings.Example()))
	changed, _ := read.Rules("kwiaty")
	changed.Managers[0] = 1
	changed.ImportStatuses[1] = 1
	changed.ExportStatuses[102] = 1
	changed.FinalShop[0] = 1
	changed.FinalRoapp[0] = 1
	clear(changed.IdentityKey)

	again, _ := read.Rules("kwiaty")
	require.Equal(t, 2, again.ExportStatuses[102])
	require.Equal(t, []int{3, 4}, again.FinalShop)
	require.Equal(t, []int64{103, 104}, again.FinalRoapp)
	require.Equal(t, []int64{56, 57}, again.Managers)
	require.Equal(t, int64(101), again.ImportStatuses[1])
	require.Equal(t, "hunter-identity-key", string(again.IdentityKey))
}

func TestRulesOfAnUnknownShop(t *testing.T) {
	t.Parallel()
	read := parse(t, string(settings.Example()))
	_, ok := read.Rules("rowery")
	require.False(t, ok)
	require.False(t, read.InForce("rowery"))
	require.Equal(t, `The settings have no shop "rowery".`, read.Absence("rowery"))
}

func TestShopThatIsSwitchedOff(t *testing.T) {
	t.Parallel()
	read := parse(t, replaced(t, "enabled: true", "enabled: false"))
	_, ok := read.Rules("kwiaty")
	require.False(t, ok)
	require.False(t, read.InForce("kwiaty"))
	require.Equal(t, `The shop "kwiaty" is switched off in the settings.`, read.Absence("kwiaty"))
	require.Equal(t, []string{"kwiaty"}, read.ShopsOf("main"), "its orders are still its own")
}

// What is final in RO App is by default what the mapping has for the shop's
// final statuses, in both directions.
func TestFinalStatuses(t *testing.T) {
	t.Parallel()
	const mapping = "      import: {1: 101, 2: 102, 3: 105, 4: 104}\n      export: {103: 3, 105: 3, 102: 2}\n"
	for name, test := range map[string]struct {
		final string
		want  settings.Final
	}{
		"by default":    {"", settings.Final{Shop: []int{3, 4}, Roapp: []int64{103, 104, 105}}},
		"of the shop":   {"    final: {shop: [2]}\n", settings.Final{Shop: []int{2}, Roapp: []int64{102}}},
		"of RO App":     {"    final: {roapp: [109]}\n", settings.Final{Shop: []int{3, 4}, Roapp: []int64{109}}},
		"none at all":   {"    final: {shop: [], roapp: []}\n", settings.Final{Shop: []int{}, Roapp: []int64{}}},
		"of no mapping": {"    final: {shop: [9]}\n", settings.Final{Shop: []int{9}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := parse(t, strings.Replace(valid, "      import: {1: 101}\n", mapping+test.final, 1))
			require.Equal(t, test.want, got.Shops["kwiaty"].Final)
		})
	}
}

func TestInitialImport(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]settings.InitialImport{
		"":                                 {SkipStatuses: []int{3}},
		"    initial_import: {days: 60}\n": {Days: 60, SkipStatuses: []int{3}},
		"    initial_import: {days: 7, skip_statuses: []}\n": {Days: 7, SkipStatuses: []int{}},
	} {
		require.Equal(t, want, parse(t, valid+written).Shops["kwiaty"].InitialImport, written)
	}
}

// A status that cannot be undone in the shop may be exported if the settings say so.
func TestLockingStatusIsExportedKnowingly(t *testing.T) {
	t.Parallel()
	got := parse(t, replaced(t, "{102: 2, 103: 3, 105: 6}", "{104: 4}"))
	require.Equal(t, map[int64]int{104: 4}, got.Shops["kwiaty"].Statuses.Export)
}

func TestHashesOfTokensAreSpelledInOneWay(t *testing.T) {
	t.Parallel()
	got := parse(t, replaced(t, "736eb27c1980", "736EB27C1980"))
	require.Equal(t, "736eb27c1980849a5b5e4271fb694b70056baab5e4746eda68dd3afb5035ba55", got.APITokens[0].SHA256)
}

// Secrets may stand in files, which can change while the program runs.
func TestVariablesFromFiles(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ content, want string }{
		"as it is":                {"from-a-file", "from-a-file"},
		"with a line break":       {"from-a-file\n", "from-a-file"},
		"with one of Windows":     {"from-a-file\r\n", "from-a-file"},
		"with another's variable": {"${ROAPP_API_KEY}", "${ROAPP_API_KEY}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "password")
			require.NoError(t, os.WriteFile(path, []byte(test.content), 0o600))
			set := variables()
			set["KWIATY_PASSWORD"] = "" // as env files leave what is not filled in
			set["KWIATY_PASSWORD_FILE"] = path
			got, err := settings.Parse(file, settings.Example(), environment(set))
			require.NoError(t, err)
			require.Equal(t, test.want, got.Shops["kwiaty"].Password.Reveal())
		})
	}
}

func TestVariableIsPreferredToItsFile(t *testing.T) {
	t.Parallel()
	set := variables()
	set["KWIATY_PASSWORD_FILE"] = "/nowhere"
	got, err := settings.Parse(file, settings.Example(), environment(set))
	require.NoError(t, err)
	require.Equal(t, "hunter-password", got.Shops["kwiaty"].Password.Reveal())
}

func TestFilesOfVariablesThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		content []byte
		problem string
	}{
		"absent":        {nil, "the file of KWIATY_PASSWORD_FILE cannot be read: open "},
		"empty":         {[]byte{}, "the file of KWIATY_PASSWORD_FILE is empty; write the value into it"},
		"blank":         {[]byte("\n"), "is empty; fill it in or take the key away"},
		"several lines": {[]byte("hunter\nhunter\n"), "has a line break or a control character in it; take it out"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "password")
			if test.content != nil {
				require.NoError(t, os.WriteFile(path, test.content, 0o600))
			}
			set := variables()
			delete(set, "KWIATY_PASSWORD")
			set["KWIATY_PASSWORD_FILE"] = path
			_, err := settings.Parse(file, settings.Example(), environment(set))
			require.ErrorContains(t, err, "shops.kwiaty.password: "+test.problem)
			require.NotContains(t, err.Error(), "hunter")
		})
	}
}

func TestShopsOf(t *testing.T) {
	t.Parallel()
	example := string(settings.Example())
	from, to := strings.Index(example, "  kwiaty:\n"), strings.Index(example, "alerts:\n")
	require.Less(t, from, to)
	shop := example[from:to]
	second := strings.ReplaceAll(strings.Replace(shop, "kwiaty:", "agd:", 1), "kwiaty.example", "agd.example")
	got := parse(t, example[:to]+second+example[to:])
	require.Equal(t, []string{"agd", "kwiaty"}, got.ShopsOf("main"))
	require.Empty(t, got.ShopsOf("second"))
}

func TestLoad(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), file)
	_, err := settings.Load(path, environment(variables()))
	require.ErrorIs(t, err, os.ErrNotExist)

	require.NoError(t, os.WriteFile(path, settings.Example(), 0o600))
	read, err := settings.Load(path, environment(variables()))
	require.NoError(t, err)
	require.Equal(t, parse(t, string(settings.Example())), read)

	require.NoError(t, os.WriteFile(path, []byte("shop: {}"), 0o600))
	_, err = settings.Load(path, environment(variables()))
	var problem *settings.KeyError
	require.ErrorAs(t, err, &problem)
	require.Equal(t, path, problem.File)
}

func TestStoreIsReplacedWhileRead(t *testing.T) {
	t.Parallel()
	first := parse(t, string(settings.Example()))
	second := parse(t, replaced(t, "location: 12", "location: 13"))
	store := settings.NewStore(first)
	require.Same(t, first, store.Current())

	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for range 1000 {
				read := store.Current()
				if rules, _ := read.Rules("kwiaty"); rules.Revision != read.Revision {
					t.Error("rules of another revision")
				}
			}
		})
	}
	store.Replace(second)
	readers.Wait()
	require.Same(t, second, store.Current())
}
