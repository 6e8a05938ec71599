package order

import (
	"cmp"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// State is all that an order's workflow knows. It travels through
// continue-as-new, so every field is data, and it is only added to.
type State struct {
	Key       Key
	Origin    Origin
	StartedAt time.Time // of the first run
	// Again is set where an earlier life of the workflow ended.
	Again bool `json:",omitempty"`

	Snapshot *Snapshot `json:",omitempty"` // the newest
	Digest   string    `json:",omitempty"` // of the newest
	// Hint asks to read the shop's order again.
	Hint *Hint `json:",omitempty"`
	// ReadAt is when the last read of the shop's order was scheduled. ReadDue
	// is set where it failed: it is made again with the next look at the hold.
	ReadAt  time.Time `json:",omitzero"`
	ReadDue bool      `json:",omitempty"`

	Customer  CustomerFacts             `json:",omitzero"`
	Catalogue map[string]CatalogueEntry `json:",omitempty"` // by normalised article
	// CatalogueRead holds the articles that the catalogue was asked for.
	CatalogueRead map[string]bool         `json:",omitempty"`
	Goods         map[GoodsKey]GoodsFacts `json:",omitempty"`

	Order   *AccountOrder             `json:",omitempty"`
	Lines   map[LineKey]LineFacts     `json:",omitempty"`
	Items   ItemsFacts                `json:",omitzero"`
	Comment CommentFacts              `json:",omitzero"`
	Refused map[StepKind]StatusRefuse `json:",omitempty"`
	// Handled are the statuses that were acted upon, once the order is imported.
	Handled StatusFacts `json:",omitzero"`
	// Pushes are statuses on their way to the shop.
	Pushes  OwnStatuses  `json:",omitzero"`
	Refresh RefreshFacts `json:",omitzero"`
	// WriteOffTold is set where a write-off was told of before the order was known.
	WriteOffTold bool `json:",omitempty"`

	// Begun holds, by step key, when a create was last begun whose outcome is
	// not known. It is set before the create is scheduled and cleared only by a
	// success or by a definite refusal.
	Begun map[string]time.Time `json:",omitempty"`
	// BegunFor are the contacts for which the order's create was begun.
	BegunFor []int64 `json:",omitempty"`

	Accepted map[string]bool `json:",omitempty"` // fields whose problem a person accepted
	// Pressed is set while a person waits for the order.
	Pressed bool `json:",omitempty"`
	// OrderDue asks to read RO App's order: a person wants to know, or a list
	// that may lag behind says something new.
	OrderDue bool `json:",omitempty"`
	// LookDue is set where such a read failed: it is made again with the next look
	// at the hold.
	LookDue bool `json:",omitempty"`
	// Unsettled is set when something changed since both sides were compared.
	Unsettled bool `json:",omitempty"`

	// TakeOver is the order in RO App that a person named.
	TakeOver *TakeOver `json:",omitempty"`
	// Chosen are choices between several records that are yet to be remembered.
	Chosen []Chosen `json:",omitempty"`

	Hold *Hold `json:",omitempty"`
	// LastHold keeps since when and how often, while the cause is looked at again.
	LastHold *Hold `json:",omitempty"`
	// Missing counts the reads in which the shop did not show the order.
	Missing int `json:",omitempty"`
	// GoneSweeps counts the whole sweeps that did not find the order.
	GoneSweeps int `json:",omitempty"`
	// Observed is what the sweeps are to compare with, the digest if empty.
	Observed string `json:",omitempty"`

	Marks    []Mark    `json:",omitempty"`
	Timeline []Event   `json:",omitempty"`
	Synced   time.Time `json:",omitzero"` // when both sides were last compared
	Closed   string    `json:",omitempty"`
	// Published is what the search attributes say.
	Published Published `json:",omitzero"`
}

// Origin tells who first asked for the order.
type Origin string

// The origins.
const (
	OriginWebhook Origin = "webhook"
	OriginHand    Origin = "hand" // a person, by page, API or command line
	OriginSweep   Origin = "sweep"
	OriginImport  Origin = "first-import"
)

// Hint says that the shop's order may have changed. Without a snapshot it asks
// to read the order.
type Hint struct {
	At time.Time // when the sender knew it; of a sweep, when its request was sent
	By Origin
	// Snapshot is the order as the sender read it from the shop.
	Snapshot *Snapshot `json:",omitempty"`
	// Digest stands for what the sender saw. It is published as Observed at
	// once, so that a sweep does not tell the same again.
	Digest string `json:",omitempty"`
	// Missing is set by a whole sweep that did not find the order, nor by its
	// number.
	Missing bool `json:",omitempty"`
	// Who asked, where a person did.
	Who string `json:",omitempty"`
}

// WriteOff says that goods of the order were taken from stock in RO App.
type WriteOff struct {
	At time.Time
	By string `json:",omitempty"` // who said so; empty: the exchange saw it
}

// GoodsKey names what a product is identified by: "a:" and the normalised
// article, or "t:" and the normalised title.
type GoodsKey string

// CustomerFacts are what is known of the order's customer.
type CustomerFacts struct {
	Phone         string         `json:",omitempty"` // E.164 that was looked for
	People        *ContactsFound `json:",omitempty"`
	Organizations *ContactsFound `json:",omitempty"`
	Ensured       *Contact       `json:",omitempty"` // by an Ensure workflow
	EnsuredAt     time.Time      `json:",omitzero"`
	Chosen        *Contact       `json:",omitempty"` // by a person
	Create        bool           `json:",omitempty"` // a person said so
	// Recalled is what was remembered of an earlier choice, nil where nobody asked yet.
	Recalled *Recalled `json:",omitempty"`
}

// GoodsFacts are what is known of one product that the order needs.
type GoodsFacts struct {
	LookedAt time.Time `json:",omitzero"`
	Found    []Product `json:",omitempty"`
	Ensured  *Product  `json:",omitempty"`
	Chosen   *Product  `json:",omitempty"` // by a person
	Create   bool      `json:",omitempty"` // a person said so
	Recalled *Recalled `json:",omitempty"` // of an earlier choice, nil where nobody asked yet
}

// AccountOrder is the order as it stands in RO App.
type AccountOrder struct {
	Account         string
	ID              int64
	Number          string `json:",omitempty"`
	ContactID       int64
	At              time.Time `json:",omitzero"`  // when this life came to know it
	TakenOver       bool      `json:",omitempty"` // it stood there from an earlier life
	Named           bool      `json:",omitempty"` // it is staff's own; a person named it
	StatusID        int64     `json:",omitempty"` // as last seen or written
	InitialStatusID int64     `json:",omitempty"`
	WrittenOff      bool      `json:",omitempty"` // quantities are frozen
	DeductedAtOnce  bool      `json:",omitempty"`
	Gone            bool      `json:",omitempty"` // staff deleted it, and somebody left it so
	// Total is RO App's total, nil until it was seen.
	Total *decimal.Decimal `json:",omitempty"`
	// SeenAt is when RO App was last asked about the order, as far as it was told.
	SeenAt time.Time `json:",omitzero"`
	// ModifiedAt is the newest time of a change that RO App has shown.
	ModifiedAt time.Time `json:",omitzero"`
	// WroteAt is when this workflow last wrote to the order.
	WroteAt time.Time `json:",omitzero"`
	// Sets are statuses on their way to RO App.
	Sets OwnStatuses `json:",omitzero"`
	// FieldsDue asks to bring RO App's field Last updated up to date.
	FieldsDue bool `json:",omitempty"`
}

// movedOn tells that somebody in RO App has taken an order of an earlier life
// further than its type's first status.
func (o *AccountOrder) movedOn(mapped int64) bool {
	return o.TakenOver && o.InitialStatusID != 0 && o.StatusID != o.InitialStatusID && o.StatusID != mapped
}

// statusMayBeStaffs tells that the status of an order of an earlier life is not
// known to be the one that it began with, so it is not overwritten.
func (o *AccountOrder) statusMayBeStaffs() bool {
	return o.TakenOver && (o.InitialStatusID == 0 || o.StatusID != o.InitialStatusID)
}

// StatusFacts are the two sides' statuses that were last acted upon; a side
// whose status is another one has news.
type StatusFacts struct {
	Shop    int   `json:",omitempty"`
	Account int64 `json:",omitempty"`
}

// OwnStatuses are statuses that may have been written to one side by attempts
// whose answer is not known (yet), each with the other side's status that it was
// for. They are ours when they are seen.
type OwnStatuses struct {
	Tried   []StatusFacts `json:",omitempty"`
	EndedAt time.Time     `json:",omitzero"` // when the last attempt ended, zero while one runs
}

// begin notes a status that is about to be written.
func (o *OwnStatuses) begin(status StatusFacts) {
	o.Tried = slices.DeleteFunc(slices.Clone(o.Tried), func(s StatusFacts) bool { return s == status })
	o.Tried = append(o.Tried, status)
	o.EndedAt = time.Time{}
}

// find gives the last attempt that fits.
func (o *OwnStatuses) find(fits func(StatusFacts) bool) (StatusFacts, bool) {
	for _, status := range slices.Backward(o.Tried) {
		if fits(status) {
			return status, true
		}
	}
	return StatusFacts{}, false
}

// settle forgets the attempts once one of them was seen, or nothing of them for
// so long that they never came about.
func (o *OwnStatuses) settle(seen bool, at time.Time) {
	if !o.EndedAt.IsZero() && (seen || at.Sub(o.EndedAt) > ownEcho) {
		*o = OwnStatuses{}
	}
}

// CommentFacts are what was told in the event feed.
type CommentFacts struct {
	// Parts counts the parts of the comment in progress that are written, and
	// About is what it is about.
	Parts   int       `json:",omitempty"`
	About   string    `json:",omitempty"`
	FirstAt time.Time `json:",omitzero"` // when the first one was complete
	// Told is what the comments so far have told.
	Told Told `json:",omitzero"`
}

// Told is the content of what comments tell, each in one text that is the same
// as long as there is nothing new to tell.
type Told struct {
	Delivery   string `json:",omitempty"`
	Payment    string `json:",omitempty"`
	Difference string `json:",omitempty"`
	Gone       bool   `json:",omitempty"`
}

// StatusRefuse is a status that RO App refused; it is not tried again until the
// shop's status changes or a person asks. What staff chose stays even then.
type StatusRefuse struct {
	StatusID int64
	Text     string
	ByStaff  bool `json:",omitempty"`
	// Asked is set where it was refused although a person had asked for it: it is
	// not tried again until somebody asks anew.
	Asked bool `json:",omitempty"`
}

// Mark warns on the order's row; it stops nothing.
type Mark struct {
	Code string // stable, for filters: "unmapped-status"
	Text string
}

// The marks.
const (
	MarkUnmappedStatus = "unmapped-status"
	MarkStatusRefused  = "status-refused"
	MarkAmount         = "amount-differs"
	MarkNotCarried     = "change-not-carried-over"
	MarkLinesMissing   = "lines-missing"
	MarkGoneInShop     = "gone-in-shop"
	MarkNotPushed      = "status-not-pushed"
	MarkUnusualValue   = "unusual-value"
)

// Event is one line of the order's timeline.
type Event struct {
	At   time.Time
	By   string `json:",omitempty"` // a person's name; empty: the exchange itself
	Text string
}

// timelineLimit bounds the timeline; the oldest lines go first.
const timelineLimit = 200

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
	// Shown is what the memo says, nil where it says nothing.
	Shown *Shown `json:",omitempty"`
}

