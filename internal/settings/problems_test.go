package settings_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/settings"
)

// valid is a short settings file; tests change a line of it.
const valid = `identity_key: ${CARTUMSYNC_IDENTITY_KEY}
encryption_keys:
  - {id: k1, key: "${CARTUMSYNC_ENCRYPTION_KEY}"}
accounts:
  main:
    url: https://api.roapp.io
    web_url: https://web.roapp.io
    api_key: ${ROAPP_API_KEY}
    currency: PLN
    piece_unit: 1
    fallback_category: 7
    fields: {shop: f101}
shops:
  kwiaty:
    name: Kwiaty Online
    url: https://kwiaty.example
    admin_url: https://kwiaty.example/edit/
    login: api
    password: ${KWIATY_PASSWORD}
    account: main
    since: 2026-11-01
    time_zone: Europe/Warsaw
    region: PL
    language: pl
    location: 12
    order_type: 34
    managers: [56]
    statuses:
      import: {1: 101}
`

// passwordHash is of a password that nobody knows.
const passwordHash = "$2a$12$YoV4Co9UK/.fKFZgyeNiduVayJvMqpqQEUeeUGkrEPkz9tzuxGy7C"

func TestShortFileIsRead(t *testing.T) {
	t.Parallel()
	parse(t, valid)
}

