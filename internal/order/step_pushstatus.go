package order

import (
	"fmt"
	"time"

	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// StepPushStatus moves the shop's order to a status. The order is read before and
// after: the shop may have moved on, and may say OK without having saved.
const StepPushStatus StepKind = "PushStatus"

var _ = define(stepDefinition[PushStatus, StatusPushed]{
	kind: StepPushStatus, side: SideCartum, mayCommit: true,
	fingerprint: func(in PushStatus) string { return fmt.Sprintf("%d for %d", in.To, in.Account) },
	precheck:    func(in PushStatus) Precheck { return in.Precheck },
	onStart: func(s *State, in PushStatus, _ time.Time) {
		s.Pushes.start(StatusState{Shop: in.To, Account: in.Account})
	},
	apply:   func(s *State, in PushStatus, o StatusPushed, now time.Time) { s.applyPushed(in, o, now) },
	unknown: func(s *State, _ PushStatus, now time.Time) { s.Pushes.EndedAt = now },
	nothing: func(s *State, _ PushStatus, _ time.Time) { s.Pushes = OwnStatuses{} },
	refused: func(s *State, in PushStatus, f Failure, now time.Time) bool {
		put(&s.Refused, StepPushStatus, StatusRefuse{StatusID: int64(in.To), Text: f.Text, Asked: s.UserWaiting})
		s.SyncedStatuses.Account = in.Account
		s.note(now, msg("shop-refused-status", "cartumStatus", num(in.To), "message", f.Text))
		return true
	},
})

// PushStatus is the status to push.
type PushStatus struct {
	Shop     string
	Number   int64
	From     int // status before, as it is known
	To       int
	Account  int64 // RO App's status that is pushed
	Precheck Precheck
}

// StatusPushed is the answer to [PushStatus].
type StatusPushed struct {
	// Snapshot is the order as the shop has it afterwards, nil where the shop
	// does not show it.
	Snapshot *Snapshot `json:",omitempty"`
	Digest   string    `json:",omitempty"`
	// Pushed is set where the status was sent.
	Pushed bool `json:",omitempty"`
}

// pushStatus gives nothing where RO App's status stands for none of the shop's,
// and where the shop's order is cancelled: it takes no status any more.
func (p *planner) pushStatus() []flow.Step {
	to, mapped := p.r.ExportStatuses[p.s.Order.StatusID]
	if !mapped || p.s.Snapshot.Status == CancelledStatus {
		return nil
	}
	return []flow.Step{p.step(StepPushStatus, "", fmt.Sprintf("Set status %d in the shop", to), PushStatus{
		Shop: p.s.Key.Shop, Number: p.s.Key.Number, From: p.s.Snapshot.Status, To: to,
		Account: p.s.Order.StatusID, Precheck: p.precheck(string(StepPushStatus)),
	})}
}

func (s *State) applyPushed(in PushStatus, o StatusPushed, now time.Time) {
	if o.Snapshot == nil {
		// It is pushed once the shop shows the order again; only polls say that
		// it is gone.
		s.Missing++
		put(&s.Refused, StepPushStatus, StatusRefuse{StatusID: int64(in.To), NotShown: true})
		s.SyncedStatuses.Account = in.Account
		return
	}
	if o.Pushed {
		s.SyncedStatuses.Account = in.Account // whatever the shop has now is its own
	}
	if o.Snapshot.Status == in.To {
		s.note(now, msg("shop-status-set", "cartumStatus", num(in.To)))
		s.SyncedStatuses = StatusState{Shop: in.To, Account: in.Account}
		delete(s.Refused, StepPushStatus)
		s.Order.FieldsDue = true
	}
	s.applySnapshot(o.Snapshot, o.Digest, now)
	s.Pushes = OwnStatuses{}
}
