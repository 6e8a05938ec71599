package service_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/order/flow"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/service/servicetest"
	"github.com/cartumsync/cartumsync/workflows"
)

// numbers are those of the orders of a table, of RO App's own the ids below zero.
func numbers(rows []service.Row) (all []int64) {
	for _, row := range rows {
		if row.Key.Number == 0 {
			all = append(all, -row.RoappOrder)
			continue
		}
		all = append(all, row.Key.Number)
	}
	return all
}

func noCustomer() order.Hold { return order.Hold{Reason: order.HoldNoCustomer, Variant: "no-phone"} }

// someOrders are one of each state, and one of another shop and account.
func someOrders(t *testing.T) *servicetest.Env {
	t.Helper()
	e := servicetest.New(t)
	elsewhere := servicetest.Synced(6)
	elsewhere.Key.Shop, elsewhere.Order.Account = "bikes", "second"
	e.PutOrders(
		servicetest.Importing(1), servicetest.Held(2, noCustomer()), servicetest.Synced(3), servicetest.Closed(4, "final-on-both-sides"), elsewhere,
	)
	failed := servicetest.Run(servicetest.Synced(5))
	failed.Status = enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED
	e.Put(failed)
	return e
}

func TestListsAreFiltered(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		filter service.Filter
		want   []int64
	}{
		"all, newest first":  {service.Filter{}, []int64{1, 2, 3, 4, 5, 6}},
		"of a shop":          {service.Filter{Shop: "bikes"}, []int64{6}},
		"of an account":      {service.Filter{Account: "main"}, []int64{1, 2, 3, 4, 5}},
		"importing":          {service.Filter{State: order.SyncImporting}, []int64{1}},
		"held":               {service.Filter{State: order.SyncHeld}, []int64{2}},
		"held for this":      {service.Filter{Reason: order.HoldNoCustomer}, []int64{2}},
		"held for another":   {service.Filter{Reason: order.HoldCurrency}, nil},
		"synced":             {service.Filter{State: order.SyncSynced}, []int64{3, 6}},
		"synced of a shop":   {service.Filter{State: order.SyncSynced, Shop: "demo"}, []int64{3}},
		"closed":             {service.Filter{State: order.SyncClosed}, []int64{4}},
		"failed":             {service.Filter{State: order.SyncFailed}, []int64{5}},
		"by its number":      {service.Filter{Number: "#3"}, []int64{3}},
		"by RO App's id":     {service.Filter{Number: "1006"}, []int64{6}},
		"of an unknown shop": {service.Filter{Shop: "nobody"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := someOrders(t)
			e.OnStart(workflows.RoappOrdersWorkflow, func(any) (any, error) { return workflows.RoappOrdersPage{}, nil })
			page, err := e.Orders.List(t.Context(), tc.filter, "", 50)
			require.NoError(t, err)
			assert.Equal(t, tc.want, numbers(page.Rows))
			assert.Empty(t, page.Next)
			assert.Empty(t, page.Problems)
		})
	}
}

// A row has what the order published, and what the settings say of its shop.
func TestRowOfAnOrder(t *testing.T) {
	t.Parallel()
	e := servicetest.New(t)
	state := servicetest.Synced(3)
	state.Order.WrittenOff = true
	state.Warnings = []flow.Message{{Code: order.WarnAmount}}
	e.PutOrders(state, servicetest.Held(4, noCustomer()))
	row, known, err := e.Orders.Row(t.Context(), servicetest.Key(3))
	require.NoError(t, err)
	require.True(t, known)
	assert.Equal(t, service.Row{
		Key: servicetest.Key(3), ShopName: "Kwiaty Online", Account: "main", Customer: "Anna Nowak", Created: state.Snapshot.Created, Updated: state.Synced,
		CartumStatus: 1, RoappOrder: 1003, RoappNumber: "Z00003", RoappStatus: 101, Amount: row.Amount, Currency: "PLN", State: order.SyncSynced, WrittenOff: true,
		Marks: []string{order.WarnAmount}, Workflow: "order:demo:3",
		Links: order.Links{ShopName: "Kwiaty Online", Shop: "https://kwiaty.example/edit/", Order: "https://web.roapp.example/orders/table/1003"},
	}, withoutStart(row))
	assert.Equal(t, "25", row.Amount.String())

	row, _, err = e.Orders.Row(t.Context(), servicetest.Key(4))
	require.NoError(t, err)
	assert.Equal(t, order.HoldNoCustomer, row.Reason)
	assert.False(t, row.HeldSince.IsZero())
	assert.Empty(t, row.Links.Order)
	assert.Equal(t, "main", row.Account, "where it will be")

	_, known, err = e.Orders.Row(t.Context(), servicetest.Key(99))
	require.NoError(t, err)
	assert.False(t, known)
}

