package activities

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"golang.org/x/sync/errgroup"

	"github.com/cartumsync/cartumsync/internal/cartum"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

const (
	// anyZone is how far two clocks of the earth differ at most: a shop's zone
	// may be set wrong, on either side.
	anyZone = 26 * time.Hour
	// signalsAtOnce bounds the signals that are on their way.
	signalsAtOnce = 8
	// idsAtOnce is how many orders are asked for by their numbers.
	idsAtOnce = 50
	// fewOrders may all have been deleted; that more are gone at once, and none
	// other is left, is a fault of the shop's API.
	fewOrders = 2
	// absentPolls is how many whole sweeps in a row must not find an order before it
	// is told so, and manyAbsent by how much longer that must last where most of the
	// open orders are gone at once: that is a fault of the shop's API, until it lasts.
	absentPolls = 3
	manyAbsent  = 24
	// refusalsBorne is how many orders may not be told in one sweep though Temporal
	// refuses none of them for good; with more of them it is away.
	refusalsBorne = 10
)

// SweepShop polls the orders of a shop and notifies the workflows of those
// that are new or differ from what their workflows have seen. It keeps no
// place: one that fails in the middle has told what it told, and the next one
// looks at everything again.
func (a *Activities) SweepShop(ctx context.Context, in workflows.SweepInput) (workflows.Swept, error) {
	stop := beat(ctx)
	defer stop()
	// The entity paces itself, so it asks past the breaker: it is how a process
	// learns that the credentials are good again.
	s, err := a.shop(in.Shop)
	if err != nil {
		return workflows.Swept{}, unknown(ctx, order.SideCartum, err)
	}
	rules, _ := a.settings.Current().Rules(in.Shop)
	at := time.Now()
	sweep := sweeping{a: a, shop: s, rules: rules, in: in, at: at, shown: map[int64]bool{}, out: workflows.Swept{At: at, Whole: in.Whole}}
	if err := sweep.run(ctx); err != nil {
		return workflows.Swept{}, s.cartumFailed(ctx, err)
	}
	s.breaker.accepted()
	return sweep.answer(), nil
}

// sweeping is one sweep.
type sweeping struct {
	a     *Activities
	shop  *shop
	rules order.Rules
	in    workflows.SweepInput
	at    time.Time
	known map[int64]knownOrder
	shown map[int64]bool
	out   workflows.Swept

	// These are counted by those that tell.
	told, started, fresh, refusals atomic.Int64
	mu                             sync.Mutex
	found                          []workflows.Finding
}

// answer is what the sweep found, bounded.
func (s *sweeping) answer() workflows.Swept {
	s.out.Told, s.out.Started, s.out.Fresh = int(s.told.Load()), int(s.started.Load()), int(s.fresh.Load())
	s.out.Took = time.Since(s.at)
	slices.SortFunc(s.found, func(a, b workflows.Finding) int { return cmp.Compare(a.Number, b.Number) })
	s.out.Found = s.found[:min(len(s.found), workflows.FindingsKept)]
	return s.out
}

func (s *sweeping) find(kind workflows.FindingKind, number int64, problem string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.found = append(s.found, workflows.Finding{
		Kind: kind, Number: number, Since: s.at, Problem: order.Shorten(problem, findingText),
	})
}

// findingText bounds what a finding says, in characters.
const findingText = 300

func (s *sweeping) run(ctx context.Context) (err error) {
	from := s.from()
	// What is known is asked for before the shop: an order that comes in between
	// is told once too often, not forgotten.
	if s.known, err = s.a.knownOrders(ctx, s.in.Shop, from.Add(-2*anyZone), s.in.Whole); err != nil {
		return err
	}
	if s.in.Whole {
		s.shop.slices.Doubt()
	}
	oldest, to := from.Add(-anyZone), clockOf(s.at).Add(anyZone)
	for to.After(oldest) {
		piece, err := s.shop.slices.Last(ctx, oldest, to)
		if err != nil {
			return err
		}
		s.out.Requests += piece.Requests
		if err := s.dispatchAll(ctx, piece.Page, piece.SentAt); err != nil {
			return err
		}
		to = piece.From
	}
	if err := s.plausible(from); err != nil {
		return err
	}
	if s.in.Whole {
		return s.readHidden(ctx)
	}
	return nil
}

