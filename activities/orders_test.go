package activities

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/settings/settingstest"
	"github.com/cartumsync/cartumsync/workflows"
)

// However often a create runs, and whatever it forgets in between, there is one order.
func TestOrderIsCreatedOnce(t *testing.T) {
	t.Parallel()
	s := openServices(t)
	in := s.createInput(s.person("Anna", "+48601000201"))
	s.roapp.fail("POST /v2/orders", "lose-answer")
	lost := s.fails(s.a.CreateOrder, in)
	assert.Equal(t, order.FailUnreachable, lost.Kind)
	assert.False(t, lost.Definite, "the order may exist")

	again := done[order.OrderCreated](s, s.a.CreateOrder, in)
	assert.True(t, again.Linked, "this process knows of its own attempt")

	s.newProcess()
	at := time.Now()
	in.Precheck.Lost = &at
	other := done[order.OrderCreated](s, s.a.CreateOrder, in)
	assert.True(t, other.Linked, "another process looks it up")
	assert.Equal(t, again.ID, other.ID)
	assert.Equal(t, 1, s.roappOrders())
}

// Orders that come together cost one question to the account's entity. What it learns after that, this process has collected.
func TestOrdersThatComeTogetherCostOneQuestion(t *testing.T) {
	t.Parallel()
	s := openServices(t)
	in := s.createInput(s.person("Anna", "+48601000201"))
	first := done[order.OrderCreated](s, s.a.CreateOrder, in)
	s.newProcess()
	questions := 0
	s.temporal.query = func(string, string) (any, error) {
		questions++
		return map[string]workflows.CreatedOrder{}, nil
	}
	other := in
	for other.Number = 116; other.Number < 120; other.Number++ {
		done[order.OrderCreated](s, s.a.CreateOrder, other)
	}
	assert.Equal(t, 1, questions)
	done[workflows.Collected](s, s.a.CollectChanges, workflows.CollectInput{Account: "main", Cursor: time.Now().Add(-time.Minute)})
	again := done[order.OrderCreated](s, s.a.CreateOrder, in)
	assert.True(t, again.Linked)
	assert.Equal(t, first.ID, again.ID)
	assert.Equal(t, 1, questions)
	assert.Equal(t, 5, s.roappOrders())
}

// A workflow that was started again within minutes knows nothing of the order that its earlier life created, and RO
// App's list may not show it yet: the account's entity has seen it.
func TestOrderOfAnEarlierLifeIsLinked(t *testing.T) {
	t.Parallel()
	s := openServices(t)
	person := s.person("Anna", "+48601000201")
	first := done[order.OrderCreated](s, s.a.CreateOrder, s.createInput(person))
	s.temporal.query = func(_, query string) (any, error) {
		assert.Equal(t, workflows.QueryCreated, query)
		key := order.Key{Shop: "demo", Number: 115}
		return map[string]workflows.CreatedOrder{key.WorkflowID(): {At: time.Now(), OrderID: first.ID}}, nil
	}
	s.newProcess()
	again := done[order.OrderCreated](s, s.a.CreateOrder, s.createInput(person))
	assert.Equal(t, first.ID, again.ID)
	assert.True(t, again.Linked)

	s.newProcess() // staff changed the number meanwhile, so it is some other order by now
	s.roapp.do(http.MethodPatch, fmt.Sprintf("/orders/%d", first.ID), `{"custom_fields":{"f102":"999"}}`, nil)
	second := done[order.OrderCreated](s, s.a.CreateOrder, s.createInput(person))
	assert.NotEqual(t, first.ID, second.ID)

	s.newProcess() // staff deleted it, and it is no longer found
	s.roapp.do(http.MethodDelete, fmt.Sprintf("/orders/%d", first.ID), "", nil)
	s.roapp.do(http.MethodDelete, fmt.Sprintf("/orders/%d", second.ID), "", nil)
	third := done[order.OrderCreated](s, s.a.CreateOrder, s.createInput(person))
	assert.False(t, third.Linked)

	s.newProcess() // where the entity does not answer, RO App is asked
	s.temporal.query = func(string, string) (any, error) { return nil, errors.New("no worker") }
	s.roapp.requests()
	assert.Equal(t, third.ID, done[order.OrderCreated](s, s.a.CreateOrder, s.createInput(person)).ID)
	assert.Positive(t, s.roapp.requests()["GET /v2/orders"])
	assert.Equal(t, 1, s.roappOrders())
}

