package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/cartumsync/cartumsync/internal/order"
)

// choicesKept bounds what an account remembers of people's choices; the oldest are
// dropped first.
const choicesKept = 2000

// RememberChoice stores a choice between several contacts or products. The record's id
// reveals nothing to its reader.
type RememberChoice struct {
	Record string
	Choice order.Remembered
}

// choice answers what was chosen before.
func (r *accountRun) choice(record string) (*order.Remembered, error) {
	if choice, known := r.state.Choices[record]; known {
		return &choice, nil
	}
	return nil, nil
}

// remember keeps the newest choice of each record.
func (s *AccountState) remember(made RememberChoice) {
	if s.Choices == nil {
		s.Choices = map[string]order.Remembered{}
	}
	if made.Choice.At.Before(s.Choices[made.Record].At) {
		return
	}
	s.Choices[made.Record] = made.Choice
	if len(s.Choices) > choicesKept {
		delete(s.Choices, s.oldestChoice())
	}
}

func (s *AccountState) oldestChoice() string {
	var oldest string
	var at time.Time
	for _, record := range workflow.DeterministicKeys(s.Choices) {
		if created := s.Choices[record].At; oldest == "" || created.Before(at) {
			oldest, at = record, created
		}
	}
	return oldest
}