// SyncState is the order's state for people and lists.
type SyncState string

// The states.
const (
	SyncImporting SyncState = "importing"
	SyncSynced    SyncState = "synced"
	SyncHeld      SyncState = "held"
	SyncClosed    SyncState = "closed"
)

// settled tells that the import is finished. From then on each side's changes
// are carried to the other.
func (s *State) settled() bool { return s.Order != nil && !s.Synced.IsZero() }

// NewState is the state of an order that nobody has looked at yet.
func NewState(key Key, origin Origin, now time.Time) State {
	return State{
		Key: key, Origin: origin, StartedAt: now, Pressed: origin == OriginHand,
		Published: Published{SyncState: SyncImporting},
	}
}

// SyncState tells where the order stands.
func (s *State) SyncState() SyncState {
	switch {
	case s.Closed != "":
		return SyncClosed
	case s.Hold != nil:
		return SyncHeld
	case s.Synced.IsZero() || s.TakeOver != nil:
		return SyncImporting
	default:
		return SyncSynced
	}
}

// Attributes is what the search attributes should say now.
func (s *State) Attributes() Published {
	p := Published{SyncState: s.SyncState(), Observed: cmp.Or(s.Observed, s.Digest), Synced: s.Synced}
	if s.Hold != nil {
		p.HoldReason, p.HeldSince = s.Hold.Reason, s.Hold.Since
	}
	if s.Snapshot != nil {
		p.CartumState, p.Created = s.Snapshot.Status, s.Snapshot.Created
		p.Amount = s.Snapshot.Totals.Sum.String()
	}
	if s.Order != nil && !s.Order.Gone {
		p.RoappOrder, p.RoappState, p.WrittenOff = s.Order.ID, s.Order.StatusID, s.Order.WrittenOff
	}
	return p
}

