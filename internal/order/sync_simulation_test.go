package order_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cartumsync/cartumsync/internal/order"
)

// Whatever the shop and the staff do to an imported order, and whatever happens
// to the requests and signals on the way: once it is quiet, the order in RO App
// is as the rules want it, and nothing moves any more.
func TestF37_F38_F44_F45_AnySequenceOfTroubleLeavesBothSidesInStep(t *testing.T) {
	t.Parallel()
	for range 10 { // of a hundred sequences each, unless -rapid.checks says otherwise
		t.Run("hundred", func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				s := newImportedSimulation(t)
				happenings := s.happenings()
				for range rapid.IntRange(0, 80).Draw(t, "events") {
					s.pass()
					s.event(happenings)
					s.let(s.clock.Add(time.Second))
					s.requireRules()
				}
				s.deliverAll()
				s.requireInStep()
				s.requireRest()
			})
		})
	}
}

// newImportedSimulation starts with an order whose import went well a while ago.
func newImportedSimulation(t *rapid.T) *simulation {
	s := newSimulation(t)
	s.rules.ImportStatuses[5] = 102 // two of the shop's stand for one of RO App's
	s.rules.ExportStatuses = map[int64]int{101: 1, 102: 2, 103: 3, 105: 2}
	if rapid.Bool().Draw(t, "cancellation is exported") {
		s.rules.ExportStatuses[104] = order.CancelledStatus
	}
	s.rules.FinalShop, s.rules.FinalRoapp = []int{3, 4}, []int64{103, 104}
	s.rules.LastUpdatedField = true
	s.finishQuietly()
	require.Equal(t, order.SyncSynced, s.state.SyncState())
	s.let(s.clock.Add(time.Hour))
	s.shop.statusChanges, s.account.orders[0].statusSets = 0, 0
	s.account.chosen = map[int64]bool{}
	return s
}

// happenings are what the shop, the staff, the signals and the operators do.
func (s *simulation) happenings() map[string]func() {
	draw := func(label string, from ...int64) int64 { return rapid.SampledFrom(from).Draw(s.t, label) }
	inRoapp := func(do func()) func() {
		return func() {
			if !s.account.orders[0].deleted {
				do()
			}
		}
	}
	return map[string]func(){
		"shop quantity": s.changeQuantity, "shop price": s.changePrice, "shop adds": s.addLine, "shop removes": s.removeLine,
		"shop delivery": s.changeDelivery, "shop payment": s.changePayment, "shop tracking": s.changeTracking,
		"shop status":    func() { s.changeStatus(int(draw("shop's status", 1, 2, 3, 5, 6, 1, 2, 3, 5, 6, 4))) },
		"staff status":   inRoapp(func() { s.staffSetStatus(draw("staff's status", 101, 102, 103, 104, 105, staffsStatus)) }),
		"staff quantity": inRoapp(s.staffChangeQuantity), "staff delete": inRoapp(s.staffDeleteItem), "staff add": inRoapp(s.staffAddItem),
		"staff write off": inRoapp(s.staffWriteOff), "staff delete order": s.staffDeleteOrder,
		"sweep": s.sweep, "sweep ": s.sweep, "webhook": func() { s.notify(order.OriginWebhook) },
		"collector": s.collect, "collector ": s.collect, "signal": s.deliver, "signal ": s.deliver,
		"write-off told": func() { s.writeOffReported() },
		"refresh":        s.refresh, "settings": s.changeSettings, "by hand": s.askByHand, "try again": s.tryAgain,
		"wait": s.waitAWhile, "continue as new": s.continueAsNew,
	}
}

func (s *simulation) changeDelivery() {
	s.shop.Delivery.Method = "Kurier"
	s.shop.Delivery.Address = rapid.SampledFrom([]string{"ul. Krótka 1", "ul. Długa 2", "ul. Prosta 3"}).Draw(s.t, "address")
}

func (s *simulation) changePayment() { s.shop.Payment.Paid = !s.shop.Payment.Paid }

func (s *simulation) changeTracking() {
	s.shop.Delivery.Tracking = rapid.SampledFrom([]string{"PL1", "PL2"}).Draw(s.t, "tracking")
}

func (s *simulation) staffDeleteOrder() {
	if rapid.IntRange(0, 9).Draw(s.t, "really") == 0 {
		s.account.orders[0].deleted = true
	}
}

// sweep reads the shop's order; the signal may come at once, late, twice, or
// after a newer one.
func (s *simulation) sweep() {
	snapshot, digest := s.poll()
	s.send(func() {
		s.report(order.SignalShopOrderChanged, order.ChangeNotice{At: snapshot.SeenAt, By: order.OriginSweep, Snapshot: snapshot, Digest: digest})
	})
}

