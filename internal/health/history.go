package health

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/cartumsync/cartumsync/internal/order"
)

const (
	// HistorySpan is how far a history goes back.
	HistorySpan = 24 * time.Hour
	// HistoryStep is the time that each of its samples stands for.
	HistoryStep = 5 * time.Minute
	// HistorySamples is how many samples a history has at most.
	HistorySamples = int(HistorySpan / HistoryStep)
)

// Age is how long orders have been on hold.
type Age int

// The ages, the youngest first.
const (
	UnderHour Age = iota
	UnderDay
	UnderWeek
	Older

	// Ages is how many there are.
	Ages = int(Older) + 1
)

// ageOf sorts a time on hold into its age.
func ageOf(held time.Duration) Age {
	switch {
	case held < time.Hour:
		return UnderHour
	case held < 24*time.Hour:
		return UnderDay
	case held < 7*24*time.Hour:
		return UnderWeek
	default:
		return Older
	}
}

// AccountSample is what was measured of an account in a step.
type AccountSample struct {
	PerSecond float64 // requests sent, on average
	Backlog   int64   // requests that waited, at most
	looks     int
}

// ShopSample is how a shop's orders were at the end of a step.
type ShopSample struct {
	Orders   map[order.SyncState]int64
	HoldAges [Ages]int64
}

// Sample is what was measured in one step. What was not measured is missing.
type Sample struct {
	At       time.Time // start of the step
	Accounts map[string]AccountSample
	Shops    map[string]ShopSample
}

// history is what a process has measured since its start, for a day at most. It is
// gone when the process ends; what has to last is in the metrics.
type history struct {
	mu      sync.Mutex
	samples []Sample // oldest first
}

// add takes a report into the sample of its step.
func (h *history) add(r Report) {
	h.mu.Lock()
	defer h.mu.Unlock()
	step := r.At.Truncate(HistoryStep)
	if n := len(h.samples); n == 0 || h.samples[n-1].At.Before(step) {
		h.samples = append(h.samples, Sample{At: step, Accounts: map[string]AccountSample{}, Shops: map[string]ShopSample{}})
	}
	for len(h.samples) > HistorySamples || h.samples[0].At.Before(step.Add(HistoryStep-HistorySpan)) {
		h.samples = h.samples[1:]
	}
	last := &h.samples[len(h.samples)-1]
	last.Accounts, last.Shops = maps.Clone(last.Accounts), maps.Clone(last.Shops) // those that were given out do not change
	for id, account := range r.Accounts {
		was := last.Accounts[id]
		last.Accounts[id] = AccountSample{
			PerSecond: (was.PerSecond*float64(was.looks) + account.PerSecond) / float64(was.looks+1),
			Backlog:   max(was.Backlog, account.Backlog), looks: was.looks + 1,
		}
	}
	for id, shop := range r.Shops {
		if shop.Orders == nil { // nobody has counted yet
			continue
		}
		now := ShopSample{Orders: map[order.SyncState]int64{}, HoldAges: shop.HoldAges}
		for state, count := range shop.Orders {
			now.Orders[order.SyncState(state)] = count
		}
		last.Shops[id] = now
	}
}

// copied is what a reader may keep.
func (h *history) copied() []Sample {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.samples)
}

// History is what this process has measured over the last 24 hours, oldest first;
// steps in which nothing was measured are missing.
func (v *Viewer) History() []Sample { return v.history.copied() }