// from is where the sweep begins, on a clock. A whole one reaches back to the
// last whole one, however long that is ago.
func (s *sweeping) from() time.Time {
	set := s.shop.settings.Sweep
	if !s.in.Whole {
		return clockOf(s.at.AddDate(0, 0, -set.RecentDays))
	}
	from := s.at.AddDate(0, 0, -set.WindowDays)
	if !s.in.LastWhole.IsZero() && s.in.LastWhole.Before(from) {
		from = s.in.LastWhole
	}
	return clockOf(from)
}

// clockOf is a moment on some clock, give or take [anyZone].
func clockOf(at time.Time) time.Time { return at.UTC().Truncate(time.Second) }

// dispatchAll tells the orders of one answer, several at a time.
func (s *sweeping) dispatchAll(ctx context.Context, page cartum.OrdersPage, sentAt time.Time) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(signalsAtOnce)
	for _, row := range page.Orders {
		if s.shown[row.Number] {
			continue
		}
		s.shown[row.Number] = true
		s.out.Seen++
		notice := noticeOf(row, s.rules, sentAt, order.OriginSweep)
		if problem := tooLarge(notice.Snapshot); problem != "" && s.open(row.Number, row.CreatedRaw) {
			s.find(workflows.FindingSetAside, row.Number, problem)
		}
		if s.news(row.Number, row.CreatedRaw, notice.Digest) {
			group.Go(func() error { return s.tell(ctx, row.Number, notice) })
		}
	}
	for _, row := range page.Failed {
		s.out.Unreadable++
		warnUnnumbered(ctx, s.in.Shop, row)
	}
	return group.Wait()
}

func warnUnnumbered(ctx context.Context, shop string, row *cartum.Error) {
	activity.GetLogger(ctx).Warn("a row of the shop's list does not say which order it is", "shop", shop, "field", row.Field)
}

func noticeOf(row cartum.Order, rules order.Rules, sentAt time.Time, by order.Origin) order.ChangeNotice {
	snapshot := snapshotOf(row, rules, sentAt)
	return order.ChangeNotice{At: sentAt, By: by, Snapshot: &snapshot, Digest: order.Digest(snapshot, rules.IdentityKey)}
}

// news tells whether an order has to be told: it is open and looked different
// when it was last told, or it is unknown and was created since the shop was
// connected.
func (s *sweeping) news(number int64, created, digest string) bool {
	return s.open(number, created) && s.known[number].observed != digest
}

// open tells whether an order has an open workflow or is to have one, as has one
// that was closed while the shop did not show it.
func (s *sweeping) open(number int64, created string) bool {
	if known, ok := s.known[number]; ok {
		return known.open || known.missing()
	}
	return !before(created, s.rules.Zone(), s.shop.settings.Since)
}

// before compares on the clock: the shop's times have no zone, and the day is
// one of the shop's own.
func before(created string, zone *time.Location, since time.Time) bool {
	clock, ok := order.ShopClock(created, zone)
	return ok && clock.Before(onClock(since)) // what cannot be read is held and told
}

// onClock is what a clock of the time's own zone shows, written as UTC.
func onClock(at time.Time) time.Time {
	_, offset := at.Zone()
	return at.UTC().Add(time.Duration(offset) * time.Second)
}

// tell hands an order over. One that Temporal does not take is set aside: it stops
// no other, and the next sweep tries again.
func (s *sweeping) tell(ctx context.Context, number int64, notice order.ChangeNotice) error {
	notice.Reappeared = !notice.Missing && s.known[number].missing()
	send := workflows.Dispatch
	if s.known[number].open {
		send = workflows.DispatchKnown
	}
	err := send(ctx, s.a.temporal, order.Key{Shop: s.in.Shop, Number: number}, notice)
	if err != nil {
		if !engineRefuses(ctx, err) && s.refusals.Add(1) > refusalsBorne || ctx.Err() != nil {
			return err
		}
		activity.GetLogger(ctx).Warn("an order is set aside; the others go on", "shop", s.in.Shop, "number", number, "error", err)
		s.find(workflows.FindingSetAside, number, "Temporal does not take what the shop shows of the order: "+err.Error())
		return nil
	}
	if _, known := s.known[number]; known {
		s.told.Add(1)
	} else {
		s.started.Add(1)
		if notice.Snapshot != nil && s.at.Sub(notice.Snapshot.Created).Abs() < freshFor {
			s.fresh.Add(1)
		}
	}
	return nil
}

