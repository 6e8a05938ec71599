// Package testenv is a whole installation for tests: fakes of both services over
// real HTTP, a namespace on a real Temporal server, and worker and starter inside
// the test's process.
package testenv

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"text/template"
	"time"

	"go.temporal.io/sdk/client"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest"

	"github.com/cartumsync/cartumsync/internal/contract"
	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/metrics"
	"github.com/cartumsync/cartumsync/internal/payload"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/internal/tracing"
	cartumstand "github.com/cartumsync/cartumsync/sandbox/cartum"
	roappstand "github.com/cartumsync/cartumsync/sandbox/roapp"
	"github.com/cartumsync/cartumsync/starter/server"
	"github.com/cartumsync/cartumsync/worker/polling"
)

// Options of [New]. The zero value is the sandbox's first pair: a Polish shop that
// identifies products by SKU, and an account with custom fields.
type Options struct {
	Profile string // documented, the default, or flipped
	// Second is the sandbox's second pair: Ukrainian, by title, no custom fields.
	Second         bool
	RoappSwitches  map[string]string
	CartumSwitches map[string]string
	// Unlimited lifts the limits of both services and of the settings.
	Unlimited bool
	// Statuses are the shop's mappings in YAML, "{import: {1: 101}, export: {102: 2}}";
	// empty are the sandbox's.
	Statuses string
	// RequestTimeout, Settle and SearchLag are the account's; short by default,
	// so that a test of a lost answer takes seconds.
	RequestTimeout, Settle, SearchLag time.Duration
	// RecentEvery, WholeEvery and CollectEvery are how often changes are polled for;
	// an hour by default, so that nothing happens which a test does not want.
	RecentEvery, WholeEvery, CollectEvery time.Duration
	// RecentDays and WindowDays are how far back sweeps reach.
	RecentDays, WindowDays int
	// MissingAfter is how long an order must be missing in the shop; an hour by
	// default.
	MissingAfter time.Duration
	// InitialImportDays starts an initial import by itself.
	InitialImportDays int
	// Since is the day from which sweeps import, "2026-01-01" by default.
	Since string
	// Latency is how long both services think about each request.
	Latency time.Duration
	// RoappURL and CartumURL replace the fakes' addresses, such as a proxy.
	RoappURL, CartumURL func(fake string) string
	// RoappWebhooks lets the account send its webhooks to the test environment's starter.
	RoappWebhooks bool
	// Alerts is the alert URL, and HeldAfter how long an order may be held before an
	// alert; none by default.
	Alerts    string
	HeldAfter time.Duration
	// Checks has the settings checked by requests to both services once somebody asks
	// for an order, so that statuses have names; they count as checked otherwise.
	Checks bool
	// Idle starts no worker.
	Idle bool
	// Server is the Temporal server; nil is the test binary's shared one.
	Server *enginetest.Server
	// Tracing is the starter's; none by default.
	Tracing *tracing.Tracing
	Logger  *zap.Logger
}

// Env is a running installation with one shop and one account.
type Env struct {
	T         testing.TB
	Shop      string // id of the shop
	Cartum    *Cartum
	Roapp     *Roapp
	Server    *enginetest.Server
	Namespace string
	Temporal  client.Client
	Settings  *settings.Settings
	YAML      []byte
	Env       map[string]string // of the settings' variables
	Orders    *service.Orders
	// StarterURL is where the webhooks are taken.
	StarterURL string

	logger   *zap.Logger
	tracing  *tracing.Tracing
	repeated *engine.RepeatedTasks
	starter  *atomic.Pointer[server.Server]
	// inForce is what the starter goes by.
	inForce *settings.Store
	running []following

	checks   bool // as in Options
	checking *sync.Mutex
	checked  string // the revision of the settings that counts as checked
}

// following is what follows replaced settings.
type following struct {
	store   *settings.Store
	workers *polling.Workers
}

// New builds a test environment that ends with the test.
func New(t testing.TB, o Options) *Env {
	t.Helper()
	o = o.withDefaults(t)
	w := &Env{T: t, starter: new(atomic.Pointer[server.Server]), Shop: "demo", Server: o.Server, logger: o.Logger, tracing: o.Tracing, repeated: engine.NewRepeatedTasks(), checks: o.Checks, checking: new(sync.Mutex)}
	if o.Second {
		w.Shop = "demo-ua"
	}
	w.Namespace = w.Server.Namespace(t)
	w.Cartum = newCartum(t, o)
	w.openStarter()
	w.Roapp = newRoapp(t, o, w.StarterURL+"/webhooks/roapp/main")
	w.writeSettings(o)
	w.Temporal = w.Connect()
	w.inForce = settings.NewStore(w.Settings)
	w.startStarter()
	if !o.Idle {
		w.StartWorker()
	}
	return w
}

