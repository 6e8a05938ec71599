package activities

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"golang.org/x/time/rate"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

// A change in RO App reaches the order's workflow once, and the next collection goes on after it.
func TestChangesAreCollectedOnce(t *testing.T) {
	t.Parallel()
	s := openServices(t)
	created := s.created()
	s.person("Other", "+48601000999")
	start := time.Now().Add(-time.Minute)
	collected := done[workflows.Collected](s, s.a.CollectChanges, workflows.CollectInput{Account: "main", Cursor: start})
	assert.Equal(t, 1, collected.Ours)
	assert.Equal(t, 1, collected.News)
	assert.True(t, collected.Cursor.After(start))
	assert.Equal(t, created.ID, collected.Created["order:demo:115"].OrderID)
	require.Len(t, s.temporal.signals, 1)
	assert.Equal(t, "order:demo:115", s.temporal.signals[0].ID)
	read, ok := s.temporal.signals[0].Value.(order.OrderRead)
	require.True(t, ok)
	assert.Equal(t, created.ID, read.OrderID)
	assert.True(t, read.Listed)
	assert.WithinRange(t, read.At, start, time.Now(), "when it was true")
	assert.WithinDuration(t, time.Now(), read.ModifiedAt, time.Minute)
	require.NotNil(t, read.DeductionRequired)
	assert.Equal(t, "0", read.Total.String())

	again := done[workflows.Collected](s, s.a.CollectChanges, workflows.CollectInput{Account: "main", Cursor: collected.Cursor, Told: collected.Told})
	assert.Zero(t, again.News, "it overlaps, and was dispatched before")
	assert.Len(t, s.temporal.signals, 1)
}

func TestChangeThatNobodyTakes(t *testing.T) {
	t.Parallel()
	start := time.Now().Add(-time.Minute)
	for name, one := range map[string]struct {
		err               error
		fails             bool
		news, undelivered int
	}{
		"the order has no workflow": {serviceerror.NewNotFound("no workflow"), false, 1, 0},
		"Temporal refuses it":       {serviceerror.NewInvalidArgument("too large"), false, 1, 1},
		"Temporal is away":          {errors.New("deadline exceeded"), true, 0, 0},
	} {
		s := openServices(t)
		s.created()
		s.temporal.signal = func(string) error { return one.err }
		collected, err := do[workflows.Collected](s, s.a.CollectChanges, workflows.CollectInput{Account: "main", Cursor: start})
		assert.Equal(t, one.fails, err != nil, name)
		assert.Equal(t, one.news, collected.News, name)
		assert.Len(t, collected.Unreadable, one.undelivered, name)
	}
}

// An account whose entity has lost its place begins at the oldest open order.
func TestCollectionWithoutAPlace(t *testing.T) {
	t.Parallel()
	s := openServices(t)
	s.created()
	weekAgo := time.Now().Add(-7 * 24 * time.Hour).UTC()
	s.lists(listed(114, map[string]any{"LastSynced": weekAgo}), listed(113, map[string]any{}))
	oldest, err := s.a.oldestOpen(t.Context(), "main")
	require.NoError(t, err)
	assert.WithinDuration(t, weekAgo, oldest, time.Second)
	assert.Equal(t, 1, done[workflows.Collected](s, s.a.CollectChanges, workflows.CollectInput{Account: "main"}).News)
	s.roapp.fail("GET /v2/orders", "503")
	assert.Equal(t, order.FailUnreachable, s.fails(s.a.CollectChanges, workflows.CollectInput{Account: "main"}).Kind)
}

// A sweep starts what is unknown, dispatches what has changed, and leaves the rest alone.
func TestSweepFindsWhatIsNewOrChanged(t *testing.T) {
	t.Parallel()
	s := openServices(t)
	now := time.Now()
	for _, number := range []int64{1, 2, 3} {
		s.place(number, now.Add(-time.Hour), nil)
	}
	s.place(4, time.Date(2025, 12, 30, 10, 0, 0, 0, time.UTC), nil) // before the shop was connected
	swept := done[workflows.Swept](s, s.a.SweepShop, workflows.SweepInput{Shop: "demo"})
	assert.Equal(t, 3, swept.Seen)
	assert.Equal(t, 3, swept.Started)
	assert.Equal(t, 3, swept.Fresh)
	same := s.temporal.took["order:demo:1"].Digest

	s.temporal.took = nil
	s.lists(listed(1, map[string]any{"Observed": same, "CartumCreated": now}), listed(2, map[string]any{"Observed": "1:other", "CartumCreated": now}))
	swept = done[workflows.Swept](s, s.a.SweepShop, workflows.SweepInput{Shop: "demo"})
	assert.Equal(t, 1, swept.Started)
	assert.Equal(t, 1, swept.Told)
	assert.NotContains(t, s.temporal.took, "order:demo:1")
	assert.Contains(t, s.temporal.took, "order:demo:2")
}

