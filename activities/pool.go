package activities

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jellydator/ttlcache/v3"
	"golang.org/x/time/rate"

	"github.com/cartumsync/cartumsync/internal/cartum"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/roapp"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/internal/tracing"
	"github.com/cartumsync/cartumsync/workflows"
)

const userAgent = "cartumsync/1 (+https://github.com/cartumsync/cartumsync)"

// pool holds what a process knows of each account or shop, for as long as its
// own settings S stay the same: a change of another one must not make it forget.
type pool[S, T any] struct {
	find  func(s *settings.Settings, id string) (S, error)
	open  func(id string, set S) T
	mu    sync.Mutex
	items map[string]pooled[S, T]
}

type pooled[S, T any] struct {
	settings S
	item     T
}

func newPool[S, T any](find func(*settings.Settings, string) (S, error), open func(string, S) T) *pool[S, T] {
	return &pool[S, T]{find: find, open: open, items: map[string]pooled[S, T]{}}
}

func (p *pool[S, T]) get(s *settings.Settings, id string) (T, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	set, err := p.find(s, id)
	if err != nil {
		delete(p.items, id)
		var none T
		return none, err
	}
	held, ok := p.items[id]
	if !ok || !reflect.DeepEqual(held.settings, set) {
		held = pooled[S, T]{settings: set, item: p.open(id, set)}
		p.items[id] = held
	}
	return held.item, nil
}

// directoryLife is how long directories and found products are believed.
const directoryLife = 5 * time.Minute

// account is what this process knows of one RO App account.
type account struct {
	id       string
	settings settings.Account
	client   *roapp.Client
	breaker  breaker
	reads    *rate.Limiter // of lists and searches

	// reportMissing tells the account's entity that an endpoint is gone.
	reportMissing func(ctx context.Context, endpoint string)

	fields       *memory[string, []roapp.CustomField]
	peopleFields *memory[string, []roapp.CustomField]
	// learning is set once this process begins to find out what a PATCH does to
	// custom fields that it does not name.
	learning   atomic.Bool
	categories *memory[string, []roapp.Category]
	products   *memory[order.ProductKey, order.Product]
	// firstStatus is the status that orders of a type begin with.
	firstStatus *memory[int64, int64]
	// noCategories is set while the API is known to refuse making categories.
	noCategories *memory[string, bool]
	proof        proof
	permission   permission
	// attempted are the orders whose create this process started lately, or met in RO App's list.
	attempted *memory[order.Key, workflows.CreatedOrder]
	// created is what the account's entity knows of such orders.
	created *memory[string, map[string]workflows.CreatedOrder]
}

func findAccount(s *settings.Settings, id string) (settings.Account, error) {
	set, ok := s.Accounts[id]
	if !ok {
		return set, fmt.Errorf("the settings have no account %q", id)
	}
	return set, nil
}

func (a *Activities) connectAccount(id string, set settings.Account) *account {
	return &account{
		id: id, settings: set,
		client: roapp.New(roapp.Config{
			URL: set.URL, APIKey: set.APIKey.Reveal(), RequestsPerSecond: set.RequestsPerSecond,
			Timeout: set.RequestTimeout, UserAgent: userAgent,
			Catalogue: roapp.Catalogue(set.Catalog), ProductTypeID: set.ProductType,
			Observe: func(failed roapp.Kind) { a.counter.RoappRequest(id, outcome(failed)) },
			Trace:   tracing.Requests[roapp.Kind](tracing.Account(id)),
		}),
		reads:         newReads(set.RequestsPerSecond),
		reportMissing: a.reportMissing(id),
		fields:        newMemory[string, []roapp.CustomField](),
		peopleFields:  newMemory[string, []roapp.CustomField](),
		categories:    newMemory[string, []roapp.Category](),
		products:      newMemory[order.ProductKey, order.Product](),
		firstStatus:   newMemory[int64, int64](),
		noCategories:  newMemory[string, bool](),
		proof:         proof{turn: make(chan struct{}, 1)},
		attempted:     newMemoryFor[order.Key, workflows.CreatedOrder](workflows.CreatedKept),
		created:       newMemoryFor[string, map[string]workflows.CreatedOrder](createdFresh),
	}
}

// shop is what this process knows of one Cartum shop.
type shop struct {
	id       string
	settings settings.Shop
	client   *cartum.Client
	breaker  breaker
	// slices are those of sweeps, imports those of the initial import.
	slices, imports *cartum.Slices
	descriptions    *memory[string, string] // of the catalogue's products, by normalised article
}

// findShop refuses a shop that is switched off: it is not asked for anything.
func findShop(s *settings.Settings, id string) (settings.Shop, error) {
	if !s.InForce(id) {
		return settings.Shop{}, errors.New(s.Absence(id))
	}
	return s.Shops[id], nil
}

const (
	// sweptAtOnce is how many orders a sweep asks for; a shop may cut it down.
	sweptAtOnce = 500
	// importedAtOnce is how many orders an initial import begins at a time.
	importedAtOnce = 100
)

