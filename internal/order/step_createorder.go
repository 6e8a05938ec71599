package order

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// StepCreateOrder creates the order in RO App, or links the one that exists.
const StepCreateOrder StepKind = "CreateOrder"

var _ = define(stepDefinition[CreateOrder, OrderCreated]{
	kind: StepCreateOrder, side: SideRoapp, mayCommit: true, writesOrder: true,
	fingerprint: func(in CreateOrder) string { return fmt.Sprintf("%d %t", in.ContactID, in.OnlyLink) },
	precheck:    func(in CreateOrder) Precheck { return in.Precheck },
	onStart: func(s *State, in CreateOrder, _ time.Time) {
		if !slices.Contains(s.InFlightContacts, in.ContactID) {
			s.InFlightContacts = append(s.InFlightContacts, in.ContactID)
		}
	},
	apply: func(s *State, in CreateOrder, o OrderCreated, now time.Time) { s.applyCreated(in, o, now) },
	doubt: func(s *State, _ CreateOrder, _ time.Time) { s.Customer.Ensured = nil },
})

// CreateOrder is the order to create.
type CreateOrder struct {
	Account   string
	Shop      string
	ShopName  string
	Number    int64
	Created   time.Time
	ContactID int64
	// ContactWhy says in the timeline why this contact was taken.
	ContactWhy flow.Message
	// Others are contacts for which the order may have been created by an attempt
	// whose answer was lost, before the customer was another one.
	Others []int64 `json:",omitempty"`
	// Except are orders in RO App that had the same number and are other orders.
	Except      []int64 `json:",omitempty"`
	LocationID  int64
	OrderTypeID int64
	ManagerID   int64
	// Products of the lines, by which items that exist are recognised.
	Products map[LineKey]int64
	Zone     string // the shop's, for fields and markers that are text
	Precheck Precheck
	// OnlyLink creates no order: what may exist is looked up, no more.
	OnlyLink bool `json:",omitempty"`
}

// OrderCreated is the answer to [CreateOrder]; ID is 0 where none existed and
// none was to be created.
type OrderCreated struct {
	ID     int64
	Number string `json:",omitempty"` // RO App's own number
	// StatusID is the order's status, 0 where no answer had it.
	StatusID int64 `json:",omitempty"`
	// InitialStatusID is the first status of its order type, 0 where unknown.
	InitialStatusID int64 `json:",omitempty"`
	// Linked is set where the order existed already; Items are then its
	// items, and ContactID is its customer.
	Linked    bool  `json:",omitempty"`
	ContactID int64 `json:",omitempty"`
	// Late is set where the create waited so long that an earlier life may have
	// created the order, see [FinishedWithin].
	Late  bool   `json:",omitempty"`
	Items []Item `json:",omitempty"`
}

func (p *planner) createOrder(contact Contact, why flow.Message) flow.Step {
	return p.step(StepCreateOrder, "", "Create the order", p.createInput(contact, why))
}

// linkStarted looks up what may have been created, and creates nothing.
func (p *planner) linkStarted(contact Contact, why flow.Message) flow.Step {
	in := p.createInput(contact, why)
	in.OnlyLink = true
	return p.step(StepCreateOrder, "", "Look up the order", in)
}

func (p *planner) createInput(contact Contact, why flow.Message) CreateOrder {
	precheck := p.precheck(string(StepCreateOrder))
	// A contact that this life created has no older orders.
	precheck.Old = p.old() && (p.s.Restarted || !contact.Created || p.longAgo(p.s.Customer.EnsuredAt))
	if p.s.Restarted && precheck.Lost == nil {
		precheck.Lost = &p.s.StartedAt // the earlier life may have created it a moment ago
	}
	return CreateOrder{
		Account: p.r.Account, Shop: p.s.Key.Shop, ShopName: p.r.ShopName, Number: p.s.Key.Number,
		Created: p.s.Snapshot.Created, ContactID: contact.ID, ContactWhy: why, Others: p.s.InFlightContacts, Except: p.s.FormerOrders,
		LocationID: p.r.LocationID, OrderTypeID: p.r.OrderTypeID, ManagerID: p.r.Manager(p.s.Key.Number),
		Products: p.products(), Zone: p.r.TimeZone, Precheck: precheck,
	}
}

// old reports whether the order may exist in RO App already. A creation in the
// future comes from a wrong zone and proves nothing.
func (p *planner) old() bool {
	created := p.s.Snapshot.Created
	return p.s.Restarted || p.s.Origin == OriginHand || p.longAgo(created) || p.now.Before(created)
}

// longAgo reports whether the engine's database may have been restored since then.
func (p *planner) longAgo(at time.Time) bool { return p.now.Sub(at) > oldAfter }

func (s *State) applyCreated(in CreateOrder, o OrderCreated, now time.Time) {
	if o.ID == 0 {
		s.Restarted = false
		return // none existed, and none was created
	}
	s.Order = &AccountOrder{
		Account: in.Account, ID: o.ID, Number: o.Number, ContactID: in.ContactID, At: now,
		StatusID: o.StatusID, OwnStatusID: o.InitialStatusID,
	}
	if s.Order.StatusID == 0 && !o.Linked {
		s.Order.StatusID = o.InitialStatusID
	}
	if wanted := s.Linking; wanted != nil {
		s.Linking = nil
		s.note(now, msg("not-linked-created-before", "roappOrder", num(wanted.OrderID)))
	}
	if !o.Linked {
		s.note(now, msg("order-created", "roappOrder", o.label()))
		s.note(now, in.ContactWhy)
		return
	}
	// What an attempt of this life created is ours alone; what an earlier life
	// created may have been worked on since.
	s.Order.Linked = in.Precheck.Old || o.Late
	if o.ContactID != 0 {
		s.Order.ContactID = o.ContactID
	}
	s.note(now, msg("order-existed", "roappOrder", o.label()))
	s.note(now, in.ContactWhy)
	s.linkItems(in.Products, o.Items)
	if s.WriteOffSeen {
		s.freeze("", now)
	}
}

func (o OrderCreated) label() string { return cmp.Or(o.Number, num(o.ID)) }

// num writes a whole number as a parameter.
func num[T ~int | ~int64](n T) string { return strconv.FormatInt(int64(n), 10) }

// linkItems recognises the order's lines in the items that exist: by product, and
// where several fit by quantity and price.
func (s *State) linkItems(products map[LineKey]int64, items []Item) {
	taken := map[int64]bool{}
	for _, line := range PricedLines(*s.Snapshot) {
		product := products[line.Key]
		item, found := matchItem(items, product, line.Quantity, line.Price, taken)
		if product == 0 || !found {
			continue
		}
		taken[item.ID] = true
		facts := LineState{ItemID: item.ID, ProductID: item.ProductID, Quantity: item.Quantity, Price: item.Price}
		if values := (ItemValues{item.Quantity, item.Price}); s.Order.Linked && !values.equal(ItemValues{line.Quantity, line.Price}) {
			// Whose the difference is nobody knows, so it stays and is noted.
			facts.Quantity, facts.Price = line.Quantity, line.Price
			facts.Theirs, facts.Kept = &values, true
		}
		put(&s.Lines, line.Key, facts)
		s.Order.WrittenOff = s.Order.WrittenOff || item.WrittenOff
	}
}
