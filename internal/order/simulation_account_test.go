package order_test

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cartumsync/cartumsync/internal/order"
)

// simulatedAccount is RO App.
type simulatedAccount struct {
	contacts []simulatedContact
	products map[order.ProductKey]order.Product
	orders   []*simulatedOrder
	lastID   int64
	chosen   map[int64]bool // statuses that an employee ever chose
}

type simulatedContact struct {
	order.Contact
	phone string
}

type simulatedOrder struct {
	id, contact, status int64
	created, changed    time.Time
	items               []order.Item
	deleted             bool
	moments             []accountMoment // as lists may still show it

	comments []simulatedComment
	sent     int // attempts at a comment
	lost     int // those of them whose answer was lost

	adds   map[order.LineKey]int // that reached the order
	writes map[int64]time.Time   // last change of an item by us
	erased map[int64]bool        // items that a life changed which is forgotten
	staffs map[int64]bool        // items that staff added
	added  map[int64]addition    // items that we added
	// forgotten are items that we added in a life which is forgotten.
	forgotten map[int64]bool
	touched   map[int64]touch // items of ours that staff changed

	statusSets    int // of ours that changed the status
	lostSets      int // whose answer was lost
	lostLines     int // writes of lines whose answer was lost
	statusChanges int // by staff
	statusAt      time.Time
}

type accountMoment struct {
	at time.Time
	order.OrderRead
}

type simulatedComment struct {
	order.PostComment
	life, sent int
	losses     int // attempts before this one whose answer was lost
}

// addition is when an item of ours was added, and for which line.
type addition struct {
	at   time.Time
	line order.LineKey
}

// touch is what staff's changes of an item of ours found there: what we had
// written, and what was there before the last one.
type touch struct{ written, before order.ItemValues }

// erase marks what a restored database knows nothing of.
func (a *simulatedAccount) erase(since time.Time) {
	for _, o := range a.orders {
		for id, at := range o.writes {
			o.erased[id] = o.erased[id] || at.After(since)
		}
		for id, added := range o.added {
			o.forgotten[id] = o.forgotten[id] || added.at.After(since)
		}
	}
}

// disown gives items to the staff that a forgotten life added for a line which the
// shop has changed since: they cannot be distinguished from items of the staff.
func (o *simulatedOrder) disown(line order.AddItem) {
	for _, item := range o.items {
		same := item.Quantity.Equal(line.Quantity) && item.Price.Equal(line.Price)
		if o.forgotten[item.ID] && item.ProductID == line.ProductID && !same && !slices.Contains(line.Taken, item.ID) {
			o.staffs[item.ID] = true
		}
	}
}

// change notes that the order changed just now.
func (s *simulation) change(o *simulatedOrder) {
	o.changed = s.clock.Add(time.Nanosecond)
	o.moments = append(o.moments, accountMoment{s.clock, s.readOf(o)})
}

func (s *simulation) readOf(o *simulatedOrder) order.OrderRead {
	return order.OrderRead{At: s.clock, OrderID: o.id, StatusID: o.status, Total: o.total(), ModifiedAt: o.changed, DeductionRequired: o.required()}
}

// required is RO App's flag: false once all items are written off.
func (o *simulatedOrder) required() *bool {
	required := len(o.items) == 0 || slices.ContainsFunc(o.items, func(i order.Item) bool { return !i.WrittenOff })
	return &required
}

func (o *simulatedOrder) total() decimal.Decimal {
	total := decimal.Zero
	for _, item := range o.items {
		total = total.Add(item.Quantity.Mul(item.Price))
	}
	return total
}

func (o *simulatedOrder) item(id int64) (order.Item, bool) {
	i := slices.IndexFunc(o.items, func(item order.Item) bool { return item.ID == id })
	if i < 0 {
		return order.Item{}, false
	}
	return o.items[i], true
}

// frozen reports whether items of ours are written off.
func (o *simulatedOrder) frozen() bool {
	return slices.ContainsFunc(o.items, func(i order.Item) bool { return i.WrittenOff && !o.staffs[i.ID] })
}

// attempt is one execution of an activity.
type attempt struct {
	s      *simulation
	job    *job
	ending ending
}

