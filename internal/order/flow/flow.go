// Package flow is what an order's workflow and the rules of orders say to each
// other: the workflow reports events, the rules answer with a change of the state
// and with commands. It holds data only. The workflow knows nothing else of
// orders, so a rule can change at any time without breaking the replay of orders
// that are already in progress.
package flow

import (
	"encoding/json"
	"time"
)

// Event is one thing that happened to an order.
type Event struct {
	Kind string // the signal's or the update's name, or one of the kinds below
	At   time.Time
	// Payload is the event's data as JSON, absent where the kind has none. That of a
	// signal may be anything.
	Payload []byte `json:",omitempty"`
}

// The kinds of events that the workflow itself reports.
const (
	EventStepEnded       = "step-ended"       // StepEnded
	EventTimer           = "timer"            // the time to wake has come
	EventReset           = "reset"            // Reset: an operator has reset the workflow
	EventCancelRequested = "cancel-requested" // an operator has canceled the workflow
	EventRunEnding       = "run-ending"       // the run is about to continue as new: nothing may be started
)

// StepEnded reports the end of a step: with a result, with an error, or canceled
// before its outcome was known.
type StepEnded struct {
	Key      string
	Result   json.RawMessage `json:",omitempty"`
	Error    *StepError      `json:",omitempty"`
	Canceled bool            `json:",omitempty"`
}

// StepError is why a step ended without a result.
type StepError struct {
	// Message is what the activity answered, "" where no answer came in time.
	Message string `json:",omitempty"`
	// Details are the error's typed details, absent where it has none.
	Details json.RawMessage `json:",omitempty"`
	// Withdrawn is set where the step was withdrawn before it failed.
	Withdrawn bool `json:",omitempty"`
}

// Reset names the run that an operator's reset has started.
type Reset struct{ RunID string }

// Step is one thing to do: an activity with its input.
type Step struct {
	Kind string // the activity's name
	Key  string // of the thing done; one step of a key runs at a time
	// Fingerprint identifies the step's content: another one is another step under the
	// same key.
	Fingerprint string
	Side        string        // the service that it talks to
	Queue       string        // id of the account or shop whose queue it goes to
	TaskQueue   string        // that queue
	Urgency     int           // 1 to 5, the smaller goes first
	Summary     string        // for people, without personal data
	Timeout     time.Duration // of one attempt
	Heartbeat   time.Duration `json:",omitempty"` // of steps that make several requests
	Pause       time.Duration // before the second attempt
	Attempts    int32         // how often it is tried, 0 for without an end; waiting in the queue does not count
	// Eager steps are reported as soon as they end, others together with the
	// steps that run beside them.
	Eager bool `json:",omitempty"`
	Input json.RawMessage
}

// AdvanceInput is what the rules decide from, besides the settings.
type AdvanceInput struct {
	State   json.RawMessage
	Events  []Event
	Running []Step // those whose end is among the events included
	Now     time.Time
	// Run is the id of the workflow's run. It differs from OriginalRun where an
	// operator has reset the workflow.
	Run, OriginalRun string
}

// AdvanceResult is the recorded answer of the rules.
type AdvanceResult struct {
	// Patch changes the state: a JSON merge patch (RFC 7396), absent where
	// nothing changed.
	Patch    json.RawMessage `json:",omitempty"`
	Commands Commands
}

// Commands are what the workflow does next.
type Commands struct {
	Start    []Step   `json:",omitempty"`
	Withdraw []string `json:",omitempty"` // keys of running steps
	// Wake is when to report a timer event; zero leaves the present timer.
	Wake       time.Time   `json:",omitzero"`
	Refresh    *Refresh    `json:",omitempty"` // nil where it has not changed
	Attributes *Attributes `json:",omitempty"` // those that changed
	Row        *Row        `json:",omitempty"` // the memo, where it changed
	Details    string      `json:",omitempty"` // for Temporal's UI, where they changed
	Close      *Close      `json:",omitempty"`
}

// Refresh is how far the order's latest refresh is.
type Refresh struct {
	Number  int
	Running bool `json:",omitempty"`
	// AllowedAt is from when on the next one is accepted; past for at once.
	AllowedAt time.Time     `json:",omitzero"`
	Result    RefreshResult `json:",omitzero"`
	Closed    bool          `json:",omitempty"` // the order takes no refresh any more
	Waits     []string      `json:",omitempty"` // in answers: the steps in progress
}

// RefreshResult is what a refresh found and did.
type RefreshResult struct {
	// Problem is why it failed, nil where it succeeded.
	Problem *Message  `json:",omitempty"`
	Changed []Message `json:",omitempty"`
}

// Message is a text for people: a stable code and its parameters. It is put into
// words where it is shown, in the reader's language.
type Message struct {
	Code   string
	Params map[string]string `json:",omitempty"`
}

// Attributes are the search attributes that changed; nil ones stay as they are.
type Attributes struct {
	SyncState    *string    `json:",omitempty"`
	HoldReason   *string    `json:",omitempty"` // "" for none
	HeldSince    *time.Time `json:",omitempty"` // zero for none
	Observed     *string    `json:",omitempty"`
	RoappOrder   *int64     `json:",omitempty"`
	CartumStatus *int64     `json:",omitempty"`
	RoappStatus  *int64     `json:",omitempty"`
	WrittenOff   *bool      `json:",omitempty"`
	Created      *time.Time `json:",omitempty"`
	Synced       *time.Time `json:",omitempty"`
	Amount       *float64   `json:",omitempty"`
	Search       *[]string  `json:",omitempty"` // none for an empty list
}

// Row is what lists show of an order besides its search attributes. It holds the
// customer's name, so it is kept encrypted, and it is small: Temporal sends it
// along with every listed order.
type Row struct {
	ShopName string   `json:",omitempty"`
	Account  string   `json:",omitempty"`
	Customer string   `json:",omitempty"` // as the shop names them
	Currency string   `json:",omitempty"`
	Number   string   `json:",omitempty"` // RO App's, as staff see it
	Warnings []string `json:",omitempty"` // their codes
	// NextUpdate is from when on the order may be updated by wish; zero or past for at once.
	NextUpdate time.Time `json:",omitzero"`
}

// Close ends the workflow.
type Close struct {
	// Failure is the type of the error to fail with, so that a later event may
	// start the order again; "" completes the workflow.
	Failure  string `json:",omitempty"`
	Text     string `json:",omitempty"`
	Canceled bool   `json:",omitempty"`
}
