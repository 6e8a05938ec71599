package order_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cartumsync/cartumsync/internal/order"
)

// Whatever happens on the way (answers lost, refused and late, workers killed,
// news, holds, workflows terminated, Temporal's database restored), the end is
// that of a quiet day: one order, one item a line, nothing in silence.
func TestF04_F46_AnySequenceOfTroubleEndsAsAQuietDay(t *testing.T) {
	t.Parallel()
	for range 5 { // of a hundred sequences each, unless -rapid.checks says otherwise
		t.Run("hundred", func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				s := newSimulation(t)
				for range rapid.IntRange(0, 60).Draw(t, "events") {
					s.pass()
					s.event()
					s.requireNoDoubles()
				}
				s.finishQuietly()
				s.requireQuietEnd()
			})
		})
	}
}

// simulation is one order's workflow between a shop and an account, both in
// memory, with a clock of its own.
type simulation struct {
	t     *rapid.T
	rules order.Rules
	clock time.Time

	shop    order.Snapshot // as the shop has it
	account simulatedAccount
	late    []lateEffect

	state   order.State
	jobs    map[string]*job
	backups []backup

	lostComments int // attempts at the comment whose answer was lost
	lives        int // of the workflow, restored ones included
	restored     bool
	newPhone     bool // the shop corrected it
	staffsStatus int64
	everWanted   map[string]bool // keys of lines that the shop ever had
}

// job is a step whose activity is scheduled. Its attempts are made by events.
type job struct {
	Step     order.Step
	At       time.Time // when it was scheduled
	Attempt  int       // failed ones
	RetryAt  time.Time // of the next attempt
	InFlight bool      // an attempt has begun
	Withdraw bool      // nobody wants it any more; the attempt in flight ends
}

type lateEffect struct {
	at     time.Time
	happen func()
}

// backup is a copy of Temporal's database.
type backup struct{ state, jobs []byte }

type simulatedAccount struct {
	contacts []simulatedContact
	products map[order.GoodsKey]order.Product
	orders   []*simulatedOrder
	lastID   int64
}

type simulatedContact struct {
	order.Contact
	phone string
}

type simulatedOrder struct {
	id, contact, status int64
	made, changed       time.Time
	items               []order.Item
	comments            int
}

func newSimulation(t *rapid.T) *simulation {
	s := &simulation{
		t:     t,
		clock: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC),
		rules: order.Rules{
			Shop: "demo", ShopName: "Kwiaty Online", Account: "main", Currency: "PLN", TimeZone: "Europe/Warsaw", Region: "PL", Language: "pl",
			NameOrder: order.FirstLast, IdentifyBy: order.ByArticle, LocationID: 12, OrderTypeID: 34, Managers: []int64{56}, PieceUnitID: 1,
			FallbackCategory: 7, ImportStatuses: map[int]int64{1: 101, 2: 102, 3: 103, 4: 104},
			RequestTimeout: 75 * time.Second, Settle: 15 * time.Second, SearchLag: 5 * time.Second, IdentityKey: []byte("a key of the tests"),
		},
		account:    simulatedAccount{products: map[order.GoodsKey]order.Product{}, lastID: 1000},
		jobs:       map[string]*job{},
		everWanted: map[string]bool{},
	}
	age := rapid.SampledFrom([]time.Duration{time.Minute, time.Hour}).Draw(t, "age")
	s.shop = order.Snapshot{
		Number: 115, Created: s.clock.Add(-age), Status: rapid.SampledFrom([]int{1, 2}).Draw(t, "status"), Currency: "PLN",
		Customer: order.Customer{Name: "Anna Nowak", Phone: "+48501234567"},
	}
	s.setLines(rapid.SliceOfN(rapid.SampledFrom([]string{"A", "A", "B", "C"}), 1, 4).Draw(t, "lines"))
	for _, article := range []string{"A", "B", "C"} {
		if rapid.Bool().Draw(t, "known "+article) {
			s.makeProduct(order.ArticleKey(article), article)
		}
	}
	if rapid.Bool().Draw(t, "known customer") {
		s.makeContact("+48501234567")
	}
	s.begin(rapid.SampledFrom([]order.Origin{order.OriginWebhook, order.OriginHand}).Draw(t, "origin"), false)
	return s
}

