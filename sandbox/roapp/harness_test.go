package roapp_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cartumsync/cartumsync/internal/contract"
	"github.com/cartumsync/cartumsync/sandbox/roapp"
)

// clock is a clock that only a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// account is a fake behind real HTTP.
type account struct {
	t      *testing.T
	url    string
	client *http.Client // of its own, so that no other test closes its connections
	clock  *clock
}

// open starts an account with custom fields and without limit and search lag,
// unless the options say otherwise.
func open(t *testing.T, options roapp.Options) *account {
	t.Helper()
	a := &account{t: t, clock: &clock{now: time.Date(2026, 11, 2, 9, 30, 0, 0, time.UTC)}}
	switches := map[string]string{string(roapp.SearchLag): "0s", string(roapp.StatusComment): "none"}
	maps.Copy(switches, options.Switches)
	options.Switches = switches
	options.CustomFields = true
	options.Unlimited = options.RequestsPerSecond == 0
	options.Now = a.clock.Now
	server := roapp.New(options)
	web := httptest.NewServer(contract.Roapp().CheckAnswers(t, server))
	t.Cleanup(web.Close)
	t.Cleanup(server.Close) // first: it ends hanging requests
	a.url, a.client = web.URL, web.Client()
	return a
}

// with starts an account with some switches.
func with(t *testing.T, switches map[string]string) *account {
	t.Helper()
	return open(t, roapp.Options{Switches: switches})
}

type answer struct {
	status int
	header http.Header
	raw    string
	json   any
}

// at returns a value of the JSON answer as text, such as "data.0.id". A missing
// one is "<nil>", as null is.
func (a answer) at(path string) string { return fmt.Sprint(lookUp(a.json, path)) }

// has is true if the path is there, even with null.
func (a answer) has(path string) bool {
	parent, key := a.json, path
	if i := strings.LastIndex(path, "."); i >= 0 {
		parent, key = lookUp(a.json, path[:i]), path[i+1:]
	}
	object, _ := parent.(map[string]any)
	_, there := object[key]
	return there
}

func (a answer) id(path string) int64 {
	id, _ := strconv.ParseInt(a.at(path), 10, 64)
	return id
}

// length is that of the array at the path, "" for the answer itself.
func (a answer) length(path string) int {
	array, _ := lookUp(a.json, path).([]any)
	return len(array)
}

func lookUp(value any, path string) any {
	for key := range strings.SplitSeq(path, ".") {
		switch container := value.(type) {
		case map[string]any:
			value = container[key]
		case []any:
			index, err := strconv.Atoi(key)
			if key == "" {
				return container
			}
			if err != nil || index >= len(container) {
				return nil
			}
			value = container[index]
		default:
			return nil
		}
	}
	return value
}

// try sends a request with the account's key and returns the transport's error.
func (a *account) try(method, path, body string) (answer, error) {
	a.t.Helper()
	return a.send(a.request(context.Background(), method, path, body))
}

func (a *account) request(ctx context.Context, method, path, body string) *http.Request {
	a.t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, a.url+path, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer sandbox")
	r.Header.Set("Content-Type", "application/json")
	return r
}

func (a *account) send(r *http.Request) (answer, error) {
	response, err := a.client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, err
	}
	got := answer{status: response.StatusCode, header: response.Header, raw: string(data)}
	decoder := json.NewDecoder(strings.NewReader(got.raw))
	decoder.UseNumber()
	_ = decoder.Decode(&got.json) // not every answer is JSON
	return got, nil
}

// do sends a request that must be answered; body may be empty.
func (a *account) do(method, path, body string) answer {
	a.t.Helper()
	got, err := a.try(method, path, body)
	if err != nil {
		a.t.Fatalf("%s %s: %v", method, path, err)
	}
	return got
}

func (a *account) get(path string) answer { a.t.Helper(); return a.do(http.MethodGet, path, "") }

// ok is do for a request that must succeed.
func (a *account) ok(method, path, body string) answer {
	a.t.Helper()
	got := a.do(method, path, body)
	if got.status != http.StatusOK {
		a.t.Fatalf("%s %s %s: %d %s", method, path, body, got.status, got.raw)
	}
	return got
}

func (a *account) post(path, body string) answer {
	a.t.Helper()
	return a.ok(http.MethodPost, path, body)
}

func (a *account) set(switches map[string]string) {
	a.t.Helper()
	body, err := json.Marshal(switches)
	if err != nil {
		a.t.Fatal(err)
	}
	a.ok(http.MethodPut, "/sandbox/switches", string(body))
}

func (a *account) person(firstName, phone string) int64 {
	a.t.Helper()
	body := fmt.Sprintf(`{"first_name":%q,"phones":[{"phone":%q}]}`, firstName, phone)
	return a.post("/v2/contacts/people", body).id("id")
}

func (a *account) order() int64 {
	a.t.Helper()
	client := a.post("/sandbox/people", `{"first_name":"Jan","last_name":"Kowalski"}`).id("id")
	return a.post("/v2/orders", newOrder(34, client)).id("id")
}

func newOrder(orderType, client int64) string {
	return fmt.Sprintf(`{"branch_id":12,"order_type_id":%d,"client_id":%d}`, orderType, client)
}

func (a *account) product(article string) int64 {
	a.t.Helper()
	body := fmt.Sprintf(`{"title":"Rose %s","article":%q}`, article, article)
	return a.post("/sandbox/products", body).id("id")
}

// line is a complete item, changed by the given fields; "" drops one.
func line(entity int64, changes map[string]string) string {
	fields := map[string]string{
		"entity_id": strconv.FormatInt(entity, 10), "assignee_id": "56", "quantity": "2", "price": "10.00", "cost": "0",
		"discount": `{"type":"percentage","percentage":0,"amount":0,"sponsor":"staff"}`,
		"warranty": `{"period":"0","periodUnits":"days"}`,
	}
	maps.Copy(fields, changes)
	members := []string{}
	for name, value := range fields {
		if value != "" {
			members = append(members, fmt.Sprintf("%q:%s", name, value))
		}
	}
	return "{" + strings.Join(members, ",") + "}"
}

func (a *account) item(order, entity int64) int64 {
	a.t.Helper()
	return a.post(itemsOf(order), line(entity, nil)).id("id")
}

func orderPath(id int64) string       { return fmt.Sprintf("/v2/orders/%d", id) }
func itemsOf(order int64) string      { return orderPath(order) + "/items" }
func itemPath(order, id int64) string { return fmt.Sprintf("%s/%d", itemsOf(order), id) }
func wholeOrder(id int64) string      { return fmt.Sprintf("/sandbox/orders/%d", id) }
func writeOffPath(id int64) string    { return wholeOrder(id) + "/write-off" }
func personPath(id int64) string      { return fmt.Sprintf("/v2/contacts/people/%d", id) }

// check compares values of a JSON answer.
func check(t *testing.T, got answer, want map[string]string) {
	t.Helper()
	for path, value := range want {
		if seen := got.at(path); seen != value {
			t.Errorf("%s: got %s, want %s", path, seen, value)
		}
	}
}

// refusal is a body that must be refused, and what the refusal must name.
type refusal struct {
	name string
	body string
	want string
}

func (a *account) refuses(method, path string, cases []refusal) {
	a.t.Helper()
	for _, c := range cases {
		got := a.do(method, path, c.body)
		if got.status != http.StatusBadRequest || !strings.Contains(got.at("message"), c.want) {
			a.t.Errorf("%s: got %d %s, want 400 that names %q", c.name, got.status, got.raw, c.want)
		}
	}
}
