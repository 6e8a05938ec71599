package order

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// StepKind names a step. It is also the name of the activity that carries it out.
type StepKind string

// The steps of an order.
const (
	StepReadShopOrder StepKind = "ReadShopOrder"
	StepReadCatalogue StepKind = "ReadCatalogue"
	StepFindContact   StepKind = "FindContact"
	StepFindProducts  StepKind = "FindProducts"
	StepEnsureContact StepKind = "EnsureContact"
	StepEnsureProduct StepKind = "EnsureProduct"
	StepCreateOrder   StepKind = "CreateOrder"
	StepReadOrder     StepKind = "ReadOrder"
	StepAddItem       StepKind = "AddItem"
	StepSetStatus     StepKind = "SetStatus"
	StepPostComment   StepKind = "PostComment"
	StepWriteLines    StepKind = "WriteLines"
	StepUpdateFields  StepKind = "UpdateFields"
	StepPushStatus    StepKind = "PushStatus"

	StepTakeOverOrder  StepKind = "TakeOverOrder"
	StepRememberChoice StepKind = "RememberChoice"
	StepRecallChoice   StepKind = "RecallChoice"
)

// Side is the service that a step talks to.
type Side string

// The sides. Ensure steps ask a workflow that creates what several orders may
// want at once.
const (
	SideCartum Side = "cartum"
	SideRoapp  Side = "roapp"
	SideEnsure Side = "ensure"
)

// Urgency orders the requests of one account: the smaller goes first.
type Urgency int

// The urgencies. What has begun is finished before something new begins.
const (
	UrgencyPerson Urgency = 1 // somebody waits for it
	UrgencyBegun  Urgency = 2 // the order has spent a request already
	UrgencyNew    Urgency = 3 // the first request of a new order
	UrgencyChange Urgency = 4 // the first request for a change of an order
	UrgencyImport Urgency = 5 // the first request of an order of the first import
)

// Step is one thing to do next. Exactly one of the inputs is set, by Kind.
type Step struct {
	Kind    StepKind
	Key     string // of the thing done: "AddItem a:A-12#1"
	Essence string // what would make it another step: its values and urgency
	Side    Side
	Queue   string // id of the account or shop whose queue it goes to
	Urgency Urgency
	Summary string        // for people, without personal data
	Timeout time.Duration // of one attempt
	Pause   time.Duration // before a second attempt

	ReadShopOrder *ReadShopOrder `json:",omitempty"`
	ReadCatalogue *ReadCatalogue `json:",omitempty"`
	FindContact   *FindContact   `json:",omitempty"`
	FindProducts  *FindProducts  `json:",omitempty"`
	EnsureContact *EnsureContact `json:",omitempty"`
	EnsureProduct *EnsureProduct `json:",omitempty"`
	CreateOrder   *CreateOrder   `json:",omitempty"`
	ReadOrder     *ReadOrder     `json:",omitempty"`
	AddItem       *AddItem       `json:",omitempty"`
	SetStatus     *SetStatus     `json:",omitempty"`
	PostComment   *PostComment   `json:",omitempty"`
	WriteLines    *WriteLines    `json:",omitempty"`
	UpdateFields  *UpdateFields  `json:",omitempty"`
	PushStatus    *PushStatus    `json:",omitempty"`

	TakeOverOrder  *TakeOverOrder  `json:",omitempty"`
	RememberChoice *RememberChoice `json:",omitempty"`
	RecallChoice   *RecallChoice   `json:",omitempty"`
}

// Input is the step's input, the one that is set.
func (s Step) Input() any {
	switch s.Kind {
	case StepReadShopOrder:
		return s.ReadShopOrder
	case StepReadCatalogue:
		return s.ReadCatalogue
	case StepFindContact:
		return s.FindContact
	case StepFindProducts:
		return s.FindProducts
	case StepEnsureContact:
		return s.EnsureContact
	case StepEnsureProduct:
		return s.EnsureProduct
	case StepCreateOrder:
		return s.CreateOrder
	case StepReadOrder:
		return s.ReadOrder
	case StepAddItem:
		return s.AddItem
	case StepSetStatus:
		return s.SetStatus
	case StepPostComment:
		return s.PostComment
	case StepWriteLines:
		return s.WriteLines
	case StepUpdateFields:
		return s.UpdateFields
	case StepPushStatus:
		return s.PushStatus
	case StepTakeOverOrder:
		return s.TakeOverOrder
	case StepRememberChoice:
		return s.RememberChoice
	case StepRecallChoice:
		return s.RecallChoice
	}
	return nil
}

