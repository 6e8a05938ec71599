package order

import (
	"time"

	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// StepUpdateFields brings RO App's field Last updated up to date.
const StepUpdateFields StepKind = "UpdateFields"

var _ = define(stepDefinition[UpdateFields, FieldsUpdated]{
	kind: StepUpdateFields, side: SideRoapp, writesOrder: true,
	apply: func(s *State, _ UpdateFields, _ FieldsUpdated, _ time.Time) { s.Order.FieldsDue = false },
	refused: func(s *State, _ UpdateFields, f Failure, now time.Time) bool {
		s.Order.FieldsDue = false
		s.note(now, msg("roapp-refused-fields", "message", f.Text))
		return true
	},
})

// UpdateFields is what the fields should have.
type UpdateFields struct {
	Account     string
	OrderID     int64
	Shop        string
	ShopName    string
	Number      int64
	Created     time.Time
	LastUpdated time.Time
	Zone        string // the shop's
}

// FieldsUpdated is the answer to [UpdateFields].
type FieldsUpdated struct{}

// updateFields is due after something was written or when a person asks, never
// for a poll that found nothing.
func (p *planner) updateFields() []flow.Step {
	if !p.s.Order.FieldsDue || !p.r.LastUpdatedField {
		return nil
	}
	return []flow.Step{p.step(StepUpdateFields, "", "Update the field Last updated", UpdateFields{
		Account: p.s.Order.Account, OrderID: p.s.Order.ID, Shop: p.s.Key.Shop, ShopName: p.r.ShopName, Number: p.s.Key.Number,
		Created: p.s.Snapshot.Created, LastUpdated: p.now.Truncate(time.Second), Zone: p.r.TimeZone,
	})}
}
