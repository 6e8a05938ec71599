package cartum_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cartumsync/cartumsync/internal/cartum"
)

// list is a shop's orders, by number the second of their creation.
type list struct {
	start    time.Time
	created  map[int64]int
	cap      int
	sort     func(a, b int64) int // nil shuffles again for each answer
	requests int
	arrive   func()
}

func (l *list) orders(_ context.Context, q cartum.OrdersQuery) (cartum.OrdersPage, error) {
	l.requests++
	if l.arrive != nil {
		l.arrive()
	}
	var numbers []int64
	for number, second := range l.created {
		at := l.start.Add(time.Duration(second) * time.Second).Format(time.DateTime)
		if q.From <= at && at <= q.To {
			numbers = append(numbers, number)
		}
	}
	slices.Sort(numbers)
	if l.sort != nil {
		slices.SortFunc(numbers, l.sort)
	} else {
		rand.Shuffle(len(numbers), func(i, j int) { numbers[i], numbers[j] = numbers[j], numbers[i] })
	}
	numbers = numbers[min(q.Offset, len(numbers)):]
	numbers = numbers[:min(len(numbers), q.Limit, l.cap)]
	page := cartum.OrdersPage{Rows: len(numbers)}
	for _, number := range numbers {
		page.Orders = append(page.Orders, cartum.Order{Number: number})
	}
	return page, nil
}

// readAll walks from the newest to the oldest.
func readAll(t require.TestingT, s *cartum.Slices, from, to time.Time) map[int64]int {
	seen := map[int64]int{}
	for {
		piece, err := s.Last(context.Background(), from, to)
		require.NoError(t, err)
		for _, order := range piece.Page.Orders {
			seen[order.Number]++
		}
		if !piece.From.After(from) {
			return seen
		}
		require.True(t, piece.From.Before(to), "each piece goes on")
		to = piece.From
	}
}

var clockStart = time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)

// Whatever the orders' times, wherever the shop cuts answers off and however it
// sorts them, every order is seen.
func TestF13_EveryOrderIsSeen(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		days := rapid.IntRange(0, 60).Draw(t, "days")
		span := days*86400 + rapid.IntRange(0, 3).Draw(t, "seconds")
		l := &list{start: clockStart, created: map[int64]int{}, cap: rapid.IntRange(1, 80).Draw(t, "cap")}
		for number := range int64(rapid.IntRange(0, 120).Draw(t, "orders")) {
			second := rapid.IntRange(0, span).Draw(t, "created")
			if rapid.IntRange(0, 3).Draw(t, "crowded") == 0 {
				second = span / 2 // many in one second
			}
			l.created[number+1] = second
		}
		salt := rapid.Int64Range(1, 1000).Draw(t, "salt")
		l.sort = rapid.SampledFrom([]func(a, b int64) int{
			func(a, b int64) int { return l.created[a] - l.created[b] },
			func(a, b int64) int { return l.created[b] - l.created[a] },
			func(a, b int64) int { return int(a*7919*salt%1009 - b*7919*salt%1009) },
			nil,
		}).Draw(t, "sort")
		if l.sort == nil {
			l.cap = max(l.cap, 20) // shuffled pages of one order take long to show all
		}
		s := cartum.NewSlices(l.orders, rapid.IntRange(20, 500).Draw(t, "limit"))
		seen := readAll(t, s, clockStart, clockStart.Add(time.Duration(span)*time.Second))
		// A shuffled second may hide one: the next sweep checks again.
		for range 2 {
			if len(seen) < len(l.created) && l.sort == nil {
				for number := range readAll(t, s, clockStart, clockStart.Add(time.Duration(span)*time.Second)) {
					seen[number]++
				}
			}
		}
		require.Len(t, seen, len(l.created))
	})
}

func TestF13_OrdersThatArriveMeanwhileHideNone(t *testing.T) {
	t.Parallel()
	const day = 86400
	l := &list{start: clockStart, created: map[int64]int{}, cap: 20, sort: func(a, b int64) int { return int(b - a) }}
	for number := range int64(200) {
		l.created[number+1] = int(number) * day / 10
	}
	next := int64(1000)
	l.arrive = func() { next++; l.created[next] = 19*day + int(next)%1000 } // newest first: every row moves on
	seen := readAll(t, cartum.NewSlices(l.orders, 100), clockStart, clockStart.Add(20*day*time.Second))
	for number := range int64(200) {
		assert.Contains(t, seen, number+1)
	}
}

// Two months of a shop that cuts at a hundred cost little more than their pages.
func TestSlicesWasteFewRequests(t *testing.T) {
	t.Parallel()
	l := &list{start: clockStart, created: map[int64]int{}, cap: 100, sort: func(a, b int64) int { return int(a*7919%1009 - b*7919%1009) }}
	random := rand.New(rand.NewPCG(1, 2))
	for number := range int64(5000) {
		l.created[number+1] = random.IntN(60 * 86400)
	}
	s := cartum.NewSlices(l.orders, 500)
	end := clockStart.Add(60 * 24 * time.Hour)
	require.Len(t, readAll(t, s, clockStart, end), 5000)
	assert.Less(t, l.requests, 100, "the first time, when nothing is known of the shop")
	l.requests = 0
	require.Len(t, readAll(t, s, clockStart, end), 5000)
	assert.Less(t, l.requests, 85, "for fifty full pages")
}

// A shop that comes to cut earlier than before is noticed after Doubt.
func TestF13_ACutThatIsLoweredIsLearnedAnew(t *testing.T) {
	t.Parallel()
	l := &list{start: clockStart, created: map[int64]int{}, cap: 100, sort: func(a, b int64) int { return int(a - b) }}
	for number := range int64(500) {
		l.created[number+1] = int(number) * 1000
	}
	s := cartum.NewSlices(l.orders, 500)
	end := clockStart.Add(500_000 * time.Second)
	require.Len(t, readAll(t, s, clockStart, end), 500)
	l.cap = 30
	s.Doubt()
	require.Len(t, readAll(t, s, clockStart, end), 500)
}