func TestOnlyLinkCreatesNothing(t *testing.T) {
	t.Parallel()
	s := openServices(t)
	in := s.createInput(s.person("Anna", "+48601000201"))
	in.OnlyLink, in.Precheck.Old = true, true
	assert.Zero(t, done[order.OrderCreated](s, s.a.CreateOrder, in))
	assert.Zero(t, s.roappOrders())
}

// Credentials that were refused are not sent again and again; what is asked for waits until they are good.
func TestRefusedKeyIsNotSentAgain(t *testing.T) {
	t.Parallel()
	env := settingstest.Env()
	env["ROAPP_API_KEY"] = "another"
	s := openServicesWith(t, nil, env)
	for range 3 {
		failure := s.fails(s.a.FindProducts, order.FindProducts{Account: "main", Articles: []string{"A-1"}})
		assert.Equal(t, order.FailCredentials, failure.Kind)
		assert.True(t, failure.Definite)
	}
	total := 0
	for _, n := range s.roapp.requests() {
		total += n
	}
	assert.Equal(t, 1, total)

	env = settingstest.Env()
	env["CARTUM_PASSWORD"] = "another"
	s = openServicesWith(t, nil, env)
	s.place(115, time.Now(), nil)
	assert.Equal(t, order.FailCredentials, s.fails(s.a.ReadShopOrder, order.ReadShopOrder{Shop: "demo", Number: 115}).Kind)
	assert.Equal(t, order.FailCredentials, s.fails(s.a.PushStatus, order.PushStatus{Shop: "demo", Number: 115, From: 1, To: 2}).Kind)
}

// A request beyond the limit has done nothing, and is sent again when the service says.
func TestThrottledRequestIsTriedLater(t *testing.T) {
	t.Parallel()
	s := openServices(t)
	in := s.createInput(s.person("Anna", "+48601000201"))
	s.roapp.do(http.MethodPost, "/faults", `{"match":"POST /v2/orders","kind":"status","status":429,"retry_after":"7"}`, nil)
	_, err := s.env.ExecuteActivity(s.a.CreateOrder, in)
	failure, kind, retryable := failureIn(t, err)
	assert.Equal(t, order.FailThrottled, failure.Kind)
	assert.Equal(t, string(order.FailThrottled), kind)
	assert.True(t, retryable)
	assert.True(t, failure.Definite, "nothing was created")
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	assert.Equal(t, 7*time.Second, app.NextRetryDelay())
	assert.False(t, done[order.OrderCreated](s, s.a.CreateOrder, in).Linked)
}

func TestOrderThatStaffDeletedIsGone(t *testing.T) {
	t.Parallel()
	s := openServices(t)
	created := s.created()
	read := done[order.OrderRead](s, s.a.ReadOrder, order.ReadOrder{Account: "main", OrderID: created.ID})
	assert.Equal(t, int64(101), read.StatusID)
	assert.NotEmpty(t, read.Number)
	s.roapp.do(http.MethodDelete, fmt.Sprintf("/orders/%d", created.ID), "", nil)
	for name, activity := range map[string]struct{ activity, in any }{
		"read":    {s.a.ReadOrder, order.ReadOrder{Account: "main", OrderID: created.ID}},
		"status":  {s.a.SetStatus, order.SetStatus{Account: "main", OrderID: created.ID, To: 102}},
		"comment": {s.a.PostComment, order.PostComment{Account: "main", OrderID: created.ID, Text: "Call first."}},
		"fields":  {s.a.UpdateFields, order.UpdateFields{Account: "main", OrderID: created.ID, Shop: "demo", ShopName: "K", Number: 115, Zone: "Europe/Warsaw"}},
		"items":   {s.a.AddItems, order.AddItems{Account: "main", OrderID: created.ID, AssigneeID: 56, Lines: []order.AddItem{roses(s.product("Rose", "A"))}}},
	} {
		assert.Equal(t, order.FailGone, s.fails(activity.activity, activity.in).Kind, name)
	}
}

