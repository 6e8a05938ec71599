package api_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/api"
	"github.com/cartumsync/cartumsync/internal/access"
	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/internal/tracing"
	"github.com/cartumsync/cartumsync/workflows"
)

const key = "0123456789abcdef"

// hooksSettings have a shop with a key and one that takes no webhooks.
const hooksSettings = `identity_key: ${IDENTITY_KEY}
encryption_keys: [{id: k1, key: "${ENCRYPTION_KEY}"}]
accounts:
  main: {url: https://api.roapp.io, web_url: https://web.roapp.io, api_key: "${KEY}", currency: PLN, piece_unit: 1, fallback_category: 7}
shops:
  demo:
    name: Kwiaty Online
    url: https://demo.example
    admin_url: https://demo.example/edit/
    login: api
    password: ${PASSWORD}
    webhook_key: ${WEBHOOK_KEY}
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

func parse(tb testing.TB, yaml string) *settings.Settings {
	tb.Helper()
	env := map[string]string{
		"IDENTITY_KEY": "identity-key-of-the-tests", "ENCRYPTION_KEY": base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("k"), 32)),
		"KEY": "sandbox", "PASSWORD": "sandbox", "WEBHOOK_KEY": key,
	}
	s, err := settings.Parse("settings.yaml", []byte(yaml), func(name string) (string, bool) { value, ok := env[name]; return value, ok })
	require.NoError(tb, err)
	return s
}

// moreShops adds a shop without key and one that is switched off.
func moreShops(tb testing.TB) *settings.Settings {
	tb.Helper()
	_, shop, _ := strings.Cut(hooksSettings, "  demo:\n")
	silent := strings.Replace(strings.Replace(shop, "demo.example", "silent.example", 2), "    webhook_key: ${WEBHOOK_KEY}\n", "", 1)
	off := strings.Replace(shop, "demo.example", "off.example", 2) + "    enabled: false\n"
	return parse(tb, hooksSettings+"  silent:\n"+silent+"  off:\n"+off)
}

// temporal keeps what would be signalled.
type temporal struct {
	client.Client
	err error

	mu      sync.Mutex
	signals []signal
}

type signal struct {
	id, name string
	payload  any
	starts   bool // the workflow, where there is none
}

// SignalWorkflow signals a workflow that runs, as each does but order 404's, and those that are done.
func (f *temporal) SignalWorkflow(_ context.Context, id, _, name string, payload any) error {
	if _, done := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](f.err); done || id == "order:demo:404" {
		return serviceerror.NewNotFound("no such workflow")
	}
	return f.take(signal{id: id, name: name, payload: payload})
}

func (f *temporal) SignalWithStartWorkflow(_ context.Context, id, name string, payload any, _ client.StartWorkflowOptions, _ any, _ ...any) (client.WorkflowRun, error) {
	return nil, f.take(signal{id, name, payload, true})
}

func (f *temporal) take(s signal) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return f.err
	}
	f.signals = append(f.signals, s)
	return nil
}

func (f *temporal) ids() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var ids []string
	for _, s := range f.signals {
		ids = append(ids, s.id)
	}
	return ids
}

// newGuard is a guard whose login page is of no interest.
func newGuard(store *settings.Store) *access.Guard {
	guard, err := access.New(access.Options{
		Settings: store, Logger: zap.NewNop(),
		LoginPage: func(w http.ResponseWriter, _ *http.Request, view access.LoginView) { w.WriteHeader(view.Status) },
	})
	if err != nil {
		panic(err) // it has no public URL that could be wrong
	}
	return guard
}

// newRouter gives the starter's routes; without a Temporal they are not
// connected.
func newRouter(s *settings.Settings, fake *temporal) http.Handler {
	return newTracedRouter(s, fake, nil)
}

func newTracedRouter(s *settings.Settings, fake *temporal, traced *tracing.Tracing) http.Handler {
	store := settings.NewStore(s)
	return api.NewRouter(api.Options{
		Settings: store,
		Guard:    newGuard(store),
		Orders: func() (*service.Orders, bool) {
			if fake == nil {
				return nil, false
			}
			return service.NewOrders(fake, index.New(fake), "", settings.NewStore(s)), true
		},
		Health:  engine.NewHealth(time.Second),
		Tracing: traced,
		Logger:  zap.NewNop(),
	})
}

func newStarter(t *testing.T, fake *temporal) (url string) {
	t.Helper()
	server := httptest.NewServer(newRouter(moreShops(t), fake))
	t.Cleanup(server.Close)
	return server.URL
}

const hook = "/webhooks/cartum/demo/" + key

func send(t *testing.T, method, url, body string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	answer, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response, string(answer)
}

func TestWebhookStartsItsOrder(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"order_id":115}`, `{"order_id":"115"}`, ` { "user" : 1 , "order_id" : 115 } `, `{"order_id":115,"products":[{"order_id":7}]}`} {
		fake := &temporal{}
		starter := newStarter(t, fake)
		for _, method := range []string{http.MethodPut, http.MethodPost} {
			response, answer := send(t, method, starter+hook+"?event=order_created", body)
			assert.Equal(t, http.StatusNoContent, response.StatusCode, answer)
		}
		assert.Equal(t, []string{"order:demo:115", "shop:demo", "order:demo:115", "shop:demo"}, fake.ids())
		assert.Equal(t, signal{workflows.ShopID("demo"), workflows.SignalWebhookReceived, nil, true}, fake.signals[1])
		assert.Equal(t, "order:demo:115", fake.signals[0].id)
		assert.Equal(t, workflows.SignalShopOrderChanged, fake.signals[0].name)
		hint, ok := fake.signals[0].payload.(order.ChangeNotice)
		require.True(t, ok)
		assert.Equal(t, order.OriginWebhook, hint.By)
	}
}

