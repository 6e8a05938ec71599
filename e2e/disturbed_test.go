package e2e

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
)

// disturbedOrders is how many orders are imported while workers die.
var disturbedOrders = flag.Int("disturbed-orders", 12, "orders that are imported while workers are killed")

// disturbedSeed repeats the faults of a run, though not what happens between them.
var disturbedSeed = flag.Uint64("disturbed-seed", 0, "seed of the faults of that import, 0 for a new one")

// disturbance stands in front of a service and spoils some of its requests, of
// whatever endpoint.
type disturbance struct {
	t    testing.TB
	to   string
	off  atomic.Bool
	seen atomic.Int64

	mu     sync.Mutex
	random *rand.Rand
	faults int
	writes []disturbedWrite
}

// disturbedWrite is a write that had its effect.
type disturbedWrite struct {
	path         string
	began, ended time.Time
	lost         bool // its answer reached nobody
}

// before is for the options of a test environment.
func (d *disturbance) before(service string) string {
	d.to = service
	server := httptest.NewServer(d)
	d.t.Cleanup(server.Close)
	return server.URL
}

// draw gives the fault of the next request, "" for none.
func (d *disturbance) draw() string {
	d.seen.Add(1)
	if d.off.Load() {
		return ""
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	kinds := []string{"refuse", "refuse", "drop", "html", "lose", "lose"}
	i := d.random.IntN(8 * len(kinds))
	if i >= len(kinds) {
		return ""
	}
	d.faults++
	return kinds[i]
}

// ServeHTTP implements [http.Handler].
func (d *disturbance) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fault := d.draw()
	switch fault {
	case "refuse":
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	case "drop":
		panic(http.ErrAbortHandler)
	case "html":
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, "<html><title>Bad gateway</title></html>")
		return
	}
	began := time.Now()
	status, header, answer, err := d.forward(r)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	lost := fault == "lose" || r.Context().Err() != nil
	if r.Method == http.MethodPost && status < http.StatusMultipleChoices {
		d.mu.Lock()
		d.writes = append(d.writes, disturbedWrite{path: r.URL.Path, began: began, ended: time.Now(), lost: lost})
		d.mu.Unlock()
	}
	if lost {
		panic(http.ErrAbortHandler)
	}
	for name, values := range header {
		w.Header()[name] = values
	}
	w.WriteHeader(status)
	_, _ = w.Write(answer)
}

// forward has the service answer, whether or not who asked still waits.
func (d *disturbance) forward(r *http.Request) (status int, header http.Header, answer []byte, err error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return 0, nil, nil, err
	}
	req, err := http.NewRequestWithContext(context.WithoutCancel(r.Context()), r.Method, d.to+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return 0, nil, nil, err
	}
	req.Header = r.Header.Clone()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err = io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header, answer, err
}

// lostComments counts, by RO App's id of the order, the comments whose answer may not
// have been heard: it was lost, or a worker died before it could report it.
func (d *disturbance) lostComments(kills []time.Time) map[string]int {
	d.mu.Lock()
	defer d.mu.Unlock()
	lost := map[string]int{}
	comment := regexp.MustCompile(`^/v2/orders/(\d+)/comments`)
	for _, write := range d.writes {
		match := comment.FindStringSubmatch(write.path)
		if match == nil {
			continue
		}
		unheard := write.lost
		for _, kill := range kills {
			unheard = unheard || kill.After(write.began) && kill.Before(write.ended.Add(3*time.Second))
		}
		if unheard {
			lost[match[1]]++
		}
	}
	return lost
}