// collect reads the account's list, which may lag behind.
func (s *simulation) collect() {
	o := s.account.orders[0]
	lag := time.Duration(rapid.IntRange(0, int(s.rules.SearchLag/time.Second)).Draw(s.t, "lag")) * time.Second
	read := s.readOf(o)
	for _, moment := range o.moments {
		if !moment.at.After(s.clock.Add(-lag)) {
			read = moment.OrderRead
		}
	}
	read.At, read.Listed = s.clock, true
	s.send(func() { s.report(order.SignalStatusChanged, read) })
}

// send delivers a signal now, or leaves it pending.
func (s *simulation) send(signal func()) {
	switch rapid.SampledFrom([]string{"now", "now", "later", "twice"}).Draw(s.t, "signal") {
	case "now":
		signal()
	case "later":
		s.mail = append(s.mail, signal)
	case "twice":
		signal()
		s.mail = append(s.mail, signal)
	}
}

func (s *simulation) deliver() {
	if len(s.mail) == 0 {
		return
	}
	i := rapid.IntRange(0, len(s.mail)-1).Draw(s.t, "which")
	signal := s.mail[i]
	s.mail = slices.Delete(s.mail, i, i+1)
	signal()
}

// writeOffReported is a signal that items were written off. It comes from a person
// too, so it need not be seen in the items.
func (s *simulation) writeOffReported() {
	if s.account.orders[0].frozen() || rapid.IntRange(0, 4).Draw(s.t, "by a person") == 0 {
		s.report(order.SignalWrittenOff, order.WriteOff{At: s.clock})
	}
}

func (s *simulation) refresh() {
	if !s.state.RefreshAllowed().After(s.clock) {
		s.report(order.UpdateRefresh, order.RefreshRequest{By: "tester"})
	}
}

// changeSettings maps a status of the shop that was mapped to none, and back.
func (s *simulation) changeSettings() {
	s.rules.ImportStatuses = maps.Clone(s.rules.ImportStatuses)
	if _, mapped := s.rules.ImportStatuses[6]; mapped {
		delete(s.rules.ImportStatuses, 6)
	} else {
		s.rules.ImportStatuses[6] = 105
	}
	s.report(order.SignalSettings, "revision")
}

// requireRules holds at every moment. What may be written to a line and which
// statuses may be written is checked where it is written. A status is written once
// for each change that a person made on the other side, and again only after a
// lost answer: then it is unknown whether it was undone or never done.
func (s *simulation) requireRules() {
	o := s.account.orders[0]
	s.requireNoDoubles()
	for line, times := range o.adds {
		require.LessOrEqual(s.t, times, 1, "%s was added again", line)
	}
	require.LessOrEqual(s.t, s.shop.pushes, o.statusChanges+s.shop.lostPushes, "statuses written to the shop, for changes in RO App")
	require.LessOrEqual(s.t, o.statusSets, s.shop.statusChanges+o.lostSets, "statuses written to RO App, for changes in the shop")
}

// deliverAll lets everything arrive and go well from now on.
func (s *simulation) deliverAll() {
	s.let(s.clock.Add(time.Hour))
	for len(s.mail) > 0 {
		s.deliver()
	}
	for range 3 { // what is written to one side must be seen on the other
		s.let(s.clock.Add(time.Hour))
		s.seeBothSides()
		s.comeToRest()
	}
	s.requireRules()
}

// seeBothSides is a fresh sweep and a fresh round of the collector.
func (s *simulation) seeBothSides() {
	snapshot, digest := s.poll()
	s.report(order.SignalShopOrderChanged, order.ChangeNotice{At: s.clock, By: order.OriginSweep, Snapshot: snapshot, Digest: digest})
	if o := s.account.orders[0]; !o.deleted {
		read := s.readOf(o)
		read.Listed = true
		s.report(order.SignalStatusChanged, read)
	}
}

// requireRest asserts that nothing changes any more, however often both sides are
// read.
func (s *simulation) requireRest() {
	for range 50 {
		s.let(s.clock.Add(5 * time.Minute))
		s.seeBothSides()
		s.pass()
		require.Empty(s.t, slices.Collect(maps.Keys(s.jobs)), "steps though nothing changed")
	}
}

// requireInStep compares both sides by the rules.
func (s *simulation) requireInStep() {
	o := s.account.orders[0]
	if o.deleted {
		return // a person decides
	}
	require.Nil(s.t, s.state.Hold)
	s.requireStatusesSynced(o)
	for _, line := range s.lines() {
		s.requireLineWritten(o, line)
	}
	s.requireRemovedLinesReported(o)
	s.requireReported(o)
}