// The workflow of an order that was updated is expected to run; it is started where it does not.
func TestWebhookOfAnUpdate(t *testing.T) {
	t.Parallel()
	for event, want := range map[string][]bool{"order_update": {false, true}, "order_paid": {false, true}, "": {false, true}, "order_created": {true, true}} {
		fake := &temporal{}
		starter := newStarter(t, fake)
		for _, body := range []string{`{"order_id":115}`, `{"order_id":404}`} {
			response, answer := send(t, http.MethodPut, starter+hook+"?event="+event, body)
			assert.Equal(t, http.StatusNoContent, response.StatusCode, answer)
		}
		notified := slices.DeleteFunc(fake.signals, func(s signal) bool { return s.name != workflows.SignalShopOrderChanged })
		require.Len(t, notified, 2, event)
		starts := []bool{notified[0].starts, notified[1].starts}
		assert.Equal(t, want, starts, event)
		assert.Equal(t, "order:demo:404", notified[1].id)
	}
}

// An order whose workflow is done is left alone, and Cartum need not repeat it.
func TestWebhookOfAnOrderThatIsDone(t *testing.T) {
	t.Parallel()
	fake := &temporal{err: serviceerror.NewWorkflowExecutionAlreadyStarted("done", "", "")}
	response, _ := send(t, http.MethodPut, newStarter(t, fake)+hook, `{"order_id":115}`)
	assert.Equal(t, http.StatusNoContent, response.StatusCode)
}

// Guessing reveals nothing: neither shops nor keys.
func TestWebhookWithoutTheKey(t *testing.T) {
	t.Parallel()
	fake := &temporal{}
	starter := newStarter(t, fake)
	var answers []string
	for _, path := range []string{
		"/webhooks/cartum/demo/wrong", "/webhooks/cartum/demo/" + key + "0", "/webhooks/cartum/demo/" + strings.ToUpper(key),
		"/webhooks/cartum/unknown/" + key, "/webhooks/cartum/off/" + key, "/webhooks/cartum/silent/" + key, "/webhooks/cartum/silent/",
		"/webhooks/cartum/silent/%20", "/webhooks/cartum/demo/" + key + "%20",
	} {
		for _, method := range []string{http.MethodPut, http.MethodPost, http.MethodDelete} {
			response, answer := send(t, method, starter+path, `{"order_id":115}`)
			assert.Equal(t, http.StatusNotFound, response.StatusCode, path)
			answers = append(answers, answer)
		}
	}
	for _, answer := range answers {
		assert.Equal(t, answers[0], answer)
	}
	assert.Empty(t, fake.signals)
}

