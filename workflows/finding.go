package workflows

import (
	"slices"
	"time"
)

// FindingKind says why an order cannot go on.
type FindingKind string

// The kinds of findings.
const (
	// FindingSetAside is an order that a poll could not pass on as it is.
	FindingSetAside FindingKind = "set-aside"
	// FindingTaskFailing is an order, or what orders wait for, whose workflow task
	// fails again and again: nothing of it goes on until a worker can carry it out.
	FindingTaskFailing FindingKind = "task-failing"
	// FindingEnded is an order whose workflow failed, timed out or was canceled or
	// terminated.
	FindingEnded FindingKind = "ended"
	// FindingNotShown stands for many open orders that the shop does not show all
	// at once; it has no number.
	FindingNotShown FindingKind = "not-shown"
)

// FindingKinds are all kinds.
func FindingKinds() []FindingKind {
	return []FindingKind{FindingSetAside, FindingTaskFailing, FindingEnded, FindingNotShown}
}

// Finding is something that stops orders and that only a person ends. It
// holds no personal data.
type Finding struct {
	Kind   FindingKind `json:"kind" enum:"set-aside,task-failing,ended,not-shown"`
	Number int64       `json:"number,omitempty" doc:"the order's number, absent where it is about many"`
	// Workflow is the id of a workflow that several orders may wait for.
	Workflow string    `json:"workflow,omitempty" doc:"the id of a workflow that orders wait for"`
	Since    time.Time `json:"since"`
	Problem  string    `json:"problem"`
	// Alerted is set once it was sent to the alert URL.
	Alerted bool `json:"alerted,omitempty" doc:"sent to the alert URL"`
}

// same reports whether two findings are about the same thing.
func (f Finding) same(other Finding) bool {
	return f.Kind == other.Kind && f.Number == other.Number && f.Workflow == other.Workflow
}

// FindingsKept bounds how many findings an entity keeps and shows.
const FindingsKept = 20

// Merge keeps since when a finding stands and whether it was sent from what was
// known before.
func Merge(found, known []Finding) []Finding {
	found = slices.Clone(found[:min(len(found), FindingsKept)])
	for i, finding := range found {
		if at := slices.IndexFunc(known, finding.same); at >= 0 {
			found[i].Since, found[i].Alerted = known[at].Since, known[at].Alerted
		}
	}
	return found
}
