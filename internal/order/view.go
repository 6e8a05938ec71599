package order

import "time"

// View is an order as people and programs see it.
type View struct {
	State     State
	SyncState SyncState
	Links     Links
	Running   []string // summaries of the steps in progress
	Steps     []string // kinds of the steps in progress
	// Pending is what is still to be done before both sides are known to be the same.
	Pending []Pending
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
		Pending: s.pending(), NextRefresh: s.RefreshAllowed(), RefreshID: RefreshID(next), Differences: s.Differences(),
	}
}

// RefreshID is the update id of an order's refresh by its number.
func RefreshID(number int) string { return UpdateRefresh + ":" + num(number) }

// Pending is what an order has still to do.
type Pending string

// What an order has still to do. A step in progress stands for itself.
const (
	PendingReadShop    Pending = "read-cartum"
	PendingReadAccount Pending = "read-roapp"
	PendingCompare     Pending = "compare"
)

// pending is what the order has still to do.
func (s *State) pending() []Pending {
	var all []Pending
	if s.Notice != nil {
		all = append(all, PendingReadShop)
	}
	if s.Order != nil && (s.OrderDue || s.Items.Due) {
		all = append(all, PendingReadAccount)
	}
	if s.Unsettled || s.UserWaiting {
		all = append(all, PendingCompare)
	}
	return all
}
