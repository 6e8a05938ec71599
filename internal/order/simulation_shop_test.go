package order_test

import (
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/cartumsync/cartumsync/internal/order"
)

// simulatedShop is the order as the shop has it.
type simulatedShop struct {
	order.Snapshot
	everWanted map[order.LineKey]bool // keys of lines that it ever had
	statuses   map[int]bool           // that a person of the shop ever chose

	statusAt      time.Time // when a person of the shop last changed the status
	statusChanges int       // by persons of the shop
	pushes        int       // that changed the status
	lostPushes    int       // whose answer was lost
}

func (s *simulation) setLines(articles []string) {
	s.shop.Lines = nil
	for _, article := range articles {
		s.shop.Lines = append(s.shop.Lines, s.line(article))
	}
	s.countUp()
}

func (s *simulation) line(article string) order.Line {
	return order.Line{Article: article, Title: article, Type: order.LineProduct, Price: decimal.NewFromInt(10), Quantity: s.quantity()}
}

// countUp brings the order's keys and totals in line with its lines.
func (s *simulation) countUp() {
	order.KeyLines(s.shop.Lines)
	s.shop.Totals.Sum = decimal.Zero
	for _, line := range s.shop.Lines {
		s.shop.Totals.Sum = s.shop.Totals.Sum.Add(line.Price.Mul(line.Quantity))
		s.shop.everWanted[line.Key] = true
	}
	s.shop.Totals.Default = s.shop.Totals.Sum
}

func (s *simulation) quantity() decimal.Decimal {
	return decimal.NewFromInt(int64(rapid.IntRange(1, 3).Draw(s.t, "quantity")))
}

// changeLine changes one line.
func (s *simulation) changeLine(change func(*order.Line)) {
	s.shop.Lines = slices.Clone(s.shop.Lines)
	change(&s.shop.Lines[rapid.IntRange(0, len(s.shop.Lines)-1).Draw(s.t, "line")])
	s.countUp()
}

func (s *simulation) changeQuantity() {
	s.changeLine(func(l *order.Line) { l.Quantity = s.quantity() })
}

func (s *simulation) changePrice() {
	s.changeLine(func(l *order.Line) {
		l.Price = decimal.NewFromInt(int64(rapid.IntRange(10, 12).Draw(s.t, "price")))
	})
}

func (s *simulation) addLine() {
	if len(s.shop.Lines) > 5 {
		return
	}
	s.shop.Lines = append(slices.Clone(s.shop.Lines), s.line(rapid.SampledFrom([]string{"A", "B", "C"}).Draw(s.t, "article")))
	s.countUp()
}

func (s *simulation) removeLine() {
	if len(s.shop.Lines) < 2 {
		return
	}
	i := rapid.IntRange(0, len(s.shop.Lines)-1).Draw(s.t, "line")
	s.shop.Lines = slices.Delete(slices.Clone(s.shop.Lines), i, i+1)
	s.countUp()
}

// changeStatus is a person of the shop at work. Nothing leaves the cancellation.
// That they choose just what an attempt whose answer was lost may have written
// cannot be distinguished from it.
func (s *simulation) changeStatus(to int) {
	tried := slices.ContainsFunc(s.state.Pushes.Tried, func(f order.StatusState) bool { return f.Shop == to })
	if s.shop.Status == order.CancelledStatus || s.shop.Status == to || tried {
		return
	}
	s.shop.Status, s.shop.statuses[to], s.shop.statusAt = to, true, s.clock
	s.shop.statusChanges++
}

// poll reads the shop's order.
func (s *simulation) poll() (*order.Snapshot, string) {
	snapshot := s.shop.Snapshot
	snapshot.SeenAt = s.clock
	return &snapshot, order.Digest(snapshot, s.rules.IdentityKey)
}

func (a attempt) readShopOrder() (any, *order.Failure) {
	return a.read(func() any {
		snapshot, digest := a.s.poll()
		return &order.ShopOrderRead{Snapshot: snapshot, Digest: digest}
	})
}

// pushStatus reads the shop's order before and after, as the activity does.
func (a attempt) pushStatus(in order.PushStatus) (any, *order.Failure) {
	s := a.s
	if a.ending != unasked && a.ending != killed {
		if in.Precheck.Lost != nil {
			s.let(in.Precheck.Lost.Add(in.Precheck.Settle))
		}
		before, digest := s.poll()
		switch {
		case a.ending == failed:
			return nil, a.fail(order.FailUnreachable, false, false)
		case before.Status != in.From && a.ending == answered:
			return &order.StatusPushed{Snapshot: before, Digest: digest}, nil
		case before.Status != in.From:
			return nil, a.fail(order.FailUnreachable, true, true)
		case before.Status == order.CancelledStatus:
			return nil, a.fail(order.FailRejected, false, true)
		}
	}
	_, failure := a.write(order.Precheck{}, nil, func() { s.pushed(in) })
	if failure != nil {
		if !failure.Definite {
			s.shop.lostPushes++
		}
		return nil, failure
	}
	after, digest := s.poll()
	return &order.StatusPushed{Snapshot: after, Digest: digest}, nil
}

// pushed is a status of ours that reaches the shop.
func (s *simulation) pushed(in order.PushStatus) {
	if s.shop.Status == order.CancelledStatus || s.shop.Status == in.To {
		return
	}
	if !s.account.chosen[in.Account] {
		s.t.Fatalf("status %d is written to the shop for RO App's %d, which no employee chose", in.To, in.Account)
	}
	s.shop.Status = in.To
	s.shop.pushes++
}

// linesEver is how many lines of the product the shop ever had at once: a line's
// key counts its occurrence.
func (s *simulation) linesEver(products order.ProductKey) int {
	count := 0
	for key := range s.shop.everWanted {
		if strings.HasPrefix(string(key), string(products)+"#") {
			count++
		}
	}
	return count
}