func TestWebhookBodiesThatAreNone(t *testing.T) {
	t.Parallel()
	fake := &temporal{}
	starter := newStarter(t, fake)
	for _, body := range []string{
		``, ` `, `null`, `[]`, `[{"order_id":5}]`, `5`, `"5"`, `{`, `{"order_id":5`, `{"order_id":5}x`, `{}`, `{"id":5}`,
		`{"order_id":0}`, `{"order_id":-5}`, `{"order_id":5.0}`, `{"order_id":5.5}`, `{"order_id":5e0}`, `{"order_id":null}`, `{"order_id":true}`,
		`{"order_id":[5]}`, `{"order_id":{}}`, `{"order_id":""}`, `{"order_id":" 5"}`, `{"order_id":"+5"}`, `{"order_id":"-5"}`, `{"order_id":"0x5"}`,
		`{"order_id":"5_0"}`, `{"order_id":"five"}`, `{"order_id":9223372036854775808}`, `order_id=5`, "\xff\xfe",
	} {
		response, answer := send(t, http.MethodPut, starter+hook, body)
		assert.Equal(t, http.StatusBadRequest, response.StatusCode, body)
		assert.Contains(t, answer, "order_id", body)
	}
	assert.Empty(t, fake.signals)
}

func TestWebhookBodyTooLarge(t *testing.T) {
	t.Parallel()
	fake := &temporal{}
	body := `{"order_id":5,"comment":"` + strings.Repeat("x", 10<<20) + `"}`
	response, answer := send(t, http.MethodPut, newStarter(t, fake)+hook, body)
	assert.Equal(t, http.StatusRequestEntityTooLarge, response.StatusCode)
	assert.Contains(t, answer, "larger than")
	assert.Empty(t, fake.signals)
}

func TestWebhookWhileTemporalIsAway(t *testing.T) {
	t.Parallel()
	for name, fake := range map[string]*temporal{
		"not connected": nil,
		"fails":         {err: serviceerror.NewUnavailable("secret inner address")},
		"too slow":      {err: context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			starter := newStarter(t, fake)
			for _, method := range []string{http.MethodPut, http.MethodPost, http.MethodDelete} {
				response, answer := send(t, method, starter+hook+"?event=order_paid", `{"order_id":115}`)
				assert.Equal(t, http.StatusServiceUnavailable, response.StatusCode)
				seconds, err := strconv.Atoi(response.Header.Get("Retry-After"))
				require.NoError(t, err)
				assert.Positive(t, seconds)
				assert.NotContains(t, answer, "secret")
			}
		})
	}
}

func TestWebhookRemovedInCartum(t *testing.T) {
	t.Parallel()
	fake := &temporal{}
	response, _ := send(t, http.MethodDelete, newStarter(t, fake)+hook+"?event=order_paid", "")
	assert.Equal(t, http.StatusNoContent, response.StatusCode)
	assert.Equal(t, []signal{{"shop:demo", workflows.SignalWebhookRemoved, "order_paid", true}}, fake.signals)
}

func TestWebhookMethods(t *testing.T) {
	t.Parallel()
	starter := newStarter(t, &temporal{})
	for _, method := range []string{http.MethodGet, http.MethodPatch} {
		response, _ := send(t, method, starter+hook, "")
		assert.Equal(t, http.StatusMethodNotAllowed, response.StatusCode, method)
	}
}

// A shop sends its queue in one go; who sends more than that is slowed down
// before any key is looked at.
func TestWebhookRate(t *testing.T) {
	t.Parallel()
	router := newRouter(moreShops(t), &temporal{})
	codes := map[int]int{}
	var limited *httptest.ResponseRecorder
	for range 1000 {
		recorder := httptest.NewRecorder()
		router.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/webhooks/cartum/demo/guess", http.NoBody))
		codes[recorder.Code]++
		if recorder.Code == http.StatusTooManyRequests {
			limited = recorder
		}
	}
	require.NotNil(t, limited, "%v", codes)
	assert.NotEmpty(t, limited.Header().Get("Retry-After"))
	assert.GreaterOrEqual(t, codes[http.StatusNotFound], 200)

	other := httptest.NewRequestWithContext(t.Context(), http.MethodPut, hook, strings.NewReader(`{"order_id":5}`))
	other.RemoteAddr = "192.0.2.77:1234"
	recorder := httptest.NewRecorder()
	router.ServeHTTP(recorder, other)
	assert.Equal(t, http.StatusNoContent, recorder.Code, "others are not slowed down")
}