// Tell adds a line to the timeline.
func (s *State) Tell(now time.Time, by, text string) {
	s.Timeline = append(s.Timeline, Event{At: now, By: by, Text: text})
	if over := len(s.Timeline) - timelineLimit; over > 0 {
		s.Timeline = slices.Delete(s.Timeline, 0, over)
	}
}

// SetHold lets the order wait. A hold for the same cause keeps since when it
// lasts and how often it was looked at.
func (s *State) SetHold(h Hold, now time.Time) {
	if s.Hold.same(&h) {
		return // another step failed for the same cause
	}
	h.Since = now
	if s.LastHold.same(&h) {
		h.Since, h.Looks = s.LastHold.Since, s.LastHold.Looks+1
	} else {
		s.Tell(now, "", "held ("+string(h.Reason)+"): "+h.Text)
	}
	h.NextLook = nextLook(&h, s.Key.Number, now)
	s.Hold, s.LastHold = &h, nil
	s.Pressed = false
	s.endRefresh(h.Text, now)
}

// news ends a hold because something changed that may have caused it. An order
// that staff deleted waits for a person all the same.
func (s *State) news(now time.Time) {
	if s.Hold != nil && s.Hold.Reason != HoldOrderGone {
		s.TryAgain(now)
	}
}

// TryAgain ends the hold and forgets what was not found, so that it is looked
// for again.
func (s *State) TryAgain(now time.Time) {
	if s.Hold == nil {
		return
	}
	s.LastHold, s.Hold = s.Hold, nil
	s.forgetAbsence()
	if s.Order != nil {
		s.Order.DeductedAtOnce = false
	}
	stale := s.Order == nil && (s.Snapshot == nil || now.Sub(s.Snapshot.SeenAt) > freshFor)
	if s.Hint == nil && (stale || s.ReadDue) {
		s.Hint = &Hint{At: now, By: s.Origin}
	}
	s.ReadDue = false
	if s.LookDue {
		s.lookAtAccount()
		s.LookDue = false
	}
}

