package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

// gateway stands between the exchange and RO App, and may spoil the pages of
// changed orders.
type gateway struct {
	mu    sync.Mutex
	spoil func(n int, page []byte) []byte // changes the nth page
	cut   int                             // the page that breaks off in the middle
	pages int
}

// on counts the pages from now on.
func (g *gateway) on(spoil func(n int, page []byte) []byte) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pages, g.spoil = 0, spoil
}

// cutOff breaks the nth page from now on off in the middle.
func (g *gateway) cutOff(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pages, g.cut = 0, n
}

func (g *gateway) seen() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.pages
}

// open puts the gateway in front of a fake.
func (g *gateway) open(t *testing.T) func(fake string) string {
	t.Helper()
	return func(fake string) string {
		target, err := url.Parse(fake)
		require.NoError(t, err)
		server := httptest.NewServer(&httputil.ReverseProxy{
			Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(target) },
			ModifyResponse: g.answer,
		})
		t.Cleanup(server.Close)
		return server.URL
	}
}

func (g *gateway) answer(response *http.Response) error {
	request := response.Request
	if request.Method != http.MethodGet || request.URL.Path != "/v2/orders" || !request.URL.Query().Has("modified_at") {
		return nil
	}
	whole, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	g.mu.Lock()
	g.pages++
	n, cut, spoil := g.pages, g.cut, g.spoil
	g.mu.Unlock()
	if n == cut {
		response.Body = io.NopCloser(bytes.NewReader(whole[:len(whole)/2])) // of the length that was announced
		return nil
	}
	if spoil != nil {
		whole = spoil(n, whole)
	}
	response.Body = io.NopCloser(bytes.NewReader(whole))
	response.Header.Set("Content-Length", strconv.Itoa(len(whole)))
	return nil
}

// followers are workflows in the place of orders' that only keep what they are
// notified of RO App's side.
type followers struct {
	w  *testenv.Env
	id map[int64]int64 // RO App's order ids by number
}

func follow(w *testenv.Env, numbers ...int64) *followers {
	w.T.Helper()
	one := worker.New(w.Temporal, "followers", worker.Options{})
	one.RegisterWorkflowWithOptions(follower, workflow.RegisterOptions{Name: "Follower"})
	require.NoError(w.T, one.Start())
	w.T.Cleanup(one.Stop)
	f := &followers{w: w, id: map[int64]int64{}}
	customer := w.Roapp.Create("people", testenv.J{"first_name": "Anna", "last_name": "Nowak"})
	for _, number := range numbers {
		_, err := w.Temporal.ExecuteWorkflow(w.T.Context(), client.StartWorkflowOptions{ID: w.Key(number).WorkflowID(), TaskQueue: "followers"}, "Follower")
		require.NoError(w.T, err)
	}
	for _, number := range numbers {
		var made struct{ ID int64 }
		w.Roapp.API(http.MethodPost, "/v2/orders", testenv.J{
			"branch_id": 12, "order_type_id": 34, "client_id": customer,
			"custom_fields": testenv.J{"f101": "Kwiaty Online", "f102": itoa(number)},
		}, &made)
		f.id[number] = made.ID
	}
	return f
}

func follower(ctx workflow.Context) error {
	reads := []order.OrderRead{}
	if err := workflow.SetQueryHandler(ctx, "reads", func() ([]order.OrderRead, error) { return reads, nil }); err != nil {
		return err
	}
	for {
		var read order.OrderRead
		workflow.GetSignalChannel(ctx, workflows.SignalStatusChanged).Receive(ctx, &read)
		reads = append(reads, read)
	}
}

// reads are what an order was notified of.
func (f *followers) reads(number int64) (reads []order.OrderRead) {
	f.w.T.Helper()
	answer, err := f.w.Temporal.QueryWorkflow(f.w.T.Context(), f.w.Key(number).WorkflowID(), "", "reads")
	require.NoError(f.w.T, err)
	require.NoError(f.w.T, answer.Get(&reads))
	return reads
}

// set moves an order in RO App, as staff do.
func (f *followers) set(number, status int64) {
	f.w.T.Helper()
	f.w.Roapp.API(http.MethodPost, fmt.Sprintf("/v2/orders/%d/status", f.id[number]), testenv.J{"status_id": status, "comment": "as agreed"}, nil)
}

func (f *followers) modified(number int64) time.Time {
	f.w.T.Helper()
	var o struct {
		ModifiedAt time.Time `json:"modified_at"`
	}
	f.w.Roapp.API(http.MethodGet, fmt.Sprintf("/v2/orders/%d", f.id[number]), nil, &o)
	return o.ModifiedAt
}

// awaitStatus waits until an order was last notified of a status.
func (f *followers) awaitStatus(number, status int64) {
	f.w.T.Helper()
	f.w.Eventually(testenv.Patience, func() string {
		reads := f.reads(number)
		if len(reads) == 0 || reads[len(reads)-1].StatusID != status {
			return fmt.Sprintf("order %d was notified of %+v, not status %d; the account: %+v", number, reads, status, collections(f.w))
		}
		return ""
	})
}

// assertNotifiedOnce asserts that no order was notified of the same twice.
func (f *followers) assertNotifiedOnce() {
	f.w.T.Helper()
	for number := range f.id {
		seen := map[string]bool{}
		for _, read := range f.reads(number) {
			news := fmt.Sprint(read.ModifiedAt, read.StatusID, read.Total)
			if seen[news] {
				f.w.T.Errorf("order %d was notified twice: %s", number, news)
			}
			seen[news] = true
		}
	}
}

// pollNow asks the account to poll, as a webhook does.
func pollNow(w *testenv.Env) {
	w.T.Helper()
	require.NoError(w.T, w.Orders.PollAccount(w.T.Context(), "main"))
}

// collections is what the account's entity knows of its collections.
func collections(w *testenv.Env) (view workflows.AccountView) {
	w.T.Helper()
	w.Eventually(testenv.Patience, func() string {
		answer, err := w.Temporal.QueryWorkflow(w.T.Context(), workflows.AccountID("main"), "", workflows.QueryAccount)
		if err == nil {
			err = answer.Get(&view)
		}
		if err != nil {
			return err.Error() // such as a server that is busy
		}
		return ""
	})
	return view
}

// awaitCollected waits until a collection started after a moment and succeeded.
func awaitCollected(w *testenv.Env, after time.Time) (view workflows.AccountView) {
	w.T.Helper()
	w.Eventually(testenv.Patience, func() string {
		if view = collections(w); !view.Last.At.After(after) {
			return fmt.Sprintf("not collected: %+v", view)
		}
		return ""
	})
	return view
}

func numbersTo(n int64) (numbers []int64) {
	for number := int64(1); number <= n; number++ {
		numbers = append(numbers, number)
	}
	return numbers
}