// Workers are killed again and again while orders are imported, and one request in
// eight fails in some way: each order, contact, product and item is there once, a
// comment at most once more than answers were lost, and the account's limit is kept.
func TestOperatorKillsWorkersWhileOrdersAreImported(t *testing.T) {
	t.Parallel()
	seed := *disturbedSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("-disturbed-seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	roapp := &disturbance{t: t, random: rand.New(rand.NewPCG(seed, 1))}
	cartum := &disturbance{t: t, random: rand.New(rand.NewPCG(seed, 2))}
	w := testenv.New(t, quick(testenv.Options{
		Idle: true, RequestTimeout: 2 * time.Second, RoappURL: roapp.before, CartumURL: cartum.before, CollectEvery: 10 * time.Second,
	}))
	count := *disturbedOrders
	phones, skus := max(2, count/6), max(3, count/4)
	for i := range skus {
		sku := fmt.Sprintf("K-%d", i)
		w.Cartum.PutProduct(sku, testenv.J{"title": testenv.J{"pl": "Kwiat " + sku}})
	}
	processes := []*testenv.Process{w.StartProcess(), w.StartProcess(), w.StartProcess()}
	for i := range count {
		products := []testenv.J{disturbedLine(i % skus)}
		if i%3 == 0 {
			products = append(products, disturbedLine((i+1)%skus))
		}
		w.Place(int64(i+1), testenv.J{"products": products, "delivery_phone": fmt.Sprintf("+48602000%03d", i%phones), "comment": fmt.Sprintf("Bilecik %d", i+1)})
	}

	var kills []time.Time
	for range max(5, count/4) {
		due := roapp.seen.Load() + 12
		w.Eventually(2*testenv.Patience, func() string {
			if seen := roapp.seen.Load(); seen < due && syncedOrders(w) < count {
				return fmt.Sprintf("%d of %d requests until the next kill", seen, due)
			}
			return ""
		})
		i := random.IntN(len(processes))
		processes[i].Kill()
		kills = append(kills, time.Now())
		processes[i] = w.StartProcess()
	}
	roapp.off.Store(true)
	cartum.off.Store(true)
	retried := map[int64]time.Time{}
	w.Eventually(2*testenv.Patience+time.Duration(count)*time.Second, func() string {
		for number := int64(1); number <= int64(count); number++ {
			if text := notSynced(w, number); text != "" {
				retry(w, number, retried)
				return text
			}
		}
		return ""
	})
	t.Logf("%d kills, %d and %d faults", len(kills), roapp.faults, cartum.faults)
	assertEachOnce(t, w, count, phones, skus)
	lost := roapp.lostComments(kills)
	for _, o := range w.Roapp.Orders() {
		copies := map[string]int{}
		for _, entry := range o.Feed {
			copies[entry.Comment]++
		}
		for text, times := range copies {
			assert.LessOrEqual(t, times, 1+lost[fmt.Sprint(o.ID)], "order %d has a comment that often: %s", o.ID, text)
		}
	}
	assertLimitKept(w)
}

// retry answers each hold of an order once, as a person does: an order whose service
// failed five times in a row waits, at the end for an hour.
func retry(w *testenv.Env, number int64, retried map[int64]time.Time) {
	w.T.Helper()
	view, err := w.Lookup(number)
	if err != nil || view.Hold == nil || view.Hold.Since.Equal(retried[number]) {
		return
	}
	retried[number] = view.Hold.Since
	w.Decide(number, order.Decision{Kind: order.DecideRetry})
}

func disturbedLine(i int) testenv.J {
	return testenv.Line(fmt.Sprintf("K-%d", i), fmt.Sprintf("Kwiat K-%d", i), "12.50", "2")
}

func syncedOrders(w *testenv.Env) int {
	w.T.Helper()
	synced := 0
	for _, o := range w.Roapp.Orders() {
		if len(o.Feed) > 0 {
			synced++
		}
	}
	return synced
}

func assertEachOnce(t *testing.T, w *testenv.Env, count, phones, skus int) {
	t.Helper()
	orders := w.Roapp.Orders()
	require.Len(t, orders, count)
	numbers := map[string]bool{}
	for _, o := range orders {
		numbers[o.CustomFields["f102"]] = true
		items := map[string]int{}
		for _, item := range o.Items {
			items[item.Entity.SKU]++
		}
		assert.NotEmpty(t, items)
		for sku, times := range items {
			assert.Equal(t, 1, times, "order %d has %s that often", o.ID, sku)
			assert.True(t, strings.HasPrefix(sku, "K-"), sku)
		}
	}
	assert.Len(t, w.Roapp.People(), phones)
	assert.Len(t, w.Roapp.Products(), skus)
	assert.Len(t, numbers, count)
}
