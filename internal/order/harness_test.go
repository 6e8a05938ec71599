package order_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// life is one order's workflow between a shop and an account that answer at once
// and well, as long as a test does not say otherwise. Nothing happens by chance: a
// test reports events, ends steps and lets time pass.
type life struct {
	t       *testing.T
	rules   order.Rules
	now     time.Time
	state   order.State
	running map[string]flow.Step
	started map[string]bool // running steps whose activity has started: a withdrawal waits for their end
	last    flow.Commands   // of the last Advance
	starts  []flow.Step     // all that were ever started
	passes  int             // calls of Advance
	failing *order.Failure  // how every step fails, of tests that have all fail

	shop     order.Snapshot
	contacts []order.Contact
	products map[order.ProductKey][]order.Product
	recalled *order.Remembered
	account  accountSide
}

// accountSide is the order in RO App.
type accountSide struct {
	id, status int64
	items      []order.Item
	comments   []string
	lastID     int64
}

// noon is when most tests happen.
var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// lifeRules have two of the shop's statuses stand for one of RO App's, and two of
// RO App's for one of the shop's.
func lifeRules() order.Rules {
	r := simulatedRules()
	r.ImportStatuses[5] = 102
	r.ExportStatuses = map[int64]int{102: 2, 103: 3, 105: 2}
	r.FinalShop, r.FinalRoapp = []int{3, 4}, []int64{103, 104}
	return r
}

// received is an order of two A of which its shop has just sent a notice: it has
// not been read yet. Change alters the shop's order first.
func received(t *testing.T, change ...func(*life)) *life {
	t.Helper()
	l := &life{
		t: t, rules: lifeRules(), now: noon.Add(-time.Hour), running: map[string]flow.Step{}, started: map[string]bool{},
		contacts: []order.Contact{{ID: 5, FirstName: "Anna", LastName: "Nowak"}},
		products: map[order.ProductKey][]order.Product{
			order.ArticleKey("A"): {{ID: 9, Title: "A", Article: "A"}},
			order.ArticleKey("B"): {{ID: 10, Title: "B", Article: "B"}},
		},
		account: accountSide{id: 7, lastID: 69},
		shop: order.Snapshot{
			Number: 115, Created: noon.Add(-62 * time.Minute), Status: 2, Currency: "PLN",
			Customer: order.Customer{Name: "Anna Nowak", Phone: "+48501234567"},
			Lines:    []order.Line{line("A", 2, 10)},
			Delivery: order.Delivery{Method: "Kurier", Address: "ul. Krótka 1"},
			Totals:   order.Totals{Sum: decimal.NewFromInt(20), Default: decimal.NewFromInt(20)},
		},
	}
	for _, c := range change {
		c(l)
	}
	l.state = order.NewState(order.Key{Shop: "demo", Number: 115}, order.OriginWebhook, l.now)
	l.report(order.SignalShopOrderChanged, order.ChangeNotice{At: l.now, By: order.OriginWebhook})
	return l
}

// imported is an order that both sides have as the rules want it: two of A, in
// status 2 of the shop and 102 of RO App. It is noon.
func imported(t *testing.T, change ...func(*life)) *life {
	t.Helper()
	l := received(t, change...)
	l.settle()
	require.Equal(t, order.SyncSynced, l.state.SyncState(), "hold: %+v", l.state.Hold)
	l.now = noon
	l.starts = nil
	return l
}

func line(article string, quantity, price int64) order.Line {
	return order.Line{Article: article, Title: article, Type: order.LineProduct, Price: decimal.NewFromInt(price), Quantity: decimal.NewFromInt(quantity)}
}

// report has the rules apply one event, now.
func (l *life) report(kind string, payload any) {
	l.t.Helper()
	text, err := json.Marshal(payload)
	require.NoError(l.t, err)
	l.advance(flow.Event{Kind: kind, At: l.now, Payload: text})
}

