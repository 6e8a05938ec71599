package e2e

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/cartumsync/cartumsync/e2e/testenv"
)

// request is one request of a scene's import, by its fake.
type request struct {
	name     string
	shop     bool   // of Cartum, else of RO App
	match    string // of faults
	endpoint string // of counts
	times    int    // which one of several, from 1
}

// requests are all of a scene's import but for its first and third item, which are
// added as the second one is.
func requests() []request {
	all := []request{
		{"read the order from Cartum", true, "POST /api/orders/get", "orders/get", 1},
		{"find the contact", false, "GET /v2/contacts/people", "GET /v2/contacts/people", 1},
		{"find the organization", false, "GET /v2/contacts/organizations", "GET /v2/contacts/organizations", 1},
		{"find the products", false, "GET /products", "GET /products", 1},
		{"read the catalogue", true, "POST /api/catalog/export", "catalog/export", 1},
	}
	for _, write := range writes {
		if write.name != "item" {
			all = append(all, request{write.name, false, write.match, write.endpoint, 1})
		}
	}
	return append(all, request{"second item", false, "POST /v2/orders/*/items", "POST /v2/orders/{id}/items", 2})
}

// spoil lets something happen to the request when it comes.
func (r request) spoil(w *testenv.Env, f testenv.Fault) {
	w.T.Helper()
	f.Match = r.match
	if r.shop {
		w.Cartum.Break(f)
		return
	}
	for range r.times - 1 {
		// The ones before it go through, a moment later.
		w.Roapp.Break(testenv.Fault{Match: r.match, Kind: "slow", Delay: "1ms"})
	}
	w.Roapp.Break(f)
}

// await waits until the request has come.
func (r request) await(w *testenv.Env) {
	w.T.Helper()
	if r.shop {
		w.AwaitSeen(w.Cartum, r.endpoint, r.times)
		return
	}
	w.AwaitSeen(w.Roapp, r.endpoint, r.times)
}

// brisk lets a worker's death be noticed within seconds.
func (s scene) brisk() testenv.Options {
	o := s.options
	o.Idle, o.RequestTimeout = true, time.Second
	return o
}

// assertSettled compares with the quiet run; a comment that was in progress when
// the worker died may stand there twice.
func (r request) assertSettled(t *testing.T, s scene, w *testenv.Env) {
	t.Helper()
	got := accountOf(w)
	if r.name == "comment" {
		got = withoutRepetitions(got, 1)
	}
	assert.Equal(t, s.quiet(t), got)
}

// The worker dies while it waits for the answer to a read of each service, and to each
// write. The request had no effect.
func TestF07_WorkerKilledBeforeAnEffect(t *testing.T) {
	t.Parallel()
	s := sceneByArticle()
	for _, r := range requests() {
		if slices.Contains([]string{"find the organization", "find the products", "read the catalogue"}, r.name) {
			continue // reads of the same services as the two before them
		}
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			w := s.open(t, s.brisk())
			r.spoil(w, testenv.Fault{Kind: "hang"})
			worker := w.StartProcess()
			s.place(w)
			r.await(w)
			worker.Kill()
			w.StartProcess()
			w.AwaitSynced(sceneNumber)
			r.assertSettled(t, s, w)
		})
	}
}

// The worker dies between its request and the answer, and the request has its
// effect all the same.
func TestF07_WorkerKilledAfterAnEffect(t *testing.T) {
	t.Parallel()
	s := sceneByArticle()
	writing := slices.DeleteFunc(requests(), func(r request) bool {
		return !slices.ContainsFunc(writes, func(w write) bool { return w.match == r.match })
	})
	for _, r := range writing {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			w := s.open(t, s.brisk())
			r.spoil(w, testenv.Fault{Kind: "slow", Delay: "500ms"})
			worker := w.StartProcess()
			s.place(w)
			r.await(w)
			worker.Kill()
			w.StartProcess()
			w.AwaitSynced(sceneNumber)
			r.assertSettled(t, s, w)
		})
	}
}

// The worker dies after an answer was lost, before it could try again.
func TestF07_WorkerKilledBeforeARetry(t *testing.T) {
	t.Parallel()
	s := sceneByArticle()
	for _, name := range []string{"contact", "order", "second item"} {
		r := requests()[slices.IndexFunc(requests(), func(r request) bool { return r.name == name })]
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			w := s.open(t, s.brisk())
			r.spoil(w, testenv.Fault{Kind: "lose-answer"})
			worker := w.StartProcess()
			s.place(w)
			r.await(w)
			worker.Kill()
			w.StartProcess()
			w.AwaitSynced(sceneNumber)
			r.assertSettled(t, s, w)
		})
	}
}

// A worker that is asked to end while it waits for an answer, as with each
// deployment, waits for it: nothing is sent again.
func TestF07_WorkerStoppedFinishesItsRequest(t *testing.T) {
	t.Parallel()
	s := sceneByArticle()
	o := s.options
	o.Idle, o.RequestTimeout = true, 10*time.Second
	w := s.open(t, o)
	w.Roapp.Break(testenv.Fault{Match: "POST /v2/orders", Kind: "slow", Delay: "2s"})
	worker := w.StartProcess()
	s.place(w)
	w.AwaitSeen(w.Roapp, "POST /v2/orders", 1)
	worker.Stop()
	assert.Len(t, w.Roapp.Orders(), 1)
	successor := w.StartProcess()
	w.AwaitSynced(sceneNumber)
	assertQuiet(t, s.quiet(t), w)
	assertDiscreet(t, w, worker.Output()+successor.Output())
	seen := w.Roapp.Requests(0).Endpoints
	assert.Equal(t, 1, seen["POST /v2/orders"])
	assert.Zero(t, seen["GET /v2/orders"], "nothing was looked up, as no answer was lost")
}
