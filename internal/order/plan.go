package order

import (
	"cmp"
	"slices"
	"time"

	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// plan is what an order does next. With no steps, no hold and no close there is
// nothing to do until news comes.
type plan struct {
	steps []flow.Step // independent of each other
	hold  *Hold
	close *Closed // the order is done for good
	// imported is set once the import is finished, synced when both sides are as
	// the rules want them.
	imported, synced bool
	// statuses are acted upon with this plan, where that is news.
	statuses *StatusState
	notes    []flow.Message // for the timeline
	wake     time.Time      // when to plan again though nothing happened; zero for never
}

// planner decides what to do next. It reads the state and changes nothing of it.
type planner struct {
	s       *State
	r       Rules
	now     time.Time
	running []flow.Step
	// despite has the planner leave out what usually comes first.
	despite struct{ notice, hold bool }
	// putOff is until when steps wait that failed before.
	putOff []time.Time
}

// next decides what to do next.
func (p *planner) next() plan {
	if p.s.Closed != nil {
		return plan{}
	}
	if p.r.Absent != "" {
		return plan{hold: holdFor(HoldUnknownShop, "message", p.r.Absent)}
	}
	if p.r.AccountAbsent {
		return plan{hold: holdFor(HoldUnknownAccount, "account", p.account())}
	}
	hold, notice := p.s.Hold != nil && !p.despite.hold, p.s.Notice != nil && !p.despite.notice
	switch {
	case notice || p.s.Snapshot == nil && !hold && !p.despite.notice:
		return p.readFirst()
	case p.s.Snapshot == nil:
		return plan{}
	case hold:
		return p.despiteHold()
	case p.s.Reused != nil:
		return plan{hold: p.numberReused()}
	case p.s.Linking != nil:
		return p.link()
	case p.s.Order == nil:
		return p.importOrder()
	case !p.s.imported():
		return p.fillOrder()
	default:
		return p.sync()
	}
}

// readFirst reads the shop's order before anything new starts. Running steps
// continue as long as the known state of the order still needs them.
func (p *planner) readFirst() plan {
	if p.s.Missing >= 3 && p.s.Notice == nil {
		return plan{close: &Closed{Message: msg("not-in-shop"), Reopens: true}}
	}
	if p.s.Missing > 0 && p.s.Notice == nil {
		return plan{hold: holdFor(HoldNotInShop, "number", num(p.s.Key.Number))}
	}
	steps := []flow.Step{p.readShopOrder()}
	if p.s.Snapshot == nil {
		return plan{steps: steps}
	}
	if p.s.imported() && p.s.Hold == nil {
		steps = append(steps, p.orderRead()...) // its items are read once what the shop wants of them is known
	}
	return plan{steps: appendMissing(steps, p.stillWanted()...)}
}

// stillWanted are the running steps that would be planned without the notice and
// without the hold: what has started may finish.
func (p *planner) stillWanted() []flow.Step {
	if len(p.running) == 0 {
		return nil
	}
	without := planner{s: p.s, r: p.r, now: p.now, running: p.running}
	without.despite.notice, without.despite.hold = true, true
	return slices.DeleteFunc(without.next().steps, func(step flow.Step) bool {
		return !slices.ContainsFunc(p.running, func(r flow.Step) bool { return r.Key == step.Key })
	})
}

// despiteHold lets started steps finish. Of an imported order, what the hold is
// not about goes on: where one side does not answer, the other side's steps.
func (p *planner) despiteHold() plan {
	next := plan{hold: p.s.Hold, steps: p.stillWanted()}
	if !p.s.imported() || p.s.Hold.stopsAll() {
		return next
	}
	without := &planner{s: p.s, r: p.r, now: p.now, running: p.running}
	without.despite.hold = true
	more := without.next()
	steps := more.steps
	if side := p.s.Hold.Side; side != "" {
		steps = slices.DeleteFunc(slices.Clone(steps), func(step flow.Step) bool {
			return (step.Side == string(SideCartum)) == (side == SideCartum)
		})
	}
	if len(steps) == len(more.steps) {
		next.statuses, next.notes = more.statuses, more.notes
	}
	next.steps = appendMissing(slices.Clone(steps), next.steps...)
	return next
}

// ready leaves out steps that wait since they failed before, and the one that the
// order is held for. The shop's order is read all the same: after a failure only
// news asks for that, and the shop may have corrected what could not be read.
func (p *planner) ready(steps []flow.Step) []flow.Step {
	var ready []flow.Step
	for _, step := range steps {
		until := p.s.putOff(step, p.now)
		switch {
		case p.s.Hold != nil && p.s.Hold.Step == step.Key && step.Kind != string(StepReadShopOrder):
		case until.IsZero():
			ready = append(ready, step)
		default:
			p.putOff = append(p.putOff, until)
		}
	}
	return ready
}

// importOrder brings a new order to the point where it exists in RO App.
// Everything that can hold it is asked before anything is created.
func (p *planner) importOrder() plan {
	if p.s.Snapshot.Status == CancelledStatus && p.s.Origin != OriginHand {
		return p.notImported(Closed{Message: msg("cancelled-before-import")})
	}
	if p.goneInShop() {
		return p.notImported(Closed{Message: msg("deleted-before-import"), Reopens: true})
	}
	return p.prepare()
}

// prepare looks everything up that the order needs, and creates it.
func (p *planner) prepare() plan {
	if h := p.refusal(); h != nil {
		return plan{hold: h}
	}
	customer, resolved := p.customer(), p.resolveProducts()
	// The first request is sent alone: an order that waits for its slot holds one
	// place in the queue.
	if len(customer.reads) > 0 && p.s.Customer.People == nil {
		return plan{steps: slices.Concat(customer.reads, onSide(resolved.reads, SideCartum))}
	}
	if reads := slices.Concat(customer.reads, resolved.reads); len(reads) > 0 {
		return plan{steps: reads}
	}
	if h := cmp.Or(customer.hold, resolved.hold); h != nil {
		return plan{hold: h}
	}
	if creates := slices.Concat(customer.creates, resolved.creates); len(creates) > 0 {
		return plan{steps: creates}
	}
	return plan{steps: []flow.Step{p.createOrder(customer.contact, customer.why)}}
}

// notImported closes an order that is cancelled or deleted. Where a create was
// started whose outcome is not known, it is looked up first: an existing order is
// completed and gets the cancelled order's status.
func (p *planner) notImported(why Closed) plan {
	if slices.ContainsFunc(p.running, func(s flow.Step) bool { return s.Kind == string(StepCreateOrder) }) {
		return plan{} // withdrawn; it ends first
	}
	if _, started := p.s.InFlight[string(StepCreateOrder)]; started || p.s.Restarted {
		customer := p.customer()
		if started {
			customer = track{contact: Contact{ID: p.s.InFlightContacts[0]}, why: msg("customer-started-before")}
		}
		if len(customer.reads) > 0 {
			return plan{steps: customer.reads}
		}
		if customer.contact.ID != 0 {
			return plan{steps: []flow.Step{p.linkStarted(customer.contact, customer.why)}}
		}
	}
	return plan{close: &why}
}

// track is one of the things an order needs: reads come first, then what holds
// it, then what has to be created.
type track struct {
	reads   []flow.Step
	hold    *Hold
	creates []flow.Step
	contact Contact // of the customer's track, once it is known
	why     flow.Message
}

func onSide(steps []flow.Step, side Side) []flow.Step {
	return slices.DeleteFunc(slices.Clone(steps), func(s flow.Step) bool { return s.Side != string(side) })
}

// refusal is what holds the order before anybody is asked anything.
func (p *planner) refusal() *Hold {
	if h := p.unreadable(); h != nil {
		return h
	}
	if len(p.s.Snapshot.Lines) == 0 {
		h := holdFor(HoldNoItems)
		h.Field = "products"
		return h
	}
	if !p.phoneless() || p.s.Customer.Chosen != nil || p.s.Customer.Create {
		return nil
	}
	h := holdFor(HoldNoCustomer, "phone", p.s.Snapshot.Customer.Phone)
	h.Field = "delivery_phone"
	return h
}

// unreadable is the first value of the shop's order that has no safe meaning for
// RO App and that nobody accepted.
func (p *planner) unreadable() *Hold {
	if open := p.openProblems(); len(open) > 0 {
		return open[0].hold()
	}
	return p.otherCurrency()
}

// openProblems are those that a person has to accept and that nobody accepted yet.
func (p *planner) openProblems() []Problem {
	return slices.DeleteFunc(Holding(p.s.Snapshot.Problems), func(problem Problem) bool { return p.s.Accepted[problem.ID()] })
}

// hold is the hold for a value that a person has to accept or to correct.
func (p Problem) hold() *Hold {
	reason := HoldMalformed
	if p.Subject == SubjectCurrency {
		reason = HoldCurrency
	}
	h := holdFor(reason, "field", p.Field, "value", p.Value, "understood", p.Understood)
	h.Field, h.Variant = p.Field, string(p.Code)
	if p.Acceptable {
		h.Problem = p.ID()
	}
	return h
}

// otherCurrency is the hold of an order whose amounts are not known to be in the
// account's currency.
func (p *planner) otherCurrency() *Hold {
	for _, problem := range p.openProblems() {
		if problem.Subject == SubjectCurrency {
			return problem.hold()
		}
	}
	if p.s.Snapshot.Currency == p.r.Currency {
		return nil
	}
	h := holdFor(HoldCurrency, "currency", p.s.Snapshot.Currency, "accountCurrency", p.r.Currency)
	h.Field = fieldCurrency
	return h
}

// lineHeld reports whether a problem keeps one line of an imported order from being
// written; the others go on.
func (p *planner) lineHeld(line Line) bool {
	return line.Key != "" && slices.ContainsFunc(p.openProblems(), func(problem Problem) bool { return problem.Line == line.Key })
}
