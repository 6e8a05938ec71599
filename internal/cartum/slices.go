package cartum

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Slices reads a span of a shop's orders piece by piece, each piece by one request that is known to be answered in full.
//
// The shop sorts its lists as it likes, lets them shift while orders arrive, and may lower a limit without a word
// (docs/reference/cartum.md#read-orders), so pages by offset may skip orders. A piece is a span of creation instead.
// Creation is the shop's local time without a zone; moments here are the figures on that clock, written as UTC, so that
// an hour that a change of clocks doubles or leaves out is a span like any other.
//
// It learns how dense the orders are and where the shop cuts an answer off. It is safe for parallel use.
type Slices struct {
	ask   func(context.Context, OrdersQuery) (OrdersPage, error)
	limit int

	mu sync.Mutex
	// length is the span that an answer probably holds.
	length time.Duration
	// largest is the longest answer so far; the shop cuts none that is shorter.
	largest int
	// cut is where the shop is known to cut an answer off, 0 while unknown.
	cut int
}

// Slice is a piece of a span, both ends inclusive, with all its orders.
type Slice struct {
	From, To time.Time
	Page     OrdersPage
	SentAt   time.Time // of its first request
	Requests int
}

const (
	longestSlice = 400 * 24 * time.Hour
	// shortestSlice cannot be halved: the shop's times have whole seconds.
	shortestSlice = time.Second
	// fill is how full an answer is meant to be, so that few must be asked for again.
	fill = 0.7
)

// NewSlices reads with at most limit orders a request.
func NewSlices(ask func(context.Context, OrdersQuery) (OrdersPage, error), limit int) *Slices {
	return &Slices{ask: ask, limit: limit, length: longestSlice}
}

// Doubt forgets where the shop cuts answers off, for that may change.
func (s *Slices) Doubt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.largest, s.cut = 0, 0
}

// Last reads the newest piece of a span. The next one ends where it starts: they
// overlap by that second, so that it does not matter how exactly the shop takes
// its ends.
func (s *Slices) Last(ctx context.Context, from, to time.Time) (Slice, error) {
	piece := Slice{To: to, SentAt: time.Now()}
	for {
		length := s.span()
		piece.From = later(from, to.Add(-length))
		piece.SentAt = time.Now()
		page, full, err := s.whole(ctx, &piece)
		switch {
		case err != nil:
			return Slice{}, err
		case !full:
			piece.Page = page
			s.learn(to.Sub(piece.From), page.Rows)
			return piece, nil
		case to.Sub(piece.From) <= shortestSlice:
			piece.Page, err = s.crowd(ctx, &piece, page)
			return piece, err
		}
		s.halve(to.Sub(piece.From))
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (s *Slices) span() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.length
}

func (s *Slices) halve(length time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.length = max((length / 2).Truncate(time.Second), shortestSlice)
}

// learn sets the next length by how dense the orders were. It grows slowly, for a quiet night says little of the day.
func (s *Slices) learn(length time.Duration, rows int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	size := s.limit
	if s.cut > 0 {
		size = min(size, s.cut)
	}
	growth := 4.0
	if rows > 0 {
		growth = min(growth, fill*float64(size)/float64(rows))
	}
	next := time.Duration(min(float64(length)*growth, float64(longestSlice))).Truncate(time.Second)
	s.length = max(next, shortestSlice)
}

// whole asks for a piece and reports whether the answer may lack orders.
func (s *Slices) whole(ctx context.Context, piece *Slice) (page OrdersPage, full bool, err error) {
	page, err = s.request(ctx, piece, 0)
	for err == nil {
		full, doubtful := s.judge(page.Rows)
		if !doubtful {
			return page, full, nil
		}
		var more, again OrdersPage
		if more, err = s.request(ctx, piece, page.Rows); err != nil {
			break
		}
		s.saw(page.Rows)
		if more.Rows == 0 {
			return page, false, nil
		}
		// Either the answer was cut off, or an order has just arrived.
		if again, err = s.request(ctx, piece, 0); err == nil && again.Rows <= page.Rows {
			s.cutsAt(page.Rows)
			return page, true, nil
		}
		page = again
	}
	return OrdersPage{}, false, err
}

func (s *Slices) saw(rows int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.largest = max(s.largest, rows)
}

func (s *Slices) cutsAt(rows int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cut = rows
}

// judge tells of an answer's length whether the answer was cut off, or that only asking for more can tell.
func (s *Slices) judge(rows int) (full, doubtful bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cut > 0 && rows > s.cut {
		s.cut = 0 // the shop gives more by now
	}
	switch {
	case rows >= s.limit || (s.cut > 0 && rows == s.cut):
		return true, false
	case rows == 0 || s.cut > 0 || rows < s.largest:
		return false, false
	default:
		return false, true
	}
}

func (s *Slices) request(ctx context.Context, piece *Slice, offset int) (OrdersPage, error) {
	piece.Requests++
	return s.ask(ctx, OrdersQuery{
		From: piece.From.Format(time.DateTime), To: piece.To.Format(time.DateTime), Limit: s.limit, Offset: offset,
	})
}

// restless is how many rounds through one second may bring nothing new while
// orders seem to be missing. A list that is shuffled for each request hides one
// for so long once in twenty thousand times, and the next sweep checks again.
const restless = 10

var errOffset = errors.New("the shop gives the same orders at every offset")

// crowd reads a second that has more orders than an answer holds, the only place where nothing but offsets is left. Pages
// overlap, and rounds are repeated until as many orders were seen as there are.
func (s *Slices) crowd(ctx context.Context, piece *Slice, first OrdersPage) (OrdersPage, error) {
	seen := crowd{numbers: map[int64]bool{}}
	seen.add(first)
	for idle := 0; idle < restless; idle++ {
		before := len(seen.numbers)
		total, err := s.round(ctx, piece, &seen)
		if err != nil {
			return OrdersPage{}, fmt.Errorf("read the second of %s: %w", piece.From.Format(time.DateTime), err)
		}
		if len(seen.numbers)+seen.unnumbered >= total {
			break
		}
		if len(seen.numbers) > before {
			idle = -1
		}
	}
	return seen.page, nil
}

// mostInSecond is more than any shop sells: more rows mean that the shop ignores offsets.
const mostInSecond = 100_000

// round pages through the second once and reports how many rows it has.
func (s *Slices) round(ctx context.Context, piece *Slice, seen *crowd) (total int, err error) {
	seen.unnumbered = 0
	for offset := 0; total < mostInSecond; {
		page, err := s.request(ctx, piece, offset)
		if err != nil || page.Rows == 0 {
			return total, err
		}
		seen.add(page)
		total = max(total, offset+page.Rows)
		offset += page.Rows - page.Rows/4
	}
	return total, ordersGet.failure(Malformed, answer{}, errOffset)
}

// crowd collects the orders of one second, each once.
type crowd struct {
	page       OrdersPage
	numbers    map[int64]bool
	unnumbered int // rows of a round that do not say which order they are
}

func (c *crowd) add(page OrdersPage) {
	for _, order := range page.Orders {
		if c.isNew(order.Number) {
			c.page.Orders = append(c.page.Orders, order)
			c.page.Rows++
		}
	}
	c.unnumbered += len(page.Failed)
}

func (c *crowd) isNew(number int64) bool {
	if c.numbers[number] {
		return false
	}
	c.numbers[number] = true
	return true
}
