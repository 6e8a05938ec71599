package order

import (
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// State is all that is known of one order. Only [Advance] changes it. It travels
// as JSON: the workflow keeps it as it is recorded and never reads it. Fields that
// are set and cleared together form one part, which is embedded.
type State struct {
	Key       Key
	Origin    Origin
	StartedAt time.Time // of the first run
	// Restarted is set where an earlier life of the order may have created it in
	// RO App: its workflow ended, was reset, or lost its history.
	Restarted bool `json:",omitempty"`
	// ResetRun is the last run that an operator's reset has started.
	ResetRun string `json:",omitempty"`

	ShopState
	Customer CustomerState `json:",omitzero"`
	ProductsState
	// ImportState is empty until the order exists in RO App, or may exist there.
	ImportState
	WaitState

	Refresh  RefreshState   `json:",omitzero"`
	Warnings []flow.Message `json:",omitempty"` // on the order's row; they stop nothing
	// Timeline is what was seen, decided and written, by a running number.
	Timeline  map[int]Entry `json:",omitempty"`
	LastEntry int           `json:",omitempty"` // number of the newest entry

	Links     Links     `json:",omitzero"`
	Published Published `json:",omitzero"`
	// Failed are events that a defect of ours kept from being applied. They are
	// applied with the next retry, by a release that can.
	Failed []flow.Event `json:",omitempty"`
	// FailedSteps are the steps whose ends are among them.
	FailedSteps []flow.Step `json:",omitempty"`
	// Passes counts how often something was started since the order last rested.
	Passes int `json:",omitempty"`
	// Backoffs are the steps that failed, by key, until they succeed.
	Backoffs map[string]Backoff `json:",omitempty"`
}

// ShopState is the order as the shop has it.
type ShopState struct {
	// LastLines are the lines as they were last known, where it is not clear which
	// lines the shop's order has now.
	LastLines []Line    `json:",omitempty"`
	Snapshot  *Snapshot `json:",omitempty"` // the newest
	Digest    string    `json:",omitempty"` // of the newest
	// Observed is what polls compare with, the digest where empty.
	Observed string `json:",omitempty"`
	// Notice asks to read the shop's order again.
	Notice *ChangeNotice `json:",omitempty"`
	// ReadAt is when the last read of the shop's order was started. ReadDue is set
	// where it failed: it is repeated with the next retry of the hold.
	ReadAt  time.Time `json:",omitzero"`
	ReadDue bool      `json:",omitempty"`
	ShopAbsence
	// Reused is the other order that the shop shows under the order's number.
	Reused *Reused `json:",omitempty"`
	// FormerOrders are orders in RO App that had the order's number before it.
	FormerOrders []int64 `json:",omitempty"`
}

// ProductsState is what is known of the order's products.
type ProductsState struct {
	Catalogue map[string]CatalogueEntry `json:",omitempty"` // by normalised SKU
	// CatalogueRead holds the SKUs that the catalogue was asked for.
	CatalogueRead map[string]bool             `json:",omitempty"`
	Products      map[ProductKey]ProductState `json:",omitempty"`
}

// ImportState is the order in RO App, and what was written there.
type ImportState struct {
	Order   *AccountOrder             `json:",omitempty"`
	Lines   map[LineKey]LineState     `json:",omitempty"`
	Items   ItemsState                `json:",omitzero"`
	Comment CommentState              `json:",omitzero"`
	Refused map[StepKind]StatusRefuse `json:",omitempty"`
	// SyncedStatuses are the statuses that were acted upon, once the order is imported.
	SyncedStatuses StatusState `json:",omitzero"`
	// Pushes are statuses pending to the shop.
	Pushes OwnStatuses `json:",omitzero"`
	// WriteOffSeen is set where a write-off was reported before the order was known.
	WriteOffSeen bool `json:",omitempty"`
	// InFlight holds, by step key, when a write was last started whose outcome is
	// not known. It is set before the write is started and cleared only by a
	// success or by a definite refusal.
	InFlight map[string]time.Time `json:",omitempty"`
	// InFlightContacts are the contacts for which the order's create was started.
	InFlightContacts []int64 `json:",omitempty"`
	// OrderDue asks to read RO App's order: a person wants to know, or a list
	// that may lag behind says something new.
	OrderDue bool `json:",omitempty"`
	// OrderReadFailed is set where such a read failed: it is repeated with the
	// next retry of the hold.
	OrderReadFailed bool `json:",omitempty"`
	// Unsettled is set when something changed since both sides were compared.
	Unsettled bool      `json:",omitempty"`
	Synced    time.Time `json:",omitzero"` // when both sides were last compared
}

// WaitState is what the order waits for, and what people said to it.
type WaitState struct {
	Hold *Hold `json:",omitempty"`
	// LastHold keeps since when and how often, while the cause is checked again.
	LastHold *Hold           `json:",omitempty"`
	Accepted map[string]bool `json:",omitempty"` // problems that a person accepted, by [Problem.ID]
	// UserWaiting is set while a person waits for the order.
	UserWaiting bool `json:",omitempty"`
	// LastDecision is the last decision that was applied.
	LastDecision *Decision `json:",omitempty"`
	// Linking is the order in RO App that a person named.
	Linking *Linking `json:",omitempty"`
	// Chosen are choices between several records that are yet to be remembered.
	Chosen []Chosen `json:",omitempty"`
	Closed *Closed  `json:",omitempty"`
}

// Closed is why the order is done for good.
type Closed struct {
	flow.Message
	At time.Time
	// Reopens is set where the order is started again as soon as the shop shows it.
	Reopens  bool `json:",omitempty"`
	Canceled bool `json:",omitempty"` // by an operator
}

// Origin is who first asked for the order.
type Origin string

// The origins.
const (
	OriginWebhook Origin = "webhook"
	OriginHand    Origin = "hand" // a person, by page, API or command line
	OriginSweep   Origin = "sweep"
	OriginImport  Origin = "initial-import"
)

// ChangeNotice says that the shop's order may have changed. Without a snapshot it
// asks to read the order.
type ChangeNotice struct {
	At time.Time // when the sender knew it; of a poll, when its request was sent
	By Origin
	// Snapshot is the order as the sender read it from the shop.
	Snapshot *Snapshot `json:",omitempty"`
	// Digest identifies what the sender saw. It is published as Observed at once, so
	// that a poll does not report the same again.
	Digest string `json:",omitempty"`
	// Missing is set by a whole poll that did not find the order, nor by its
	// number.
	Missing bool `json:",omitempty"`
	// MissingSince is the first of the MissingPolls whole sweeps in a row that did
	// not find it.
	MissingSince time.Time `json:",omitzero"`
	MissingPolls int       `json:",omitempty"`
	// Reappeared is set by a sweep where the shop shows an order again that was
	// reported missing.
	Reappeared bool `json:",omitempty"`
	// Who asked, where a person did.
	Who string `json:",omitempty"`
}

// ProductKey names what a product is identified by: "a:" and the normalised SKU,
// or "t:" and the normalised title.
type ProductKey string

// CustomerState is what is known of the order's customer.
type CustomerState struct {
	Phone         string         `json:",omitempty"` // E.164 that was searched for
	People        *ContactsFound `json:",omitempty"`
	Organizations *ContactsFound `json:",omitempty"`
	Ensured       *Contact       `json:",omitempty"` // by an Ensure workflow
	EnsuredAt     time.Time      `json:",omitzero"`
	Chosen        *Contact       `json:",omitempty"` // by a person
	Create        bool           `json:",omitempty"` // a person said so
	// Recalled is what was remembered of an earlier choice, nil where nobody asked yet.
	Recalled *Recalled `json:",omitempty"`
}

// ProductState are what is known of one product that the order needs.
type ProductState struct {
	LookedUpAt time.Time `json:",omitzero"`
	Found      []Product `json:",omitempty"`
	Ensured    *Product  `json:",omitempty"`
	Chosen     *Product  `json:",omitempty"` // by a person
	Create     bool      `json:",omitempty"` // a person said so
	Recalled   *Recalled `json:",omitempty"` // of an earlier choice, nil where nobody asked yet
}

// AccountOrder is the order as RO App has it.
type AccountOrder struct {
	Account   string
	ID        int64
	Number    string `json:",omitempty"`
	ContactID int64
	At        time.Time `json:",omitzero"`  // when this life came to know it
	Linked    bool      `json:",omitempty"` // it existed from an earlier life
	Named     bool      `json:",omitempty"` // it is staff's own; a person named it
	StatusID  int64     `json:",omitempty"` // as last seen or written
	// OwnStatusID is the last status that is known not to be the staff's: the first
	// one of the order's type, or what this life wrote. 0 where unknown.
	OwnStatusID    int64 `json:",omitempty"`
	WrittenOff     bool  `json:",omitempty"` // quantities are frozen
	DeductedAtOnce bool  `json:",omitempty"`
	Gone           bool  `json:",omitempty"` // staff deleted it, and somebody left it so
	// Total is RO App's total, nil until it was seen.
	Total *decimal.Decimal `json:",omitempty"`
	// SeenAt is when RO App was last asked about the order, as far as it was reported.
	SeenAt time.Time `json:",omitzero"`
	// ModifiedAt is the newest time of a change that RO App has shown.
	ModifiedAt time.Time `json:",omitzero"`
	// WroteAt is when this workflow last wrote to the order.
	WroteAt time.Time `json:",omitzero"`
	// Sets are statuses pending to RO App.
	Sets OwnStatuses `json:",omitzero"`
	// FieldsDue asks to bring RO App's field Last updated up to date.
	FieldsDue bool `json:",omitempty"`
}

// movedOn reports whether somebody in RO App has taken an order of an earlier life
// further.
func (o *AccountOrder) movedOn(mapped int64) bool {
	return o.Linked && o.OwnStatusID != 0 && o.StatusID != o.OwnStatusID && o.StatusID != mapped
}

// statusMayBeStaffs reports whether the status of an order of an earlier life is
// not known to be ours, so it is not overwritten.
func (o *AccountOrder) statusMayBeStaffs() bool {
	return o.Linked && (o.OwnStatusID == 0 || o.StatusID != o.OwnStatusID)
}

// StatusState are the two sides' statuses that were last acted upon; a side
// whose status is another one has news.
type StatusState struct {
	Shop    int   `json:",omitempty"`
	Account int64 `json:",omitempty"`
}

// OwnStatuses are statuses that may have been written to one side by attempts
// whose answer is not known (yet), each with the other side's status that it was
// for. They are ours when they are seen.
type OwnStatuses struct {
	Tried   []StatusState `json:",omitempty"`
	EndedAt time.Time     `json:",omitzero"` // when the last attempt ended, zero while one runs
}

// start notes a status that is about to be written.
func (o *OwnStatuses) start(status StatusState) {
	o.Tried = slices.DeleteFunc(slices.Clone(o.Tried), func(s StatusState) bool { return s == status })
	o.Tried = append(o.Tried, status)
	o.EndedAt = time.Time{}
}

// find gives the last attempt that fits.
func (o *OwnStatuses) find(fits func(StatusState) bool) (StatusState, bool) {
	for _, status := range slices.Backward(o.Tried) {
		if fits(status) {
			return status, true
		}
	}
	return StatusState{}, false
}

// settle forgets the attempts once one of them was seen, or nothing of them for
// so long that they never came about.
func (o *OwnStatuses) settle(seen bool, at time.Time) {
	if !o.EndedAt.IsZero() && (seen || at.Sub(o.EndedAt) > ownEcho) {
		*o = OwnStatuses{}
	}
}

// CommentState is what was posted to the event feed.
type CommentState struct {
	// Parts counts the parts of the comment in progress that are posted, and
	// About is what it is about.
	Parts   int       `json:",omitempty"`
	About   string    `json:",omitempty"`
	FirstAt time.Time `json:",omitzero"` // when the first one was complete
	// Delivered is what the comments so far have said.
	Delivered Delivered `json:",omitzero"`
}

// Delivered is the content of comments, each part in one text that is the same
// as long as there is nothing new to say.
type Delivered struct {
	Delivery   string `json:",omitempty"`
	Payment    string `json:",omitempty"`
	Amount     string `json:",omitempty"` // to collect, with its currency
	Remarks    string `json:",omitempty"`
	Customer   string `json:",omitempty"`
	Difference string `json:",omitempty"`
	Gone       bool   `json:",omitempty"`
}

// StatusRefuse is a status that RO App refused; it is not tried again until the
// shop's status changes or a person asks. What staff chose stays even then.
type StatusRefuse struct {
	StatusID int64  `json:",omitempty"`
	Text     string `json:",omitempty"` // the service's own words
	ByStaff  bool   `json:",omitempty"`
	// NotShown is set where the shop did not show the order to be pushed.
	NotShown bool `json:",omitempty"`
	// Asked is set where it was refused although a person had asked for it: it is
	// not tried again until somebody asks again.
	Asked bool `json:",omitempty"`
}

// The codes of warnings.
const (
	WarnUnmappedStatus = "unmapped-status"
	WarnStatusRefused  = "status-refused"
	WarnAmount         = "amount-differs"
	WarnNotSynced      = "change-not-synced"
	WarnLinesMissing   = "lines-missing"
	WarnGoneInShop     = "gone-in-shop"
	WarnNotPushed      = "status-not-pushed"
	WarnUnclear        = "value-unclear"
)

// NoteUndecodable is the code of the entry for a signal that could not be read.
const NoteUndecodable = "undecodable"

// Entry is one entry of the order's timeline.
type Entry struct {
	At time.Time
	By string `json:",omitempty"` // a person's name; empty: cartumsync itself
	flow.Message
}

// timelineLimit bounds the timeline; the oldest entries go first.
const timelineLimit = 200

// Entries is the timeline, oldest entry first.
func (s *State) Entries() []Entry {
	entries := make([]Entry, 0, len(s.Timeline))
	for _, number := range slices.Sorted(maps.Keys(s.Timeline)) {
		entries = append(entries, s.Timeline[number])
	}
	return entries
}

// EntriesAfter are the entries after one, by its number.
func (s *State) EntriesAfter(number int) []Entry {
	entries := s.Entries()
	return entries[max(0, len(entries)-max(0, s.LastEntry-number)):]
}

// Published is what the search attributes and the memo say, so that they are
// written only when they change.
type Published struct {
	SyncState   SyncState  `json:",omitempty"`
	HoldReason  HoldReason `json:",omitempty"`
	Observed    string     `json:",omitempty"`
	RoappOrder  int64      `json:",omitempty"`
	CartumState int        `json:",omitempty"`
	RoappState  int64      `json:",omitempty"`
	WrittenOff  bool       `json:",omitempty"`
	Created     time.Time  `json:",omitzero"`
	Synced      time.Time  `json:",omitzero"`
	Amount      string     `json:",omitempty"`
	HeldSince   time.Time  `json:",omitzero"`
	// Search are the tokens that the order is found by.
	Search []string `json:",omitempty"`
	// Row is what the memo says, nil where it says nothing.
	Row *flow.Row `json:",omitempty"`
	// Refresh is what was reported to the workflow about the latest refresh.
	Refresh *flow.Refresh `json:",omitempty"`
	// Run is the workflow's run that knows of the refresh and the details.
	Run string `json:",omitempty"`
	// Details are what Temporal's UI shows.
	Details string `json:",omitempty"`
}

// SyncState is the order's state for people and lists.
type SyncState string

// The states.
const (
	SyncImporting SyncState = "importing"
	SyncSynced    SyncState = "synced"
	SyncHeld      SyncState = "held"
	SyncClosed    SyncState = "closed"
	// SyncFailed is the state of an order whose workflow ended without being closed:
	// nothing looks after the order until its workflow is started again.
	SyncFailed SyncState = "failed"
)

// imported reports whether the import is finished. From that time on each side's
// changes are synced to the other.
func (s *State) imported() bool { return s.Order != nil && !s.Synced.IsZero() }

// NewState is the state of an order that nobody has read yet.
func NewState(key Key, origin Origin, now time.Time) State {
	return State{
		Key: key, Origin: origin, StartedAt: now, WaitState: WaitState{UserWaiting: origin == OriginHand},
		Published: Published{SyncState: SyncImporting},
	}
}

// SyncState is the state of the sync, in one word.
func (s *State) SyncState() SyncState {
	switch {
	case s.Closed != nil:
		return SyncClosed
	case s.Hold != nil:
		return SyncHeld
	case s.Synced.IsZero() || s.Linking != nil:
		return SyncImporting
	default:
		return SyncSynced
	}
}

// note adds an entry to the timeline, by cartumsync itself.
func (s *State) note(now time.Time, m flow.Message) { s.noteBy(now, "", m) }

// noteBy adds an entry to the timeline.
func (s *State) noteBy(now time.Time, by string, m flow.Message) {
	s.LastEntry++
	put(&s.Timeline, s.LastEntry, Entry{At: now, By: Shorten(by, longestValue), Message: m})
	delete(s.Timeline, s.LastEntry-timelineLimit)
}

// msg creates a message from its code and pairs of a parameter's name and value. A
// value that is empty is left out.
func msg(code string, pairs ...string) flow.Message {
	m := flow.Message{Code: code}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			put(&m.Params, pairs[i], Shorten(pairs[i+1], longestRemark))
		}
	}
	return m
}

