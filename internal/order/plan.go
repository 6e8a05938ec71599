package order

import (
	"fmt"
	"slices"
	"time"
)

// Next is what an order does next. With no steps, no hold and no close there is
// nothing to do until news comes.
type Next struct {
	Steps []Step `json:",omitempty"` // independent of each other
	Hold  *Hold  `json:",omitempty"`
	Close string `json:",omitempty"` // the order is done for good, and why
	Marks []Mark `json:",omitempty"`
	// Goods are products that were known without asking.
	Goods map[GoodsKey]Product `json:",omitempty"`
	// Imported is set once the import is finished.
	Imported bool `json:",omitempty"`
	// Synced is set when both sides are as the rules want them.
	Synced bool `json:",omitempty"`
	// Handled are the statuses that are acted upon herewith, where that is news.
	Handled *StatusFacts `json:",omitempty"`
	// Tell are lines for the timeline.
	Tell []string `json:",omitempty"`
	// Wake is when to plan again though nothing happened; zero for never.
	Wake  time.Time `json:",omitzero"`
	Links Links     `json:",omitzero"`
	// Shown is what lists are to show, where that is news.
	Shown *Shown `json:",omitempty"`
	Rules string `json:",omitempty"` // revision of the settings that were in force
}

// Links open the order's two sides for a person.
type Links struct {
	ShopName string `json:",omitempty"`
	Shop     string `json:",omitempty"` // Cartum's orders page; its API gives no link to one order
	Order    string `json:",omitempty"` // the order in RO App
}

// FinishedWithin is how soon the rest of an order follows its create, and an
// attempt its schedule. What is done later may have been done already, before
// the engine's database was restored, or by staff.
const FinishedWithin = time.Minute

// oldAfter is the age from which an order may have been imported by an earlier
// life of its workflow, or before the engine's database was restored.
const oldAfter = 15 * time.Minute

// Plan says what to do next. It is the one place where the rules live; it reads
// nothing but its arguments. Running are the steps in progress: a step that is
// not planned any more is withdrawn.
func Plan(s State, r Rules, running []Step, now time.Time) Next {
	p := planner{s: &s, r: r, now: now, running: running}
	next := p.plan()
	if next.Close == "" {
		next.Steps = appendMissing(next.Steps, p.rememberChoices())
	}
	next.Rules = r.Revision
	next.Links = p.links()
	next.Shown = p.shown(next)
	return next
}

// PlanUnknownShop is the plan for an order whose shop is not in the settings, or
// is switched off there: why says which.
func PlanUnknownShop(why string) Next {
	h := unknownShop(why)
	h.Remedy = "Put the shop back into the settings, or switch it on there; its orders go on by themselves."
	return Next{Hold: &h}
}

type planner struct {
	s       *State
	r       Rules
	now     time.Time
	running []Step
	// onlyStatus is set while the order is held for something else than its status.
	onlyStatus bool
}

func (p *planner) plan() Next {
	if p.s.Closed != "" {
		return Next{Close: p.s.Closed}
	}
	if p.s.Hint != nil || (p.s.Snapshot == nil && p.s.Hold == nil) {
		return p.readFirst()
	}
	if p.s.Hold != nil {
		return p.despiteHold()
	}
	if p.s.TakeOver != nil {
		return p.takeOver()
	}
	if p.s.Order == nil {
		return p.importOrder()
	}
	if !p.s.settled() {
		return p.finishOrder()
	}
	return p.keepInStep()
}

// readFirst reads the shop's order before anything new begins. What runs
// already goes on as long as the order as it is known still wants it.
func (p *planner) readFirst() Next {
	if p.s.Missing >= 3 && p.s.Hint == nil {
		return Next{Close: "the shop has no such order"}
	}
	if p.s.Missing > 0 && p.s.Hint == nil {
		return p.holdFor(Hold{
			Reason: HoldNotInShop, Text: fmt.Sprintf("Cartum does not show order %d.", p.s.Key.Number),
			Remedy: "Check the number. It is looked for three times, then given up.",
		})
	}
	steps := []Step{p.step(StepReadShopOrder, SideCartum, "", "Read the order from Cartum", func(st *Step) {
		st.ReadShopOrder = &ReadShopOrder{Shop: p.s.Key.Shop, Number: p.s.Key.Number}
	})}
	if p.s.Snapshot == nil {
		return Next{Steps: steps}
	}
	if p.s.settled() && p.s.Hold == nil {
		steps = append(steps, p.orderRead()...) // its goods are read once what the shop wants of them is known
	}
	return Next{Steps: appendMissing(steps, p.stillWanted()), Marks: p.s.Marks}
}

