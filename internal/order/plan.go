package order

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
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
	// Synced is set when both sides are as the rules want them.
	Synced bool   `json:",omitempty"`
	Links  Links  `json:",omitzero"`
	Rules  string `json:",omitempty"` // revision of the settings that were in force
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
	next.Rules = r.Revision
	next.Links = p.links()
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
}

func (p *planner) plan() Next {
	if p.s.Closed != "" {
		return Next{Close: p.s.Closed}
	}
	if p.s.Hint != nil || (p.s.Snapshot == nil && p.s.Hold == nil) {
		return p.readFirst()
	}
	if p.s.Hold != nil {
		return Next{Hold: p.s.Hold, Steps: p.stillWanted(), Marks: p.s.Marks}
	}
	if p.s.Order == nil {
		return p.importOrder()
	}
	return p.finishOrder()
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
	return Next{Steps: append(steps, p.stillWanted()...), Marks: p.s.Marks}
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

func (p *planner) holdFor(h Hold) Next { return Next{Hold: &h, Marks: p.s.Marks} }

// importOrder brings a new order to the point where it exists in RO App.
// Everything that can hold it is asked before anything is created.
func (p *planner) importOrder() Next {
	if p.s.Snapshot.Status == CancelledStatus && p.s.Origin != OriginHand {
		return p.cancelled()
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

// cancelled closes an order that is not worth making. Where a create was begun
// whose outcome is not known, it is looked for first: what was made is finished
// and gets the cancelled order's status.
func (p *planner) cancelled() Next {
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
	return Next{Close: "cancelled in the shop before it was imported"}
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
	snap := p.s.Snapshot
	if problem := p.problem(); problem != nil {
		return &Hold{Reason: HoldMalformed, Field: problem.Field, Text: problem.Text, Remedy: problem.Remedy}
	}
	if snap.Currency != p.r.Currency {
		return &Hold{
			Reason: HoldCurrency, Field: "currency",
			Text:   fmt.Sprintf("The order is in %q, the RO App account in %s; amounts are never taken as if equal.", snap.Currency, p.r.Currency),
			Remedy: "Change the order's currency in Cartum, or connect the shop to an account in its currency.",
		}
	}
	if len(snap.Lines) == 0 {
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

// problem is the first value without a safe meaning that nobody accepted.
func (p *planner) problem() *Problem {
	problems := append(slices.Clone(p.s.Snapshot.Problems), lineProblems(p.s.Snapshot.Lines)...)
	for _, problem := range problems {
		if !problem.Acceptable || !p.s.Accepted[problem.Field] {
			return &problem
		}
	}
	return nil
}

// lineProblems judges quantities and prices. RO App keeps three decimals of a
// quantity and two of a price (reference, roapp-api 7).
func lineProblems(lines []Line) []Problem {
	const remedy = "Correct the order in Cartum; it goes on by itself."
	var problems []Problem
	for i, line := range lines {
		field := fmt.Sprintf("products[%d].", i)
		switch {
		case line.Quantity.Sign() <= 0:
			problems = append(problems, Problem{Field: field + "quantity", Text: "The quantity is " + line.Quantity.String() + ", not above zero.", Remedy: remedy})
		case !line.Quantity.Equal(line.Quantity.Round(3)):
			problems = append(problems, Problem{Field: field + "quantity", Text: "The quantity " + line.Quantity.String() + " has more than three decimals, which RO App cannot keep.", Remedy: remedy})
		case line.Price.Sign() < 0:
			problems = append(problems, Problem{Field: field + "price", Text: "The price is " + line.Price.String() + ", below zero.", Remedy: remedy})
		case !line.Price.Equal(line.Price.Round(2)):
			problems = append(problems, Problem{Field: field + "price", Text: "The price " + line.Price.String() + " has more than two decimals, which RO App cannot keep.", Remedy: remedy})
		case line.Article == "" && NormalizeText(line.Title) == "":
			problems = append(problems, Problem{Field: field + "title", Text: "The line has neither an article nor a title.", Remedy: remedy})
		}
	}
	return problems
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
		look.Old = o.TakenOver || p.now.Sub(o.At) > FinishedWithin
	}
	return look
}

// finishOrder brings the order that exists to what the rules want.
func (p *planner) finishOrder() Next {
	marks := p.marks()
	if h := p.deductedAtOnce(); h != nil {
		return Next{Hold: h, Marks: marks}
	}
	if next, due := p.lateGoods(); due {
		next.Marks = marks
		return next
	}
	if steps := p.addItems(); len(steps) > 0 {
		return Next{Steps: steps, Marks: marks}
	}
	if step, due := p.firstComment(); due {
		return Next{Steps: []Step{step}, Marks: marks}
	}
	if step, due := p.setStatus(); due {
		return Next{Steps: []Step{step}, Marks: marks}
	}
	if p.s.OrderDue {
		return Next{Steps: []Step{p.readOrder()}, Marks: marks}
	}
	return Next{Synced: true, Marks: marks}
}

func (p *planner) deductedAtOnce() *Hold {
	if !p.s.Order.DeductedAtOnce {
		return nil
	}
	h := holdOf(Step{}, Failure{Kind: FailDeducts, Side: SideRoapp})
	return &h
}

// frozen tells that quantities, prices and lines are no longer written.
func (p *planner) frozen() bool {
	return p.s.Order.WrittenOff || p.s.Order.movedOn(p.mappedStatus())
}

// lateGoods finds the products of lines that came into the order while it was
// being made, so that none is left out in silence.
func (p *planner) lateGoods() (next Next, due bool) {
	products := p.products()
	lacking := slices.ContainsFunc(p.s.Snapshot.Lines, func(line Line) bool {
		_, written := p.s.Lines[line.Key]
		return !written && products[line.Key] == 0
	})
	if !lacking || p.frozen() || p.settled() {
		return Next{}, false
	}
	goods := p.goods()
	switch {
	case len(goods.reads) > 0:
		return Next{Steps: goods.reads}, true
	case goods.hold != nil:
		return Next{Hold: goods.hold}, true
	default:
		return Next{Steps: goods.creates}, true
	}
}

// addItems adds the lines that are missing, at once; lines of one product one
// after the other, so that a lost one can be told from its twin.
func (p *planner) addItems() []Step {
	if p.frozen() || p.settled() {
		return nil
	}
	var steps []Step
	products := p.products()
	inProgress := map[int64]bool{}
	for _, line := range PricedLines(*p.s.Snapshot) {
		product := products[line.Key]
		if _, written := p.s.Lines[line.Key]; written || product == 0 || inProgress[product] {
			continue
		}
		inProgress[product] = true
		steps = append(steps, p.addItem(line, product))
	}
	return steps
}

func (p *planner) addItem(line Line, product int64) Step {
	key := string(StepAddItem) + " " + string(line.Key)
	summary := fmt.Sprintf("Add %s x %s", line.Quantity.String(), lineName(line))
	return p.step(StepAddItem, SideRoapp, key, summary, func(st *Step) {
		st.AddItem = &AddItem{
			Account: p.s.Order.Account, OrderID: p.s.Order.ID, Line: line.Key, ProductID: product,
			AssigneeID: p.r.Manager(p.s.Key.Number), Quantity: line.Quantity, Price: line.Price,
			Known: p.knownItems(), Look: p.look(key),
		}
	})
}

func (p *planner) knownItems() []int64 {
	known := make([]int64, 0, len(p.s.Lines))
	for _, facts := range p.s.Lines {
		known = append(known, facts.ItemID)
	}
	slices.Sort(known)
	return known
}

func lineName(line Line) string {
	if line.Article != "" {
		return Shorten(line.Article, 40)
	}
	return Shorten(NormalizeText(line.Title), 40)
}

// firstComment is written once the goods are there, for every order; one that
// an earlier life finished has it already.
func (p *planner) firstComment() (Step, bool) {
	if !p.s.Comment.FirstAt.IsZero() || p.finishedBefore() {
		return Step{}, false
	}
	parts := SplitComment(FirstComment(*p.s.Snapshot, p.r, p.now))
	part := min(p.s.Comment.Parts, len(parts)-1) // a shorter order has fewer
	key := fmt.Sprintf("%s %d", StepPostComment, part+1)
	return p.step(StepPostComment, SideRoapp, key, "Write the first comment", func(st *Step) {
		st.PostComment = &PostComment{
			Account: p.s.Order.Account, OrderID: p.s.Order.ID, Text: parts[part], Last: part == len(parts)-1,
		}
	}), true
}

// finishedBefore tells whether an order taken over was complete: the status is
// the last thing that an import writes.
func (p *planner) finishedBefore() bool {
	o := p.s.Order
	return o.TakenOver && o.StatusID != 0 && o.InitialStatusID != 0 && o.StatusID != o.InitialStatusID
}

func (p *planner) mappedStatus() int64 { return p.r.ImportStatuses[p.s.Snapshot.Status] }

func (p *planner) setStatus() (Step, bool) {
	to := p.mappedStatus()
	if to == 0 || p.s.Order.StatusID == to || p.s.Order.statusMayBeStaffs() || p.settled() {
		return Step{}, false
	}
	if refused, ok := p.s.Refused[StepSetStatus]; ok && (refused.ByStaff || refused.StatusID == to && !p.s.Pressed) {
		return Step{}, false
	}
	key := string(StepSetStatus)
	return p.step(StepSetStatus, SideRoapp, key, fmt.Sprintf("Set status %d", to), func(st *Step) {
		st.SetStatus = &SetStatus{
			Account: p.s.Order.Account, OrderID: p.s.Order.ID, From: p.s.Order.StatusID, To: to,
			Comment: fmt.Sprintf("Cartum #%d", p.s.Key.Number), Look: p.look(key),
		}
	}), true
}

// settled tells that the import is finished. From then on RO App's status
// belongs to the staff.
func (p *planner) settled() bool { return !p.s.Synced.IsZero() }

func (p *planner) readOrder() Step {
	return p.step(StepReadOrder, SideRoapp, "", "Read the order from RO App", func(st *Step) {
		st.ReadOrder = &ReadOrder{Account: p.s.Order.Account, OrderID: p.s.Order.ID}
	})
}

// marks are what the row warns of.
func (p *planner) marks() []Mark {
	var marks []Mark
	if p.mappedStatus() == 0 {
		marks = append(marks, Mark{MarkUnmappedStatus, fmt.Sprintf("Cartum's status %d is in no mapping; RO App's status is left as it is.", p.s.Snapshot.Status)})
	}
	if refused, ok := p.s.Refused[StepSetStatus]; ok && refused.StatusID == p.mappedStatus() {
		marks = append(marks, Mark{MarkStatusRefused, fmt.Sprintf("Status %d was not set: %s", refused.StatusID, refused.Text)})
	}
	if text := p.missingLines(); text != "" {
		marks = append(marks, Mark{MarkLinesMissing, text})
	}
	if p.s.Order.TakenOver && p.mappedStatus() != 0 && p.s.Order.StatusID != p.mappedStatus() && !p.settled() {
		marks = append(marks, Mark{MarkStatusRefused, "The order stood in RO App already; its status may be the staff's and was left as it is."})
	}
	if p.settled() && p.s.Digest != p.s.Carried {
		marks = append(marks, Mark{MarkNotCarried, "The order was changed in Cartum after its import; RO App has it as it was imported."})
	} else if otherwise := p.linesOtherwise(); otherwise > 0 {
		marks = append(marks, Mark{MarkNotCarried, fmt.Sprintf("Lines that stand in RO App otherwise than in the shop, or should not stand there, since the order was changed while they were added: %d.", otherwise)})
	}
	if total := p.s.Order.Total; total != nil {
		if check := CheckAmount(*p.s.Snapshot, *total); !check.Explained {
			marks = append(marks, Mark{MarkAmount, check.Why})
		}
	}
	return marks
}

func (p *planner) missingLines() string {
	if !p.frozen() {
		return ""
	}
	missing := 0
	for _, line := range p.s.Snapshot.Lines {
		if _, written := p.s.Lines[line.Key]; !written {
			missing++
		}
	}
	if missing == 0 {
		return ""
	}
	return fmt.Sprintf("Lines of the shop's order that were not added, since staff were already at work on it in RO App: %d.", missing)
}

// linesOtherwise counts the lines that stand in RO App, or may, with another
// quantity or price than the shop's, or without a line of the shop.
func (p *planner) linesOtherwise() int {
	wanted := map[LineKey]Line{}
	for _, line := range PricedLines(*p.s.Snapshot) {
		wanted[line.Key] = line
	}
	count := 0
	for key, written := range p.s.Lines {
		line, ok := wanted[key]
		if !ok || !written.Quantity.Equal(line.Quantity) || !written.Price.Equal(line.Price) {
			count++
		}
	}
	for key := range p.s.Begun {
		line, isItem := strings.CutPrefix(key, string(StepAddItem)+" ")
		if _, ok := wanted[LineKey(line)]; isItem && !ok {
			count++
		}
	}
	return count
}

func (p *planner) links() Links {
	links := Links{ShopName: p.r.ShopName, Shop: p.r.AdminURL}
	if p.s.Order != nil && p.r.WebURL != "" {
		links.Order = p.r.WebURL + "/orders/table/" + strconv.FormatInt(p.s.Order.ID, 10)
	}
	return links
}

// step fills what all steps share. An empty key is the kind itself.
func (p *planner) step(kind StepKind, side Side, key, summary string, input func(*Step)) Step {
	if key == "" {
		key = string(kind)
	}
	st := Step{Kind: kind, Key: key, Side: side, Summary: summary, Queue: p.r.Account, Pause: 2 * time.Second}
	if side == SideCartum {
		st.Queue = p.s.Key.Shop
	}
	st.Urgency = p.urgency()
	st.Timeout = p.r.RequestTimeout + p.r.Settle
	if st.creates() {
		st.Pause = p.r.Settle
		// The looks after a lost answer are several requests and a wait.
		st.Timeout = 2 * (p.r.RequestTimeout + p.r.Settle)
	}
	if side == SideEnsure {
		st.Timeout = ensureTimeout
	}
	input(&st)
	st.Essence = st.essence()
	return st
}

// ensureTimeout is how long an order waits for an Ensure workflow, which itself
// may wait for a long backlog.
const ensureTimeout = 12 * time.Hour

// essence is what makes a planned step another than the one that runs under the
// same key.
func (s Step) essence() string {
	text := fmt.Sprintf("%s %s %d", s.Key, s.Queue, s.Urgency)
	switch {
	case s.AddItem != nil:
		text += fmt.Sprintf(" %d %s x %s", s.AddItem.ProductID, canonical(s.AddItem.Quantity), canonical(s.AddItem.Price))
	case s.SetStatus != nil:
		text += fmt.Sprintf(" %d", s.SetStatus.To)
	case s.CreateOrder != nil:
		text += fmt.Sprintf(" %d", s.CreateOrder.ContactID)
	case s.FindContact != nil:
		text += fmt.Sprintf(" %t %s", s.FindContact.Organizations, s.FindContact.Phone)
	}
	return text
}

func canonical(d decimal.Decimal) string { return d.String() }

// urgency is the order's urgency: a person's wish first, then what has begun.
func (p *planner) urgency() Urgency {
	switch {
	case p.s.Pressed:
		return UrgencyPerson
	case p.s.Customer.People != nil || p.s.Order != nil || p.goodsAsked():
		return UrgencyBegun
	default:
		return UrgencyNew
	}
}

// goodsAsked tells whether RO App was asked for goods already.
func (p *planner) goodsAsked() bool {
	for _, facts := range p.s.Goods {
		if !facts.LookedAt.IsZero() {
			return true
		}
	}
	return false
}
