package workflows_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/order/flow"
	"github.com/cartumsync/cartumsync/workflows"
)

// life is an order's whole life on a clock that jumps over waiting. The rules
// are the real ones; both services are as simple as can be.
type life struct {
	t      *testing.T
	env    *testsuite.TestWorkflowEnvironment // of the present run
	events []*happening
	runs   int
	asked  int // refreshes

	// shop is the order in Cartum.
	shop order.Snapshot
	// roapp is the order in RO App.
	roapp struct {
		status   int64
		items    []order.Item
		created  int // how often it was created
		comments []string
		down     bool
		reads    []time.Time // when it was asked for the order
	}
}

// happening is what happens at a moment of the life.
type happening struct {
	at   time.Time
	do   func()
	done bool
}

// placed is when the buyer placed the order.
var placed = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

var lifeKey = order.Key{Shop: "demo", Number: 115}

func lifeRules() order.Rules {
	return order.Rules{
		Shop: "demo", ShopName: "Kwiaty Online", Account: "main", Currency: "PLN", TimeZone: "Europe/Warsaw", Region: "PL", Language: "pl",
		NameOrder: order.FirstLast, IdentifyBy: order.ByArticle, LocationID: 12, OrderTypeID: 34, Managers: []int64{56}, PieceUnitID: 1,
		FallbackCategory: 7, ImportStatuses: map[int]int64{1: 101, 2: 102, 3: 103, 4: 104}, ExportStatuses: map[int64]int{102: 2, 103: 3},
		FinalShop: []int{3, 4}, FinalRoapp: []int64{103, 104}, Window: 60 * day, LastUpdatedField: true,
		RequestTimeout: 75 * time.Second, Settle: 15 * time.Second, SearchLag: 5 * time.Second, IdentityKey: []byte("a key of the tests"),
	}
}

func newLife(t *testing.T) *life {
	t.Helper()
	l := &life{t: t}
	l.shop = order.Snapshot{
		Number: lifeKey.Number, Created: placed, Status: 1, Currency: "PLN",
		Customer: order.Customer{Name: "Anna Nowak", Phone: "+48501234567"},
		Delivery: order.Delivery{Method: "Kurier", City: "Kraków", Address: "ul. Długa 5"},
	}
	l.order(2)
	return l
}

// order sets how many of the one SKU the buyer wants.
func (l *life) order(quantity int64) {
	price := decimal.NewFromInt(10)
	line := order.Line{Article: "A-1", Title: "Róża", Type: order.LineProduct, Quantity: decimal.NewFromInt(quantity), Price: price}
	line.Total = price.Mul(line.Quantity)
	l.shop.Lines = []order.Line{line}
	order.KeyLines(l.shop.Lines)
	l.shop.Totals.Sum, l.shop.Totals.Default = line.Total, line.Total
}

// at has something happen so long after the order was placed.
func (l *life) at(after time.Duration, do func()) {
	l.events = append(l.events, &happening{at: placed.Add(after), do: do})
}

// live runs the order's workflow, each run after the other, until it is done,
// and gives its last view.
func (l *life) live(origin order.Origin) order.View {
	l.t.Helper()
	var state json.RawMessage
	state, err := json.Marshal(order.NewState(lifeKey, origin, placed))
	require.NoError(l.t, err)
	for start := placed; ; l.runs++ {
		l.run(state, start)
		err := l.env.GetWorkflowError()
		var next *workflow.ContinueAsNewError
		if !errors.As(err, &next) {
			require.NoError(l.t, err)
			return l.view()
		}
		was := l.view().State
		state = nil
		require.NoError(l.t, converter.GetDefaultDataConverter().FromPayloads(next.Input, &state))
		var kept order.State
		require.NoError(l.t, json.Unmarshal(state, &kept))
		require.Equal(l.t, textOf(l.t, was), textOf(l.t, kept), "continue-as-new keeps everything")
		start = l.env.Now()
	}
}