// advance is one call of the rules, after which the workflow carries out what they
// say. A step that is withdrawn before its activity has started is canceled at once.
func (l *life) advance(events ...flow.Event) {
	l.t.Helper()
	var ended []flow.Step
	for _, event := range events {
		var end flow.StepEnded
		if event.Kind == flow.EventStepEnded {
			require.NoError(l.t, json.Unmarshal(event.Payload, &end))
			ended = append(ended, l.running[end.Key])
			delete(l.running, end.Key)
			delete(l.started, end.Key)
		}
	}
	running := slices.Concat(ended, l.runningSteps())
	l.state, l.last = order.Advance(l.state, events, running, l.rules, l.now)
	l.passes++
	text, err := json.Marshal(l.state)
	require.NoError(l.t, err)
	var recorded order.State
	require.NoError(l.t, json.Unmarshal(text, &recorded))
	l.state = recorded
	var canceled []flow.Event
	for _, key := range l.last.Withdraw {
		require.Contains(l.t, l.running, key, "only what runs is withdrawn")
		if !l.started[key] {
			canceled = append(canceled, l.ended(flow.StepEnded{Key: key, Canceled: true}))
		}
	}
	for _, step := range l.last.Start {
		require.NotContains(l.t, l.running, step.Key, "one step of a key at a time")
		l.running[step.Key] = step
		l.starts = append(l.starts, step)
	}
	if len(canceled) > 0 {
		l.advance(canceled...)
	}
}

func (l *life) ended(end flow.StepEnded) flow.Event {
	text, err := json.Marshal(end)
	require.NoError(l.t, err)
	return flow.Event{Kind: flow.EventStepEnded, At: l.now, Payload: text}
}

func (l *life) runningSteps() []flow.Step {
	var steps []flow.Step
	for _, key := range slices.Sorted(maps.Keys(l.running)) {
		steps = append(steps, l.running[key])
	}
	return steps
}

// kinds are the kinds of the running steps, sorted.
func (l *life) kinds() []order.StepKind {
	kinds := []order.StepKind{}
	for _, step := range l.runningSteps() {
		kinds = append(kinds, order.StepKind(step.Kind))
	}
	return kinds
}

// step is the running step of a kind.
func (l *life) step(kind order.StepKind) flow.Step {
	l.t.Helper()
	for _, step := range l.runningSteps() {
		if step.Kind == string(kind) {
			return step
		}
	}
	require.FailNow(l.t, "no such step runs", "%s; running: %v; hold: %+v", kind, l.kinds(), l.state.Hold)
	return flow.Step{}
}

// in is the input of a running step.
func in[In any](l *life, kind order.StepKind) In {
	l.t.Helper()
	input, err := order.DecodeInput[In](l.step(kind))
	require.NoError(l.t, err)
	return input
}

// starting reports whether the step's activity has started: it cannot be withdrawn
// any more without its outcome being unknown.
func (l *life) starting(kind order.StepKind) { l.started[l.step(kind).Key] = true }

// end ends a running step with an answer.
func (l *life) end(kind order.StepKind, answer any) {
	l.t.Helper()
	text, err := json.Marshal(answer)
	require.NoError(l.t, err)
	l.advance(l.ended(flow.StepEnded{Key: l.step(kind).Key, Result: text}))
}

// fail ends a running step with a failure.
func (l *life) fail(kind order.StepKind, failure order.Failure) {
	l.t.Helper()
	details, err := json.Marshal(failure)
	require.NoError(l.t, err)
	l.advance(l.ended(flow.StepEnded{Key: l.step(kind).Key, Error: &flow.StepError{Message: failure.Text, Details: details}}))
}

// lose ends a running step without an outcome, as a worker's death does.
func (l *life) lose(kind order.StepKind) {
	l.t.Helper()
	l.fail(kind, order.Failure{Kind: order.FailUnreachable, Side: order.Side(l.step(kind).Side), Text: "no answer"})
}

// settle answers all steps well until none runs.
func (l *life) settle() {
	l.t.Helper()
	for range 1000 {
		steps := l.runningSteps()
		if len(steps) == 0 {
			return
		}
		l.answer(order.StepKind(steps[0].Kind))
	}
	require.FailNow(l.t, "the order does not come to rest", "running: %v", l.kinds())
}

// settleUntil answers all steps well until one of the kind runs.
func (l *life) settleUntil(kind order.StepKind) {
	l.t.Helper()
	for range 1000 {
		if slices.Contains(l.kinds(), kind) {
			return
		}
		require.NotEmpty(l.t, l.running, "%s is not started; hold: %+v", kind, l.state.Hold)
		l.answer(l.kinds()[0])
	}
	require.FailNow(l.t, "no such step is started", string(kind))
}