// Behind a trusted proxy a stranger's flood does not use up the shop's own limit.
func TestWebhooksAreLimitedByClientBehindAProxy(t *testing.T) {
	t.Parallel()
	s := *moreShops(t)
	s.TrustedProxies = []string{"192.0.2.0/24"}
	router := newRouter(&s, &temporal{})
	send := func(client, path string) int {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPut, path, strings.NewReader(`{"order_id":5}`))
		request.RemoteAddr = "192.0.2.1:4000"
		request.Header.Set("X-Forwarded-For", client)
		recorder := httptest.NewRecorder()
		router.ServeHTTP(recorder, request)
		return recorder.Code
	}
	limited := false
	for range 1000 {
		limited = limited || send("203.0.113.9", "/webhooks/cartum/demo/guess") == http.StatusTooManyRequests
	}
	require.True(t, limited)
	assert.Equal(t, http.StatusNoContent, send("203.0.113.1", hook))
}

// Served as in production, a body that never ends is given up.
func TestWebhookBodyTooSlow(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	address := freeAddress(t)
	ctx, stop := context.WithCancel(t.Context())
	router := newRouter(moreShops(t), &temporal{})
	served := make(chan error, 1)
	go func() { served <- engine.Serve(ctx, address, router, zap.NewNop()) }()
	var connection net.Conn
	require.Eventually(t, func() bool {
		var err error
		connection, err = (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
		return err == nil
	}, 5*time.Second, 20*time.Millisecond)
	_, err := fmt.Fprintf(connection, "PUT %s HTTP/1.1\r\nHost: starter\r\nContent-Length: 100\r\n\r\n{", hook)
	require.NoError(t, err)
	require.NoError(t, connection.SetReadDeadline(time.Now().Add(45*time.Second)))
	answer, err := io.ReadAll(connection)
	require.NoError(t, err, "the server closes the connection")
	assert.True(t, strings.HasPrefix(string(answer), "HTTP/1.1 408 "), "%s", answer)
	stop()
	require.NoError(t, <-served)
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, listener.Close()) }()
	return listener.Addr().String()
}

// A body is taken only where order_id is a positive whole number, and then for
// exactly that order.
func FuzzWebhookBody(f *testing.F) {
	for _, body := range []string{
		`{"order_id":115}`, `{"order_id":"115"}`, `{"order_id":-1}`, `{"order_id":1.5}`, `{"order_id":"+1"}`, `{"order_id":null}`, `[]`, `null`, `{`,
		`{"order_id":1,"order_id":2}`, `{"ORDER_ID":3}`, `{"order_id":"\u0031"}`, `{"order_id":"\"1\""}`, `{"order_id":1e3}`, `{"order_id":00}`,
	} {
		f.Add([]byte(body))
	}
	shops := moreShops(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		fake := &temporal{}
		recorder := httptest.NewRecorder()
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPut, hook, bytes.NewReader(body))
		// A router of its own, for a common one would limit the rate.
		newRouter(shops, fake).ServeHTTP(recorder, request)
		switch recorder.Code {
		case http.StatusBadRequest:
			assert.Empty(t, fake.ids())
		case http.StatusNoContent:
			require.Len(t, fake.ids(), 2) // the order, and the shop, which is told that events arrive
			assert.Contains(t, orderIDs(body), fake.ids()[0])
		default:
			t.Errorf("%q is answered %d", body, recorder.Code)
		}
	})
}

// orderIDs reads, in another way than the product, which workflows a body may
// mean. Names are compared as encoding/json does.
func orderIDs(body []byte) (ids []string) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var fields map[string]any
	if decoder.Decode(&fields) != nil {
		return nil
	}
	for name, value := range fields {
		if !strings.EqualFold(name, "order_id") {
			continue
		}
		number, err := strconv.ParseUint(fmt.Sprint(value), 10, 63)
		if err == nil && number > 0 {
			ids = append(ids, order.Key{Shop: "demo", Number: int64(number)}.WorkflowID())
		}
	}
	return ids
}
