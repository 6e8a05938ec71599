package order

import "time"

// View is an order as people and programs see it.
type View struct {
	State     State
	SyncState SyncState
	Links     Links
	Running   []string // summaries of the steps in progress
	Steps     []string // kinds of the steps in progress
	// NextRefresh is from when on a refresh is allowed, past for at once, and
	// RefreshID is the update id to ask for it with: who asks while one runs gets its
	// answer.
	NextRefresh time.Time
	RefreshID   string
	Differences []Difference
}

// NewView is the view of a state and of the steps in progress.
func NewView(s State, running []string) View {
	next := s.Refresh.Number
	if !s.Refresh.Running {
		next++
	}
	return View{
		State: s, SyncState: s.SyncState(), Links: s.Links, Running: running,
		NextRefresh: s.RefreshAllowed(), RefreshID: RefreshID(next), Differences: s.Differences(),
	}
}

// RefreshID is the update id of an order's refresh by its number.
func RefreshID(number int) string { return UpdateRefresh + ":" + num(number) }
