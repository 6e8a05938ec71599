package settings_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/settings"
)

func TestRevisionChangesWithEveryValue(t *testing.T) {
	t.Parallel()
	seen := map[string]string{parse(t, string(settings.Example())).Revision: "nothing"}
	check := func(changed, revision string) {
		require.Regexp(t, `^[0-9a-f]{12}$`, revision)
		require.NotContains(t, seen, revision, "%s and %s", changed, seen[revision])
		seen[revision] = changed
	}
	for old, replacement := range map[string]string{
		"kwiaty:":                                 "rowery:",
		"id: k1":                                  "id: k2",
		"url: https://api.roapp.io":               "url: https://api2.roapp.io",
		"https://web.roapp.io":                    "https://web2.roapp.io",
		"currency: PLN":                           "currency: EUR",
		"requests_per_second: 2":                  "requests_per_second: 1",
		"requests_per_second: 3":                  "requests_per_second: 2.5",
		"request_timeout: 75s":                    "request_timeout: 80s",
		"answer: 15s":                             "answer: 16s",
		"search_lag: 5s":                          "search_lag: 6s",
		"piece_unit: 1":                           "piece_unit: 2",
		"fallback_category: 7":                    "fallback_category: 8",
		"shop: f101":                              "shop: f1",
		"external_id: f102":                       "external_id: f2",
		"created: f103":                           "created: f3",
		"last_updated: Last updated":              "last_updated: f4",
		"name: Kwiaty Online":                     "name: Kwiaty",
		"url: https://kwiaty.example ":            "url: https://kwiaty2.example ",
		"admin_url: https://kwiaty.example/edit/": "admin_url: https://kwiaty.example/edit2/",
		"${KWIATY_LOGIN}":                         "${KWIATY_PASSWORD}",
		"since: 2026-11-01":                       "since: 2026-11-02",
		"Europe/Warsaw":                           "Europe/Kyiv",
		"region: PL":                              "region: UA",
		"language: pl":                            "language: uk",
		"first_last  ":                            "last_first ",
		"article    ":                             "title ",
		"location: 12":                            "location: 13",
		"order_type: 34":                          "order_type: 35",
		"managers: [56, 57]":                      "managers: [57, 56]",
		"{1: 101":                                 "{1: 106",
		", 105: 6}":                               "}",
		"webhook_secret: ${RO":                    "# ${RO",
		"collect_every: 1m":                       "collect_every: 2m",
		"enabled: true":                           "enabled: false",
		"recent_every: 1m":                        "recent_every: 2m",
		"recent_days: 3":                          "recent_days: 4",
		"whole_every: 5m":                         "whole_every: 6m",
		"window_days: 60":                         "window_days: 61",
		"missing_after: 1h":                       "missing_after: 2h",
		"days: 0":                                 "days: 60",
		"skip_statuses: [3]":                      "skip_statuses: []",
		"shop: [3, 4]":                            "shop: [3]",
		"roapp: [103, 104]":                       "roapp: [103]",
		"url: ${CARTUMSYNC_ALERT_URL}":            "# ${CARTUMSYNC_ALERT_URL}",
		"held_after: 15m":                         "held_after: 16m",
		"name: warehouse":                         "name: store",
		"sha256: 736e":                            "sha256: 0000",
		"role: act                        # default": "role: view",
		"- name: anna":                                      "- name: hanna",
		"password_bcrypt: $2a$12$":                          "password_bcrypt: $2a$11$",
		"\n    role: act\n\n# Needed":                       "\n    role: view\n\n# Needed",
		"issuer: https://login.example":                     "issuer: https://login2.example",
		"client_id: cartumsync":                             "client_id: cartumsync2",
		"https://orders.example/":                           "https://orders2.example/",
		"scopes: [groups]":                                  "scopes: [roles]",
		"role_claim: groups":                                "role_claim: roles",
		"user: X-Forwarded-User":                            "user: Remote-User",
		"groups: X-Forwarded-Groups":                        "groups: Remote-Groups",
		"roles: {warehouse: view, sales: act}\n  # A":       "roles: {warehouse: act, sales: act}\n  # A",
		"roles: {warehouse: view, sales: act}\n    trusted": "roles: {warehouse: act, sales: act}\n    trusted",
		"192.0.2.10/32":                                     "192.0.2.11/32",
	} {
		check(old, parse(t, replaced(t, old, replacement)).Revision)
	}
	for name := range variables() {
		set := variables()
		set[name] = strings.Replace(set[name], "hunter", "another", 1)
		if name == "CARTUMSYNC_ENCRYPTION_KEY" {
			set[name] = base64.StdEncoding.EncodeToString(make([]byte, 32))
		}
		read, err := settings.Parse(file, settings.Example(), environment(set))
		require.NoError(t, err)
		check(name, read.Revision)
	}
}

func TestRevisionIsOfTheContentAlone(t *testing.T) {
	t.Parallel()
	want := parse(t, valid).Revision
	for name, text := range map[string]string{
		"again":             valid,
		"a comment":         "# a comment\n" + valid,
		"another spelling":  strings.Replace(valid, "currency: PLN", `currency: "PLN"`, 1),
		"a default":         strings.Replace(valid, "    currency", "    search_lag: 5000ms\n    currency", 1),
		"another order":     strings.Replace(strings.Replace(valid, "    location: 12\n", "", 1), "    region", "    location: 12\n    region", 1),
		"a variable for it": strings.Replace(valid, "password: ${KWIATY_PASSWORD}", "password: ${SAME}", 1),
	} {
		set := variables()
		set["SAME"] = set["KWIATY_PASSWORD"]
		read, err := settings.Parse("another.yaml", []byte(text), environment(set))
		require.NoError(t, err)
		require.Equal(t, want, read.Revision, name)
	}
}