func (o Options) withDefaults(t testing.TB) Options {
	t.Helper()
	if o.Server == nil {
		o.Server = enginetest.Start(t)
	}
	if o.Profile == "" {
		o.Profile = "documented"
	}
	if o.RequestTimeout == 0 {
		o.RequestTimeout = 5 * time.Second
	}
	if o.Settle == 0 {
		o.Settle = time.Second
	}
	if o.SearchLag == 0 {
		o.SearchLag = 2500 * time.Millisecond
	}
	for _, every := range []*time.Duration{&o.RecentEvery, &o.WholeEvery, &o.CollectEvery} {
		if *every == 0 {
			*every = time.Hour
		}
	}
	if o.RecentDays == 0 {
		o.RecentDays = 3
	}
	if o.WindowDays == 0 {
		o.WindowDays = 60
	}
	if o.MissingAfter == 0 {
		o.MissingAfter = time.Hour
	}
	if o.Since == "" {
		o.Since = "2026-01-01"
	}
	if o.HeldAfter == 0 {
		o.HeldAfter = 15 * time.Minute
	}
	if o.Statuses == "" {
		o.Statuses = plainStatuses
	}
	if o.Logger == nil {
		o.Logger = zaptest.NewLogger(t, zaptest.Level(zap.WarnLevel))
	}
	return o
}

// Connect gives another client of the test environment's namespace, as each process has.
func (w *Env) Connect() client.Client {
	w.T.Helper()
	codec, err := payload.Codec(w.Settings)
	w.must(err)
	interceptors, err := w.tracing.Interceptors()
	w.must(err)
	c, err := engine.Connect(w.T.Context(), engine.Options{
		Logger: w.logger, Codec: codec, HostPort: w.Server.Address(), Namespace: w.Namespace, Repeated: w.repeated,
		Interceptors: interceptors,
	})
	w.must(err)
	w.T.Cleanup(c.Close)
	return c
}

// RestartStarter has the starter, and all that the test sends itself, go by changed
// settings, as after a restart. Edit gets the file's text.
func (w *Env) RestartStarter(edit func(yaml string) string) {
	w.T.Helper()
	w.YAML = []byte(edit(string(w.YAML)))
	w.parseSettings()
	w.Temporal = w.Connect()
	w.inForce = settings.NewStore(w.Settings)
	w.startStarter()
}

// StartWorker starts the workers of one process.
func (w *Env) StartWorker() *polling.Workers {
	w.T.Helper()
	store := settings.NewStore(w.Settings)
	running, err := polling.Start(w.T.Context(), polling.Options{
		Client: w.Temporal, Index: index.New(w.Temporal), Namespace: w.Namespace, Settings: store, Logger: w.logger, Repeated: w.repeated,
	})
	w.must(err)
	w.T.Cleanup(running.Stop)
	w.running = append(w.running, following{store, running})
	return running
}

// openStarter gives the starter its address, which the account has to know.
func (w *Env) openStarter() {
	listener := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if starter := w.starter.Load(); starter != nil {
			starter.ServeHTTP(rw, r)
			return
		}
		http.Error(rw, "the starter is not running yet", http.StatusBadGateway)
	}))
	w.T.Cleanup(listener.Close)
	w.StarterURL = listener.URL
}

func (w *Env) startStarter() {
	shown, err := metrics.New()
	w.must(err)
	served, err := server.New(server.Options{
		Settings: w.inForce, SettingsProblem: func() error { return nil }, Metrics: shown, Logger: w.logger, PublicURL: w.StarterURL,
		Tracing: w.tracing,
	})
	w.must(err)
	served.Connect(w.Temporal, w.Namespace)
	w.Orders, _ = served.Orders()
	w.starter.Store(served)
}

// Secrets of every test environment.
const (
	// WebhookKey is the secret in the shop's webhook URL.
	WebhookKey = "0123456789abcdef0123456789abcdef"
	// RoappWebhookSecret signs the account's webhooks.
	RoappWebhookSecret = "V1StGXR8_Z5jdHi6B-myT" //nolint:gosec // known to everybody
	// APIToken is that of the program "warehouse", whose role is act.
	APIToken = "4f1c0ffee4f1c0ffee4f1c0ffee4f1c0ffee4f1c0ffee4f1c0ffee4f1c0ffee0"
	// ViewerToken is that of the program "monitor", whose role is look.
	ViewerToken = "100c0ffee4f1c0ffee4f1c0ffee4f1c0ffee4f1c0ffee4f1c0ffee4f1c0ffee0"
	// Password is that of the users "anna", whose role is act, and "viewer", whose
	// role is look.
	Password = "sandbox"
	// passwordHash is the password's, of the least cost.
	passwordHash = "$2a$10$tfbkgWwGe9eCpCS49/bZWewfpVJ7MEbxGxdnTW0sDZ.qcoHekYYuS" //nolint:gosec // known to everybody
)