// put sets an entry of a map, which may be nil.
func put[K comparable, V any](entries *map[K]V, key K, value V) { //nolint:gocritic // a nil map is replaced
	if *entries == nil {
		*entries = map[K]V{}
	}
	(*entries)[key] = value
}

// setHold lets the order wait. A hold for the same cause keeps since when it
// lasts and how often it was checked. An order that is closed waits for nothing.
func (s *State) setHold(h *Hold, now time.Time) {
	if s.Closed != nil {
		return
	}
	if s.Hold.same(h) {
		return // another step failed for the same cause
	}
	h.Since = now
	if s.LastHold.same(h) {
		h.Since, h.Retries = s.LastHold.Since, s.LastHold.Retries+1
	} else {
		s.note(now, msg("held", "reason", string(h.Reason)))
	}
	h.NextRetry = nextRetry(h, s.Key.Number, now)
	s.Hold, s.LastHold = h, nil
	s.UserWaiting = false
	s.endRefresh(h, now)
}

// lift ends a hold because something changed that may have caused it. An order
// that staff deleted waits for a person all the same.
func (s *State) lift(now time.Time) {
	if s.Hold != nil && s.Hold.Reason != HoldOrderGone {
		s.retry(now)
	}
}

// retry ends the hold and forgets what was not found, so that it is looked up
// again.
func (s *State) retry(now time.Time) {
	if s.Hold == nil {
		return
	}
	s.LastHold, s.Hold = s.Hold, nil
	s.forgetAbsence()
	if s.Order != nil {
		s.Order.DeductedAtOnce = false
	}
	stale := s.Order == nil && (s.Snapshot == nil || now.Sub(s.Snapshot.SeenAt) > freshFor)
	if s.Notice == nil && (stale || s.ReadDue) {
		s.Notice = &ChangeNotice{At: now, By: s.Origin}
	}
	s.ReadDue = false
	if s.OrderReadFailed {
		s.readAccountOrder()
		s.OrderReadFailed = false
	}
	s.Passes = 0
}

