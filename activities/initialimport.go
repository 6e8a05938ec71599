package activities

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/activity"
	"golang.org/x/sync/errgroup"

	"github.com/cartumsync/cartumsync/internal/cartum"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

// importingAtMost is how many orders of a shop may be on their way before a
// initial import brings more: few enough to stop it soon.
const importingAtMost = 100

// ImportSlice hands over the newest orders of a span, as many as one answer of
// the shop holds. Its place is given back only when all were handed over.
func (a *Activities) ImportSlice(ctx context.Context, in workflows.ImportSliceInput) (workflows.ImportedSlice, error) {
	stop := beat(ctx)
	defer stop()
	busy, err := a.index.CountState(ctx, in.Shop, order.SyncImporting)
	if err != nil {
		return workflows.ImportedSlice{}, fmt.Errorf("count the orders that are being imported: %w", err)
	}
	if busy >= importingAtMost {
		return workflows.ImportedSlice{Before: in.Before, Busy: true}, nil
	}
	one, piece, err := a.readImport(ctx, in)
	if err != nil {
		return workflows.ImportedSlice{}, err
	}
	return one.hand(ctx, piece)
}

// readImport reads the newest orders of a span, as many as one answer of the shop
// holds, and which of them are known.
func (a *Activities) readImport(ctx context.Context, in workflows.ImportSliceInput) (*importing, cartum.Slice, error) {
	s, err := a.openShop(ctx, in.Shop)
	if err != nil {
		return nil, cartum.Slice{}, err
	}
	piece, err := s.imports.Last(ctx, in.From, in.Before)
	if err != nil {
		return nil, cartum.Slice{}, s.cartumFailed(ctx, err)
	}
	s.breaker.accepted()
	known, err := a.knownAmong(ctx, in.Shop, numbersOf(piece.Page))
	if err != nil {
		return nil, cartum.Slice{}, err
	}
	rules, _ := a.settings.Current().Rules(in.Shop)
	return &importing{a: a, in: in, rules: rules, known: known}, piece, nil
}

func numbersOf(page cartum.OrdersPage) []int64 {
	var numbers []int64
	for _, row := range page.Orders {
		numbers = append(numbers, row.Number)
	}
	slices.Sort(numbers)
	return slices.Compact(numbers)
}

// importing hands over the orders of one slice.
type importing struct {
	a     *Activities
	in    workflows.ImportSliceInput
	rules order.Rules
	known map[int64]knownOrder
	// These are counted by those that hand over.
	started, refused atomic.Int64
}

func (i *importing) hand(ctx context.Context, piece cartum.Slice) (workflows.ImportedSlice, error) {
	sorted := i.sort(ctx, piece)
	out := workflows.ImportedSlice{Before: piece.From, ImportCounts: sorted.ImportCounts}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(signalsAtOnce)
	for _, row := range sorted.orders {
		group.Go(func() error {
			return i.start(ctx, row.Number, noticeOf(row, i.rules, piece.SentAt, order.OriginImport))
		})
	}
	err := group.Wait()
	out.Started = int(i.started.Load())
	out.Failed += int(i.refused.Load())
	return out, err
}

// importSorted is what a slice has for an initial import.
type importSorted struct {
	workflows.ImportCounts
	orders []cartum.Order
	// others are known already or skipped.
	others []workflows.RehearsedOrder
}

// sort leaves out what is known already and what is to be skipped.
func (i *importing) sort(ctx context.Context, piece cartum.Slice) (s importSorted) {
	for _, row := range piece.Page.Orders {
		if i.ofNextSlice(row.CreatedRaw, piece.From) {
			continue
		}
		s.Seen++
		_, known := i.known[row.Number]
		switch {
		case known:
			s.Known++
			s.others = append(s.others, workflows.RehearsedOrder{Number: row.Number, As: workflows.RehearsedKnown})
		case slices.Contains(i.in.SkipStatuses, row.Status):
			s.Skipped++
			s.others = append(s.others, workflows.RehearsedOrder{Number: row.Number, As: workflows.RehearsedSkipped})
		default:
			s.orders = append(s.orders, row)
		}
	}
	for _, row := range piece.Page.Failed {
		s.Seen++
		s.Failed++
		warnUnnumbered(ctx, i.in.Shop, row)
	}
	return s
}

// ofNextSlice tells of an order in the second that the next slice ends with,
// so that it is not counted twice.
func (i *importing) ofNextSlice(created string, from time.Time) bool {
	clock, ok := order.ShopClock(created, i.rules.Zone())
	return ok && clock.Equal(from) && from.After(i.in.From)
}

func (i *importing) start(ctx context.Context, number int64, notice order.ChangeNotice) error {
	err := workflows.Dispatch(ctx, i.a.temporal, order.Key{Shop: i.in.Shop, Number: number}, notice)
	switch {
	case err == nil:
		i.started.Add(1)
	case engineRefuses(ctx, err):
		activity.GetLogger(ctx).Warn("an order is set aside; the others go on", "shop", i.in.Shop, "number", number, "error", err)
		i.refused.Add(1)
	default:
		return err
	}
	return nil
}