func (s *simulation) setLines(articles []string) {
	s.shop.Lines = nil
	for _, article := range articles {
		s.shop.Lines = append(s.shop.Lines, order.Line{
			Article: article, Title: article, Type: order.LineProduct, Price: decimal.NewFromInt(10), Quantity: s.quantity(),
		})
	}
	order.KeyLines(s.shop.Lines)
	s.shop.Totals.Sum = decimal.Zero
	for _, line := range s.shop.Lines {
		s.shop.Totals.Sum = s.shop.Totals.Sum.Add(line.Price.Mul(line.Quantity))
		s.everWanted[string(line.Key)] = true
	}
	s.shop.Totals.Default = s.shop.Totals.Sum
}

func (s *simulation) quantity() decimal.Decimal {
	return decimal.NewFromInt(int64(rapid.IntRange(1, 3).Draw(s.t, "quantity")))
}

// begin starts a life of the workflow.
func (s *simulation) begin(origin order.Origin, again bool) {
	s.lives++
	s.jobs = map[string]*job{}
	s.state = order.NewState(order.Key{Shop: "demo", Number: 115}, origin, s.clock)
	s.state.Again = again
	s.state.See(order.Hint{At: s.clock, By: origin}, s.clock)
}

// pass is the workflow's loop until it waits: plan, take, reconcile.
func (s *simulation) pass() {
	for range 20 {
		if s.state.Closed != "" && len(s.jobs) == 0 {
			return
		}
		var running []order.Step
		for _, key := range slices.Sorted(maps.Keys(s.jobs)) {
			running = append(running, s.jobs[key].Step)
		}
		next := order.Plan(s.state, s.rules, running, s.clock)
		s.state.Take(next, s.clock)
		if !s.reconcile(next.Steps) {
			return
		}
	}
	s.t.Fatalf("the loop does not come to rest: %+v", s.state)
}

// continueAsNew hands the state over as data, as it may at any time.
func (s *simulation) continueAsNew() {
	text, err := json.Marshal(s.state)
	require.NoError(s.t, err)
	var again order.State
	require.NoError(s.t, json.Unmarshal(text, &again))
	s.state = again
}

// reconcile withdraws what is not planned and starts what is. It tells whether
// something ended, so that there is to be planned again.
func (s *simulation) reconcile(planned []order.Step) (ended bool) {
	wanted := map[string]order.Step{}
	for _, step := range planned {
		wanted[step.Key] = step
	}
	for _, key := range slices.Sorted(maps.Keys(s.jobs)) {
		job := s.jobs[key]
		if step, ok := wanted[key]; ok && step.Essence == job.Step.Essence {
			continue
		}
		job.Withdraw = true
		if !job.InFlight {
			delete(s.jobs, key)
			s.state.Withdraw(job.Step, s.clock)
			ended = true
		}
	}
	for _, step := range planned {
		if _, running := s.jobs[step.Key]; !running && !ended {
			s.state.Begin(step, s.clock)
			s.jobs[step.Key] = &job{Step: step, At: s.clock, RetryAt: s.clock}
		}
	}
	return ended
}

// event is the next thing that happens.
func (s *simulation) event() {
	if len(s.jobs) > 0 && rapid.IntRange(0, 3).Draw(s.t, "work") > 0 {
		s.work(s.drawJob(), rapid.SampledFrom(endings).Draw(s.t, "ending"))
		return
	}
	happenings := map[string]func(){
		"news": s.news, "wait": s.waitAWhile, "by hand": s.askByHand, "try again": s.tryAgain,
		"backup": s.backUp, "restore": s.restore, "terminate": s.terminate, "continue as new": s.continueAsNew, "staff": s.staffGoOn,
	}
	happenings[rapid.SampledFrom(slices.Sorted(maps.Keys(happenings))).Draw(s.t, "event")]()
}