// readFailed puts the read off until the hold is looked at again, lest it be
// repeated without end. What the shop changed since it was scheduled is read at once.
func (s *State) readFailed() {
	if s.Hint == nil || !s.Hint.At.After(s.ReadAt) {
		s.Hint, s.ReadDue = nil, true
	}
}

// lookFailed puts the look at RO App's side off until the hold is looked at
// again, for the same reason.
func (s *State) lookFailed() {
	if s.Order != nil {
		s.OrderDue, s.Items.Due, s.LookDue = false, false, true
	}
}

// freshFor is how long a snapshot is good enough to import from after a hold.
const freshFor = 10 * time.Minute

// forgetAbsence keeps what exists and forgets what did not. The goods of an
// order that is made already are needed as they were found.
func (s *State) forgetAbsence() {
	s.Customer.People, s.Customer.Organizations, s.Customer.Recalled = nil, nil, nil
	s.Catalogue, s.CatalogueRead = nil, nil
	if s.Order != nil {
		return
	}
	// Each is changed for itself, so their order does not matter.
	//workflowcheck:ignore
	for key, facts := range s.Goods {
		if facts.Ensured == nil && facts.Chosen == nil {
			facts.Found, facts.LookedAt, facts.Recalled = nil, time.Time{}, nil
			s.Goods[key] = facts
		}
	}
}

