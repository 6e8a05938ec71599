package contract

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// What is not checked, and nothing else is.
const (
	// FaultHeader is on an answer that a fake broke on purpose; its value is the fault's kind.
	FaultHeader = "X-Sandbox-Fault"
	// StaffHeader is on a request of people in a test, which is none of the client's.
	StaffHeader = "X-Sandbox-Staff"
	// redirected is on a request that goes where a service sent it, and not where the client would.
	redirected = "Referer"
	// sandboxPath is where a fake's own requests are, which no service has.
	sandboxPath = "/sandbox/"
)

// tester is a test. The package does not import testing, since the starter has it as well.
type tester interface {
	Helper()
	Error(args ...any)
}

// Check puts the contract before a fake: each request of a client and each answer that is not as the document says fails
// the test, once for each kind of problem.
func (c *Contract) Check(tb tester, fake http.Handler) *Gate {
	tb.Helper()
	return c.gate(tb, fake, true, true)
}

// CheckRequests is for a test that answers by hand, on purpose also what no service would answer.
func (c *Contract) CheckRequests(tb tester, service http.Handler) *Gate {
	tb.Helper()
	return c.gate(tb, service, true, false)
}

// CheckAnswers is for the fakes' own tests, which also ask what no client asks.
func (c *Contract) CheckAnswers(tb tester, fake http.Handler) *Gate {
	tb.Helper()
	return c.gate(tb, fake, false, true)
}

func (c *Contract) gate(tb tester, fake http.Handler, requests, answers bool) *Gate {
	tb.Helper()
	return &Gate{
		contract: c, t: tb, fake: fake, requests: requests, answers: answers,
		reported: map[string]bool{}, asked: map[string]bool{}, strange: map[string]bool{},
	}
}

// Gate is a contract before a service.
type Gate struct {
	contract          *Contract
	t                 tester
	fake              http.Handler
	requests, answers bool

	mu       sync.Mutex
	reported map[string]bool
	asked    map[string]bool // operations
	strange  map[string]bool // records that a test put and the document does not know, as "Order 5"
}

// ServeHTTP implements http.Handler.
func (g *Gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, sandboxPath) {
		g.noteRecord(r)
	}
	if strings.HasPrefix(r.URL.Path, sandboxPath) || r.Header.Get(StaffHeader) != "" || r.Header.Get(redirected) != "" {
		g.fake.ServeHTTP(w, r)
		return
	}
	g.serve(w, r)
}

func (g *Gate) serve(w http.ResponseWriter, r *http.Request) {
	body := readAgain(r)
	name, operation, problem := g.contract.operation(r)
	if g.requests && problem != "" {
		g.report(r.Method+" "+r.URL.Path, "request", problem)
	}
	if g.requests && problem == "" {
		g.note(name)
		for _, problem := range g.contract.checkRequest(r, operation, body) {
			g.report(name, "request", problem)
		}
	}
	if !g.answers || problem != "" {
		g.fake.ServeHTTP(w, r)
		return
	}
	asked := withBody(r, nil) // the fake may change the request
	recorded := &recorder{ResponseWriter: w}
	g.fake.ServeHTTP(recorded, r)
	if recorded.status == 0 || recorded.status == http.StatusRequestEntityTooLarge || w.Header().Get(FaultHeader) != "" {
		return // no answer, the fake's own limit on a body, or one that is broken on purpose
	}
	found := g.contract.checkAnswer(asked, operation, recorded.status, w.Header(), g.withoutStrange(name, recorded.body.Bytes()))
	for _, problem := range texts(found) {
		g.report(name, fmt.Sprintf("answer %d", recorded.status), problem)
	}
}

func (g *Gate) note(operation string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked[operation] = true
}

// Asked are the operations of the document that a client has used, as "GET /v2/orders/{id}".
func (g *Gate) Asked() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Sorted(maps.Keys(g.asked))
}