// freshFor is how long after an order was placed its event should have come, give
// or take a clock that is set wrong.
const freshFor = 3 * time.Hour

// plausible refuses an empty answer where orders are known: then the shop's API
// does not work, whatever it says.
func (s *sweeping) plausible(from time.Time) error {
	if len(s.shown) > 0 {
		return nil
	}
	open := 0
	for _, known := range s.known {
		if known.open && known.created.After(from) && !known.missing() {
			open++
		}
	}
	if open <= fewOrders {
		return nil
	}
	text := fmt.Sprintf("the shop shows no order at all, though %d are open; look at the shop's API in its panel", open)
	return temporal.NewApplicationError(text, string(order.FailUnreachable), order.Failure{
		Kind: order.FailUnreachable, Side: order.SideCartum, Text: text,
	})
}

// readHidden reads the open orders that the answers did not show, by their
// numbers: those from before the window, and those that are missing.
func (s *sweeping) readHidden(ctx context.Context) error {
	var hidden, missing []int64
	open := 0
	for number, known := range s.known {
		if !known.open {
			continue
		}
		open++
		if !s.shown[number] {
			hidden = append(hidden, number)
		}
	}
	slices.Sort(hidden)
	var sentAt time.Time
	for some := range slices.Chunk(hidden, idsAtOnce) {
		left, at, err := s.readByNumber(ctx, some)
		if err != nil {
			return err
		}
		missing, sentAt = append(missing, left...), at
	}
	return s.confirm(ctx, missing, open, sentAt)
}

// readByNumber asks again for those that an answer lacks until one brings
// nothing new, for the shop may cut it off.
func (s *sweeping) readByNumber(ctx context.Context, numbers []int64) (missing []int64, sentAt time.Time, err error) {
	for len(numbers) > 0 {
		sentAt = time.Now()
		page, err := s.shop.client.Orders(ctx, cartum.OrdersQuery{IDs: numbers, Limit: len(numbers)})
		if err != nil {
			return nil, sentAt, err
		}
		s.out.Requests++
		if err := s.dispatchAll(ctx, page, sentAt); err != nil {
			return nil, sentAt, err
		}
		left := slices.DeleteFunc(slices.Clone(numbers), func(number int64) bool { return s.shown[number] })
		if len(left) == len(numbers) {
			return left, sentAt, nil
		}
		numbers = left
	}
	return nil, sentAt, nil
}

const missingDigest = "missing:"

// confirm takes in the open orders that the shop does not show by their numbers
// either. What is known is not given up on the word of a few answers: an order is
// told only once its absence has lasted, and then once more.
func (s *sweeping) confirm(ctx context.Context, numbers []int64, open int, sentAt time.Time) error {
	s.out.Missing = len(numbers)
	after := s.shop.settings.Sweep.MissingAfter
	if len(numbers) > fewOrders && 2*len(numbers) > open {
		after *= manyAbsent
		s.find(workflows.FindingNotShown, 0, fmt.Sprintf("the shop does not show %d of %d open orders; look at the shop's API in its panel", len(numbers), open))
	}
	s.out.Absent = map[int64]workflows.Absence{}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(signalsAtOnce)
	for _, number := range numbers {
		absence, known := s.in.Absent[number]
		if !known {
			absence.Since = s.at
		}
		absence.Polls++
		if len(s.out.Absent) < workflows.AbsentKept {
			s.out.Absent[number] = absence
		}
		digest := missing(s.known[number].observed)
		if absence.Polls < absentPolls || s.at.Sub(absence.Since) < after || digest == s.known[number].observed {
			continue
		}
		notice := order.ChangeNotice{
			At: sentAt, By: order.OriginSweep, Digest: digest,
			Missing: true, MissingSince: absence.Since, MissingPolls: absence.Polls,
		}
		group.Go(func() error { return s.tell(ctx, number, notice) })
	}
	return group.Wait()
}

// missing tells whether the order was last told that the shop does not show it.
func (o knownOrder) missing() bool { return strings.HasPrefix(o.observed, missingDigest) }

// missing is what is observed of an order that is missing once more.
func missing(observed string) string {
	digits, _ := strings.CutPrefix(observed, missingDigest)
	times, err := strconv.Atoi(digits)
	if err != nil || digits == observed {
		times = 0
	}
	return missingDigest + strconv.Itoa(min(times+1, 2))
}
