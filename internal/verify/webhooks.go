package verify

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cartumsync/cartumsync/internal/settings"
)

// webhooks are what the two services deliver while the probes run.
type webhooks struct {
	server *http.Server
	// target is the URL that the shop delivers to, with a secret of this run in its path.
	target        string
	subscriptions map[int64]string // events by id

	mu       sync.Mutex
	arrivals []arrival
}

type arrival struct {
	path   string
	header http.Header
	body   map[string]any
}

const (
	// largestEvent is more than any order.
	largestEvent  = 1 << 20
	headerTimeout = 5 * time.Second
	probeTimeout  = 15 * time.Second
)

// listen takes what arrives at the address, as the starter would.
func (e *examination) listen(ctx context.Context) error {
	if e.server != nil {
		return nil
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", e.Listen)
	if err != nil {
		return err
	}
	e.target = strings.TrimRight(e.PublicURL, "/") + settings.CartumHooks + e.ShopID + "/" + rand.Text()
	e.server = &http.Server{Handler: http.HandlerFunc(e.take), ReadHeaderTimeout: headerTimeout, ReadTimeout: probeTimeout, WriteTimeout: probeTimeout}
	go func() { _ = e.server.Serve(listener) }() // ends with Close
	return nil
}

// take keeps what comes to the two paths. The shop's path is a secret of this run;
// RO App's events are only read.
func (e *examination) take(w http.ResponseWriter, r *http.Request) {
	if !strings.HasSuffix(e.target, r.URL.Path) && r.URL.Path != settings.RoappHooks+e.shop.Account {
		http.NotFound(w, r)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largestEvent))
	if err != nil {
		http.Error(w, "too large", http.StatusRequestEntityTooLarge)
		return
	}
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.UseNumber()
	var fields map[string]any
	_ = decoder.Decode(&fields) // no object is an event without fields
	e.mu.Lock()
	defer e.mu.Unlock()
	e.arrivals = append(e.arrivals, arrival{path: r.URL.Path, header: r.Header.Clone(), body: fields})
	w.WriteHeader(http.StatusNoContent)
}

// arrived are the events on a path since the mark that are wanted.
func (e *examination) arrived(path string, mark int, wanted func(arrival) bool) []arrival {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(e.arrivals[mark:]), func(one arrival) bool {
		return !strings.HasPrefix(one.path, path) || !wanted(one)
	})
}

func anyEvent(arrival) bool { return true }

func (e *examination) hookMark() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.arrivals)
}

// hookPatience is how many times longer an event is waited for than a list: the shop sends its queue every five minutes.
const hookPatience = 6

// awaitEvent waits for an event that is wanted.
func (e *examination) awaitEvent(ctx context.Context, path string, mark int, wanted func(arrival) bool) (found []arrival, err error) {
	for began := time.Now(); time.Since(began) < hookPatience*e.Patience; {
		if found = e.arrived(path, mark, wanted); len(found) > 0 {
			return found, nil
		}
		if err := pause(ctx, recheck); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// seeArrival sends an event to the public URL and sees whether it comes in here.
func seeArrival(ctx context.Context, e *examination) (string, error) {
	if e.PublicURL == "" {
		return "", unseen("needs --public-url")
	}
	client := &http.Client{Timeout: probeTimeout}
	if err := e.listen(ctx); err != nil {
		if answers(ctx, client, strings.TrimRight(e.PublicURL, "/")+"/healthz") {
			return "yes, at the starter that runs", nil
		}
		return "", unseen("the address of --listen is taken; stop the starter, or name another one")
	}
	mark := e.hookMark()
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, e.target, strings.NewReader("{}"))
	if err != nil {
		return "", unseen("--public-url is no URL")
	}
	response, err := client.Do(request)
	if err == nil {
		_ = response.Body.Close()
	}
	if len(e.arrived(settings.CartumHooks, mark, anyEvent)) == 0 {
		return "no", nil
	}
	return "yes", nil
}

func answers(ctx context.Context, client *http.Client, address string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return false
	}
	response, err := client.Do(request)
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// unsubscribe ends all subscriptions, and the listener.
func (e *examination) unsubscribe(ctx context.Context) {
	for id, event := range e.subscriptions {
		if e.cartum.Unsubscribe(ctx, id, e.target) != nil {
			e.leave("subscription", event+" in Cartum's panel, to a URL that no longer answers")
		}
	}
	if e.server != nil {
		_ = e.server.Close()
	}
}

// signed reports whether an event of RO App is signed over an id with the
// account's secret.
func (e *examination) signed(event arrival, id string) bool {
	return e.account.Signed(id, event.header.Get("X-Signature"))
}