// A shop that shows nothing has a fault, where orders are known to be open.
func TestSweepOfAnEmptyShop(t *testing.T) {
	t.Parallel()
	s := openServices(t)
	assert.Zero(t, done[workflows.Swept](s, s.a.SweepShop, workflows.SweepInput{Shop: "demo", Whole: true}).Seen)
	var open []*workflowpb.WorkflowExecutionInfo
	for number := int64(1); number <= 3; number++ {
		open = append(open, listed(number, map[string]any{"Observed": "1:x", "CartumCreated": time.Now()}))
	}
	s.lists(open...)
	_, err := s.env.ExecuteActivity(s.a.SweepShop, workflows.SweepInput{Shop: "demo"})
	failure, _, retryable := failureIn(t, err)
	assert.Equal(t, order.FailUnreachable, failure.Kind)
	assert.Contains(t, failure.Text, "though 3 are open")
	assert.True(t, retryable)
	s.cartum.fail("POST /api/orders/get", "503")
	assert.Equal(t, order.FailUnreachable, s.fails(s.a.SweepShop, workflows.SweepInput{Shop: "demo"}).Kind)
}

// An order that the shop does not show counts as deleted only once that has lasted, and one from before the window is
// read by its number.
func TestWholeSweepReadsWhatIsHidden(t *testing.T) {
	t.Parallel()
	s := openServices(t)
	now := time.Now()
	s.place(1, now.Add(-time.Hour), nil)
	s.place(2, now.AddDate(0, 0, -100), nil)
	s.lists(
		listed(1, map[string]any{"Observed": "1:x", "CartumCreated": now}), listed(2, map[string]any{"Observed": "1:x", "CartumCreated": now.AddDate(0, 0, -100)}),
		listed(3, map[string]any{"Observed": "1:x", "CartumCreated": now}),
	)
	in := workflows.SweepInput{Shop: "demo", Whole: true}
	swept := done[workflows.Swept](s, s.a.SweepShop, in)
	assert.Equal(t, 2, swept.Seen)
	assert.Equal(t, 1, swept.Missing)
	assert.Equal(t, 1, swept.Absent[3].Polls)
	assert.NotContains(t, s.temporal.took, "order:demo:3")

	in.Absent = map[int64]workflows.Absence{3: {Since: now.Add(-2 * time.Hour), Polls: 2}}
	swept = done[workflows.Swept](s, s.a.SweepShop, in)
	assert.Equal(t, 3, swept.Absent[3].Polls)
	require.Contains(t, s.temporal.took, "order:demo:3")
	notice := s.temporal.took["order:demo:3"]
	assert.True(t, notice.Missing)
	assert.Equal(t, "missing:1", notice.Digest)
}

// Most orders gone at once are a fault of the shop, until it lasts.
func TestManyMissingOrders(t *testing.T) {
	t.Parallel()
	s := openServices(t)
	now := time.Now()
	s.place(1, now.Add(-time.Hour), nil)
	var open []*workflowpb.WorkflowExecutionInfo
	absent := map[int64]workflows.Absence{}
	for number := int64(1); number <= 6; number++ {
		open = append(open, listed(number, map[string]any{"Observed": "1:x", "CartumCreated": now}))
		absent[number] = workflows.Absence{Since: now.Add(-2 * time.Hour), Polls: 2}
	}
	s.lists(open...)
	swept := done[workflows.Swept](s, s.a.SweepShop, workflows.SweepInput{Shop: "demo", Whole: true, Absent: absent})
	assert.Equal(t, 5, swept.Missing)
	assert.NotContains(t, s.temporal.took, "order:demo:3")
	require.Len(t, swept.Found, 1)
	assert.Equal(t, workflows.FindingNotShown, swept.Found[0].Kind)
}

// span is an initial import of the last week.
func span() workflows.ImportSliceInput {
	now := time.Now().UTC()
	return workflows.ImportSliceInput{Shop: "demo", From: now.AddDate(0, 0, -7), Before: now.AddDate(0, 0, 1), SkipStatuses: []int{6}}
}

