package order

import (
	"fmt"
	"time"
)

const (
	// refreshEvery is how soon after a successful refresh the next one is
	// allowed, whoever asks.
	refreshEvery = 10 * time.Minute
	// refreshAfterFailure is the same after one that failed.
	refreshAfterFailure = 30 * time.Second
	// refreshAnswers bounds what one refresh tells.
	refreshAnswers = 50
)

// RefreshFacts are the order's refreshes: a person asks that both sides be
// compared now.
type RefreshFacts struct {
	// Number counts the refreshes; the running one, else the last one, has it.
	Number  int       `json:",omitempty"`
	Running bool      `json:",omitempty"`
	By      string    `json:",omitempty"`
	AskedAt time.Time `json:",omitzero"`
	EndedAt time.Time `json:",omitzero"`
	// Problem is why it failed, "" where it succeeded.
	Problem string `json:",omitempty"`
	// Changed is what it found and did.
	Changed []string `json:",omitempty"`
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
	if failed := r.EndedAt.Add(refreshAfterFailure); r.Problem != "" && failed.After(next) {
		next = failed
	}
	return next
}

// NextRefresh is [State.RefreshAllowed] where that lies ahead, else the zero time.
func (s *State) NextRefresh(now time.Time) time.Time {
	if next := s.RefreshAllowed(); next.After(now) {
		return next
	}
	return time.Time{}
}

// BeginRefresh has both sides read and compared, and what waits tried again.
// Where one is running already, who asks joins it.
func (s *State) BeginRefresh(by string, now time.Time) {
	if s.Refresh.Running {
		return
	}
	s.Refresh = RefreshFacts{Number: s.Refresh.Number + 1, Running: true, By: by, AskedAt: now, Succeeded: s.Refresh.Succeeded}
	s.Tell(now, by, "asked to update the order now")
	s.news(now)
	s.press()
	s.Unsettled = true
	s.Hint = &Hint{At: now, By: s.Origin}
	s.lookAtAccount()
	if s.Order != nil {
		s.Order.FieldsDue = true
	}
	if s.Hold != nil {
		s.Pressed = false
		s.endRefresh(s.Hold.Text, now) // only a person's decision ends it
	}
}

func (s *State) endRefresh(problem string, now time.Time) {
	if !s.Refresh.Running {
		return
	}
	s.Refresh.Running, s.Refresh.EndedAt, s.Refresh.Problem = false, now, problem
	s.Refresh.Changed = s.toldSince(s.Refresh.AskedAt)
	if problem == "" {
		s.Refresh.Succeeded = now
		what := "nothing changed"
		if n := len(s.Refresh.Changed); n > 0 {
			what = fmt.Sprintf("changes: %d", n)
		}
		s.Tell(now, "", "updated: "+what)
	}
}

// toldSince is what the exchange itself noted in the timeline since then.
func (s *State) toldSince(at time.Time) []string {
	var texts []string
	for _, event := range s.Timeline {
		if !event.At.Before(at) && event.By == "" && event.At != at {
			texts = append(texts, event.Text)
		}
	}
	return texts[max(0, len(texts)-refreshAnswers):]
}