// run is one run of the workflow, with all that happens meanwhile.
func (l *life) run(state json.RawMessage, start time.Time) {
	l.t.Helper()
	l.env = enginetest.WorkflowEnvironment()
	l.env.SetStartTime(start)
	l.env.SetWorkflowRunTimeout(10 * 365 * day)
	l.env.RegisterWorkflowWithOptions(workflows.Order, workflow.RegisterOptions{Name: workflows.OrderWorkflow})
	for name, work := range l.activities() {
		l.env.RegisterActivityWithOptions(work, activity.RegisterOptions{Name: name})
	}
	for _, event := range l.events {
		if event.done {
			continue
		}
		l.env.RegisterDelayedCallback(func() { event.done = true; event.do() }, max(0, event.at.Sub(start)))
	}
	l.env.ExecuteWorkflow(workflows.OrderWorkflow, state)
	require.True(l.t, l.env.IsWorkflowCompleted())
}

func (l *life) view() order.View {
	l.t.Helper()
	answer, err := l.env.QueryWorkflow(workflows.QueryOrder)
	require.NoError(l.t, err)
	var view workflows.OrderView
	require.NoError(l.t, answer.Get(&view))
	var s order.State
	require.NoError(l.t, json.Unmarshal(view.State, &s))
	return order.NewView(s, view.Running)
}

// sweep reports to the workflow what the shop has now, as a sweep does.
func (l *life) sweep() {
	seen := l.seen()
	l.env.SignalWorkflow(workflows.SignalShopOrderChanged, order.ChangeNotice{
		At: seen.SeenAt, By: order.OriginSweep, Snapshot: seen, Digest: order.Digest(*seen, lifeRules().IdentityKey),
	})
}

// seen is the shop's order as it is read now.
func (l *life) seen() *order.Snapshot {
	seen := l.shop
	seen.Lines, seen.SeenAt = slices.Clone(l.shop.Lines), l.env.Now()
	return &seen
}

// staffSet moves the order in RO App to a status, and has it collected.
func (l *life) staffSet(status int64) {
	l.roapp.status = status
	l.env.SignalWorkflow(workflows.SignalStatusChanged, l.read())
}

func (l *life) read() order.OrderRead {
	total := decimal.Zero
	for _, item := range l.roapp.items {
		total = total.Add(item.Price.Mul(item.Quantity))
	}
	return order.OrderRead{At: l.env.Now(), OrderID: 7, StatusID: l.roapp.status, Total: total}
}

func (l *life) forceContinueAsNew() {
	l.env.SignalWorkflow(workflows.SignalForceContinueAsNew, nil)
}

// refresh asks for a refresh and gives, once it is answered, what came of it.
func (l *life) refresh(by string) *refreshAnswer {
	answer := &refreshAnswer{}
	l.asked++ // the server forgets the ids of refused ones, which this environment does not
	l.env.UpdateWorkflow(workflows.UpdateRefresh, fmt.Sprint(l.asked), &testsuite.TestUpdateCallback{
		OnAccept: func() {},
		OnReject: func(err error) { answer.refusal = err },
		OnComplete: func(result any, err error) {
			answer.err = err
			answer.result, _ = result.(flow.Refresh)
		},
	}, order.RefreshRequest{By: by})
	return answer
}

type refreshAnswer struct {
	refusal, err error
	result       flow.Refresh
}

// roappDown is the failure of a request while RO App is down, nil otherwise.
func (l *life) roappDown() error {
	if !l.roapp.down {
		return nil
	}
	failure := order.Failure{Kind: order.FailUnreachable, Side: order.SideRoapp, Text: "503"}
	return temporal.NewApplicationErrorWithOptions("503", string(failure.Kind), temporal.ApplicationErrorOptions{Details: []any{failure}})
}