func TestInitialImportStartsWhatIsNotKnown(t *testing.T) {
	t.Parallel()
	s := openServices(t)
	for number := int64(1); number <= 4; number++ {
		s.place(number, time.Now().Add(-24*time.Hour), nil)
	}
	s.place(5, time.Now().Add(-24*time.Hour), map[string]string{"stat_status": "6"})
	s.lists(listed(1, map[string]any{}))
	s.temporal.take = func(id string) error {
		if id == "order:demo:2" {
			return serviceerror.NewInvalidArgument("too large")
		}
		return nil
	}
	slice := done[workflows.ImportedSlice](s, s.a.ImportSlice, span())
	assert.Equal(t, workflows.ImportCounts{Seen: 5, Started: 2, Skipped: 1, Known: 1, Failed: 1}, slice.ImportCounts)
	assert.Equal(t, order.OriginImport, s.temporal.took["order:demo:3"].By)

	s.temporal.take = func(string) error { return errors.New("deadline exceeded") }
	_, err := do[workflows.ImportedSlice](s, s.a.ImportSlice, span())
	require.Error(t, err, "its place is not given back")

	s.temporal.counted = importingAtMost
	assert.True(t, done[workflows.ImportedSlice](s, s.a.ImportSlice, span()).Busy)
	s.cartum.fail("POST /api/orders/get", "503")
	s.temporal.counted = 0
	assert.Equal(t, order.FailUnreachable, s.fails(s.a.ImportSlice, span()).Kind)
}

func TestHeldOrdersAreResumed(t *testing.T) {
	t.Parallel()
	s := openServices(t)
	old := time.Now().AddDate(0, 0, -3)
	s.lists(
		listed(1, map[string]any{"SyncState": "held", "CartumCreated": time.Now()}), listed(2, map[string]any{"SyncState": "held", "CartumCreated": old}),
		listed(3, map[string]any{"SyncState": "held", "CartumCreated": time.Now(), "RoappOrder": int64(9)}),
	)
	held, err := s.a.heldOrders(t.Context(), []string{"demo"}, []order.HoldReason{order.HoldUnreachable})
	require.NoError(t, err)
	var ids []string
	for _, one := range held {
		ids = append(ids, one.id)
	}
	assert.Equal(t, []string{"order:demo:3", "order:demo:2", "order:demo:1"}, ids, "those in RO App first, then the oldest")
	for _, of := range []workflows.ResumeInput{{Shop: "demo", Revision: "r2"}, {Account: "main", Revision: "r2"}} {
		s.temporal.signals = nil
		assert.Equal(t, 3, done[int](s, s.a.ResumeHeld, of))
		assert.Len(t, s.temporal.signals, 3)
	}
	s.temporal.signal = func(string) error { return errors.New("away") }
	_, err = do[int](s, s.a.ResumeHeld, workflows.ResumeInput{Shop: "demo"})
	require.Error(t, err)

	acc, err := s.a.account("main")
	require.NoError(t, err)
	acc.breaker.refused(time.Now(), errors.New("refused"))
	s.temporal.signal, s.temporal.signals = nil, nil
	assert.Zero(t, done[int](s, s.a.ResumeHeld, workflows.ResumeInput{Account: "main"}), "the key is refused again")
}

// Sums are compared by what both sides hold, each in its own currency.
func TestReconciliationReadsBothSides(t *testing.T) {
	t.Parallel()
	s := openServices(t)
	created := s.created()
	rose := roses(s.product("Rose", "A"))
	done[order.ItemsAdded](s, s.a.AddItems, order.AddItems{Account: "main", OrderID: created.ID, AssigneeID: 56, Lines: []order.AddItem{rose}})
	s.place(115, time.Now(), nil)
	s.place(116, time.Now(), map[string]string{"currency": `"EUR"`, "total_sum": "20"})
	s.lists(listed(115, map[string]any{"RoappOrder": created.ID}))
	slice := done[workflows.ReconciledSlice](s, s.a.ReconcileSlice, workflows.ReconcileSliceInput{Shop: "demo", From: span().From, Before: span().Before})
	require.Len(t, slice.Orders, 2)
	orders := map[int64]workflows.ShopOrder{}
	for _, one := range slice.Orders {
		orders[one.Number] = one
	}
	assert.Equal(t, created.ID, orders[115].RoappOrder)
	assert.Equal(t, "25", orders[115].Sum.String())
	assert.Nil(t, orders[115].Lines)
	assert.Equal(t, "EUR", orders[116].Currency)
	assert.Equal(t, "25", orders[116].Lines.String())
	totals := done[workflows.ReconciledTotals](s, s.a.ReconcileTotals, workflows.ReconcileTotalsInput{Account: "main", Orders: []int64{created.ID}})
	assert.Equal(t, "25", totals.Totals[created.ID].String())
	s.cartum.fail("POST /api/orders/get", "503")
	assert.Equal(t, order.FailUnreachable, s.fails(s.a.ReconcileSlice, workflows.ReconcileSliceInput{Shop: "demo", From: span().From, Before: span().Before}).Kind)
	s.roapp.fail("GET /v2/orders", "503")
	assert.Equal(t, order.FailUnreachable, s.fails(s.a.ReconcileTotals, workflows.ReconcileTotalsInput{Account: "main", Orders: []int64{created.ID}}).Kind)
}

