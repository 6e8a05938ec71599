package main

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net"
	"net/url"
	"text/template"

	"github.com/spf13/cobra"
)

// Variables of the sandbox's settings.
const (
	envIdentityKey    = "CARTUMSYNC_IDENTITY_KEY"
	envEncryptionKey  = "CARTUMSYNC_ENCRYPTION_KEY"
	envRoappKey       = "SANDBOX_ROAPP_API_KEY"
	envCartumPassword = "SANDBOX_CARTUM_PASSWORD" //nolint:gosec // the variable's name
	envWebhookKey     = "SANDBOX_WEBHOOK_KEY"
	envSessionKey     = "CARTUMSYNC_SESSION_KEY"
	envWebhookSecret  = "SANDBOX_ROAPP_WEBHOOK_SECRET" //nolint:gosec // the variable's name
)

// Who may use the sandbox's exchange: for made-up orders only, as everybody knows
// this.
const (
	userName     = "anna"
	viewerName   = "viewer" // may only read
	userPassword = "sandbox"
	apiToken     = "sandbox-api-token" //nolint:gosec // known to everybody
	viewerToken  = "sandbox-look-token"
	// userHash is the password's.
	userHash = "$2a$10$tfbkgWwGe9eCpCS49/bZWewfpVJ7MEbxGxdnTW0sDZ.qcoHekYYuS"
)

var settingsTemplate = template.Must(template.New("settings").Parse(`# Settings of the sandbox. The fakes' API key and password are "sandbox":
#   ` + envRoappKey + `=sandbox
#   ` + envCartumPassword + `=sandbox
# These are yours to make:
#   ` + envIdentityKey + `    openssl rand -hex 32
#   ` + envEncryptionKey + `  openssl rand -base64 32
#   ` + envSessionKey + `     openssl rand -hex 32
#   ` + envWebhookKey + `        openssl rand -hex 32
# Everybody knows the users' password, "` + userPassword + `", and the tokens "` + apiToken + `" and "` + viewerToken + `".
# This is what the RO App fakes were given as --webhook-secret:
#   ` + envWebhookSecret + `
identity_key: ${` + envIdentityKey + `}
encryption_keys: [{id: sandbox, key: "${` + envEncryptionKey + `}"}]
accounts:
{{- range .}}
  {{.Account}}:
    url: {{.RoappURL}}
    web_url: {{.RoappWebURL}}
    api_key: ${` + envRoappKey + `}
    webhook_secret: ${` + envWebhookSecret + `}
    currency: {{.Currency}}
    collect_every: 10s
    piece_unit: 1
    fallback_category: 7
{{- if .CustomFields}}
    fields: {shop: Shop, external_id: External ID, created: Created, last_updated: Last updated}
{{- end}}
{{- if .FieldsRequired}}
    contact_fields: {f201: ""}
    order_fields: {f106: ""}
{{- end}}
{{- end}}
shops:
{{- range .}}
  {{.Shop}}:
    name: {{.ShopName}}
    url: {{.CartumURL}}
    admin_url: {{.CartumWebURL}}/edit/
    login: ` + cartumLogin + `
    password: ${` + envCartumPassword + `}
    webhook_key: ${` + envWebhookKey + `}
    account: {{.Account}}
    since: 2016-01-01
    time_zone: {{.TimeZone}}
    region: {{.Region}}
    language: {{.Language}}
    identify_products_by: {{.IdentifyBy}}
    location: 12
    order_type: 34
    managers: [56, 57]
    sweep: {recent_every: 10s, whole_every: 1m}
    statuses:
      import: {1: 101, 2: 102, 3: 103, 4: 104, 6: 105}
      export: {102: 2, 103: 3, 105: 6}
{{- end}}
users:
  - {name: ` + userName + `, password_bcrypt: ` + userHash + `, role: act}
  - {name: ` + viewerName + `, password_bcrypt: ` + userHash + `, role: view}
api_tokens:
  - {name: program, sha256: d4b678233e547911999cd55ac216358e16f7428cb39fe75b36498ead723ec4a2, role: act}
  - {name: monitor, sha256: 7d40e5ca5f3bacede8c39a379f4c293cc52f23c9b8d5dda8150b0364ee283876, role: view}
session_key: ${` + envSessionKey + `}
`))

// pairSettings are a pair with the addresses of its fakes: those by which worker
// and starter reach them, and those for links in a browser.
type pairSettings struct {
	pair
	CartumURL, RoappURL       string
	CartumWebURL, RoappWebURL string
	// FieldsRequired is set where the account demands values of its own fields.
	FieldsRequired bool
}

func writeSettings(all []pairSettings) ([]byte, error) {
	var text bytes.Buffer
	if err := settingsTemplate.Execute(&text, all); err != nil {
		return nil, fmt.Errorf("write the sandbox's settings: %w", err)
	}
	return text.Bytes(), nil
}

// throwawayKeys are the values of the settings' variables for one run.
func throwawayKeys() map[string]string {
	random := func() []byte {
		key := make([]byte, 32)
		_, _ = rand.Read(key) // never fails
		return key
	}
	return map[string]string{
		envIdentityKey:    hex.EncodeToString(random()),
		envEncryptionKey:  base64.StdEncoding.EncodeToString(random()),
		envSessionKey:     hex.EncodeToString(random()),
		envWebhookKey:     hex.EncodeToString(random()),
		envWebhookSecret:  hex.EncodeToString(random()),
		envRoappKey:       roappKey,
		envCartumPassword: cartumPassword,
	}
}

func settingsCommand() *cobra.Command {
	urls := map[part]*string{}
	var browserHost string
	cmd := &cobra.Command{
		Use:          "settings",
		Short:        "Print the settings of worker and starter for the fakes' addresses",
		Args:         cobra.NoArgs,
		SilenceUsage: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var all []pairSettings
			for _, p := range pairs {
				s := pairSettings{pair: p, CartumURL: *urls[p.cartum], RoappURL: *urls[p.roapp]}
				var err error
				if s.CartumWebURL, err = onHost(s.CartumURL, browserHost); err != nil {
					return err
				}
				if s.RoappWebURL, err = onHost(s.RoappURL, browserHost); err != nil {
					return err
				}
				all = append(all, s)
			}
			text, err := writeSettings(all)
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
	}
	for _, d := range portDefaults {
		switch d.part {
		case partCartum, partRoapp, partCartumUA, partRoappUA:
			urls[d.part] = cmd.Flags().String(string(d.part)+"-url", fmt.Sprintf("http://%s:%d", loopback, d.port), "URL of "+d.what)
		default:
		}
	}
	cmd.Flags().StringVar(&browserHost, "browser-host", "", "host by which your browser reaches the fakes, for links; empty: that of the URLs")
	return cmd
}

// onHost is the URL with another host and the same port.
func onHost(text, host string) (string, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return "", fmt.Errorf("%q is no URL; write for example http://127.0.0.1:8081", text)
	}
	if host == "" {
		return text, nil
	}
	port := u.Port()
	u.Host = host
	if port != "" {
		u.Host = net.JoinHostPort(host, port)
	}
	return u.String(), nil
}