// appendMissing adds the steps that are not there yet.
func appendMissing(steps, more []Step) []Step {
	for _, step := range more {
		if !slices.ContainsFunc(steps, func(s Step) bool { return s.Key == step.Key }) {
			steps = append(steps, step)
		}
	}
	return steps
}

// stillWanted are the running steps that would be planned without the hint and
// without the hold: what has begun is let finish.
func (p *planner) stillWanted() []Step {
	if len(p.running) == 0 {
		return nil
	}
	s := *p.s
	s.Hint, s.Hold, s.Missing = nil, nil, 0
	without := planner{s: &s, r: p.r, now: p.now}
	return slices.DeleteFunc(without.plan().Steps, func(step Step) bool {
		return !slices.ContainsFunc(p.running, func(r Step) bool { return r.Key == step.Key })
	})
}

// despiteHold lets finish what has begun. Of an imported order, what the hold is
// not about goes on: the other side's steps where one side does not answer, else
// the statuses.
func (p *planner) despiteHold() Next {
	next := Next{Hold: p.s.Hold, Marks: p.s.Marks}
	if !p.s.settled() || p.s.Hold.stopsAll() {
		next.Steps = p.stillWanted()
		return next
	}
	side := p.s.Hold.Side
	s := *p.s
	s.Hold = nil
	without := (&planner{s: &s, r: p.r, now: p.now, onlyStatus: side == ""}).plan()
	steps := slices.DeleteFunc(without.Steps, func(step Step) bool {
		return side != "" && (step.Side == SideCartum) == (side == SideCartum)
	})
	next.Steps = appendMissing(steps, p.stillWanted())
	if len(steps) == len(without.Steps) {
		next.Handled, next.Tell = without.Handled, without.Tell
	}
	return next
}

func (p *planner) holdFor(h Hold) Next { return Next{Hold: &h, Marks: p.s.Marks} }

// importOrder brings a new order to the point where it exists in RO App.
// Everything that can hold it is asked before anything is created.
func (p *planner) importOrder() Next {
	if p.s.Snapshot.Status == CancelledStatus && p.s.Origin != OriginHand {
		return p.notWorthMaking("cancelled in the shop before it was imported")
	}
	if p.goneInShop() {
		return p.notWorthMaking("deleted in the shop before it was imported")
	}
	if h := p.refusal(); h != nil {
		return p.holdFor(*h)
	}
	customer, goods := p.customer(), p.goods()
	// The first request is made alone: an order that waits its turn holds one
	// place in the queue.
	if len(customer.reads) > 0 && p.s.Customer.People == nil {
		return Next{Steps: slices.Concat(customer.reads, onSide(goods.reads, SideCartum))}
	}
	if reads := slices.Concat(customer.reads, goods.reads); len(reads) > 0 {
		return Next{Steps: reads}
	}
	for _, h := range []*Hold{customer.hold, goods.hold} {
		if h != nil {
			return p.holdFor(*h)
		}
	}
	if creates := slices.Concat(customer.creates, goods.creates); len(creates) > 0 {
		return Next{Steps: creates}
	}
	return Next{Steps: []Step{p.createOrder(customer.contact, customer.why)}}
}

// notWorthMaking closes an order that is cancelled or deleted. Where a create
// was begun whose outcome is not known, it is looked for first: what was made is
// finished and gets the cancelled order's status.
func (p *planner) notWorthMaking(why string) Next {
	if slices.ContainsFunc(p.running, func(s Step) bool { return s.Kind == StepCreateOrder }) {
		return Next{} // withdrawn; it ends first
	}
	if _, begun := p.s.Begun[string(StepCreateOrder)]; begun || p.s.Again {
		customer := p.customer()
		if begun {
			customer = track{contact: Contact{ID: p.s.BegunFor[0]}, why: "the one that it was begun for"}
		}
		if len(customer.reads) > 0 {
			return Next{Steps: customer.reads}
		}
		if customer.contact.ID != 0 {
			step := p.createOrder(customer.contact, customer.why)
			step.CreateOrder.OnlyTakeOver = true
			step.Essence += " only take over"
			return Next{Steps: []Step{step}}
		}
	}
	return Next{Close: why}
}