// creates tells whether the step makes or changes a record in a way that an
// unknown outcome must be looked at before it is repeated.
func (s Step) creates() bool {
	switch s.Kind {
	case StepCreateOrder, StepAddItem, StepSetStatus, StepWriteLines, StepPushStatus:
		return true
	default:
		return false
	}
}

// writesToOrder tells whether the step changes RO App's order.
func (s Step) writesToOrder() bool {
	switch s.Kind {
	case StepCreateOrder, StepAddItem, StepSetStatus, StepPostComment, StepWriteLines, StepUpdateFields, StepTakeOverOrder:
		return true
	default:
		return false
	}
}

// lost tells that an earlier time that the step was scheduled ended with an
// unknown outcome.
func (s Step) lost() bool {
	switch {
	case s.CreateOrder != nil:
		return s.CreateOrder.Look.Lost != nil
	case s.AddItem != nil:
		return s.AddItem.Look.Lost != nil
	case s.SetStatus != nil:
		return s.SetStatus.Look.Lost != nil
	case s.WriteLines != nil:
		return s.WriteLines.Look.Lost != nil
	case s.PushStatus != nil:
		return s.PushStatus.Look.Lost != nil
	default:
		return false
	}
}

// Look says why a create must look for its record before it makes one. The zero
// value: there is nothing to look for.
type Look struct {
	// Lost is when an attempt ended whose outcome is unknown. Nothing is
	// believed to be absent before Settle has passed since then.
	Lost *time.Time `json:",omitempty"`
	// Old is set where an earlier life of the order may have made it.
	Old    bool          `json:",omitempty"`
	Settle time.Duration `json:",omitempty"`
	Lag    time.Duration `json:",omitempty"` // between the first look and the second
}

// Needed tells whether there may be something to find.
func (l Look) Needed() bool { return l.Lost != nil || l.Old }

// ReadShopOrder reads the order as Cartum has it.
type ReadShopOrder struct {
	Shop   string
	Number int64
}

// ShopOrderRead is the answer to ReadShopOrder; Snapshot is nil where the shop
// has no such order.
type ShopOrderRead struct {
	Snapshot *Snapshot `json:",omitempty"`
	Digest   string    `json:",omitempty"`
}

// ReadCatalogue reads products of the shop's catalogue.
type ReadCatalogue struct {
	Shop     string
	Articles []string
}

// CatalogueRead is the answer to ReadCatalogue; articles that the catalogue no
// longer has are missing in it.
type CatalogueRead struct {
	Entries map[string]CatalogueEntry `json:",omitempty"` // by normalised article
}

// CatalogueEntry is a product of the shop's catalogue in the shop's language.
type CatalogueEntry struct {
	Title       string // with the modification's title
	Description string `json:",omitempty"` // plain text
	// Category is the path from the root, as far as the catalogue tells it.
	Category []string `json:",omitempty"`
}

// FindContact asks RO App for contacts with one of the phones.
type FindContact struct {
	Account       string
	Organizations bool     `json:",omitempty"` // instead of people
	Phones        []string // spellings of one number
	Phone         string   // E.164; the service's own comparison is never trusted
	Region        string
}

// ContactsFound is the answer to FindContact: only those whose phone is the same.
type ContactsFound struct {
	At       time.Time // when the request was sent
	Contacts []Contact `json:",omitempty"`
}

// Contact is a customer in RO App.
type Contact struct {
	ID           int64
	Organization bool   `json:",omitempty"`
	FirstName    string `json:",omitempty"`
	LastName     string `json:",omitempty"`
	Name         string `json:",omitempty"`
	Email        string `json:",omitempty"`
	Created      bool   `json:",omitempty"` // by this run
}

// Person is a contact to be made.
type Person struct {
	FirstName string
	LastName  string `json:",omitempty"`
	Email     string `json:",omitempty"`
	Phone     string `json:",omitempty"` // E.164
}

// EnsureContact finds or makes the one contact of a phone.
type EnsureContact struct {
	WorkflowID string
	Find       FindContact // Phones is empty for a contact without phone
	Person     Person
	LookedAt   time.Time // when somebody last looked and found nothing
	Pace       Pace
}