// wait lets time pass, and reports each timer that fires meanwhile; steps that it
// starts are answered.
func (l *life) wait(until time.Time) {
	l.t.Helper()
	for l.wakes() && !l.last.Wake.After(until) {
		l.now = latest(l.now, l.last.Wake)
		l.last.Wake = time.Time{}
		l.report(flow.EventTimer, nil)
		l.settle()
	}
	l.now = latest(l.now, until)
}

func (l *life) wakes() bool { return !l.last.Wake.IsZero() }

// changed has the shop's order changed and a poll report it.
func (l *life) changed(change func(*order.Snapshot)) {
	l.t.Helper()
	l.shop.Lines = slices.Clone(l.shop.Lines)
	change(&l.shop)
	l.polled()
}

// polled has a poll report the shop's order as it is.
func (l *life) polled() {
	l.t.Helper()
	snapshot, digest := l.read()
	l.report(order.SignalShopOrderChanged, order.ChangeNotice{At: l.now, By: order.OriginSweep, Snapshot: snapshot, Digest: digest})
}

// missed has a whole poll not find the order; digest names the poll.
func (l *life) missed(digest string) {
	l.t.Helper()
	l.report(order.SignalShopOrderChanged, order.ChangeNotice{At: l.now, By: order.OriginSweep, Missing: true, Digest: digest})
}

// listed has a list of RO App show the order in a status.
func (l *life) listed(status int64) {
	l.t.Helper()
	l.account.status = status
	read := l.accountRead()
	read.Listed = true
	l.report(order.SignalStatusChanged, read)
}

// decide has a person answer.
func (l *life) decide(d order.Decision) {
	l.t.Helper()
	d.By = "Anna"
	l.report(order.SignalDecide, d)
}

func (l *life) accountRead() order.OrderRead {
	total := decimal.Zero
	for _, item := range l.account.items {
		total = total.Add(item.Quantity.Mul(item.Price))
	}
	return order.OrderRead{At: l.now, OrderID: l.account.id, StatusID: l.account.status, Total: total}
}

func (l *life) read() (*order.Snapshot, string) {
	snapshot := l.shop
	snapshot.SeenAt = l.now
	snapshot.Lines = slices.Clone(l.shop.Lines)
	order.KeyLines(snapshot.Lines)
	return &snapshot, order.Digest(snapshot, nil)
}

// answer answers a running step as the services do.
func (l *life) answer(kind order.StepKind) {
	l.t.Helper()
	switch kind {
	case order.StepReadShopOrder:
		snapshot, digest := l.read()
		l.end(kind, order.ShopOrderRead{Snapshot: snapshot, Digest: digest})
	case order.StepFindContact:
		found := order.ContactsFound{At: l.now}
		if !in[order.FindContact](l, kind).Organizations {
			found.Contacts = l.contacts
		}
		l.end(kind, found)
	case order.StepEnsureContact:
		l.end(kind, order.ContactEnsured{At: l.now, Contact: &order.Contact{ID: 6, Created: true}})
	case order.StepFindProducts:
		found := order.ProductsFound{At: l.now, Products: map[order.ProductKey][]order.Product{}}
		for _, key := range order.ProductKeys(in[order.FindProducts](l, kind)) {
			found.Products[key] = l.products[key]
		}
		l.end(kind, found)
	case order.StepEnsureProduct:
		product := order.Product{ID: l.newID(), Article: in[order.EnsureProduct](l, kind).Product.Article, Created: true}
		l.end(kind, order.ProductEnsured{At: l.now, Product: &product})
	case order.StepReadCatalogue:
		l.end(kind, order.CatalogueRead{})
	case order.StepRecallChoice:
		l.end(kind, order.ChoiceRecalled{Choice: l.recalled})
	case order.StepRememberChoice:
		l.end(kind, order.ChoiceRemembered{})
	default:
		l.answerOrder(kind)
	}
}