// input decodes the input of the attempt's step.
func input[In any](a attempt) In {
	in, err := order.DecodeInput[In](a.job.Step)
	require.NoError(a.s.t, err)
	return in
}

// create gives the answer or the failure, as the activities do.
func (a attempt) create() (any, *order.Failure) {
	s := a.s
	switch order.StepKind(a.job.Step.Kind) {
	case order.StepReadShopOrder:
		return a.readShopOrder()
	case order.StepReadCatalogue:
		return a.read(func() any { return &order.CatalogueRead{} })
	case order.StepFindContact:
		return a.read(func() any { return s.findContact(input[order.FindContact](a)) })
	case order.StepFindProducts:
		return a.read(func() any { return s.findProducts(input[order.FindProducts](a)) })
	case order.StepEnsureContact:
		return a.read(func() any { return s.ensureContact(input[order.EnsureContact](a)) })
	case order.StepEnsureProduct:
		return a.read(func() any { return s.ensureProduct(input[order.EnsureProduct](a)) })
	case order.StepRecallChoice:
		return a.read(func() any { return &order.ChoiceRecalled{} })
	case order.StepRememberChoice:
		return a.read(func() any { return &order.ChoiceRemembered{} })
	case order.StepCreateOrder:
		return a.createOrder(input[order.CreateOrder](a))
	case order.StepPushStatus:
		return a.pushStatus(input[order.PushStatus](a))
	default:
		return a.touchOrder()
	}
}

// touchOrder is a request about an order that exists in RO App.
func (a attempt) touchOrder() (any, *order.Failure) {
	if len(a.s.account.orders) == 1 && a.s.account.orders[0].deleted && a.ending == answered {
		return nil, a.fail(order.FailGone, false, true)
	}
	switch order.StepKind(a.job.Step.Kind) {
	case order.StepAddItems:
		return a.addItems(input[order.AddItems](a))
	case order.StepSetStatus:
		return a.setStatus(input[order.SetStatus](a))
	case order.StepPostComment:
		return a.postComment(input[order.PostComment](a))
	case order.StepWriteLines:
		return a.writeLines(input[order.WriteLines](a))
	case order.StepUpdateFields:
		o := a.s.order(input[order.UpdateFields](a).OrderID)
		_, failure := a.write(order.Precheck{}, nil, func() { a.s.change(o) })
		return &order.FieldsUpdated{}, failure
	case order.StepReadOrder:
		return a.read(func() any {
			read := a.s.readOf(a.s.order(input[order.ReadOrder](a).OrderID))
			return &read
		})
	default:
		a.s.t.Fatalf("no such step: %s", a.job.Step.Key)
		return nil, nil
	}
}

// read is a request that changes nothing that is counted. Ensure workflows are
// taken for what they promise: one record however often they are asked.
func (a attempt) read(answer func() any) (any, *order.Failure) {
	switch a.ending {
	case answered, lostLate:
		return answer(), nil
	case refused, unasked:
		return nil, a.fail(order.FailCredentials, false, true)
	default:
		return nil, a.fail(order.FailUnreachable, false, true)
	}
}

// fail is an activity's failure: definite where its attempts cannot have created
// anything, which a second attempt knows only if it has checked.
func (a attempt) fail(kind order.FailureKind, mayHaveCommitted, checked bool) *order.Failure {
	side := order.SideRoapp
	if a.job.Step.Side == string(order.SideCartum) {
		side = order.SideCartum
	}
	return &order.Failure{
		Kind: kind, Side: side, Text: "simulated",
		Definite: !mayHaveCommitted && (a.job.Attempt == 0 || checked),
	}
}

// write looks the record up first where it must, and then creates it, as the
// ending says. It gives false and a failure where there is no answer.
func (a attempt) write(precheck order.Precheck, find func(at time.Time) bool, effect func()) (found bool, failure *order.Failure) {
	s := a.s
	if a.ending == unasked {
		return false, a.fail(order.FailCredentials, false, false)
	}
	if a.ending == killed {
		return false, a.fail(order.FailUnreachable, true, false)
	}
	if find != nil && (precheck.Needed() || a.job.Attempt > 0 || a.late()) {
		if a.ending == failed {
			return false, a.fail(order.FailUnreachable, false, false)
		}
		if precheck.Lost != nil {
			s.let(precheck.Lost.Add(precheck.Settle))
		}
		if find(s.clock) {
			return true, nil
		}
		if precheck.Lost != nil || a.job.Attempt > 0 {
			s.let(s.clock.Add(precheck.Lag))
			if find(s.clock) {
				return true, nil
			}
		}
	}
	return false, a.send(effect)
}

