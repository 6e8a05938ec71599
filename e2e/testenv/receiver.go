package testenv

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/cartumsync/cartumsync/workflows"
)

// Receiver is where the alert URL leads.
type Receiver struct {
	// URL has a secret token in it.
	URL string

	mu       sync.Mutex
	posts    []Post
	failures int
	delay    time.Duration
}

// Post is one attempt to send an alert.
type Post struct {
	Key    string // its Idempotency-Key
	Body   string
	Alert  workflows.Alert
	Status int // that was answered
}

// NewReceiver starts a receiver that ends with the test.
func NewReceiver(t testing.TB) *Receiver {
	t.Helper()
	r := new(Receiver)
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.URL = server.URL + "/hook/token-of-the-receiver"
	return r
}

// Fail has the next so many posts answered with 500.
func (r *Receiver) Fail(times int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = times
}

// Slow has posts answered late.
func (r *Receiver) Slow(delay time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.delay = delay
}

// ServeHTTP implements [http.Handler].
func (r *Receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	post := Post{Key: request.Header.Get("Idempotency-Key"), Body: string(body), Status: http.StatusOK}
	if json.Unmarshal(body, &post.Alert) != nil {
		post.Status = http.StatusBadRequest
	}
	status, delay := r.take(post)
	select {
	case <-time.After(delay):
	case <-request.Context().Done():
	}
	w.WriteHeader(status)
}

// take notes a post and returns how to answer it, and when.
func (r *Receiver) take(post Post) (status int, after time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failures > 0 {
		r.failures--
		post.Status = http.StatusInternalServerError
	}
	r.posts = append(r.posts, post)
	return post.Status, r.delay
}

// Posts are all attempts, in their order.
func (r *Receiver) Posts() []Post {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Post(nil), r.posts...)
}

// Taken are the alerts that were answered with success.
func (r *Receiver) Taken(kind workflows.AlertKind) (taken []workflows.Alert) {
	for _, post := range r.Posts() {
		if post.Status == http.StatusOK && post.Alert.Kind == kind {
			taken = append(taken, post.Alert)
		}
	}
	return taken
}