// Lists and searches have a share of the account's requests, so that orders are not kept waiting.
func TestListOfRoappOrders(t *testing.T) {
	t.Parallel()
	s := openServicesWith(t, nil, env(), "fallback_category: 7\n    requests_per_second: 1000", "fallback_category: 7\n    requests_per_second: 3")
	created := s.created()
	page := done[workflows.RoappOrdersPage](s, s.a.ReadRoappOrders, workflows.RoappOrdersInput{Account: "main", Page: 1})
	require.Len(t, page.Orders, 1)
	assert.Equal(t, created.ID, page.Orders[0].ID)
	assert.Equal(t, "Anna", page.Orders[0].Customer)
	assert.Equal(t, []order.Key{{Shop: "demo", Number: 115}}, page.Orders[0].Keys)
	assert.Empty(t, done[workflows.RoappOrdersPage](s, s.a.ReadRoappOrders, workflows.RoappOrdersInput{Account: "main", Number: "nobody's"}).Orders)
	s.roapp.fail("GET /v2/orders", "503")
	assert.Equal(t, order.FailUnreachable, s.fails(s.a.ReadRoappOrders, workflows.RoappOrdersInput{Account: "main", Page: 1}).Kind)
	failure := s.fails(s.a.ReadRoappOrders, workflows.RoappOrdersInput{Account: "main", Page: 1})
	assert.Equal(t, order.FailThrottled, failure.Kind)
	assert.Contains(t, failure.Text, "share")
}

// A search compares what RO App gives by itself, and tells of contacts and products what a person chooses by.
func TestSearch(t *testing.T) {
	t.Parallel()
	s := openServices(t)
	acc, err := s.a.openAccount(t.Context(), "main")
	require.NoError(t, err)
	acc.reads = rate.NewLimiter(rate.Inf, 0) // none has to wait for its share
	anna, rose := s.person("Anna Wójcik", "+48601000201"), s.product("Róża czerwona", "ROZA-CZ")
	s.person("Jan", "+48601000202")
	archived := s.product("Róża biała", "ROZA-B")
	s.roapp.do(http.MethodPost, fmt.Sprintf("/products/%d/archive", archived), "{}", nil)
	var company struct{ ID int64 }
	s.roapp.do(http.MethodPost, "/organizations", `{"name":"Kwiaty sp. z o.o.","phones":["+48601000203"]}`, &company)
	find := func(kind workflows.RecordKind, text string) (ids []int64) {
		t.Helper()
		found := done[workflows.SearchResult](s, s.a.Search, workflows.SearchInput{Account: "main", Kind: kind, Text: text, Region: "PL"})
		for _, one := range found.Records {
			assert.True(t, one.Found)
			assert.Equal(t, kind == workflows.RecordOrganization, one.Organization)
			ids = append(ids, one.ID)
		}
		return ids
	}
	for text, want := range map[string][]int64{
		"wójc": {anna}, "601 000 201": {anna}, "+48 601000201": {anna}, "nobody": nil, "601 000 299": nil, "--": nil,
	} {
		assert.Equal(t, want, find(workflows.RecordPerson, text), text)
	}
	assert.Equal(t, []int64{company.ID}, find(workflows.RecordOrganization, "kwiaty"))
	assert.Equal(t, []int64{company.ID}, find(workflows.RecordOrganization, "601000203"))
	for text, want := range map[string][]int64{"roza-cz": {rose}, "róża": {rose}, "tulipan": nil} {
		assert.Equal(t, want, find(workflows.RecordProduct, text), text)
	}
	found := done[workflows.SearchResult](s, s.a.Search, workflows.SearchInput{Account: "main", Kind: workflows.RecordProduct, Text: "ROZA-CZ"})
	assert.Equal(t, workflows.LookupResult{Found: true, Title: "Róża czerwona", SKU: "ROZA-CZ", UnitID: 1}, found.Records[0].LookupResult)

	_, err = do[workflows.SearchResult](s, s.a.Search, workflows.SearchInput{Account: "main", Kind: "invoice", Text: "1"})
	require.ErrorContains(t, err, `"invoice"`)
	s.roapp.fail("GET /v2/contacts/people", "503")
	assert.Equal(t, order.FailUnreachable, s.fails(s.a.Search, workflows.SearchInput{Account: "main", Kind: workflows.RecordPerson, Text: "Anna"}).Kind)
}