// send has the effect happen as the ending says.
func (a attempt) send(effect func()) *order.Failure {
	s := a.s
	switch a.ending {
	case answered:
		effect()
		return nil
	case refused:
		return a.fail(order.FailRejected, false, true)
	case failed:
		return a.fail(order.FailUnreachable, false, true)
	case lost:
		effect()
	case lostLate:
		s.later(effect)
	case starts, unasked, killed:
	}
	return a.fail(order.FailUnreachable, true, true)
}

// late reports whether the first attempt comes long after the step was scheduled.
func (a attempt) late() bool { return a.s.clock.Sub(a.job.At) > order.FinishedWithin }

func (a attempt) createOrder(in order.CreateOrder) (any, *order.Failure) {
	s := a.s
	contacts := append([]int64{in.ContactID}, in.Others...)
	var standing *simulatedOrder
	find := func(at time.Time) bool {
		i := slices.IndexFunc(s.account.orders, func(o *simulatedOrder) bool {
			return slices.Contains(contacts, o.contact) && !o.created.After(at.Add(-s.rules.SearchLag))
		})
		if i >= 0 {
			standing = s.account.orders[i]
		}
		return i >= 0
	}
	created := func() {
		if in.OnlyLink {
			return
		}
		standing = s.createOrder(in.ContactID)
	}
	found, failure := a.write(in.Precheck, find, created)
	switch {
	case failure != nil:
		return nil, failure
	case found:
		answer := order.OrderCreated{ID: standing.id, StatusID: standing.status, Linked: true, ContactID: standing.contact, Late: a.late(), Items: slices.Clone(standing.items)}
		if standing.changed.Equal(standing.created) {
			answer.InitialStatusID = standing.status
		}
		return &answer, nil
	case standing == nil:
		return &order.OrderCreated{}, nil
	default:
		return &order.OrderCreated{ID: standing.id, InitialStatusID: firstStatus}, nil
	}
}

// firstStatus is the one that orders in RO App start with.
const firstStatus = 101

func (s *simulation) createOrder(contact int64) *simulatedOrder {
	o := &simulatedOrder{
		id: s.newID(), contact: contact, status: firstStatus, created: s.clock, changed: s.clock,
		adds: map[order.LineKey]int{}, writes: map[int64]time.Time{}, erased: map[int64]bool{}, staffs: map[int64]bool{}, added: map[int64]addition{}, forgotten: map[int64]bool{}, touched: map[int64]touch{},
	}
	s.account.orders = append(s.account.orders, o)
	return o
}

// addItems reads the items first where a precheck is needed; between that and the
// writes nothing else happens. How far a batch came whose answer is lost, chance
// decides.
func (a attempt) addItems(in order.AddItems) (any, *order.Failure) {
	s, o := a.s, a.s.order(in.OrderID)
	answer := &order.ItemsAdded{Added: map[order.LineKey]order.ItemAdded{}}
	find := func(time.Time) bool {
		answer.WrittenOff = in.WrittenOff(o.items)
		for _, line := range in.Lines {
			if item, found := line.Find(o.items); found {
				answer.Added[line.Line] = order.ItemAdded{ID: item.ID, Found: &item}
			}
		}
		return len(answer.Added) == len(in.Lines) || answer.WrittenOff
	}
	created := func() {
		if in.OnlyFind {
			return
		}
		reached := len(in.Lines)
		if a.ending != answered {
			reached = rapid.IntRange(1, len(in.Lines)).Draw(s.t, "lines added")
		}
		for _, line := range in.Lines[:reached] {
			if _, exists := answer.Added[line.Line]; exists {
				continue
			}
			o.disown(line)
			item := order.Item{ID: s.newID(), ProductID: line.ProductID, Quantity: line.Quantity, Price: line.Price}
			o.items = append(slices.Clone(o.items), item)
			o.adds[line.Line]++
			o.added[item.ID] = addition{s.clock, line.Line}
			answer.Added[line.Line] = order.ItemAdded{ID: item.ID}
		}
		s.change(o)
	}
	_, failure := a.write(in.Precheck, find, created)
	if failure != nil && (!failure.Definite || len(answer.Added) == 0) {
		return nil, failure // else what was found counts
	}
	for _, line := range in.Lines {
		if added := answer.Added[line.Line]; added.Found != nil {
			s.adopt(o, *added.Found, line)
		}
	}
	return answer, nil
}

