package order_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cartumsync/cartumsync/internal/order"
)

// Whatever happens on the way (answers lost, refused and late, workers killed,
// news, holds, workflows terminated, Temporal's database restored), the end is
// that of a quiet day: one order, one item a line, nothing in silence.
func TestF04_F46_AnySequenceOfTroubleEndsAsAQuietDay(t *testing.T) {
	t.Parallel()
	for range 5 { // of a hundred sequences each, unless -rapid.checks says otherwise
		t.Run("hundred", func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				s := newSimulation(t)
				happenings := map[string]func(){
					"news": s.news, "wait": s.waitAWhile, "by hand": s.askByHand, "try again": s.tryAgain,
					"backup": s.backUp, "restore": s.restore, "terminate": s.terminate, "continue as new": s.continueAsNew, "staff": s.staffGoOn,
				}
				for range rapid.IntRange(0, 60).Draw(t, "events") {
					s.pass()
					s.event(happenings)
					s.requireNoDoubles()
				}
				s.finishQuietly()
				s.requireQuietEnd()
			})
		})
	}
}

// staffsStatus is a status that stands for none of the shop's.
const staffsStatus = 106

// staffGoOn moves the imported order to a status of the staff's.
func (s *simulation) staffGoOn() {
	if s.state.Synced.IsZero() || len(s.account.orders) == 0 {
		return
	}
	s.let(s.clock.Add(5 * time.Minute))
	s.staffSetStatus(staffsStatus)
}

// news is a change in the shop, of which the exchange is told.
func (s *simulation) news() {
	if s.shop.Status == order.CancelledStatus {
		return
	}
	s.let(s.clock.Add(time.Second))
	switch rapid.SampledFrom([]string{"quantity", "line", "phone", "status", "cancel"}).Draw(s.t, "news") {
	case "quantity":
		s.changeQuantity()
	case "line":
		s.addLine()
		for range s.shop.Lines {
			s.changeQuantity()
		}
	case "phone":
		if s.lives > 1 {
			return // see terminate
		}
		s.shop.Customer.Phone = rapid.SampledFrom([]string{"+48501234567", "+48601222333"}).Draw(s.t, "phone")
		s.newPhone = true
	case "status":
		s.changeStatus(rapid.SampledFrom([]int{1, 2, 3}).Draw(s.t, "status"))
	case "cancel":
		s.changeStatus(order.CancelledStatus)
	}
	s.hint(order.OriginWebhook)
}

func (s *simulation) requireQuietEnd() {
	s.requireNoDoubles()
	if s.state.Closed != nil {
		assert.Contains(s.t, s.state.Closed.Code, "cancelled")
		if !s.restored { // it may have been made before, and was not worth a look
			require.Empty(s.t, s.account.orders, "a cancelled order was made all the same")
		}
		return
	}
	require.Len(s.t, s.account.orders, 1)
	o := s.account.orders[0]
	assert.Equal(s.t, o.id, s.state.Order.ID)
	assert.False(s.t, s.state.Synced.IsZero())
	firstComments := 0
	for _, comment := range o.comments {
		if comment.About == "" {
			firstComments++
		}
	}
	assert.GreaterOrEqual(s.t, firstComments, 1)
	assert.LessOrEqual(s.t, firstComments, s.lives+o.lost)
	s.requireImportedStatus(o)
	for _, line := range s.lines() {
		s.requireLineInStep(o, line)
	}
	for key, facts := range s.state.Lines {
		if _, stands := o.item(facts.ItemID); facts.ItemID != 0 && !stands {
			s.t.Fatalf("%s stands for an item that there never was", key)
		}
	}
	s.requireNoItemInSilence(o)
}

// requireImportedStatus has the last word to the staff, unless the shop's status
// changed after theirs or was the cancellation, which cannot be undone.
func (s *simulation) requireImportedStatus(o *simulatedOrder) {
	switch {
	case s.shop.Status == order.CancelledStatus && o.status == s.mapped():
	case !o.statusAt.IsZero() && !s.shop.statusAt.After(o.statusAt):
		assert.EqualValues(s.t, staffsStatus, o.status, "what staff chose")
	case o.statusAt.IsZero() && s.lives == 1:
		assert.True(s.t, o.status == s.mapped() || s.marked(order.WarnStatusRefused), "status %d for the shop's %d in silence", o.status, s.shop.Status)
	}
}

// requireLineInStep allows no difference in silence, but for a value that an
// erased life synced and that the shop has since turned back.
func (s *simulation) requireLineInStep(o *simulatedOrder, line order.Line) {
	facts, known := s.state.Lines[line.Key]
	item, stands := o.item(facts.ItemID)
	if !known || !stands {
		assert.True(s.t, s.marked(order.WarnNotSynced, order.WarnLinesMissing), "line %s is missing in silence", line.Key)
		return
	}
	if item.Quantity.Equal(line.Quantity) && item.Price.Equal(line.Price) || o.erased[item.ID] {
		return
	}
	_, told := s.difference(line.Key)
	assert.True(s.t, told, "item %v for line %v in silence; known %+v", item, line, facts)
}

// requireNoItemInSilence is about items of ours that stand for no line any more.
func (s *simulation) requireNoItemInSilence(o *simulatedOrder) {
	ours := slices.DeleteFunc(slices.Clone(o.items), func(item order.Item) bool { return o.staffs[item.ID] })
	if len(ours) <= len(s.shop.Lines) || s.marked(order.WarnNotSynced) {
		return
	}
	s.t.Fatalf("items %v for lines %v in silence; marks %v", o.items, s.shop.Lines, s.state.Warnings)
}
