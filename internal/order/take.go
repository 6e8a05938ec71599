package order

import "time"

// Take records what was planned, apart from its steps.
func (s *State) Take(next Next, now time.Time) {
	s.Marks = next.Marks
	s.Know(next.Goods)
	if next.Imported && s.Synced.IsZero() {
		s.finishImport(now)
	}
	for _, text := range next.Tell {
		s.Tell(now, "", text)
	}
	if next.Handled != nil {
		s.Handled = *next.Handled
	}
	switch {
	case next.Close != "":
		s.close(next.Close, now)
	case next.Hold != nil && s.Hold == nil:
		s.SetHold(*next.Hold, now)
	case next.Synced:
		s.synced(now)
	}
}

func (s *State) close(why string, now time.Time) {
	if s.Closed == "" {
		s.Tell(now, "", "closed: "+why)
	}
	s.Closed, s.Hold = why, nil
	s.endRefresh("", now)
}

// synced notes that both sides are as the rules want them.
func (s *State) synced(now time.Time) {
	if s.Synced.IsZero() {
		s.finishImport(now)
	}
	s.LastHold = nil
	if !s.Pressed && !s.Unsettled {
		return
	}
	s.Synced, s.Pressed, s.Unsettled = now, false, false
	s.endRefresh("", now)
}

// finishImport notes what the import has carried over: whatever comes from now
// on is a change.
func (s *State) finishImport(now time.Time) {
	s.Tell(now, "", "imported")
	s.Synced, s.Unsettled = now, true
	//workflowcheck:ignore each is changed for itself
	for article, entry := range s.Catalogue {
		entry.Description = "" // for new products only, and long
		s.Catalogue[article] = entry
	}
	s.leaveLines()
	s.Handled = StatusFacts{Shop: s.Snapshot.Status, Account: s.Order.StatusID}
	if refused, ok := s.Refused[StepSetStatus]; ok && refused.ByStaff {
		// Staff moved the order on meanwhile, which the shop is yet to hear.
		s.Handled.Account = s.Order.InitialStatusID
		delete(s.Refused, StepSetStatus)
	}
	if s.Comment.Told == (Told{}) {
		s.Comment.Told = s.toldNow()
	}
}