var settingsTemplate = template.Must(template.New("settings").Parse(`
identity_key: ${IDENTITY_KEY}
encryption_keys: [{id: k1, key: "${ENCRYPTION_KEY}"}]
accounts:
  main:
    url: {{.RoappURL}}
    web_url: https://web.roapp.example
    api_key: ${ROAPP_API_KEY}
    webhook_secret: ${ROAPP_WEBHOOK_SECRET}
    currency: {{.Currency}}
    piece_unit: 1
    fallback_category: 7
    requests_per_second: {{.Rate}}
    request_timeout: {{.RequestTimeout}}
    settle_after_lost_answer: {{.Settle}}
    search_lag: {{.SearchLag}}
    collect_every: {{.CollectEvery}}
{{- if not .Second}}
    fields: {shop: f101, external_id: External ID, created: f103, last_updated: Last updated}
{{- end}}
{{- if eq .Profile "flipped"}}
    contact_fields: {f201: ""}
    order_fields: {Channel: ""}
{{- end}}
shops:
  {{.Shop}}:
    name: {{.Name}}
    url: {{.CartumURL}}
    admin_url: {{.CartumURL}}/edit/
    login: ${CARTUM_LOGIN}
    password: ${CARTUM_PASSWORD}
    webhook_key: ${WEBHOOK_KEY}
    account: main
    since: {{.Since}}
    sweep: {recent_every: {{.RecentEvery}}, recent_days: {{.RecentDays}}, whole_every: {{.WholeEvery}}, window_days: {{.WindowDays}}, missing_after: {{.MissingAfter}}}
    initial_import: {days: {{.InitialImportDays}}, skip_statuses: [3]}
    requests_per_second: {{.ShopRate}}
    time_zone: {{.TimeZone}}
    region: {{.Region}}
    language: {{.Language}}
    identify_products_by: {{.IdentifyBy}}
    location: 12
    order_type: 34
    managers: [56, 57]
    statuses: {{.Statuses}}
    final: {shop: [3, 4], roapp: [103, 104]}
api_tokens:
  - {name: warehouse, sha256: {{.APITokenHash}}, role: act}
  - {name: monitor, sha256: {{.ViewTokenHash}}, role: view}
users:
  - {name: anna, password_bcrypt: {{.PasswordHash}}, role: act}
  - {name: viewer, password_bcrypt: {{.PasswordHash}}, role: view}
session_key: ${SESSION_KEY}
{{- if .Alerts}}
alerts: {url: "${ALERT_URL}", held_after: {{.HeldAfter}}}
{{- end}}
`))

// plainStatuses are the sandbox's mappings.
const plainStatuses = "{import: {1: 101, 2: 102, 3: 103, 4: 104, 6: 105}, export: {102: 2, 103: 3, 105: 6}}"

// variant is what differs between the sandbox's two pairs.
type variant struct{ Name, Currency, TimeZone, Region, Language, IdentifyBy string }

func variantOf(second bool) variant {
	if second {
		return variant{"Квіти онлайн", "UAH", "Europe/Kyiv", "UA", "uk", "title"}
	}
	return variant{"Kwiaty Online", "PLN", "Europe/Warsaw", "PL", "pl", "article"}
}

func (w *Env) writeSettings(o Options) {
	values := struct {
		Options
		variant
		Shop, RoappURL, CartumURL   string
		APITokenHash, ViewTokenHash string
		PasswordHash                string
		Rate, ShopRate              float64
	}{
		Options: o, variant: variantOf(o.Second), Shop: w.Shop, RoappURL: w.Roapp.URL, CartumURL: w.Cartum.URL,
		APITokenHash: fmt.Sprintf("%x", sha256.Sum256([]byte(APIToken))), ViewTokenHash: fmt.Sprintf("%x", sha256.Sum256([]byte(ViewerToken))),
		PasswordHash: passwordHash, Rate: 3, ShopRate: 20,
	}
	if o.Unlimited {
		values.Rate, values.ShopRate = 1000, 1000
	}
	if o.RoappURL != nil {
		values.RoappURL = o.RoappURL(w.Roapp.URL)
	}
	if o.CartumURL != nil {
		values.CartumURL = o.CartumURL(w.Cartum.URL)
	}
	var yaml bytes.Buffer
	w.must(settingsTemplate.Execute(&yaml, values))
	w.YAML = yaml.Bytes()
	w.Env = map[string]string{
		"IDENTITY_KEY":   "identity-key-of-the-tests",
		"ENCRYPTION_KEY": base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("k"), 32)),
		"ROAPP_API_KEY":  "sandbox", "CARTUM_LOGIN": "sandbox", "CARTUM_PASSWORD": "sandbox", "WEBHOOK_KEY": WebhookKey,
		"ROAPP_WEBHOOK_SECRET": RoappWebhookSecret, "SESSION_KEY": "session-key-of-the-tests-32-characters",
	}
	if o.Alerts != "" {
		w.Env["ALERT_URL"] = o.Alerts
	}
	w.parseSettings()
}

