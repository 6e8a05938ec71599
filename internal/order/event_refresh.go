package order

import (
	"slices"
	"time"

	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// UpdateRefresh asks to compare both sides of the order now.
const UpdateRefresh = "refresh"

// RefreshRequest says who asks, for the timeline.
type RefreshRequest struct{ By string }

// Where a refresh is running already, who asks joins it.
var _ = defineEvent(UpdateRefresh, func(s *State, r RefreshRequest, now time.Time) {
	if s.Refresh.Running || s.Closed != nil || s.RefreshAllowed().After(now) {
		return
	}
	s.noteBy(now, r.By, msg("refresh-requested"))
	s.Refresh = RefreshState{Number: s.Refresh.Number + 1, Running: true, By: r.By, AskedAt: now, FirstEntry: s.LastEntry + 1, Succeeded: s.Refresh.Succeeded}
	s.lift(now)
	s.expectUser()
	s.Unsettled = true
	s.Notice = &ChangeNotice{At: now, By: s.Origin}
	s.readAccountOrder()
	if s.Order != nil {
		s.Order.FieldsDue = true
	}
	if s.Hold != nil {
		s.UserWaiting = false
		s.endRefresh(s.Hold, now) // only a person's decision ends it
	}
})

const (
	// refreshEvery is how soon after a successful refresh the next one is allowed, no
	// matter who asks.
	refreshEvery = 10 * time.Minute
	// refreshAfterFailure is the same after one that failed.
	refreshAfterFailure = 30 * time.Second
	// refreshAnswers bounds what one refresh answers.
	refreshAnswers = 50
)

// RefreshState is the order's latest refresh: a person asks that both sides be
// compared now.
type RefreshState struct {
	// Number counts the refreshes; the running one, else the last one, has it.
	Number  int       `json:",omitempty"`
	Running bool      `json:",omitempty"`
	By      string    `json:",omitempty"`
	AskedAt time.Time `json:",omitzero"`
	EndedAt time.Time `json:",omitzero"`
	// FirstEntry is the number of the first timeline entry since it was asked for.
	FirstEntry int `json:",omitempty"`
	// Problem is what the order waits for where it failed, nil where it succeeded.
	Problem *flow.Message `json:",omitempty"`
	// Changed is what it found and did.
	Changed []flow.Message `json:",omitempty"`
	// Succeeded is when the last successful one ended.
	Succeeded time.Time `json:",omitzero"`
}

// RefreshAllowed is from when on a refresh is allowed. It is the zero time
// before the first one, and while one is running, which who asks may join.
func (s *State) RefreshAllowed() time.Time {
	r := s.Refresh
	if r.Running || r.Number == 0 {
		return time.Time{}
	}
	var next time.Time
	if !r.Succeeded.IsZero() {
		next = r.Succeeded.Add(refreshEvery)
	}
	if failed := r.EndedAt.Add(refreshAfterFailure); r.Problem != nil && failed.After(next) {
		next = failed
	}
	return next
}

// endRefresh answers the running refresh; hold is what the order waits for, nil
// where both sides were compared.
func (s *State) endRefresh(hold *Hold, now time.Time) {
	if !s.Refresh.Running {
		return
	}
	s.Refresh.Running, s.Refresh.EndedAt, s.Refresh.Problem = false, now, nil
	s.Refresh.Changed = s.notedSince(s.Refresh.FirstEntry)
	if hold != nil {
		problem := hold.Message()
		s.Refresh.Problem = &problem
		return
	}
	s.Refresh.Succeeded = now
	s.note(now, msg("refreshed", "changes", num(len(s.Refresh.Changed))))
}

// notedSince is what cartumsync itself noted in the timeline from an entry on.
func (s *State) notedSince(first int) []flow.Message {
	var noted []flow.Message
	for n := first; n <= s.LastEntry; n++ {
		if entry, kept := s.Timeline[n]; kept && entry.By == "" {
			noted = append(noted, entry.Message)
		}
	}
	return slices.Clone(noted[max(0, len(noted)-refreshAnswers):])
}

// refreshStatus is what the workflow has to know of the latest refresh.
func (s *State) refreshStatus() flow.Refresh {
	return flow.Refresh{
		Number: s.Refresh.Number, Running: s.Refresh.Running, AllowedAt: s.RefreshAllowed(), Closed: s.Closed != nil,
		Result: flow.RefreshResult{Problem: s.Refresh.Problem, Changed: s.Refresh.Changed},
	}
}