func (a *Activities) connectShop(id string, set settings.Shop) *shop {
	client := cartum.New(cartum.Config{
		URL: set.URL, Login: set.Login.Reveal(), Password: set.Password.Reveal(),
		RequestsPerSecond: set.RequestsPerSecond, UserAgent: userAgent,
		Observe: func(failed cartum.Kind) { a.counter.CartumRequest(id, outcome(failed)) },
		Trace:   tracing.Requests[cartum.Kind](tracing.Shop(id)),
	})
	return &shop{
		id: id, settings: set, client: client,
		slices: cartum.NewSlices(client.Orders, sweptAtOnce), imports: cartum.NewSlices(client.Orders, importedAtOnce),
		descriptions: newMemory[string, string](),
	}
}

// outcome names how a request ended.
func outcome[K ~string](failed K) string {
	if failed == "" {
		return "ok"
	}
	return strings.ToLower(string(failed))
}

func (a *Activities) account(id string) (*account, error) {
	return a.accounts.get(a.settings.Current(), id)
}

func (a *Activities) shop(id string) (*shop, error) { return a.shops.get(a.settings.Current(), id) }

// memory keeps values for a while, by default directoryLife.
type memory[K comparable, V any] struct{ cache *ttlcache.Cache[K, V] }

func newMemory[K comparable, V any]() *memory[K, V] { return newMemoryFor[K, V](directoryLife) }

func newMemoryFor[K comparable, V any](life time.Duration) *memory[K, V] {
	return &memory[K, V]{cache: ttlcache.New(
		ttlcache.WithTTL[K, V](life),
		ttlcache.WithCapacity[K, V](10_000),
		ttlcache.WithDisableTouchOnHit[K, V](),
	)}
}

func (m *memory[K, V]) get(key K) (V, bool) {
	item := m.cache.Get(key)
	if item == nil {
		var none V
		return none, false
	}
	return item.Value(), true
}

func (m *memory[K, V]) put(key K, value V) { m.cache.Set(key, value, ttlcache.DefaultTTL) }

func (m *memory[K, V]) forget(key K) { m.cache.Delete(key) }

// breaker keeps refused credentials from being sent again and again: until they
// change, the service is asked once in 1, 5 and then every 15 minutes.
type breaker struct {
	mu       sync.Mutex
	refusals int
	since    time.Time // of the last refusal
	until    time.Time
	err      error
	asked    time.Time // when the entity was last asked whether it was accepted
}

var breakerPauses = []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute}

// open gives the refusal that still stands, or nil.
func (b *breaker) open(now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now.Before(b.until) {
		return b.err
	}
	return nil
}

func (b *breaker) refused(now time.Time, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now.Before(b.until) {
		return
	}
	b.since, b.until, b.err = now, now.Add(breakerPauses[min(b.refusals, len(breakerPauses)-1)]), err
	b.refusals++
}

// recoveryAsked is how often it is asked whether another process was accepted.
const recoveryAsked = 5 * time.Second

// standing is the refusal that still stands, or nil. What a process was refused,
// another one may have been granted since: the entity knows of it.
func (a *Activities) standing(ctx context.Context, b *breaker, entity string) error {
	now := time.Now()
	refusal := b.open(now)
	if refusal == nil {
		return nil
	}
	since, ask := b.mayAsk(now)
	if !ask {
		return refusal
	}
	ctx, cancel := context.WithTimeout(ctx, recoveryAsked)
	defer cancel()
	answer, err := a.temporal.QueryWorkflow(ctx, entity, "", workflows.QueryHealth)
	var view workflows.HealthView
	if err != nil || answer.Get(&view) != nil || !view.Health.FailingSince.IsZero() || !view.Health.LastSuccess.After(since) {
		return refusal
	}
	b.accepted()
	return nil
}

// mayAsk tells whether it is time to ask, and since when the refusal stands.
func (b *breaker) mayAsk(now time.Time) (since time.Time, ask bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now.Sub(b.asked) < recoveryAsked {
		return b.since, false
	}
	b.asked = now
	return b.since, true
}

// answered notes an answer, if there is one: it proves the credentials.
func (acc *account) answered(err error) error {
	if err == nil {
		acc.breaker.accepted()
	}
	return err
}

func (b *breaker) accepted() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refusals, b.until, b.err = 0, time.Time{}, nil
}

// proof remembers whether this process has seen that the account keeps added
// goods undeducted.
type proof struct {
	turn    chan struct{} // of the one that is adding while nothing is proved
	mu      sync.Mutex
	proved  bool
	deducts bool
}

// await lets one through at a time until the account has proved itself, so that
// an account that deducts at once does so with a single item.
func (p *proof) await(ctx context.Context) (done func(), err error) {
	if proved, _ := p.state(); proved {
		return func() {}, nil
	}
	select {
	case p.turn <- struct{}{}:
		return func() { <-p.turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *proof) state() (proved, deducts bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.proved, p.deducts
}

func (p *proof) note(deducts bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.proved, p.deducts = true, p.deducts || deducts
}