// See takes a hint that the shop's order may have changed.
func (s *State) See(hint Hint, now time.Time) {
	older := s.Snapshot != nil && s.Snapshot.SeenAt.After(hint.At)
	switch {
	case hint.Missing && (older || hint.Digest == s.Observed):
		return // seen since then, or told twice
	case hint.Missing:
		s.Observed = hint.Digest
		s.GoneSweeps++
		return
	case hint.Snapshot != nil:
		s.seeSnapshot(hint.Snapshot, hint.Digest, now)
		return
	case hint.Digest != "" && !older:
		s.Observed = hint.Digest // what could not be read
	}
	hint.Digest = ""
	if hint.Who != "" {
		s.Tell(now, hint.Who, "asked to import the order")
	}
	if hint.By == OriginHand {
		s.news(hint.At)
		s.press()
		s.lookAtAccount()
	}
	if s.Hint == nil || s.Hint.At.Before(hint.At) {
		s.Hint = &hint
	}
}

// press notes that a person waits: what was refused is tried once more.
func (s *State) press() {
	s.Pressed = true
	//workflowcheck:ignore each is changed for itself
	for kind, refused := range s.Refused {
		refused.Asked = false
		s.Refused[kind] = refused
	}
}

// lookAtAccount asks to read RO App's side of the order.
func (s *State) lookAtAccount() {
	if s.Order != nil {
		s.OrderDue, s.Items.Due = true, true
	}
}

// SeeWriteOff takes in that goods were taken from stock: quantities, prices and
// lines are frozen for good.
func (s *State) SeeWriteOff(w WriteOff, now time.Time) {
	if s.Order == nil {
		s.WriteOffTold = true
		return
	}
	s.freeze(w.By, now)
}

func (s *State) freeze(by string, now time.Time) {
	if s.Order.WrittenOff {
		return
	}
	s.Order.WrittenOff = true
	s.Tell(now, by, "goods were written off in RO App: quantities, prices and lines are frozen")
}

// SettingsChanged tries again what may have waited for other settings.
func (s *State) SettingsChanged(now time.Time) { s.news(now) }

func (s *State) setGoods(key GoodsKey, facts GoodsFacts) {
	if s.Goods == nil {
		s.Goods = map[GoodsKey]GoodsFacts{}
	}
	s.Goods[key] = facts
}

// forgetOrder makes room for a new order in place of one that is gone. The
// begun creates are kept: they would be found gone as well.
func (s *State) forgetOrder() {
	s.Order, s.Lines, s.Items, s.Comment, s.Refused = nil, nil, ItemsFacts{}, CommentFacts{}, nil
	s.Begun, s.BegunFor = nil, nil
	s.Synced, s.Handled, s.Pushes, s.WriteOffTold = time.Time{}, StatusFacts{}, OwnStatuses{}, false
}