func TestAccountThatTheSettingsLack(t *testing.T) {
	t.Parallel()
	s := openServices(t)
	for name, activity := range map[string]struct{ activity, in any }{
		"order":     {s.a.ReadOrder, order.ReadOrder{Account: "gone"}},
		"changes":   {s.a.CollectChanges, workflows.CollectInput{Account: "gone"}},
		"company":   {s.a.ReadCompany, "gone"},
		"directory": {s.a.ReadDirectory, workflows.ReadDirectoryInput{Account: "gone"}},
		"shop":      {s.a.AskShop, "gone"},
		"sweep":     {s.a.SweepShop, workflows.SweepInput{Shop: "gone"}},
		"import":    {s.a.ImportSlice, workflows.ImportSliceInput{Shop: "gone"}},
	} {
		assert.Equal(t, order.FailUnknownShop, s.fails(activity.activity, activity.in).Kind, name)
	}
}

// A status whose answer was lost is not set a second time where staff have moved the order on.
func TestStatusIsNotTakenBackFromStaff(t *testing.T) {
	t.Parallel()
	s := openServices(t)
	created := s.created()
	in := order.SetStatus{Account: "main", OrderID: created.ID, From: 101, To: 102, Comment: "Cartum"}
	s.roapp.fail(fmt.Sprintf("POST /v2/orders/%d/status", created.ID), "lose-answer")
	assert.False(t, s.fails(s.a.SetStatus, in).Definite)
	at := time.Now()
	in.Precheck.Lost = &at
	assert.Equal(t, int64(102), done[order.StatusSet](s, s.a.SetStatus, in).StatusID)
	done[order.StatusSet](s, s.a.SetStatus, order.SetStatus{Account: "main", OrderID: created.ID, From: 102, To: 105, Comment: "staff"})
	assert.Equal(t, int64(105), done[order.StatusSet](s, s.a.SetStatus, in).StatusID)
	read := done[order.OrderRead](s, s.a.ReadOrder, order.ReadOrder{Account: "main", OrderID: created.ID})
	assert.Equal(t, int64(105), read.StatusID)

	in.To, in.From = 999, 105
	in.Precheck.Lost = nil
	assert.Equal(t, order.FailRejected, s.fails(s.a.SetStatus, in).Kind)
}

func TestCommentIsPosted(t *testing.T) {
	t.Parallel()
	s := openServices(t)
	created := s.created()
	before := len(s.roappOrder(created.ID).Feed)
	done[order.CommentPosted](s, s.a.PostComment, order.PostComment{Account: "main", OrderID: created.ID, Text: "Ring twice."})
	feed := s.roappOrder(created.ID).Feed
	require.Len(t, feed, before+1)
	assert.Contains(t, string(feed[len(feed)-1]), "Ring twice.")
}

// A key without the permission to add products is one thing; that RO App refuses this order is another.
func TestPermissionToAddProductsIsMissing(t *testing.T) {
	t.Parallel()
	s := openServices(t)
	created := s.created()
	in := order.AddItems{Account: "main", OrderID: created.ID, AssigneeID: 56, Lines: []order.AddItem{roses(s.product("Rose", "A"))}}
	s.roapp.fail(fmt.Sprintf("POST /v2/orders/%d/items", created.ID), "403")
	assert.Equal(t, order.FailMissingRight, s.fails(s.a.AddItems, in).Kind)
	added := done[order.ItemsAdded](s, s.a.AddItems, in)
	assert.Len(t, added.Added, 1)
	require.Len(t, s.temporal.signals, 1, "orders that wait for the permission are resumed")
	assert.Equal(t, workflows.SignalPermissionGiven, s.temporal.signals[0].Name)
}

// An account that takes goods out of stock by itself does so with one item, and then nothing more is added.
func TestAccountThatDeductsByItself(t *testing.T) {
	t.Parallel()
	s := openServicesWith(t, deducting, settingstest.Env())
	created := s.created()
	rose := s.product("Rose", "A")
	two := []order.AddItem{roses(rose), roses(rose)}
	two[1].Line = "B"
	in := order.AddItems{Account: "main", OrderID: created.ID, AssigneeID: 56, Lines: two}
	added := done[order.ItemsAdded](s, s.a.AddItems, in)
	require.Len(t, added.Added, 1)
	assert.True(t, added.Added["A"].DeductedAtOnce)
	assert.Equal(t, order.FailDeducts, s.fails(s.a.AddItems, in).Kind)
	assert.Equal(t, order.FailDeducts, s.fails(s.a.CreateOrder, s.createInput(1)).Kind, "and no order is created")
	assert.Len(t, s.roappOrder(created.ID).Items, 1)
}