func (l *life) activities() map[string]any {
	return map[string]any{
		workflows.ActivityAdvance: advance(lifeRules, func() int { return l.runs }),
		string(order.StepReadShopOrder): func(context.Context, order.ReadShopOrder) (order.ShopOrderRead, error) {
			seen := l.seen()
			return order.ShopOrderRead{Snapshot: seen, Digest: order.Digest(*seen, lifeRules().IdentityKey)}, nil
		},
		string(order.StepFindContact): func(context.Context, order.FindContact) (order.ContactsFound, error) {
			return order.ContactsFound{At: l.env.Now(), Contacts: []order.Contact{{ID: 5, FirstName: "Anna", LastName: "Nowak"}}}, l.roappDown()
		},
		string(order.StepFindProducts): func(context.Context, order.FindProducts) (order.ProductsFound, error) {
			found := map[order.ProductKey][]order.Product{order.ArticleKey("A-1"): {{ID: 6, Title: "Róża", Article: "A-1"}}}
			return order.ProductsFound{At: l.env.Now(), Products: found}, l.roappDown()
		},
		string(order.StepCreateOrder): l.createOrder,
		string(order.StepReadOrder): func(context.Context, order.ReadOrder) (order.OrderRead, error) {
			l.roapp.reads = append(l.roapp.reads, l.env.Now())
			return l.read(), l.roappDown()
		},
		string(order.StepAddItems): func(_ context.Context, in order.AddItems) (order.ItemsAdded, error) {
			line := in.Lines[0]
			l.roapp.items = append(l.roapp.items, order.Item{ID: 8, ProductID: line.ProductID, Quantity: line.Quantity, Price: line.Price})
			return order.ItemsAdded{Added: map[order.LineKey]order.ItemAdded{line.Line: {ID: 8}}}, nil
		},
		string(order.StepWriteLines): l.writeLines,
		string(order.StepSetStatus): func(_ context.Context, in order.SetStatus) (order.StatusSet, error) {
			l.roapp.status = in.To
			return order.StatusSet{StatusID: in.To}, nil
		},
		string(order.StepPushStatus): func(_ context.Context, in order.PushStatus) (order.StatusPushed, error) {
			l.shop.Status = in.To
			seen := l.seen()
			return order.StatusPushed{Snapshot: seen, Digest: order.Digest(*seen, lifeRules().IdentityKey)}, nil
		},
		string(order.StepPostComment): func(_ context.Context, in order.PostComment) (order.CommentPosted, error) {
			l.roapp.comments = append(l.roapp.comments, in.Text)
			return order.CommentPosted{}, nil
		},
		string(order.StepUpdateFields): func(context.Context, order.UpdateFields) (order.FieldsUpdated, error) {
			return order.FieldsUpdated{}, l.roappDown()
		},
	}
}

// advance is the activity Advance by rules; the test environment gives each run the same id, so runs are counted.
func advance(rules func() order.Rules, runs func() int) func(context.Context, flow.AdvanceInput) (flow.AdvanceResult, error) {
	return func(_ context.Context, in flow.AdvanceInput) (flow.AdvanceResult, error) {
		var state order.State
		if err := json.Unmarshal(in.State, &state); err != nil {
			return flow.AdvanceResult{}, err
		}
		r := rules()
		r.Run = fmt.Sprint(runs())
		next, commands := order.Advance(state, in.Events, in.Running, r, in.Now)
		is, err := json.Marshal(next)
		if err != nil {
			return flow.AdvanceResult{}, err
		}
		patch, err := jsonpatch.CreateMergePatch(in.State, is)
		return flow.AdvanceResult{Patch: patch, Commands: commands}, err
	}
}

func (l *life) createOrder(_ context.Context, in order.CreateOrder) (order.OrderCreated, error) {
	if l.roapp.created > 0 {
		return order.OrderCreated{
			ID: 7, Number: "Z7", StatusID: l.roapp.status, InitialStatusID: 101, Linked: true, ContactID: in.ContactID, Items: l.roapp.items,
		}, nil
	}
	if in.OnlyLink {
		return order.OrderCreated{}, nil
	}
	l.roapp.created++
	l.roapp.status = 101
	return order.OrderCreated{ID: 7, Number: "Z7", StatusID: 101, InitialStatusID: 101}, nil
}

func (l *life) writeLines(_ context.Context, in order.WriteLines) (order.LinesWritten, error) {
	answer := order.LinesWritten{At: l.env.Now(), Items: slices.Clone(l.roapp.items), Written: map[order.LineKey]order.Decided{}}
	if err := l.roappDown(); err != nil {
		return answer, err
	}
	for _, line := range in.Lines {
		i := slices.IndexFunc(l.roapp.items, func(item order.Item) bool { return item.ID == line.ItemID })
		if i < 0 {
			continue
		}
		send := line.Decide(l.roapp.items[i])
		if send.Nothing() {
			continue
		}
		if send.Quantity != nil {
			l.roapp.items[i].Quantity = *send.Quantity
		}
		if send.Price != nil {
			l.roapp.items[i].Price = *send.Price
		}
		answer.Written[line.Key] = send
	}
	return answer, nil
}