// ContactEnsured is the answer to EnsureContact.
type ContactEnsured struct {
	At      time.Time
	Contact *Contact `json:",omitempty"`
	// Found are the contacts that a second look brought, more than one.
	Found []Contact `json:",omitempty"`
}

// FindProducts asks RO App for products, by articles or by one title.
type FindProducts struct {
	Account  string
	Articles []string `json:",omitempty"`
	Title    string   `json:",omitempty"`
}

// ProductsFound is the answer to FindProducts: by goods, only those that are
// identical.
type ProductsFound struct {
	At       time.Time
	Products map[GoodsKey][]Product `json:",omitempty"`
}

// Product is a product in RO App's catalogue.
type Product struct {
	ID      int64
	Title   string
	Article string `json:",omitempty"`
	Created bool   `json:",omitempty"` // by this run
}

// NewProduct is a product to be made.
type NewProduct struct {
	Title       string
	Article     string   `json:",omitempty"`
	Description string   `json:",omitempty"`
	Category    []string `json:",omitempty"` // path from the root
	UnitID      int64
	Fallback    int64 // category where Category cannot be used
}

// EnsureProduct finds or makes the one product of an article or a title.
type EnsureProduct struct {
	WorkflowID string
	Goods      GoodsKey
	Find       FindProducts
	Product    NewProduct
	LookedAt   time.Time
	Pace       Pace
}

// ProductEnsured is the answer to EnsureProduct.
type ProductEnsured struct {
	At      time.Time
	Product *Product  `json:",omitempty"`
	Found   []Product `json:",omitempty"` // more than one
}

// Pace is how fast a service may be asked and how late it may answer.
type Pace struct {
	Urgency Urgency
	Timeout time.Duration
	Settle  time.Duration
	Lag     time.Duration
}

// CreateOrder makes the order in RO App, or takes over the one that stands there.
type CreateOrder struct {
	Account   string
	Shop      string
	ShopName  string
	Number    int64
	Created   time.Time
	ContactID int64
	// ContactWhy tells in the timeline why this contact was taken.
	ContactWhy string
	// Others are contacts for which the order may have been made by an attempt
	// whose answer was lost, before the customer was another one.
	Others      []int64 `json:",omitempty"`
	LocationID  int64
	OrderTypeID int64
	ManagerID   int64
	// Products of the lines, by which items that stand there are recognised.
	Products map[LineKey]int64
	Zone     string // the shop's, for fields and markers that are text
	Look     Look
	// OnlyTakeOver makes no order: what was begun is looked for, no more.
	OnlyTakeOver bool `json:",omitempty"`
}

// OrderCreated is the answer to CreateOrder; ID is 0 where nothing stood there
// and none was to be made.
type OrderCreated struct {
	ID     int64
	Number string `json:",omitempty"` // RO App's own number
	// StatusID is the order's status, 0 where no answer told it.
	StatusID int64 `json:",omitempty"`
	// InitialStatusID is the first status of its order type, 0 where unknown.
	InitialStatusID int64 `json:",omitempty"`
	// TakenOver is set where the order stood there already; Items are then its
	// items, and ContactID is its customer.
	TakenOver bool  `json:",omitempty"`
	ContactID int64 `json:",omitempty"`
	// Late is set where the create waited so long that an earlier life may have
	// made the order, see [FinishedWithin].
	Late  bool   `json:",omitempty"`
	Items []Item `json:",omitempty"`
}

// ReadOrder reads the order as RO App has it.
type ReadOrder struct {
	Account string
	OrderID int64
}

// OrderRead is RO App's side of the order.
type OrderRead struct {
	At       time.Time // when the request was sent
	OrderID  int64
	Number   string `json:",omitempty"` // as staff see it; empty where not told
	StatusID int64
	Total    decimal.Decimal
	// ModifiedAt is RO App's own time of the last change, zero where not told.
	ModifiedAt time.Time `json:",omitzero"`
	// DeductionRequired is false once all goods are written off; nil where not told.
	DeductionRequired *bool `json:",omitempty"`
	// Listed is set where it comes from a list, which may lag behind.
	Listed bool `json:",omitempty"`
}

// Item is a line of an order in RO App.
type Item struct {
	ID         int64
	ProductID  int64
	Quantity   decimal.Decimal
	Price      decimal.Decimal
	WrittenOff bool `json:",omitempty"`
}