func (a attempt) writtenOff(o *simulatedOrder, ids []int64) bool {
	return slices.ContainsFunc(o.items, func(i order.Item) bool { return i.WrittenOff && slices.Contains(ids, i.ID) })
}

// adopt takes an item that staff added for the line that was to be added. Only
// one that came after the items were read, or that is just the same, may be. An
// item that a lost attempt added for the line cannot be distinguished from it, and
// becomes the staff's.
func (s *simulation) adopt(o *simulatedOrder, item order.Item, in order.AddItem) {
	same := item.Quantity.Equal(in.Quantity) && item.Price.Equal(in.Price)
	if o.staffs[item.ID] && slices.Contains(in.Before, item.ID) && !same {
		s.t.Fatalf("the staff's item %v is taken for the line %s", item, in.Line)
	}
	if o.staffs[item.ID] {
		for id, added := range o.added {
			o.staffs[id] = o.staffs[id] || added.line == in.Line && id != item.ID && !o.forgotten[id]
		}
	}
	delete(o.staffs, item.ID)
	delete(o.forgotten, item.ID)
}

// writesInOneGo is how many lines are written after one read of the items.
const writesInOneGo = 2

// writeLines reads the items and writes what the shop changed; in between
// nothing else happens.
func (a attempt) writeLines(in order.WriteLines) (any, *order.Failure) {
	s, o := a.s, a.s.order(in.OrderID)
	if a.ending == unasked || a.ending == killed || a.ending == failed {
		_, failure := a.write(order.Precheck{}, nil, nil)
		return nil, failure
	}
	if in.Precheck.Lost != nil {
		s.let(in.Precheck.Lost.Add(in.Precheck.Settle))
	}
	answer := &order.LinesWritten{At: s.clock, Items: slices.Clone(o.items), Written: map[order.LineKey]order.Decided{}}
	var ours []int64
	for _, line := range in.Lines {
		ours = append(ours, line.ItemID)
	}
	var effects []func()
	if !a.writtenOff(o, ours) {
		effects = s.decideLines(o, in, answer)
	}
	if a.ending == refused && len(effects) == 0 {
		return nil, a.fail(order.FailCredentials, false, true)
	}
	failure := a.send(func() {
		for _, effect := range effects {
			effect()
		}
	})
	if failure != nil {
		if !failure.Definite {
			o.lostLines++
		}
		return nil, failure
	}
	return answer, nil
}

// decideLines returns the writes to send, and notes them in the answer.
func (s *simulation) decideLines(o *simulatedOrder, in order.WriteLines, answer *order.LinesWritten) (effects []func()) {
	for _, line := range in.Lines {
		item, stands := o.item(line.ItemID)
		if touched, staffs := o.touched[line.ItemID]; staffs && sameValues(line.To, order.ItemValues{Quantity: item.Quantity, Price: item.Price}) {
			touched.written = line.To // both sides agree, as if we had written it
			o.touched[line.ItemID] = touched
		}
		send := line.Decide(item)
		if !stands || send.Nothing() || len(effects) == writesInOneGo {
			continue
		}
		s.requireOurs(o, item, send)
		answer.Written[line.Key] = send
		effects = append(effects, func() { s.writeItem(o, line.ItemID, send) })
	}
	return effects
}

func (s *simulation) writeItem(o *simulatedOrder, id int64, send order.Decided) {
	i := slices.IndexFunc(o.items, func(item order.Item) bool { return item.ID == id })
	if i < 0 {
		return
	}
	o.items = slices.Clone(o.items)
	touched, staffs := o.touched[id]
	if send.Quantity != nil {
		o.items[i].Quantity, touched.written.Quantity, touched.before.Quantity = *send.Quantity, *send.Quantity, *send.Quantity
	}
	if send.Price != nil {
		o.items[i].Price, touched.written.Price, touched.before.Price = *send.Price, *send.Price, *send.Price
	}
	if staffs {
		o.touched[id] = touched
	}
	o.writes[id] = s.clock
	delete(o.erased, id)
	s.change(o)
}