func TestProblems(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, old, replacement string
		want                   []string
	}{
		{"catalog", "piece_unit: 1\n", "piece_unit: 1\n    catalog: v3\n", []string{
			`settings.yaml:11:5: accounts.main.catalog: "v3" is not known; write one of: auto, v2, legacy`,
		}},
		{"product type", "piece_unit: 1\n", "piece_unit: 1\n    product_type_id: -1\n", []string{
			`settings.yaml:11:5: accounts.main.product_type_id: "-1" is no id; ids are whole numbers above 0, and "starter check" lists them`,
		}},
		{"a field filled twice", "piece_unit: 1\n", "piece_unit: 1\n    order_fields: {f105: x, f101: y}\n", []string{
			`settings.yaml:11:29: accounts.main.order_fields.f101: is one of fields already, which the order exchange fills; take it away here`,
		}},
		{"a field without a value", "piece_unit: 1\n", "piece_unit: 1\n    contact_fields: {f12: }\n", []string{
			`settings.yaml:11:22: accounts.main.contact_fields.f12: has no value; fill it in or take the key away`,
		}},
		{"unknown key at the top", "accounts:", "alarms: {url: https://x.example}\naccounts:", []string{
			"settings.yaml:4:1: alarms: unknown key; keys here are: accounts, shops, identity_key, encryption_keys, alerts, api_tokens, users, session_key, sign_in, trusted_proxies",
		}},
		{"unknown key of an account", "    currency: PLN\n", "    currency: PLN\n    currancy: PLN\n", []string{
			"settings.yaml:10:5: accounts.main.currancy: unknown key; keys here are: url, web_url, api_key, webhook_secret, currency, requests_per_second, request_timeout, settle_after_lost_answer, search_lag, piece_unit, fallback_category, collect_every, fields, catalog, product_type_id, contact_fields, order_fields",
		}},
		{"unknown key of a shop", "    since: 2026-11-01", "    since: 2026-11-01\n    import: {days: 60}\n    sweep: {every: 1m}", []string{
			"settings.yaml:22:5: shops.kwiaty.import: unknown key; keys here are: name, url, admin_url, login, password, webhook_key, account, requests_per_second, since, time_zone, region, language, name_order, identify_products_by, location, order_type, managers, statuses, enabled, sweep, initial_import, final",
			"settings.yaml:23:13: shops.kwiaty.sweep.every: unknown key; keys here are: recent_every, recent_days, whole_every, window_days, missing_after",
		}},
		{"unknown key in braces", "{shop: f101}", "{shop: f101, total: f102}", []string{
			"settings.yaml:12:26: accounts.main.fields.total: unknown key; keys here are: shop, external_id, created, last_updated",
		}},
		{"repeated key", "    currency: PLN", "    currency: PLN\n    currency: EUR", []string{
			"settings.yaml:10:5: accounts.main.currency: stands here again, after line 9; take one of them away",
		}},
		{"repeated shop", "  kwiaty:\n", "  kwiaty: {}\n  kwiaty:\n", []string{
			"settings.yaml:15:3: shops.kwiaty: stands here again, after line 14; take one of them away",
		}},
		{"missing key", "    currency: PLN\n", "", []string{
			"settings.yaml:5:3: accounts.main.currency: is missing; write for example currency: PLN",
		}},
		{"missing secret", "    password: ${KWIATY_PASSWORD}\n", "", []string{
			"settings.yaml:14:3: shops.kwiaty.password: is missing; write for example password: ${KWIATY_PASSWORD}",
		}},
		{"missing statuses", "    statuses:\n      import: {1: 101}\n", "", []string{
			"settings.yaml:14:3: shops.kwiaty.statuses.import: is missing; write for example import: {1: 101, 3: 103}",
		}},
		{"no import", "      import: {1: 101}", "      export: {101: 1}", []string{
			"settings.yaml:28:5: shops.kwiaty.statuses.import: is missing; write for example import: {1: 101, 3: 103}",
		}},
		{"secret without value", "${KWIATY_PASSWORD}", "", []string{
			"settings.yaml:19:5: shops.kwiaty.password: has no value; fill it in or take the key away",
		}},
		{"secret that is a number", "${KWIATY_PASSWORD}", "12345678", []string{
			"settings.yaml:19:5: shops.kwiaty.password: must not stand in the file; put it into an environment variable and write for example password: ${KWIATY_PASSWORD}",
		}},
		{"empty import", "{1: 101}", "{}", []string{
			"settings.yaml:29:7: shops.kwiaty.statuses.import: is empty; write for example import: {1: 101, 3: 103}",
		}},
		{"key without value", "    region: PL", "    region:", []string{
			"settings.yaml:23:5: shops.kwiaty.region: has no value; fill it in or take the key away",
		}},
		{"empty text", "    region: PL", `    region: ""`, []string{
			"settings.yaml:23:5: shops.kwiaty.region: is empty; fill it in or take the key away",
		}},
		{"text with spaces", "    region: PL", `    region: " PL"`, []string{
			"settings.yaml:23:5: shops.kwiaty.region: has spaces around it; take them away",
		}},
		{"text of several lines", "    name: Kwiaty Online", "    name: |\n      Kwiaty\n      Online", []string{
			"settings.yaml:15:5: shops.kwiaty.name: has a line break or a control character in it; take it out",
		}},
		{"missing variable", "${KWIATY_PASSWORD}", "${KWIATY_PASWORD}", []string{
			"settings.yaml:19:5: shops.kwiaty.password: environment variable KWIATY_PASWORD is not set or empty; set it for this program, or KWIATY_PASWORD_FILE to a file with the value",
		}},
		{"two missing variables", "Kwiaty Online", "${A} and ${B}", []string{
			"settings.yaml:15:5: shops.kwiaty.name: environment variable A is not set or empty; set it for this program, or A_FILE to a file with the value",
			"settings.yaml:15:5: shops.kwiaty.name: environment variable B is not set or empty; set it for this program, or B_FILE to a file with the value",
		}},
		{"no variable", "Kwiaty Online", "${a-b}", []string{
			`settings.yaml:15:5: shops.kwiaty.name: "${" begins no variable; write it as ${NAME}, with letters, digits and underscores`,
		}},
		{"unquoted variable in braces", `"${CARTUMSYNC_ENCRYPTION_KEY}"`, "${CARTUMSYNC_ENCRYPTION_KEY}", []string{
			`settings.yaml:3:20: no valid YAML: ',' or '}' must be specified; correct it, and write variables inside { } and [ ] in quotes: "${NAME}"`,
		}},
		{"literal secret", "${KWIATY_PASSWORD}", "hunter2", []string{
			"settings.yaml:19:5: shops.kwiaty.password: must not stand in the file; put it into an environment variable and write for example password: ${KWIATY_PASSWORD}",
		}},
		{"half a literal secret", "${ROAPP_API_KEY}", "hunter2-${ROAPP_API_KEY}", []string{
			"settings.yaml:8:5: accounts.main.api_key: must not stand in the file; put it into an environment variable and write for example api_key: ${ROAPP_API_KEY}",
		}},
		{"literal identity key", "${CARTUMSYNC_IDENTITY_KEY}", "0123456789abcdef0123", []string{
			"settings.yaml:1:1: identity_key: must not stand in the file; put it into an environment variable and write for example identity_key: ${CARTUMSYNC_IDENTITY_KEY}",
		}},
		{"secret that is a mapping", "${ROAPP_API_KEY}", "{hunter2: 1}", []string{
			"settings.yaml:8:5: accounts.main.api_key: must be a single value; write for example api_key: ${ROAPP_API_KEY}",
		}},
		{"unknown account", "    account: main", "    account: mian", []string{
			`settings.yaml:20:5: shops.kwiaty.account: no account "mian"; accounts are: main`,
		}},
		{"bad id", "  kwiaty:\n", "  Kwiaty:\n", []string{
			`settings.yaml:14:3: shops.Kwiaty: is no id; use up to 40 small letters, digits and hyphens, such as "kwiaty-2"`,
		}},
		{"strange id", "  kwiaty:\n", "  \"a\\nb\":\n", []string{
			`settings.yaml:14:3: shops."a\nb": is no id; use up to 40 small letters, digits and hyphens, such as "kwiaty-2"`,
		}},
		{"http to the internet", "url: https://api.roapp.io", "url: http://api.roapp.io", []string{
			"settings.yaml:6:5: accounts.main.url: must be https:// and a host, with no path, query or login after it (http:// only for localhost and names without a dot)",
		}},
		{"url with a path", "url: https://kwiaty.example\n", "url: https://kwiaty.example/edit\n", []string{
			"settings.yaml:16:5: shops.kwiaty.url: must be https:// and a host, with no path, query or login after it (http:// only for localhost and names without a dot)",
		}},
		{"url with a query", "url: https://kwiaty.example\n", "url: https://kwiaty.example?a=1\n", []string{
			"settings.yaml:16:5: shops.kwiaty.url: must be https:// and a host, with no path, query or login after it (http:// only for localhost and names without a dot)",
		}},
		{"url with a login", "url: https://kwiaty.example\n", "url: https://a:hunter2@kwiaty.example\n", []string{
			"settings.yaml:16:5: shops.kwiaty.url: must be https:// and a host, with no path, query or login after it (http:// only for localhost and names without a dot)",
		}},
		{"url without a scheme", "url: https://kwiaty.example\n", "url: kwiaty.example\n", []string{
			"settings.yaml:16:5: shops.kwiaty.url: must be https:// and a host, with no path, query or login after it (http:// only for localhost and names without a dot)",
		}},
		{"http to an address of the network", "url: https://api.roapp.io", "url: http://10.0.0.1", []string{
			"settings.yaml:6:5: accounts.main.url: must be https:// and a host, with no path, query or login after it (http:// only for localhost and names without a dot)",
		}},
		{"relative link", "https://kwiaty.example/edit/", "/edit/", []string{
			"settings.yaml:17:5: shops.kwiaty.admin_url: must be a whole address, such as https://kwiaty.example/edit/, without a login in it",
		}},
		{"link that runs a script", "https://kwiaty.example/edit/", "javascript:alert(1)", []string{
			"settings.yaml:17:5: shops.kwiaty.admin_url: must be a whole address, such as https://kwiaty.example/edit/, without a login in it",
		}},
		{"unknown currency", "currency: PLN", "currency: zl", []string{
			`settings.yaml:9:5: accounts.main.currency: "zl" is no currency; write its ISO 4217 code, such as PLN`,
		}},
		{"unknown time zone", "Europe/Warsaw", "Europe/Warschau", []string{
			`settings.yaml:22:5: shops.kwiaty.time_zone: "Europe/Warschau" is no time zone; write its IANA name, such as Europe/Warsaw`,
		}},
		{"time zone of the machine", "Europe/Warsaw", "Local", []string{
			`settings.yaml:22:5: shops.kwiaty.time_zone: "Local" is no time zone; write its IANA name, such as Europe/Warsaw`,
		}},
		{"unknown region", "region: PL", "region: POL", []string{
			`settings.yaml:23:5: shops.kwiaty.region: "POL" is no country; write its ISO 3166 code of two capital letters, such as PL`,
		}},
		{"region of no country", "region: PL", `region: "001"`, []string{
			`settings.yaml:23:5: shops.kwiaty.region: "001" is no country; write its ISO 3166 code of two capital letters, such as PL`,
		}},
		{"unknown language", "language: pl", "language: ru", []string{
			`settings.yaml:24:5: shops.kwiaty.language: "ru" is not known; write one of: pl, uk, en`,
		}},
		{"unknown name order", "    location: 12", "    name_order: first\n    location: 12", []string{
			`settings.yaml:25:5: shops.kwiaty.name_order: "first" is not known; write one of: first_last, last_first`,
		}},
		{"unknown identification", "    location: 12", "    identify_products_by: sku\n    location: 12", []string{
			`settings.yaml:25:5: shops.kwiaty.identify_products_by: "sku" is not known; write one of: article, title`,
		}},
		{"long name", "Kwiaty Online", "żżżżżżżżżżżżżżżżżżżżżżżżżżżżżżżżżżżżżżżżżżżżżżżżżżżżżżżżżżżżżżżżż", []string{
			"settings.yaml:15:5: shops.kwiaty.name: is longer than 64 characters; shorten it",
		}},
		{"no managers", "[56]", "[]", []string{
			"settings.yaml:27:5: shops.kwiaty.managers: is empty; write for example managers: [56, 57]",
		}},
		{"a manager instead of a list", "[56]", "56", []string{
			"settings.yaml:27:5: shops.kwiaty.managers: must be a list; write for example managers: [56, 57]",
		}},
		{"bad managers", "[56]", "[56, 0, x]", []string{
			`settings.yaml:27:20: shops.kwiaty.managers[1]: "0" is no id; ids are whole numbers above 0, and "starter check" lists them`,
			`settings.yaml:27:23: shops.kwiaty.managers[2]: "x" is no whole number; write digits alone, such as 101`,
		}},
		{"location 0", "location: 12", "location: 0", []string{
			`settings.yaml:25:5: shops.kwiaty.location: "0" is no id; ids are whole numbers above 0, and "starter check" lists them`,
		}},
		{"location that is no number", "location: 12", "location: Warszawa", []string{
			`settings.yaml:25:5: shops.kwiaty.location: "Warszawa" is no whole number; write digits alone, such as 101`,
		}},
		{"number with a leading zero", "{1: 101}", "{1: 101, 01: 102}", []string{
			"settings.yaml:29:24: shops.kwiaty.statuses.import.01: the key is no whole number; write digits alone, such as 101",
		}},
		{"statuses that are no ids", "{1: 101}", "{0: 101, 2: -5, x: 3}", []string{
			`settings.yaml:29:16: shops.kwiaty.statuses.import.0: the key is no id; ids are whole numbers above 0, and "starter check" lists them`,
			`settings.yaml:29:24: shops.kwiaty.statuses.import.2: "-5" is no id; ids are whole numbers above 0, and "starter check" lists them`,
			"settings.yaml:29:31: shops.kwiaty.statuses.import.x: the key is no whole number; write digits alone, such as 101",
		}},
		{"too many digits", "order_type: 34", "order_type: 99999999999999999999", []string{
			`settings.yaml:26:5: shops.kwiaty.order_type: "99999999999999999999" is no whole number; write digits alone, such as 101`,
		}},
		{"day that does not exist", "2026-11-01", "2026-02-30", []string{
			`settings.yaml:21:5: shops.kwiaty.since: "2026-02-30" is no day; write year, month and day, such as 2026-11-01`,
		}},
		{"no piece unit", "piece_unit: 1", "piece_unit: 1.5", []string{
			`settings.yaml:10:5: accounts.main.piece_unit: "1.5" is no whole number; write digits alone, such as 101`,
		}},
		{"no requests", "    currency: PLN", "    currency: PLN\n    requests_per_second: 0", []string{
			`settings.yaml:10:5: accounts.main.requests_per_second: must be above 0 and at most 1000, not "0"`,
		}},
		{"unlimited requests", "    currency: PLN", "    currency: PLN\n    requests_per_second: .inf", []string{
			`settings.yaml:10:5: accounts.main.requests_per_second: ".inf" is no number; write for example 3 or 2.5`,
		}},
		{"too many requests", "    currency: PLN", "    currency: PLN\n    requests_per_second: 1001", []string{
			`settings.yaml:10:5: accounts.main.requests_per_second: must be above 0 and at most 1000, not "1001"`,
		}},
		{"duration without a unit", "    currency: PLN", "    currency: PLN\n    request_timeout: 75", []string{
			`settings.yaml:10:5: accounts.main.request_timeout: "75" is no duration; write for example "75s" or "2m"`,
		}},
		{"durations out of range", "    currency: PLN", "    currency: PLN\n    request_timeout: 0s\n    settle_after_lost_answer: -1s\n    search_lag: 11m", []string{
			`settings.yaml:10:5: accounts.main.request_timeout: must be above 0s and at most 10m, not "0s"`,
			`settings.yaml:11:5: accounts.main.settle_after_lost_answer: must be from 0s to 10m, not "-1s"`,
			`settings.yaml:12:5: accounts.main.search_lag: must be from 0s to 10m, not "11m"`,
		}},
		{"short webhook key", "    location: 12", "    webhook_key: ${SHORT}\n    location: 12", []string{
			"settings.yaml:25:5: shops.kwiaty.webhook_key: must be at least 16 letters, digits, hyphens or underscores; make one with: openssl rand -hex 32",
		}},
		{"webhook key that URLs would escape", "    location: 12", "    webhook_key: ${CARTUMSYNC_ENCRYPTION_KEY}\n    location: 12", []string{
			"settings.yaml:25:5: shops.kwiaty.webhook_key: must be at least 16 letters, digits, hyphens or underscores; make one with: openssl rand -hex 32",
		}},
		{"short identity key", "${CARTUMSYNC_IDENTITY_KEY}", "${SHORT}", []string{
			"settings.yaml:1:1: identity_key: is shorter than 16 characters; make one with: openssl rand -hex 32",
		}},
		{"encryption key that is no key", "${CARTUMSYNC_ENCRYPTION_KEY}", "${SHORT}", []string{
			"settings.yaml:3:14: encryption_keys[0].key: is not the base64 of 32 bytes; make one with: openssl rand -base64 32",
		}},
		{"encryption key without an id", "id: k1, ", "", []string{
			"settings.yaml:3:5: encryption_keys[0].id: is missing; write for example id: k1",
		}},
		{"two encryption keys of one id", `"${CARTUMSYNC_ENCRYPTION_KEY}"}`, "\"${CARTUMSYNC_ENCRYPTION_KEY}\"}\n  - {id: k1, key: \"${CARTUMSYNC_ENCRYPTION_KEY}\"}", []string{
			"settings.yaml:4:6: encryption_keys[1].id: is the same as encryption_keys[0].id in line 3; give each key its own id",
		}},
		{"no encryption keys", "\n  - {id: k1, key: \"${CARTUMSYNC_ENCRYPTION_KEY}\"}", " []", []string{
			`settings.yaml:2:1: encryption_keys: is empty; write for example encryption_keys: [{id: k1, key: "${CARTUMSYNC_ENCRYPTION_KEY}"}]`,
		}},
		{"one custom field for two", "{shop: f101}", "{shop: f101, created: f101}", []string{
			"settings.yaml:12:26: accounts.main.fields.created: is the same as accounts.main.fields.shop in line 12; each custom field holds one thing",
		}},
		{"variable that ends with a line break", "${ROAPP_API_KEY}", "${WITH_LINE_BREAK}", []string{
			"settings.yaml:8:5: accounts.main.api_key: has a line break or a control character in it; take it out",
		}},
		{"initial import of nobody knows what", "    location: 12", "    initial_import: {skip_statuses: [3]}\n    location: 12", []string{
			"settings.yaml:25:5: shops.kwiaty.initial_import.days: is missing; write how many days back the initial import begins, for example days: 60, or take initial_import away",
		}},
		{"initial import of no keys", "    location: 12", "    initial_import: {}\n    location: 12", []string{
			"settings.yaml:25:5: shops.kwiaty.initial_import.days: is missing; write how many days back the initial import begins, for example days: 60, or take initial_import away",
		}},
		{"initial import without a value", "    location: 12", "    initial_import:\n    location: 12", []string{
			"settings.yaml:25:5: shops.kwiaty.initial_import: has no value; fill it in or take the key away",
		}},
		{"initial import of too many days", "    location: 12", "    initial_import: {days: 366, skip_statuses: [0]}\n    location: 12", []string{
			`settings.yaml:25:22: shops.kwiaty.initial_import.days: must be from 0 to 365 days, not "366"`,
			`settings.yaml:25:49: shops.kwiaty.initial_import.skip_statuses[0]: "0" is no id; ids are whole numbers above 0, and "starter check" lists them`,
		}},
		{"sweeps out of range", "    location: 12", "    sweep: {recent_every: 5s, whole_every: 2h, recent_days: 0, window_days: 366}\n    location: 12", []string{
			`settings.yaml:25:13: shops.kwiaty.sweep.recent_every: must be from 10s to 1h, not "5s"`,
			`settings.yaml:25:31: shops.kwiaty.sweep.whole_every: must be from 10s to 1h, not "2h"`,
			`settings.yaml:25:48: shops.kwiaty.sweep.recent_days: must be from 1 to 60 days, not "0"`,
			`settings.yaml:25:64: shops.kwiaty.sweep.window_days: must be from 1 to 365 days, not "366"`,
		}},
		{"recent orders more seldom than all", "    location: 12", "    sweep: {recent_every: 10m, whole_every: 2m, recent_days: 9, window_days: 7}\n    location: 12", []string{
			"settings.yaml:25:13: shops.kwiaty.sweep.recent_every: 10m0s is more than whole_every, which is 2m0s; recent orders are polled at least as often as all",
			"settings.yaml:25:49: shops.kwiaty.sweep.recent_days: 9 is more than window_days, which is 7; recent orders are among all that are polled",
		}},
		{"all orders oftener than the recent ones by default", "    location: 12", "    sweep: {whole_every: 30s, window_days: 2}\n    location: 12", []string{
			"settings.yaml:25:13: shops.kwiaty.sweep.whole_every: 30s is less than recent_every, which is 1m0s where nothing else stands; recent orders are polled at least as often as all",
			"settings.yaml:25:31: shops.kwiaty.sweep.window_days: 2 is less than recent_days, which is 3 where nothing else stands; recent orders are among all that are polled",
		}},
		{"sweep that is no duration", "    location: 12", "    sweep: {whole_every: 5}\n    location: 12", []string{
			`settings.yaml:25:13: shops.kwiaty.sweep.whole_every: "5" is no duration; write for example "75s" or "2m"`,
		}},
		{"neither on nor off", "    location: 12", "    enabled: off\n    location: 12", []string{
			`settings.yaml:25:5: shops.kwiaty.enabled: "off" is neither true nor false`,
		}},
		{"final statuses that are no ids", "    location: 12", "    final: {shop: [0], roapp: [-1]}\n    location: 12", []string{
			`settings.yaml:25:20: shops.kwiaty.final.shop[0]: "0" is no id; ids are whole numbers above 0, and "starter check" lists them`,
			`settings.yaml:25:32: shops.kwiaty.final.roapp[0]: "-1" is no id; ids are whole numbers above 0, and "starter check" lists them`,
		}},
		{"collecting too often", "    currency: PLN", "    currency: PLN\n    collect_every: 1s", []string{
			`settings.yaml:10:5: accounts.main.collect_every: must be from 10s to 1h, not "1s"`,
		}},
		{"alert URL written out", "accounts:", "alerts: {url: https://alerts.example}\naccounts:", []string{
			"settings.yaml:4:10: alerts.url: must not stand in the file; put it into an environment variable and write for example url: ${CARTUMSYNC_ALERT_URL}",
		}},
		{"alert URL that is none", "accounts:", "alerts:\n  url: ${SHORT}\naccounts:", []string{
			"settings.yaml:5:3: alerts.url: must be a whole address that begins with https:// or http://",
		}},
		{"tokens that cannot be told apart", "accounts:", "api_tokens:\n  - {name: a, sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08}\n  - {name: a, sha256: 9F86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08}\naccounts:", []string{
			"settings.yaml:6:6: api_tokens[1].name: is the same as api_tokens[0].name in line 5; give each user and each token its own name",
			"settings.yaml:6:15: api_tokens[1].sha256: is the same as api_tokens[0].sha256 in line 5; give each program a token of its own",
		}},
		{"a program and a person of one name", "accounts:", "api_tokens: [{name: anna, sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08, role: write}]\nsession_key: ${CARTUMSYNC_SESSION_KEY}\nusers: [{name: anna, password_bcrypt: " + passwordHash + ", role: view}]\naccounts:", []string{
			`settings.yaml:4:101: api_tokens[0].role: "write" is not known; write one of: view, act`,
			"settings.yaml:6:10: users[0].name: is the same as api_tokens[0].name in line 4; give each user and each token its own name",
		}},
		{"users without a key for their cookies", "accounts:", "users: [{name: anna, password_bcrypt: " + passwordHash + "}]\naccounts:", []string{
			"settings.yaml:4:1: users: needs session_key beside it, which is missing; write session_key: ${CARTUMSYNC_SESSION_KEY}, and make the key with: openssl rand -hex 32",
			"settings.yaml:4:9: users[0].role: is missing; write for example role: act",
		}},
		{"hashes that are none", "accounts:", "session_key: ${KWIATY_PASSWORD}\nusers:\n  - {name: a, password_bcrypt: hunter, role: act}\n  - {name: b, password_bcrypt: $2a$09$hunter, role: act}\naccounts:", []string{
			"settings.yaml:4:1: session_key: is shorter than 32 characters; make one with: openssl rand -hex 32",
			"settings.yaml:6:15: users[0].password_bcrypt: is no bcrypt hash of a cost from 10 to 15; make it with: starter password",
			"settings.yaml:7:15: users[1].password_bcrypt: is no bcrypt hash of a cost from 10 to 15; make it with: starter password",
		}},
		{"half of a sign-in", "accounts:", "sign_in:\n  oidc: {issuer: http://login.example, redirect_url: https://orders.example/}\n  proxy_header: {user: \"X Y\", trusted: [10.0.0.5], roles: {sales: all}}\ntrusted_proxies: [proxy]\naccounts:", []string{
			"settings.yaml:5:3: sign_in.oidc: needs session_key beside it, which is missing; write session_key: ${CARTUMSYNC_SESSION_KEY}, and make the key with: openssl rand -hex 32",
			"settings.yaml:5:3: sign_in.oidc.client_id: is missing; write for example client_id: cartumsync",
			"settings.yaml:5:3: sign_in.oidc.client_secret: is missing; write for example client_secret: ${CARTUMSYNC_OIDC_SECRET}",
			"settings.yaml:5:3: sign_in.oidc.roles: is missing; write for example roles: {warehouse: view, sales: act}",
			"settings.yaml:5:10: sign_in.oidc.issuer: must be https:// and a host, as the provider names itself, with no query after it (http:// only for localhost and names without a dot)",
			"settings.yaml:5:40: sign_in.oidc.redirect_url: must be the starter's address as browsers reach it, with /login/oidc/callback at its end",
			`settings.yaml:6:18: sign_in.proxy_header.user: "X Y" is no name of a header; write for example X-Forwarded-User`,
			`settings.yaml:6:41: sign_in.proxy_header.trusted[0]: "10.0.0.5" is no network; write for example 10.0.0.5/32`,
			`settings.yaml:6:60: sign_in.proxy_header.roles.sales: "all" is not known; write one of: view, act`,
			`settings.yaml:7:19: trusted_proxies[0]: "proxy" is no network; write for example 10.0.0.5/32`,
		}},
		{"token that is no hash", "accounts:", "api_tokens: [{name: Ware house, sha256: hunter}, {}]\naccounts:", []string{
			`settings.yaml:4:15: api_tokens[0].name: is no id; use up to 40 small letters, digits and hyphens, such as "kwiaty-2"`,
			`settings.yaml:4:33: api_tokens[0].sha256: is no SHA-256 in 64 hexadecimal digits; make it with: printf %s "$TOKEN" | sha256sum`,
			"settings.yaml:4:50: api_tokens[1].name: is missing; write for example name: warehouse",
			"settings.yaml:4:50: api_tokens[1].sha256: is missing; write for example sha256: 9f86d08…",
		}},
		{"an account that is a text", "  main:\n", "  second: RO App\n  main:\n", []string{
			"settings.yaml:5:3: accounts.second: must hold keys of its own, each with a value",
		}},
		{"a list instead of an account", "  main:\n", "  second: [1]\n  main:\n", []string{
			"settings.yaml:5:3: accounts.second: must hold keys of its own, each with a value",
		}},
		{"a mapping instead of a text", "name: Kwiaty Online", "name: {pl: Kwiaty}", []string{
			"settings.yaml:15:5: shops.kwiaty.name: must be a single value",
		}},
		{"alias", "    managers: [56]", "    managers: &all [56]", []string{
			"settings.yaml:27:5: shops.kwiaty.managers: anchors, aliases and tags are not understood; write the value out",
		}},
		{"merge key", "    location: 12", "    <<: {}\n    location: 12", []string{
			"settings.yaml:25:5: shops.kwiaty.merge key: is no key; write a plain name or number",
		}},
		{"second document", "accounts:", "---\naccounts:", []string{
			`settings.yaml:4:1: a second document begins here; take the line "---" away`,
		}},
		{"no YAML", "    account: main", "    account: main: x", []string{
			`settings.yaml:20:14: no valid YAML: mapping value is not allowed in this context; correct it, and write variables inside { } and [ ] in quotes: "${NAME}"`,
		}},
		{"tab", "    account: main", "\taccount: main", []string{
			`settings.yaml:20:1: no valid YAML: found character '\t' that cannot start any token; correct it, and write variables inside { } and [ ] in quotes: "${NAME}"`,
		}},
		{"text cited by the library", "${KWIATY_PASSWORD}", ">hunter2", []string{
			`settings.yaml:19:15: no valid YAML: invalid header option: (not shown); correct it, and write variables inside { } and [ ] in quotes: "${NAME}"`,
		}},
		{"several problems, in the order of the file", "    currency: PLN\n    piece_unit: 1", "    currency: zl\n    piece_unit: 0\n    colour: red", []string{
			`settings.yaml:9:5: accounts.main.currency: "zl" is no currency; write its ISO 4217 code, such as PLN`,
			`settings.yaml:10:5: accounts.main.piece_unit: "0" is no id; ids are whole numbers above 0, and "starter check" lists them`,
			"settings.yaml:11:5: accounts.main.colour: unknown key; keys here are: url, web_url, api_key, webhook_secret, currency, requests_per_second, request_timeout, settle_after_lost_answer, search_lag, piece_unit, fallback_category, collect_every, fields, catalog, product_type_id, contact_fields, order_fields",
		}},
		{"one shop under two ids", "      import: {1: 101}\n", "      import: {1: 101}\n  second:\n    name: Second\n    url: https://WWW.kwiaty.example.:443/\n    admin_url: https://kwiaty.example/edit/\n    login: api\n    password: ${KWIATY_PASSWORD}\n    account: main\n    since: 2026-11-01\n    time_zone: Europe/Warsaw\n    region: PL\n    language: pl\n    location: 12\n    order_type: 34\n    managers: [56]\n    statuses:\n      import: {1: 101}\n", []string{
			"settings.yaml:32:5: shops.second.url: is the same as shops.kwiaty.url in line 16; a shop has one id for ever, take one of the two away",
		}},
		{"tag", "    managers: [56]", "    managers: !!seq [56]", []string{
			"settings.yaml:27:5: shops.kwiaty.managers: anchors, aliases and tags are not understood; write the value out",
		}},
		{"block list without an id", `  - {id: k1, key: "${CARTUMSYNC_ENCRYPTION_KEY}"}`, "  - key: ${CARTUMSYNC_ENCRYPTION_KEY}", []string{
			"settings.yaml:3:5: encryption_keys[0].id: is missing; write for example id: k1",
		}},
		{"one account under two ids", "shops:\n", "  second:\n    url: https://api.roapp.io/\n    web_url: https://web.roapp.io\n    api_key: ${ROAPP_API_KEY}\n    currency: EUR\n    piece_unit: 1\n    fallback_category: 7\nshops:\n", []string{
			"settings.yaml:16:5: accounts.second.api_key: is the same as accounts.main.api_key in line 8; accounts share no limit of requests, so one RO App account has one id; take one of the two away",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, valid, test.old)
			_, err := settings.Parse(file, []byte(strings.Replace(valid, test.old, test.replacement, 1)), environment(problemVariables()))
			require.Error(t, err)
			require.Equal(t, test.want, strings.Split(err.Error(), "\n"))
		})
	}
}