func (s *simulation) drawJob() *job {
	return s.jobs[rapid.SampledFrom(slices.Sorted(maps.Keys(s.jobs))).Draw(s.t, "job")]
}

// simulatedAttempts are fewer than the workflow's, so that giving up is frequent.
const simulatedAttempts = 2

// ending is how an attempt ends.
type ending string

const (
	answered ending = "answered"
	lost     ending = "answer lost"
	lostLate ending = "answer lost, effect later"
	failed   ending = "failed without effect"
	refused  ending = "refused"
	unasked  ending = "given up before anything was asked"
	begins   ending = "begins"
)

var endings = []ending{answered, answered, answered, answered, lost, lostLate, failed, refused, unasked, begins}

// work makes one attempt at a job.
func (s *simulation) work(job *job, ending ending) {
	s.let(job.RetryAt)
	if ending == begins {
		job.InFlight = true
		return
	}
	attempt := attempt{s: s, job: job, ending: ending}
	outcome, failure := attempt.make()
	job.InFlight = false
	job.Attempt++
	switch {
	case failure == nil:
		delete(s.jobs, job.Step.Key)
		s.state.Apply(job.Step, outcome, s.clock)
	case failure.Passes() && job.Withdraw:
		delete(s.jobs, job.Step.Key)
		s.state.Withdraw(job.Step, s.clock)
	case failure.Passes() && job.Attempt < simulatedAttempts:
		job.RetryAt = s.clock.Add(s.rules.Settle << (job.Attempt - 1))
	default:
		delete(s.jobs, job.Step.Key)
		s.state.Fail(job.Step, *failure, s.clock)
	}
}

// let passes time until at, and what was on its way happens at its moment.
func (s *simulation) let(at time.Time) {
	slices.SortFunc(s.late, func(x, y lateEffect) int { return x.at.Compare(y.at) })
	for len(s.late) > 0 && !s.late[0].at.After(at) {
		effect := s.late[0]
		s.late = s.late[1:]
		s.clock = latest(s.clock, effect.at)
		effect.happen()
	}
	s.clock = latest(s.clock, at)
}

func latest(x, y time.Time) time.Time {
	if x.After(y) {
		return x
	}
	return y
}

func (s *simulation) waitAWhile() {
	pause := rapid.SampledFrom([]time.Duration{time.Second, time.Minute, 20 * time.Minute, 2 * time.Hour}).Draw(s.t, "pause")
	s.let(s.clock.Add(pause))
	if hold := s.state.Hold; hold != nil && !hold.NextLook.IsZero() && hold.NextLook.Before(s.clock) && len(s.jobs) == 0 {
		s.state.TryAgain(s.clock)
	}
}

func (s *simulation) tryAgain() {
	s.state.Decide(order.Decision{Kind: order.DecideTryAgain, By: "tester"}, s.clock)
}

// staffGoOn moves the imported order to a status of the staff's.
func (s *simulation) staffGoOn() {
	if s.state.Synced.IsZero() || len(s.account.orders) == 0 {
		return
	}
	s.let(s.clock.Add(5 * time.Minute))
	o := s.account.orders[0]
	o.status, o.changed, s.staffsStatus = 106, s.clock, 106
}

func (s *simulation) askByHand() { s.state.See(order.Hint{At: s.clock, By: order.OriginHand}, s.clock) }

// news is a change in the shop, of which the exchange is told.
func (s *simulation) news() {
	if s.shop.Status == order.CancelledStatus {
		return
	}
	s.let(s.clock.Add(time.Second))
	switch rapid.SampledFrom([]string{"quantity", "line", "phone", "status", "cancel"}).Draw(s.t, "news") {
	case "quantity":
		s.shop.Lines = slices.Clone(s.shop.Lines)
		s.shop.Lines[0].Quantity = s.quantity()
	case "line":
		var articles []string
		for _, line := range s.shop.Lines {
			articles = append(articles, line.Article)
		}
		s.setLines(append(articles, rapid.SampledFrom([]string{"A", "B", "C"}).Draw(s.t, "article")))
	case "phone":
		if s.lives > 1 {
			return // an order of an earlier life is looked for by its customer
		}
		s.shop.Customer.Phone = rapid.SampledFrom([]string{"+48501234567", "+48601222333"}).Draw(s.t, "phone")
		s.newPhone = true
	case "status":
		s.shop.Status = rapid.SampledFrom([]int{1, 2, 3}).Draw(s.t, "status")
	case "cancel":
		s.shop.Status = order.CancelledStatus
	}
	s.state.See(order.Hint{At: s.clock, By: order.OriginWebhook}, s.clock)
}