func (a attempt) setStatus(in order.SetStatus) (any, *order.Failure) {
	s, o := a.s, a.s.order(in.OrderID)
	find := func(time.Time) bool { return o.status == in.To || (in.From != 0 && o.status != in.From) }
	created := func() { s.statusSet(o, in) }
	found, failure := a.write(in.Precheck, find, created)
	switch {
	case failure != nil:
		if !failure.Definite {
			o.lostSets++
		}
		return nil, failure
	case found:
		return &order.StatusSet{StatusID: o.status}, nil
	default:
		return &order.StatusSet{StatusID: in.To}, nil
	}
}

// statusSet is a status of ours that reaches RO App.
func (s *simulation) statusSet(o *simulatedOrder, in order.SetStatus) {
	if o.status == in.To {
		return
	}
	if in.Shop != 0 && !s.shop.statuses[in.Shop] {
		s.t.Fatalf("status %d is written to RO App for the shop's %d, which nobody there chose", in.To, in.Shop)
	}
	o.status = in.To
	o.statusSets++
	s.change(o)
}

func (a attempt) postComment(in order.PostComment) (any, *order.Failure) {
	s, o := a.s, a.s.order(in.OrderID)
	o.sent++
	comment := simulatedComment{PostComment: in, life: s.lives, sent: o.sent, losses: o.lost}
	_, failure := a.write(order.Precheck{}, nil, func() {
		o.comments = append(o.comments, comment)
		s.change(o)
	})
	if failure == nil {
		return &order.CommentPosted{}, nil
	}
	if !failure.Definite {
		o.lost++
	}
	return nil, failure
}

func (s *simulation) newID() int64 { s.account.lastID++; return s.account.lastID }

func (s *simulation) createContact(phone string) order.Contact {
	contact := order.Contact{ID: s.newID(), FirstName: "Anna"}
	s.account.contacts = append(s.account.contacts, simulatedContact{contact, phone})
	return contact
}

func (s *simulation) createProduct(key order.ProductKey, article string) order.Product {
	product := order.Product{ID: s.newID(), Title: article, Article: article}
	s.account.products[key] = product
	return product
}

func (s *simulation) findContact(in order.FindContact) *order.ContactsFound {
	found := &order.ContactsFound{At: s.clock}
	for _, contact := range s.account.contacts {
		if contact.phone == in.Phone && !in.Organizations {
			found.Contacts = append(found.Contacts, contact.Contact)
		}
	}
	return found
}

func (s *simulation) ensureContact(in order.EnsureContact) *order.ContactEnsured {
	if found := s.findContact(in.Find); len(found.Contacts) > 0 {
		return &order.ContactEnsured{At: s.clock, Contact: &found.Contacts[0]}
	}
	contact := s.createContact(in.Person.Phone)
	contact.Created = true
	return &order.ContactEnsured{At: s.clock, Contact: &contact}
}

func (s *simulation) findProducts(in order.FindProducts) *order.ProductsFound {
	found := &order.ProductsFound{At: s.clock, Products: map[order.ProductKey][]order.Product{}}
	for _, article := range in.Articles {
		key := order.ArticleKey(article)
		if product, ok := s.account.products[key]; ok {
			found.Products[key] = []order.Product{product}
		}
	}
	return found
}

func (s *simulation) ensureProduct(in order.EnsureProduct) *order.ProductEnsured {
	product, ok := s.account.products[in.ProductKey]
	if !ok {
		product = s.createProduct(in.ProductKey, in.Product.Article)
		product.Created = true
	}
	return &order.ProductEnsured{At: s.clock, Product: &product}
}

func (s *simulation) order(id int64) *simulatedOrder {
	i := slices.IndexFunc(s.account.orders, func(o *simulatedOrder) bool { return o.id == id })
	require.GreaterOrEqual(s.t, i, 0, "the exchange speaks of an order that there never was")
	return s.account.orders[i]
}