// problemVariables are the environment of the table above.
func problemVariables() map[string]string {
	set := variables()
	set["SHORT"] = "hunter"
	set["WITH_LINE_BREAK"] = "hunter-key\n"
	return set
}

func TestProblemsCanBeTakenApart(t *testing.T) {
	t.Parallel()
	text := strings.NewReplacer("currency: PLN", "currency: zl", "location: 12", "location: 0").Replace(valid)
	_, err := settings.Parse(file, []byte(text), environment(variables()))
	joined, ok := err.(interface{ Unwrap() []error })
	require.True(t, ok)
	require.Len(t, joined.Unwrap(), 2)
	var first *settings.KeyError
	require.ErrorAs(t, joined.Unwrap()[0], &first)
	require.Equal(t, &settings.KeyError{
		File: file, Line: 9, Column: 5, Key: "accounts.main.currency",
		Message: `"zl" is no currency; write its ISO 4217 code, such as PLN`,
	}, first)
}

func TestEmptyFiles(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "\n", "# nothing yet\n", "---\n", "\ufeff"} {
		_, err := settings.Parse(file, []byte(text), environment(nil))
		require.EqualError(t, err, "settings.yaml:1:1: the file is empty; start from the example file", "%q", text)
	}
}

func TestNoShopsAndNoAccounts(t *testing.T) {
	t.Parallel()
	_, err := settings.Parse(file, []byte("accounts: {}\nshops: {}\n"), environment(nil))
	require.EqualError(t, err, `settings.yaml:1:1: accounts: is empty; write for example accounts: {main: …}
settings.yaml:1:1: encryption_keys: is missing; write for example encryption_keys: [{id: k1, key: "${CARTUMSYNC_ENCRYPTION_KEY}"}]
settings.yaml:1:1: identity_key: is missing; write for example identity_key: ${CARTUMSYNC_IDENTITY_KEY}
settings.yaml:2:1: shops: is empty; write for example shops: {kwiaty: …}`)
}