// terminate ends the workflow as an operator does; requests on their way end as
// they may. The next event starts it again.
func (s *simulation) terminate() {
	if s.newPhone {
		return // see news
	}
	for _, job := range s.jobs {
		if job.InFlight && rapid.Bool().Draw(s.t, "goes through") {
			s.work(job, lostLate)
		}
	}
	s.begin(rapid.SampledFrom([]order.Origin{order.OriginWebhook, order.OriginHand}).Draw(s.t, "again by"), true)
}

func (s *simulation) backUp() {
	state, err := json.Marshal(s.state)
	require.NoError(s.t, err)
	jobs, err := json.Marshal(s.jobs)
	require.NoError(s.t, err)
	s.backups = append(s.backups, backup{state, jobs})
}

// restore puts an older database in place, which takes a while.
func (s *simulation) restore() {
	if len(s.backups) == 0 || s.newPhone {
		return // see news
	}
	s.lives, s.restored = s.lives+1, true
	s.let(s.clock.Add(20 * time.Minute))
	older := s.backups[0]
	s.state, s.jobs = order.State{}, map[string]*job{}
	require.NoError(s.t, json.Unmarshal(older.state, &s.state))
	require.NoError(s.t, json.Unmarshal(older.jobs, &s.jobs))
	for _, job := range s.jobs {
		// The worker of that time is gone; its attempt times out.
		if job.InFlight {
			job.InFlight, job.Attempt = false, job.Attempt+1
		}
		job.RetryAt = s.clock
	}
	s.state.See(order.Hint{At: s.clock, By: order.OriginWebhook}, s.clock)
}

// finishQuietly lets everything go well from now on.
func (s *simulation) finishQuietly() {
	s.let(s.clock.Add(time.Hour))
	s.state.See(order.Hint{At: s.clock, By: order.OriginWebhook}, s.clock)
	for range 200 {
		s.pass()
		switch {
		case len(s.jobs) > 0:
			s.work(s.jobs[slices.Sorted(maps.Keys(s.jobs))[0]], answered)
		case s.state.Hold != nil:
			s.let(s.clock.Add(time.Minute))
			s.tryAgain()
		default:
			return
		}
	}
	s.t.Fatalf("the order is not done: hold %+v, jobs %v", s.state.Hold, s.jobs)
}

// attempt is one execution of an activity against the account.
type attempt struct {
	s      *simulation
	job    *job
	ending ending
}

// make gives the answer or the failure, as the activities do.
func (a attempt) make() (order.Outcome, *order.Failure) {
	s, step := a.s, a.job.Step
	switch {
	case step.ReadShopOrder != nil:
		return a.read(func() order.Outcome {
			snapshot := s.shop
			snapshot.SeenAt = s.clock
			return &order.ShopOrderRead{Snapshot: &snapshot, Digest: order.Digest(snapshot, s.rules.IdentityKey)}
		})
	case step.ReadCatalogue != nil:
		return a.read(func() order.Outcome { return &order.CatalogueRead{} })
	case step.FindContact != nil:
		return a.read(func() order.Outcome { return s.findContact(*step.FindContact) })
	case step.FindProducts != nil:
		return a.read(func() order.Outcome { return s.findProducts(*step.FindProducts) })
	case step.EnsureContact != nil:
		return a.read(func() order.Outcome { return s.ensureContact(*step.EnsureContact) })
	case step.EnsureProduct != nil:
		return a.read(func() order.Outcome { return s.ensureProduct(*step.EnsureProduct) })
	case step.CreateOrder != nil:
		return a.createOrder(*step.CreateOrder)
	case step.AddItem != nil:
		return a.addItem(*step.AddItem)
	case step.SetStatus != nil:
		return a.setStatus(*step.SetStatus)
	case step.PostComment != nil:
		return a.postComment(*step.PostComment)
	case step.WriteLines != nil:
		return a.writeLines(*step.WriteLines)
	case step.ReadOrder != nil:
		return a.read(func() order.Outcome {
			o := s.order(step.ReadOrder.OrderID)
			return &order.OrderRead{At: s.clock, OrderID: o.id, StatusID: o.status, Total: o.total()}
		})
	}
	s.t.Fatalf("no such step: %s", step.Key)
	return nil, nil
}

