package order

import "time"

// View is an order as people and programs see it.
type View struct {
	State     State
	SyncState SyncState
	Links     Links
	Running   []string // summaries of the steps in progress
	// NextRefresh is from when on a refresh is allowed, past for at once, and
	// RefreshNumber the one to ask for: who asks while one runs gets its answer.
	NextRefresh   time.Time
	RefreshNumber int
	Differences   []Difference
}

// NewView is the view of a state and of the steps in progress.
func NewView(s State, running []string) View {
	v := View{
		State: s, SyncState: s.SyncState(), Links: s.Links, Running: running,
		NextRefresh: s.RefreshAllowed(), RefreshNumber: s.Refresh.Number, Differences: s.Differences(),
	}
	if !s.Refresh.Running {
		v.RefreshNumber++
	}
	return v
}