// withoutStart leaves out what only sorts rows.
func withoutStart(row service.Row) service.Row {
	return service.Row{
		Key: row.Key, ShopName: row.ShopName, Account: row.Account, Customer: row.Customer, Created: row.Created, Updated: row.Updated,
		CartumStatus: row.CartumStatus, RoappOrder: row.RoappOrder, RoappNumber: row.RoappNumber, RoappStatus: row.RoappStatus,
		RoappStatusName: row.RoappStatusName, Amount: row.Amount, Currency: row.Currency, State: row.State, Reason: row.Reason,
		HeldSince: row.HeldSince, WrittenOff: row.WrittenOff, Marks: row.Marks, Links: row.Links, Workflow: row.Workflow,
	}
}

func TestPagesFollowEachOther(t *testing.T) {
	t.Parallel()
	e := servicetest.New(t)
	for number := int64(1); number <= 7; number++ {
		e.PutOrders(servicetest.Synced(number))
	}
	var all [][]int64
	for cursor := ""; ; {
		page, err := e.Orders.List(t.Context(), service.Filter{}, cursor, 3)
		require.NoError(t, err)
		all = append(all, numbers(page.Rows))
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	assert.Equal(t, [][]int64{{1, 2, 3}, {4, 5, 6}, {7}}, all)

	// A cursor belongs to its own table.
	first, err := e.Orders.List(t.Context(), service.Filter{}, "", 3)
	require.NoError(t, err)
	_, err = e.Orders.List(t.Context(), service.Filter{Source: service.SourceRoapp}, first.Next, 3)
	assert.True(t, service.Has(err, service.Invalid))
	_, err = e.Orders.List(t.Context(), service.Filter{}, "guess", 3)
	assert.True(t, service.Has(err, service.Invalid))
	_, err = e.Orders.List(t.Context(), service.Filter{State: "lost"}, "", 3)
	assert.Equal(t, "state", service.As(err).Field)
}

// inRoapp lets accounts list orders of their own.
func inRoapp(e *servicetest.Env, accounts map[string]workflows.RoappOrdersPage) {
	e.OnStart(workflows.RoappOrdersWorkflow, func(input any) (any, error) {
		in := input.(workflows.RoappOrdersInput)
		page, up := accounts[in.Account]
		if !up {
			return nil, temporal.NewApplicationError("RO App does not answer", "unreachable")
		}
		return page, nil
	})
}

func made(id int64, number string, minutesAgo int, keys ...order.Key) workflows.RoappOrder {
	return workflows.RoappOrder{
		ID: id, Number: number, StatusID: 105, StatusName: "Nowe", Created: time.Now().UTC().Add(-time.Duration(minutesAgo) * time.Minute),
		Customer: "Jan", Total: decimal.NewFromInt(9), Keys: keys,
	}
}

// Orders that staff created are among those of shops; ours are shown once, as RO App
// shows them now.
func TestOrdersThatStaffCreated(t *testing.T) {
	t.Parallel()
	e := servicetest.New(t)
	e.PutOrders(servicetest.Synced(10), servicetest.Importing(20), servicetest.Closed(40, "final-on-both-sides"))
	inRoapp(e, map[string]workflows.RoappOrdersPage{
		"main": {Pages: 1, Unreadable: 2, Orders: []workflows.RoappOrder{
			made(1010, "Z00010", 9), made(900, "S1", 15), made(901, "copy of 40", 30, servicetest.Key(40)), made(800, "lost", 50, servicetest.Key(77)),
		}},
	})
	all, err := e.Orders.List(t.Context(), service.Filter{Source: service.SourceAny}, "", 50)
	require.NoError(t, err)
	assert.Equal(t, []int64{10, -900, 20, -901, 40, 77}, numbers(all.Rows))
	assert.Equal(t, "Nowe", all.Rows[0].RoappStatusName, "as RO App shows it now")
	assert.Equal(t, int64(105), all.Rows[0].RoappStatus)
	assert.Equal(t, "https://web.roapp.example/orders/table/900", all.Rows[1].Links.Order)
	assert.Equal(t, "Kwiaty Online", all.Rows[5].ShopName, "its marker names a shop's order that no workflow knows")
	assert.Equal(t, []service.Problem{
		{Code: "unreadable", Account: "main", Count: 2}, {Code: "not-read", Account: "second", Why: "RO App does not answer"},
	}, all.Problems)

	staffs, err := e.Orders.List(t.Context(), service.Filter{Source: service.SourceRoapp, Account: "main"}, "", 50)
	require.NoError(t, err)
	assert.Equal(t, []int64{-900, -901}, numbers(staffs.Rows))
	assert.Empty(t, staffs.Next)
	assert.Equal(t, 2, e.Calls("DeleteWorkflowExecution"), "the page of each account was asked for once, and no trace of it is left")
}

// RO App's list is asked for further pages only as far as a table needs them.
func TestPagesOfRoappsList(t *testing.T) {
	t.Parallel()
	e := servicetest.New(t)
	e.OnStart(workflows.RoappOrdersWorkflow, func(input any) (any, error) {
		page := input.(workflows.RoappOrdersInput).Page
		first := int64(100 - 2*page)
		return workflows.RoappOrdersPage{Pages: 3, Orders: []workflows.RoappOrder{made(first+1, "", 2*page), made(first, "", 2*page+1)}}, nil
	})
	filter := service.Filter{Source: service.SourceRoapp, Account: "main"}
	first, err := e.Orders.List(t.Context(), filter, "", 3)
	require.NoError(t, err)
	assert.Equal(t, []int64{-99, -98, -97}, numbers(first.Rows))
	assert.Equal(t, 2, e.Calls("ExecuteWorkflow"))
	rest, err := e.Orders.List(t.Context(), filter, first.Next, 10)
	require.NoError(t, err)
	assert.Equal(t, []int64{-96, -95, -94}, numbers(rest.Rows))
	assert.Empty(t, rest.Next)
}

// What no workflow knows by its number, RO App is asked for, whose staff number
// orders otherwise.
func TestSearchByTheNumberOfStaff(t *testing.T) {
	t.Parallel()
	e := servicetest.New(t)
	e.PutOrders(servicetest.Synced(10))
	inRoapp(e, map[string]workflows.RoappOrdersPage{
		"main":   {Pages: 1, Orders: []workflows.RoappOrder{made(1010, "Z00010", 9), made(900, "Z00010-2", 15)}},
		"second": {},
	})
	ours, err := e.Orders.List(t.Context(), service.Filter{Number: "z00010"}, "", 50)
	require.NoError(t, err)
	assert.Equal(t, []int64{10}, numbers(ours.Rows))
	staffs, err := e.Orders.List(t.Context(), service.Filter{Source: service.SourceRoapp, Number: "Z00010-2"}, "", 50)
	require.NoError(t, err)
	assert.Equal(t, []int64{-900}, numbers(staffs.Rows))
	anywhere, err := e.Orders.List(t.Context(), service.Filter{Source: service.SourceAny, Number: "10"}, "", 50)
	require.NoError(t, err)
	assert.Equal(t, []int64{10}, numbers(anywhere.Rows), "it is shown once")
	held, err := e.Orders.List(t.Context(), service.Filter{State: order.SyncHeld, Number: "Z00010"}, "", 50)
	require.NoError(t, err)
	assert.Empty(t, held.Rows)
}

func TestCounts(t *testing.T) {
	t.Parallel()
	e := someOrders(t)
	again := servicetest.Run(servicetest.Synced(7))
	again.Status, again.Started = enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, time.Now().Add(-time.Hour)
	e.Put(again, servicetest.Run(servicetest.Synced(7)))
	counts, err := e.Orders.Counts(t.Context(), "demo")
	require.NoError(t, err)
	assert.Equal(t, map[order.SyncState]int64{
		order.SyncImporting: 1, order.SyncHeld: 1, order.SyncSynced: 2, order.SyncClosed: 1, order.SyncFailed: 1,
	}, counts.States, "an order that was started again has not failed")
	assert.Equal(t, map[order.HoldReason]int64{order.HoldNoCustomer: 1}, counts.Held)

	// A person who asks a moment later shares the answer, and cannot change it.
	clear(counts.States)
	asked := e.Calls("CountWorkflow")
	counts, err = e.Orders.Counts(t.Context(), "demo")
	require.NoError(t, err)
	assert.Len(t, counts.States, 5)
	assert.Equal(t, asked, e.Calls("CountWorkflow"))

	_, err = e.Orders.Counts(t.Context(), "no shop")
	assert.True(t, service.Has(err, service.Invalid))
	e.Fail(func(string, string) error { return errors.New("away") })
	_, err = e.Orders.Counts(t.Context(), "bikes")
	assert.True(t, service.Has(err, service.Unanswered))
}

// Where too many are held to be listed, each reason is counted by itself.
func TestCountsOfManyHeldOrders(t *testing.T) {
	t.Parallel()
	e := servicetest.New(t)
	for number := int64(1); number <= 1000; number++ {
		e.PutOrders(servicetest.Held(number, noCustomer()))
	}
	e.PutOrders(servicetest.Held(1001, order.Hold{Reason: order.HoldCurrency}))
	counts, err := e.Orders.Counts(t.Context(), "")
	require.NoError(t, err)
	assert.Equal(t, map[order.HoldReason]int64{order.HoldNoCustomer: 1000, order.HoldCurrency: 1}, counts.Held)
}

// Each held order says itself what it waits for; one that does not answer is shown
// by what the list says.
func TestHolds(t *testing.T) {
	t.Parallel()
	e := servicetest.New(t)
	several := order.Hold{Reason: order.HoldAmbiguousContact, Choices: []order.Choice{{ID: 5, Title: "Jan"}, {ID: 6, Title: "Ewa"}}}
	e.PutOrders(servicetest.Held(1, several), servicetest.Synced(3))
	silent := servicetest.Run(servicetest.Held(2, noCustomer()))
	silent.Queries = map[string]any{workflows.QueryOrder: errors.New("no worker")}
	e.Put(silent)
	page, err := e.Orders.Holds(t.Context(), service.Filter{}, "", 50)
	require.NoError(t, err)
	require.Len(t, page.Orders, 2)
	assert.Equal(t, several.Choices, page.Orders[0].View.State.Hold.Choices)
	assert.Equal(t, order.HoldNoCustomer, page.Orders[1].Reason)
	assert.ErrorContains(t, page.Orders[1].Err, "no worker")

	_, err = e.Orders.Holds(t.Context(), service.Filter{Reason: "none"}, "", 50)
	assert.Equal(t, "reason", service.As(err).Field)
}

// A list of someone who left is not read to its end.
func TestListOfSomeoneWhoLeft(t *testing.T) {
	t.Parallel()
	e := someOrders(t)
	ctx, leave := context.WithCancel(t.Context())
	leave()
	_, err := e.Orders.List(ctx, service.Filter{}, "", 50)
	assert.ErrorIs(t, err, context.Canceled, fmt.Sprint(err))
}