// track is one of the things an order needs: reads come first, then what holds
// it, then what has to be created.
type track struct {
	reads   []Step
	hold    *Hold
	creates []Step
	contact Contact // of the customer's track, once it is known
	why     string
}

func onSide(steps []Step, side Side) []Step {
	return slices.DeleteFunc(slices.Clone(steps), func(s Step) bool { return s.Side != side })
}

// refusal is what holds the order before anybody is asked anything.
func (p *planner) refusal() *Hold {
	if h := p.unreadable(); h != nil {
		return h
	}
	if len(p.s.Snapshot.Lines) == 0 {
		return &Hold{Reason: HoldNoGoods, Field: "products", Text: "The order has no goods.", Remedy: "Add goods to the order in Cartum; it goes on by itself."}
	}
	if !p.phoneless() {
		return nil
	}
	if p.s.Customer.Chosen != nil || p.s.Customer.Create {
		return nil
	}
	return &Hold{
		Reason: HoldNoCustomer, Field: "delivery_phone",
		Text:   "The order has no usable phone, so no contact can be recognised by it.",
		Remedy: "Correct the phone in Cartum, choose a contact, or decide to create one without phone.",
	}
}

// unreadable tells of amounts and values of the shop's order that have no safe
// meaning for RO App.
func (p *planner) unreadable() *Hold {
	if problem := p.problem(); problem != nil {
		return &Hold{Reason: HoldMalformed, Field: problem.Field, Text: problem.Text(), Remedy: problem.Remedy()}
	}
	if currency := p.s.Snapshot.Currency; currency != p.r.Currency {
		return &Hold{
			Reason: HoldCurrency, Field: "currency",
			Text:   fmt.Sprintf("The order is in %q, the RO App account in %s; amounts are never taken as if equal.", currency, p.r.Currency),
			Remedy: "Change the order's currency in Cartum, or connect the shop to an account in its currency.",
		}
	}
	return nil
}

// problem is the first value without a safe meaning that nobody accepted.
func (p *planner) problem() *Problem {
	for _, problem := range Holding(p.s.Snapshot.Problems) {
		if !p.s.Accepted[problem.Field] {
			return &problem
		}
	}
	return nil
}

func (p *planner) createOrder(contact Contact, why string) Step {
	key := string(StepCreateOrder)
	look := p.look(key)
	// A contact that this life made has no older orders.
	look.Old = p.old() && (p.s.Again || !contact.Created || p.longAgo(p.s.Customer.EnsuredAt))
	if p.s.Again && look.Lost == nil {
		look.Lost = &p.s.StartedAt // the earlier life may have made it a moment ago
	}
	return p.step(StepCreateOrder, SideRoapp, key, "Create the order", func(st *Step) {
		st.CreateOrder = &CreateOrder{
			Account: p.r.Account, Shop: p.s.Key.Shop, ShopName: p.r.ShopName, Number: p.s.Key.Number,
			Created: p.s.Snapshot.Created, ContactID: contact.ID, ContactWhy: why, Others: p.s.BegunFor,
			LocationID: p.r.LocationID, OrderTypeID: p.r.OrderTypeID, ManagerID: p.r.Manager(p.s.Key.Number),
			Products: p.products(), Zone: p.r.TimeZone, Look: look,
		}
	})
}

// old tells whether the order may stand in RO App already. A creation in the
// future comes of a wrong zone and says nothing.
func (p *planner) old() bool {
	created := p.s.Snapshot.Created
	return p.s.Again || p.s.Origin == OriginHand || p.longAgo(created) || p.now.Before(created)
}

// longAgo tells that the engine's database may have been restored since then.
func (p *planner) longAgo(at time.Time) bool { return p.now.Sub(at) > oldAfter }

// look says whether an earlier attempt at the step may have succeeded.
func (p *planner) look(key string) Look {
	look := Look{Settle: p.r.Settle, Lag: p.r.SearchLag}
	if at, begun := p.s.Begun[key]; begun {
		look.Lost = &at
	}
	if o := p.s.Order; o != nil {
		// Staff may be at work on what is imported: their status wins, and a line
		// that they added just so is the shop's.
		look.Old = o.TakenOver || p.s.settled() || p.now.Sub(o.At) > FinishedWithin
	}
	return look
}