// readFailed puts the read off until the hold is retried, so that it is not
// repeated endlessly. What the shop changed since it was started is read at once.
func (s *State) readFailed() {
	if s.Notice == nil || !s.Notice.At.After(s.ReadAt) {
		s.Notice, s.ReadDue = nil, true
	}
}

// orderReadFailed puts the read of RO App's side off until the hold is retried,
// for the same reason.
func (s *State) orderReadFailed() {
	if s.Order != nil {
		s.OrderDue, s.Items.Due, s.OrderReadFailed = false, false, true
	}
}

// freshFor is how long a snapshot is good enough to import from after a hold.
const freshFor = 10 * time.Minute

// forgetAbsence keeps what exists and forgets what did not. The products of an
// order that exists already are needed as they were found.
func (s *State) forgetAbsence() {
	s.Customer.People, s.Customer.Organizations, s.Customer.Recalled = nil, nil, nil
	s.Catalogue, s.CatalogueRead = nil, nil
	if s.Order != nil {
		return
	}
	for key, facts := range s.Products {
		if facts.Ensured == nil && facts.Chosen == nil {
			facts.Found, facts.LookedUpAt, facts.Recalled = nil, time.Time{}, nil
			s.Products[key] = facts
		}
	}
}

// expectUser notes that a person waits: what was refused is tried once more, and
// what failed is not put off.
func (s *State) expectUser() {
	s.UserWaiting, s.Passes = true, 0
	for kind, refused := range s.Refused {
		refused.Asked = false
		s.Refused[kind] = refused
	}
	s.endBackoffs()
}

// endBackoffs lets steps that failed be started at once.
func (s *State) endBackoffs() {
	for key, backoff := range s.Backoffs {
		backoff.Until = time.Time{}
		s.Backoffs[key] = backoff
	}
}

// readAccountOrder asks to read RO App's side of the order.
func (s *State) readAccountOrder() {
	if s.Order != nil {
		s.OrderDue, s.Items.Due = true, true
	}
}

// freeze notes that items were taken from stock: quantities, prices and lines are
// not written any more, for good.
func (s *State) freeze(by string, now time.Time) {
	if s.Order.WrittenOff {
		return
	}
	s.Order.WrittenOff = true
	s.noteBy(now, by, msg("written-off"))
}