func (w *Env) parseSettings() {
	w.T.Helper()
	parsed, err := settings.Parse("settings.yaml", w.YAML, func(name string) (string, bool) {
		value, ok := w.Env[name]
		return value, ok
	})
	w.must(err)
	w.Settings = parsed
}

// ReplaceSettings puts changed settings in force in all workers and in the
// starter, as when the file changes while they run. Edit gets the file's text;
// the variables are those of Env. It is not for one of a pair.
func (w *Env) ReplaceSettings(edit func(yaml string) string) {
	w.T.Helper()
	w.YAML = []byte(edit(string(w.YAML)))
	w.parseSettings()
	w.inForce.Replace(w.Settings)
	for _, f := range w.running {
		f.store.Replace(w.Settings)
		w.must(f.workers.Apply(w.T.Context()))
	}
}

func (w *Env) must(err error) {
	w.T.Helper()
	if err != nil {
		w.T.Fatal(err)
	}
}

// profile merges a profile's switches with those of the test.
func profile(base, own map[string]string) map[string]string {
	merged := map[string]string{}
	for name, value := range base {
		merged[name] = value
	}
	for name, value := range own {
		merged[name] = value
	}
	return merged
}

func newCartum(t testing.TB, o Options) *Cartum {
	t.Helper()
	v := variantOf(o.Second)
	zone, err := time.LoadLocation(v.TimeZone)
	if err != nil {
		t.Fatal(err)
	}
	base, err := cartumstand.Profile(o.Profile)
	if err != nil {
		t.Fatal(err)
	}
	language := strings.Replace(v.Language, "uk", "ua", 1)
	stand := cartumstand.New(cartumstand.Options{
		Currency: v.Currency, TimeZone: zone, Languages: []string{language, "en"},
		WebhookDelay: 10 * time.Millisecond, WebhookRetry: 200 * time.Millisecond, Switches: profile(base, o.CartumSwitches),
		Latency: o.Latency,
	})
	listener := httptest.NewServer(checked(t, contract.Cartum(), stand))
	t.Cleanup(func() { listener.Close(); stand.Close() })
	return &Cartum{fake: fake{t: t, URL: listener.URL}, Currency: v.Currency, zone: zone}
}

func newRoapp(t testing.TB, o Options, webhooks string) *Roapp {
	t.Helper()
	v := variantOf(o.Second)
	base := roappstand.Profile(o.Profile)
	if !o.RoappWebhooks {
		webhooks = ""
	}
	stand := roappstand.New(roappstand.Options{
		Currency: v.Currency, CustomFields: !o.Second, Unlimited: o.Unlimited, Switches: profile(base, o.RoappSwitches),
		WebhookURL: webhooks, WebhookSecret: RoappWebhookSecret, WebhookPause: 200 * time.Millisecond,
		Latency: o.Latency,
	})
	listener := httptest.NewServer(checked(t, contract.Roapp(), stand))
	t.Cleanup(func() { listener.Close(); stand.Close() })
	return &Roapp{fake: fake{t: t, URL: listener.URL}}
}

// checked fails the test for each request of the clients and each answer of the
// fake that docs/reference does not have. A benchmark does without, for what it
// measures is not the check.
func checked(t testing.TB, described *contract.Contract, fake http.Handler) http.Handler {
	t.Helper()
	if _, benchmark := t.(*testing.B); benchmark {
		return fake
	}
	return described.Check(t, fake)
}

// stalls is how many times its patience a wait may last while it goes on.
const stalls = 5

// Eventually waits until the condition gives "", and fails with its last text. A machine
// that is busy is slow but goes on, so the time is that without another text.
func (w *Env) Eventually(within time.Duration, condition func() string) {
	w.T.Helper()
	began := time.Now()
	last, since := "", began
	again := time.NewTicker(150 * time.Millisecond)
	defer again.Stop()
	for {
		text := condition()
		switch now := time.Now(); {
		case text == "":
			return
		case text != last && now.Sub(began) < stalls*within:
			last, since = text, now
		case now.Sub(since) > within:
			w.T.Fatalf("after %s: %s", now.Sub(began).Round(time.Second), text)
		}
		select {
		case <-w.T.Context().Done():
			w.T.Fatalf("when the test ended: %s", text)
		case <-again.C:
		}
	}
}