// read is a request that changes nothing that is counted. Ensure workflows are
// taken for what they promise: one record however often they are asked.
func (a attempt) read(answer func() order.Outcome) (order.Outcome, *order.Failure) {
	switch a.ending {
	case answered, lostLate:
		return answer(), nil
	case refused, unasked:
		return nil, a.fail(order.FailCredentials, false, true)
	default:
		return nil, a.fail(order.FailUnreachable, false, true)
	}
}

// fail is an activity's failure: definite where nothing can have been made by
// its attempts, which a second one knows only if it has looked.
func (a attempt) fail(kind order.FailureKind, mayHaveCommitted, looked bool) *order.Failure {
	return &order.Failure{
		Kind: kind, Side: order.SideRoapp, Text: "simulated",
		Definite: !mayHaveCommitted && (a.job.Attempt == 0 || looked),
	}
}

// write looks first where it must, and then makes the record, as the ending
// says. It gives false and a failure where there is no answer.
func (a attempt) write(look order.Look, find func(at time.Time) bool, effect func()) (found bool, failure *order.Failure) {
	s := a.s
	if a.ending == unasked {
		return false, a.fail(order.FailCredentials, false, false)
	}
	if look.Needed() || a.job.Attempt > 0 || a.late() {
		if a.ending == failed {
			return false, a.fail(order.FailUnreachable, false, false)
		}
		if look.Lost != nil {
			s.let(look.Lost.Add(look.Settle))
		}
		if find(s.clock) {
			return true, nil
		}
		if look.Lost != nil || a.job.Attempt > 0 {
			s.let(s.clock.Add(look.Lag))
			if find(s.clock) {
				return true, nil
			}
		}
	}
	switch a.ending {
	case answered:
		effect()
		return false, nil
	case refused:
		return false, a.fail(order.FailRejected, false, true)
	case failed:
		return false, a.fail(order.FailUnreachable, false, true)
	case lost:
		effect()
	case lostLate:
		delay := time.Duration(rapid.IntRange(1, int(s.rules.Settle/time.Second)-1).Draw(s.t, "delay")) * time.Second
		s.late = append(s.late, lateEffect{at: s.clock.Add(delay), happen: effect})
	case begins, unasked:
	}
	return false, a.fail(order.FailUnreachable, true, true)
}

// late tells that the first attempt comes long after the step was scheduled.
func (a attempt) late() bool { return a.s.clock.Sub(a.job.At) > order.FinishedWithin }

func (a attempt) createOrder(in order.CreateOrder) (order.Outcome, *order.Failure) {
	s := a.s
	contacts := append([]int64{in.ContactID}, in.Others...)
	var standing *simulatedOrder
	find := func(at time.Time) bool {
		i := slices.IndexFunc(s.account.orders, func(o *simulatedOrder) bool {
			return slices.Contains(contacts, o.contact) && !o.made.After(at.Add(-s.rules.SearchLag))
		})
		if i >= 0 {
			standing = s.account.orders[i]
		}
		return i >= 0
	}
	made := func() {
		if in.OnlyTakeOver {
			return
		}
		standing = &simulatedOrder{id: s.newID(), contact: in.ContactID, status: 101, made: s.clock, changed: s.clock}
		s.account.orders = append(s.account.orders, standing)
	}
	found, failure := a.write(in.Look, find, made)
	switch {
	case failure != nil:
		return nil, failure
	case found:
		answer := order.OrderCreated{ID: standing.id, StatusID: standing.status, TakenOver: true, ContactID: standing.contact, Late: a.late(), Items: slices.Clone(standing.items)}
		if standing.changed.Equal(standing.made) {
			answer.InitialStatusID = standing.status
		}
		return &answer, nil
	case standing == nil:
		return &order.OrderCreated{}, nil
	default:
		return &order.OrderCreated{ID: standing.id, InitialStatusID: 101}, nil
	}
}