// requireStatusesSynced asserts that one status maps to the other, unless one of
// them stands for none, was refused, or cannot be undone.
func (s *simulation) requireStatusesSynced(o *simulatedOrder) {
	require.Equal(s.t, s.shop.Status, s.state.Snapshot.Status)
	require.Equal(s.t, o.status, s.state.Order.StatusID)
	to, exported := s.rules.ExportStatuses[o.status]
	switch {
	case s.mapped() == o.status, exported && to == s.shop.Status:
	case s.mapped() == 0, !exported, s.shop.Status == 6:
	case s.marked(order.WarnStatusRefused, order.WarnNotPushed):
	default:
		s.t.Fatalf("the shop has %d, RO App %d, in silence", s.shop.Status, o.status)
	}
}

// requireLineWritten asserts that a line of the shop exists in RO App, or the
// difference to be named, unless it is only the staff's.
func (s *simulation) requireLineWritten(o *simulatedOrder, line order.Line) {
	facts, known := s.state.Lines[line.Key]
	item, stands := o.item(facts.ItemID)
	shop := order.ItemValues{Quantity: line.Quantity, Price: line.Price}
	if known && stands && sameValues(shop, order.ItemValues{Quantity: item.Quantity, Price: item.Price}) {
		return
	}
	_, reported := s.difference(line.Key)
	touched, staffs := o.touched[facts.ItemID]
	// What a lost attempt wrote and staff then changed, the shop may have turned back
	// meanwhile: then nothing was ever synced, as far as can be known.
	revoked := o.lostLines > 0 && sameValues(order.ItemValues{Quantity: facts.Quantity, Price: facts.Price}, shop)
	if reported || staffs && (revoked || sameValues(touched.written, shop) || sameValues(touched.before, shop)) {
		return
	}
	s.t.Fatalf("%s: %v in the shop, item %v in RO App (there: %t), in silence; staff's: %t; known: %+v", line.Key, shop, item, stands, staffs, facts)
}

// lines are the shop's lines under the keys that they are known by.
func (s *simulation) lines() []order.Line {
	content := func(lines []order.Line) []string {
		var texts []string
		for _, line := range lines {
			texts = append(texts, fmt.Sprint(line.Article, line.Quantity, line.Price))
		}
		return texts
	}
	require.ElementsMatch(s.t, content(s.shop.Lines), content(s.state.Snapshot.Lines), "the newest lines are known")
	return s.state.Snapshot.Lines
}

func sameValues(x, y order.ItemValues) bool {
	return x.Quantity.Equal(y.Quantity) && x.Price.Equal(y.Price)
}

// requireRemovedLinesReported wants a line that the shop took out to be gone from RO
// App, or named. Each item of ours stands for a line.
func (s *simulation) requireRemovedLinesReported(o *simulatedOrder) {
	for _, item := range o.items {
		require.True(s.t, s.known(item) || o.staffs[item.ID], "item %v of ours stands for no line", item)
	}
	for key, facts := range s.state.Lines {
		_, stands := o.item(facts.ItemID)
		inShop := slices.ContainsFunc(s.lines(), func(l order.Line) bool { return l.Key == key })
		if _, reported := s.difference(key); stands && !inShop && !reported {
			s.t.Fatalf("%s is not in the shop any more, but in RO App, in silence", key)
		}
	}
}

// requireReported asserts that the comments have reported the current delivery and
// payment, and each difference.
func (s *simulation) requireReported(o *simulatedOrder) {
	reported := s.state.Comment.Delivered
	assert.Contains(s.t, reported.Delivery, s.shop.Delivery.Address)
	assert.Equal(s.t, s.shop.Payment.Paid, strings.Contains(reported.Payment, "true"))
	last := slices.MaxFunc(o.comments, func(x, y simulatedComment) int { return x.sent - y.sent })
	if o.lost == 0 { // else it may have reported what was no longer true when the next one was due
		assert.Equal(s.t, last.Delivers, reported, "what the last comment reported")
	}
	for _, difference := range s.state.Differences() {
		assert.Contains(s.t, reported.Difference, string(difference.Key))
	}
	telling := slices.DeleteFunc(slices.Clone(o.comments), func(c simulatedComment) bool { return c.Delivers.Delivery != reported.Delivery })
	text := func(c simulatedComment) bool { return strings.Contains(c.Text, s.shop.Delivery.Address) }
	assert.True(s.t, slices.ContainsFunc(telling, text), "no comment reports the address")
}