// AddItem adds one line, undeducted.
type AddItem struct {
	Account    string
	OrderID    int64
	Line       LineKey
	ProductID  int64
	AssigneeID int64
	Quantity   decimal.Decimal
	Price      decimal.Decimal
	// Known are items that stand for other lines. Once goods of one of them are
	// written off, nothing is added any more.
	Known []int64 `json:",omitempty"`
	// Before are other items that stood there before the line was first added:
	// the staff's, unless they are just what is to be added.
	Before []int64 `json:",omitempty"`
	Look   Look
}

// Find is the item that stands for the line already, added by an attempt whose
// answer was lost or before the engine's database was restored.
func (in AddItem) Find(items []Item) (Item, bool) {
	taken := map[int64]bool{}
	for _, id := range slices.Concat(in.Known, in.Before) {
		taken[id] = true
	}
	if item, ok := MatchItem(items, in.ProductID, in.Quantity, in.Price, taken); ok {
		return item, true
	}
	i := slices.IndexFunc(items, func(i Item) bool {
		return slices.Contains(in.Before, i.ID) && i.ProductID == in.ProductID && i.Quantity.Equal(in.Quantity) && i.Price.Equal(in.Price)
	})
	if i < 0 {
		return Item{}, false
	}
	return items[i], true
}

// ItemAdded is the answer to AddItem.
type ItemAdded struct {
	ID int64
	// Found is set where an attempt before this one had made it, with the
	// quantity and the price of that time.
	Found *Item `json:",omitempty"`
	// DeductedAtOnce is set where RO App wrote the goods off as they were added.
	DeductedAtOnce bool `json:",omitempty"`
	// WrittenOff is set where nothing was added, since staff have written off
	// goods of the order.
	WrittenOff bool `json:",omitempty"`
}

// WriteLines reads the order's items and then writes what the shop changed, as
// long as no goods of ours are written off. Without changes it only reads.
type WriteLines struct {
	Account string
	OrderID int64
	// For is the digest of the shop's order that the lines are of.
	For   string
	Lines []LineWrite
	Look  Look
	// WroteAt is when this workflow last wrote to the order: soon after, an item
	// that is missing is looked for twice.
	WroteAt time.Time `json:",omitzero"`
}

// LinesWritten is the answer to WriteLines.
type LinesWritten struct {
	At    time.Time
	Items []Item // as they were read
	// Written are the values that were sent thereafter.
	Written map[LineKey]Decided `json:",omitempty"`
}

// UpdateFields brings the field Last updated up to date.
type UpdateFields struct {
	Account     string
	OrderID     int64
	Shop        string
	ShopName    string
	Number      int64
	Created     time.Time
	LastUpdated time.Time
	Zone        string // the shop's
}

// FieldsUpdated is the answer to UpdateFields.
type FieldsUpdated struct{}

// PushStatus moves the shop's order to a status. The order is read before and
// after: the shop may have moved on, and may say OK without having saved.
type PushStatus struct {
	Shop    string
	Number  int64
	From    int // status before, as it is known
	To      int
	Account int64 // RO App's status that is pushed
	Look    Look
}

// StatusPushed is the answer to PushStatus.
type StatusPushed struct {
	// Snapshot is the order as the shop has it afterwards, nil where the shop
	// does not show it.
	Snapshot *Snapshot `json:",omitempty"`
	Digest   string    `json:",omitempty"`
	// Pushed is set where the status was sent.
	Pushed bool `json:",omitempty"`
}

// SetStatus moves the order to a status.
type SetStatus struct {
	Account string
	OrderID int64
	From    int64 `json:",omitempty"` // status before, 0 where unknown
	To      int64
	Shop    int    `json:",omitempty"` // the shop's status that it stands for
	Comment string // some statuses demand one, so one is always sent
	Look    Look
}

// StatusSet is the answer to SetStatus; StatusID differs from what was asked
// where staff had moved the order on in between.
type StatusSet struct {
	StatusID int64
}

// PostComment writes into the order's event feed.
type PostComment struct {
	Account string
	OrderID int64
	Text    string
	// Last is set on the last part of a comment that is too long for one.
	Last bool
	// About identifies what the comment is about: its parts belong together.
	About string `json:",omitempty"`
	// Told is all that is told once this comment is written.
	Told Told `json:",omitzero"`
}

// CommentPosted is the answer to PostComment.
type CommentPosted struct{}