func (a attempt) addItem(in order.AddItem) (order.Outcome, *order.Failure) {
	s, o := a.s, a.s.order(in.OrderID)
	var standing order.Item
	find := func(time.Time) (found bool) {
		standing, found = in.Find(o.items)
		return found
	}
	made := func() {
		standing = order.Item{ID: s.newID(), ProductID: in.ProductID, Quantity: in.Quantity, Price: in.Price}
		o.items = append(slices.Clone(o.items), standing)
		o.changed = s.clock.Add(time.Nanosecond)
	}
	found, failure := a.write(in.Look, find, made)
	switch {
	case failure != nil:
		return nil, failure
	case found:
		return &order.ItemAdded{ID: standing.ID, Found: &standing}, nil
	default:
		return &order.ItemAdded{ID: standing.ID}, nil
	}
}

// writeLines reads the items and writes what the shop changed, all at once.
func (a attempt) writeLines(in order.WriteLines) (order.Outcome, *order.Failure) {
	s, o := a.s, a.s.order(in.OrderID)
	answer := &order.LinesWritten{At: s.clock, Items: slices.Clone(o.items), Written: map[order.LineKey]order.Decided{}}
	nothing := func(time.Time) bool { return false }
	write := func() {
		answer = &order.LinesWritten{At: s.clock, Items: slices.Clone(o.items), Written: map[order.LineKey]order.Decided{}}
		for _, line := range in.Lines {
			i := slices.IndexFunc(o.items, func(item order.Item) bool { return item.ID == line.ItemID })
			if i < 0 {
				continue
			}
			send := line.Decide(o.items[i])
			if send.Nothing() {
				continue
			}
			o.items = slices.Clone(o.items)
			if send.Quantity != nil {
				o.items[i].Quantity = *send.Quantity
			}
			if send.Price != nil {
				o.items[i].Price = *send.Price
			}
			answer.Written[line.Key] = send
			o.changed = s.clock.Add(time.Nanosecond)
		}
	}
	if _, failure := a.write(in.Look, nothing, write); failure != nil {
		return nil, failure
	}
	return answer, nil
}

func (a attempt) setStatus(in order.SetStatus) (order.Outcome, *order.Failure) {
	s, o := a.s, a.s.order(in.OrderID)
	find := func(time.Time) bool { return o.status == in.To || (in.From != 0 && o.status != in.From) }
	made := func() { o.status, o.changed = in.To, s.clock.Add(time.Nanosecond) }
	if _, failure := a.write(in.Look, find, made); failure != nil {
		return nil, failure
	}
	return &order.StatusSet{StatusID: o.status}, nil
}

func (a attempt) postComment(in order.PostComment) (order.Outcome, *order.Failure) {
	o := a.s.order(in.OrderID)
	nothing := func(time.Time) bool { return false }
	_, failure := a.write(order.Look{}, nothing, func() { o.comments++ })
	if failure == nil {
		return &order.CommentPosted{}, nil
	}
	if !failure.Definite {
		a.s.lostComments++
	}
	return nil, failure
}

func (s *simulation) newID() int64 { s.account.lastID++; return s.account.lastID }

func (s *simulation) makeContact(phone string) order.Contact {
	contact := order.Contact{ID: s.newID(), FirstName: "Anna"}
	s.account.contacts = append(s.account.contacts, simulatedContact{contact, phone})
	return contact
}

func (s *simulation) makeProduct(key order.GoodsKey, article string) order.Product {
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
	contact := s.makeContact(in.Person.Phone)
	contact.Created = true
	return &order.ContactEnsured{At: s.clock, Contact: &contact}
}