// Searches have the same share of the account's requests as lists.
func TestSearchesHaveAShare(t *testing.T) {
	t.Parallel()
	s := openServicesWith(t, nil, env(), "fallback_category: 7\n    requests_per_second: 1000", "fallback_category: 7\n    requests_per_second: 3")
	search := workflows.SearchInput{Account: "main", Kind: workflows.RecordPerson, Text: "Anna"}
	for range readsAtOnce {
		done[workflows.SearchResult](s, s.a.Search, search)
	}
	assert.Equal(t, order.FailThrottled, s.fails(s.a.Search, search).Kind)
}

// Orders that ended badly are not known: they may be started again.
func TestKnownOrders(t *testing.T) {
	t.Parallel()
	s := openServices(t)
	ended := listed(2, map[string]any{})
	ended.Status = enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED
	completed := listed(3, map[string]any{"RoappOrder": int64(7)})
	completed.Status = enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
	s.lists(listed(1, map[string]any{"Observed": "1:x"}), ended, completed)
	known, err := s.a.knownAmong(t.Context(), "demo", []int64{1, 2, 3})
	require.NoError(t, err)
	assert.Len(t, known, 2)
	assert.True(t, known[1].open)
	assert.False(t, known[3].open)
	assert.Equal(t, int64(7), known[3].roappOrder)
	none, err := s.a.knownAmong(t.Context(), "demo", nil)
	require.NoError(t, err)
	assert.Empty(t, none)
}

// A record that a person names is shown as its service has it.
func TestLookup(t *testing.T) {
	t.Parallel()
	s := openServices(t)
	person, product := s.person("Anna", "+48601000201"), s.product("Rose", "A")
	placed := done[order.OrderCreated](s, s.a.CreateOrder, s.createInput(person))
	s.place(115, time.Now(), nil)
	main, demo := workflows.Owner{Account: "main"}, workflows.Owner{Shop: "demo"}
	find := func(of workflows.Owner, kind workflows.RecordKind, id int64) workflows.LookupResult {
		t.Helper()
		return done[workflows.LookupResult](s, s.a.Lookup, workflows.LookupInput{Owner: of, Kind: kind, ID: id})
	}
	anna := find(main, workflows.RecordPerson, person)
	assert.Equal(t, []string{"+48601000201"}, anna.Phones)
	assert.Contains(t, anna.Title, "Anna")
	assert.Equal(t, workflows.LookupResult{Found: true, Title: "Rose", SKU: "A", UnitID: 1}, find(main, workflows.RecordProduct, product))
	s.roapp.do(http.MethodPost, fmt.Sprintf("/products/%d/archive", product), "{}", nil)
	assert.True(t, find(main, workflows.RecordProduct, product).Archived)
	assert.True(t, find(main, workflows.RecordOrder, placed.ID).Found)
	assert.True(t, find(demo, workflows.RecordShopOrder, 115).Found)
	for _, kind := range []workflows.RecordKind{workflows.RecordPerson, workflows.RecordOrganization, workflows.RecordProduct, workflows.RecordOrder} {
		assert.Zero(t, find(main, kind, 4711), kind)
	}
	assert.Zero(t, find(demo, workflows.RecordShopOrder, 4711))
	_, err := do[workflows.LookupResult](s, s.a.Lookup, workflows.LookupInput{Owner: main, Kind: "invoice", ID: 1})
	require.ErrorContains(t, err, `"invoice"`)
	s.roapp.fail("GET /v2/orders/*", "503")
	assert.Equal(t, order.FailUnreachable, s.fails(s.a.Lookup, workflows.LookupInput{Owner: main, Kind: workflows.RecordOrder, ID: placed.ID}).Kind)
}
