// Package settingstest has settings for the accounts and shops of the fakes.
package settingstest

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/cartumsync/cartumsync/internal/settings"
)

const text = `identity_key: ${IDENTITY_KEY}
encryption_keys: [{id: k1, key: "${ENCRYPTION_KEY}"}]
accounts:
  main:
    url: %s
    web_url: https://web.roapp.example
    api_key: ${ROAPP_API_KEY}
    webhook_secret: ${ROAPP_WEBHOOK_SECRET}
    currency: PLN
    piece_unit: 1
    fallback_category: 7
    requests_per_second: 1000
    fields: {shop: f101, external_id: External ID, created: f103, last_updated: Last updated}
shops:
  demo:
    name: Kwiaty Online
    url: %s
    admin_url: https://kwiaty.example/edit/
    login: ${CARTUM_LOGIN}
    password: ${CARTUM_PASSWORD}
    webhook_key: ${WEBHOOK_KEY}
    account: main
    since: 2026-01-01
    requests_per_second: 1000
    time_zone: Europe/Warsaw
    region: PL
    language: pl
    location: 12
    order_type: 34
    managers: [56, 57]
    statuses:
      import: {1: 101, 2: 102, 3: 103, 4: 104, 6: 105}
      export: {102: 2, 103: 3, 105: 6}
`

// Text is a settings file for one account and one shop with what the fakes have, where these are at the addresses.
func Text(roapp, cartum string) string { return fmt.Sprintf(text, roapp, cartum) }

// Env are the environment variables that the text names, with what the fakes accept.
func Env() map[string]string {
	return map[string]string{
		"IDENTITY_KEY":   "identity-key-of-the-tests",
		"ENCRYPTION_KEY": base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("k"), 32)),
		"ROAPP_API_KEY":  "sandbox", "ROAPP_WEBHOOK_SECRET": "whsec", "CARTUM_LOGIN": "sandbox", "CARTUM_PASSWORD": "sandbox",
		"WEBHOOK_KEY": "0123456789abcdef",
	}
}

// Write puts the text into a file and gives its path.
func Write(tb testing.TB, text string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "settings.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}

// Load reads the text with the variables.
func Load(tb testing.TB, text string, env map[string]string) *settings.Settings {
	tb.Helper()
	loaded, err := settings.Load(Write(tb, text), func(name string) (string, bool) { value, ok := env[name]; return value, ok })
	if err != nil {
		tb.Fatal(err)
	}
	return loaded
}