func (s *simulation) findProducts(in order.FindProducts) *order.ProductsFound {
	found := &order.ProductsFound{At: s.clock, Products: map[order.GoodsKey][]order.Product{}}
	for _, article := range in.Articles {
		key := order.ArticleKey(article)
		if product, ok := s.account.products[key]; ok {
			found.Products[key] = []order.Product{product}
		}
	}
	return found
}

func (s *simulation) ensureProduct(in order.EnsureProduct) *order.ProductEnsured {
	product, ok := s.account.products[in.Goods]
	if !ok {
		product = s.makeProduct(in.Goods, in.Product.Article)
		product.Created = true
	}
	return &order.ProductEnsured{At: s.clock, Product: &product}
}

func (s *simulation) order(id int64) *simulatedOrder {
	i := slices.IndexFunc(s.account.orders, func(o *simulatedOrder) bool { return o.id == id })
	require.GreaterOrEqual(s.t, i, 0, "the exchange speaks of an order that there never was")
	return s.account.orders[i]
}

func (o *simulatedOrder) total() decimal.Decimal {
	total := decimal.Zero
	for _, item := range o.items {
		total = total.Add(item.Quantity.Mul(item.Price))
	}
	return total
}

// requireNoDoubles holds at every moment.
func (s *simulation) requireNoDoubles() {
	require.LessOrEqual(s.t, len(s.account.orders), 1, "orders")
	for _, o := range s.account.orders {
		for article, product := range s.account.products {
			items := 0
			for _, item := range o.items {
				if item.ProductID == product.ID {
					items++
				}
			}
			require.LessOrEqual(s.t, items, s.linesEver(article), "items of %s", article)
		}
	}
}

// linesEver is how many lines of the goods the shop ever had at once: a line's
// key counts its occurrence.
func (s *simulation) linesEver(goods order.GoodsKey) int {
	count := 0
	for key := range s.everWanted {
		if strings.HasPrefix(key, string(goods)+"#") {
			count++
		}
	}
	return count
}

func (s *simulation) requireQuietEnd() {
	s.requireNoDoubles()
	if s.state.Closed != "" {
		assert.Contains(s.t, s.state.Closed, "cancelled")
		if !s.restored { // it may have been made before, and was not worth a look
			require.Empty(s.t, s.account.orders, "a cancelled order was made all the same")
		}
		return
	}
	require.Len(s.t, s.account.orders, 1)
	o := s.account.orders[0]
	assert.Equal(s.t, o.id, s.state.Order.ID)
	assert.False(s.t, s.state.Synced.IsZero())
	assert.GreaterOrEqual(s.t, o.comments, 1)
	assert.LessOrEqual(s.t, o.comments, s.lives+s.lostComments)
	if s.staffsStatus != 0 {
		assert.Equal(s.t, s.staffsStatus, o.status, "what staff chose")
	}
	for key, facts := range s.state.Lines {
		i := slices.IndexFunc(o.items, func(item order.Item) bool { return item.ID == facts.ItemID })
		require.GreaterOrEqual(s.t, i, 0, key)
		assert.Equal(s.t, o.items[i].Quantity.String(), facts.Quantity.String(), key)
	}
	if s.differs(o) || len(s.state.Lines) != len(o.items) {
		marks := fmt.Sprint(s.state.Marks)
		assert.True(s.t, strings.Contains(marks, order.MarkNotCarried) || strings.Contains(marks, order.MarkLinesMissing),
			"items %v for lines %v in silence; marks %s", o.items, s.shop.Lines, marks)
	}
}

// differs tells whether the items are not the shop's lines.
func (s *simulation) differs(o *simulatedOrder) bool {
	items := map[string]int{}
	for _, item := range o.items {
		items[fmt.Sprint(item.ProductID, " ", item.Quantity)]++
	}
	for _, line := range s.shop.Lines {
		items[fmt.Sprint(s.account.products[order.ArticleKey(line.Article)].ID, " ", line.Quantity)]--
	}
	for _, count := range items {
		if count != 0 {
			return true
		}
	}
	return false
}