// report fails the test, once for each problem.
func (g *Gate) report(operation, what, problem string) {
	g.t.Helper()
	text := fmt.Sprintf("%s %s: the %s is not as docs/reference says: %s", g.contract.name, operation, what, problem)
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.reported[text] {
		g.reported[text] = true
		g.t.Error(text)
	}
}

// largest is more than any fake takes of a body.
const largest = 8 << 20

// readAgain reads the body and leaves the request as it was, also where the client broke off.
func readAgain(r *http.Request) []byte {
	body, err := io.ReadAll(io.LimitReader(r.Body, largest))
	rest := io.Reader(r.Body)
	if err != nil {
		rest = failing{err}
	}
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), rest), r.Body}
	return body
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// recorder keeps what is answered; status 0 is no answer.
type recorder struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (w *recorder) WriteHeader(status int) {
	w.status = cmp.Or(w.status, status)
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(data []byte) (int, error) {
	w.status = cmp.Or(w.status, http.StatusOK)
	w.body.Write(data)
	return w.ResponseWriter.Write(data)
}

// Unwrap lets a response controller reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// put are the fake shop's requests by which a test puts a record, where answers list it, and what the fake completes.
var put = []struct {
	path, schema, operation, list, key string
	completed                          func(key string) map[string]any
}{
	{"/sandbox/orders/", "Order", "POST /api/orders/get/", "orders", "order_id", func(key string) map[string]any {
		return map[string]any{"order_id": json.Number(key), "stat_created": "2026-01-01 00:00:00"}
	}},
	{"/sandbox/products/", "Product", "POST /api/catalog/export/", "products", "article", func(key string) map[string]any {
		return map[string]any{"article": key}
	}},
}

// noteRecord remembers a record that a test puts into the fake shop and that no shop would have: the rows of later answers
// that show it are not checked, for they are the test's and not the fake's.
func (g *Gate) noteRecord(r *http.Request) {
	for _, kind := range put {
		escaped, ok := strings.CutPrefix(r.URL.EscapedPath(), kind.path)
		if !ok || r.Method != http.MethodPut || g.contract != Cartum() {
			continue
		}
		key, err := url.PathUnescape(escaped)
		if err != nil {
			continue // the fake refuses it
		}
		record := kind.completed(key)
		strange := json.Unmarshal(readAgain(r), &record) != nil || fmt.Sprint(record[kind.key]) != key
		if whole, err := json.Marshal(record); err != nil || g.contract.CheckRecord(kind.schema, whole) != nil {
			strange = true
		}
		g.noteStrange(kind.schema, key, strange)
		g.noteStrange(kind.schema, fmt.Sprint(record[kind.key]), strange)
	}
}

func (g *Gate) noteStrange(schema, key string, strange bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.strange[schema+" "+key] = strange
}

// withoutStrange is the answer without the rows that a test corrupted.
func (g *Gate) withoutStrange(operation string, body []byte) []byte {
	for _, kind := range put {
		if kind.operation != operation {
			continue
		}
		var answer struct {
			Status   json.RawMessage            `json:"status"`
			Response map[string]json.RawMessage `json:"response"`
		}
		var rows []json.RawMessage
		if json.Unmarshal(body, &answer) != nil || json.Unmarshal(answer.Response[kind.list], &rows) != nil || len(rows) == 0 {
			return body
		}
		kept := make([]json.RawMessage, 0, len(rows))
		for _, row := range rows {
			var record map[string]any
			if json.Unmarshal(row, &record) == nil && !g.isStrange(kind.schema, fmt.Sprint(record[kind.key])) {
				kept = append(kept, row)
			}
		}
		if len(kept) == len(rows) {
			return body
		}
		if len(kept) == 0 {
			return []byte(`{"status":"EMPTY","response":[]}`)
		}
		answer.Response[kind.list], _ = json.Marshal(kept) // they came from JSON
		whole, _ := json.Marshal(answer)
		return whole
	}
	return body
}

func (g *Gate) isStrange(schema, key string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.strange[schema+" "+key]
}