// answerOrder answers a step about the order that exists in RO App.
func (l *life) answerOrder(kind order.StepKind) {
	l.t.Helper()
	a := &l.account
	switch kind {
	case order.StepCreateOrder:
		a.status = 101
		l.end(kind, order.OrderCreated{ID: a.id, InitialStatusID: 101})
	case order.StepAddItems:
		added := order.ItemsAdded{Added: map[order.LineKey]order.ItemAdded{}}
		step := in[order.AddItems](l, kind)
		for _, add := range step.Lines {
			item, exists := add.Find(a.items)
			if step.OnlyFind && exists {
				added.Added[add.Line] = order.ItemAdded{ID: item.ID, Found: &item}
			}
			if step.OnlyFind {
				continue
			}
			item = order.Item{ID: l.newID(), ProductID: add.ProductID, Quantity: add.Quantity, Price: add.Price}
			a.items = append(a.items, item)
			added.Added[add.Line] = order.ItemAdded{ID: item.ID}
		}
		l.end(kind, added)
	case order.StepWriteLines:
		l.end(kind, l.writeLines(in[order.WriteLines](l, kind)))
	case order.StepSetStatus:
		set := in[order.SetStatus](l, kind)
		if !set.Precheck.Needed() || set.From == 0 || a.status == set.From {
			a.status = set.To
		}
		l.end(kind, order.StatusSet{StatusID: a.status})
	case order.StepPushStatus:
		l.shop.Status = in[order.PushStatus](l, kind).To
		snapshot, digest := l.read()
		l.end(kind, order.StatusPushed{Snapshot: snapshot, Digest: digest, Pushed: true})
	case order.StepPostComment:
		a.comments = append(a.comments, in[order.PostComment](l, kind).Text)
		l.end(kind, order.CommentPosted{})
	case order.StepReadOrder:
		l.end(kind, l.accountRead())
	case order.StepUpdateFields:
		l.end(kind, order.FieldsUpdated{})
	default:
		require.FailNow(l.t, "nobody answers this step", string(kind))
	}
}

// writeLines reads the items and writes what differs, unless items are written
// off.
func (l *life) writeLines(write order.WriteLines) order.LinesWritten {
	answer := order.LinesWritten{At: l.now, Items: slices.Clone(l.account.items), Written: map[order.LineKey]order.Decided{}}
	at := func(line order.LineWrite) int {
		return slices.IndexFunc(l.account.items, func(item order.Item) bool { return item.ID == line.ItemID })
	}
	if slices.ContainsFunc(write.Lines, func(line order.LineWrite) bool { i := at(line); return i >= 0 && l.account.items[i].WrittenOff }) {
		return answer
	}
	for _, line := range write.Lines {
		i := at(line)
		if i < 0 {
			continue
		}
		item := &l.account.items[i]
		send := line.Decide(*item)
		if send.Nothing() {
			continue
		}
		answer.Written[line.Key] = send
		if send.Quantity != nil {
			item.Quantity = *send.Quantity
		}
		if send.Price != nil {
			item.Price = *send.Price
		}
	}
	return answer
}

func (l *life) newID() int64 { l.account.lastID++; return l.account.lastID }

// count is how many steps of the kinds were started since the order was imported.
func (l *life) count(kinds ...order.StepKind) int {
	n := 0
	for _, step := range l.starts {
		if slices.Contains(kinds, order.StepKind(step.Kind)) {
			n++
		}
	}
	return n
}

// noted are the timeline's messages of a code, oldest first.
func (l *life) noted(code string) []flow.Message {
	var messages []flow.Message
	for _, entry := range l.state.Entries() {
		if entry.Code == code {
			messages = append(messages, entry.Message)
		}
	}
	return messages
}

// warns returns the codes of the order's warnings.
func (l *life) warns() []string {
	var codes []string
	for _, warning := range l.state.Warnings {
		codes = append(codes, warning.Code)
	}
	return codes
}

// holds wants the order to wait for a reason.
func (l *life) holds(reason order.HoldReason) *order.Hold {
	l.t.Helper()
	require.NotNil(l.t, l.state.Hold, "the order waits for %s", reason)
	require.Equal(l.t, reason, l.state.Hold.Reason, "%+v", l.state.Hold)
	return l.state.Hold
}

// params are a message's parameters, of pairs of name and value.
func params(pairs ...string) map[string]string {
	all := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		all[pairs[i]] = pairs[i+1]
	}
	return all
}
