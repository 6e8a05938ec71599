package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/order/flow"
	"github.com/cartumsync/cartumsync/internal/process"
	"github.com/cartumsync/cartumsync/internal/service/servicetest"
	"github.com/cartumsync/cartumsync/internal/settings/settingstest"
	"github.com/cartumsync/cartumsync/workflows"
)

// terminal is where a person works on an installation in memory.
type terminal struct {
	*servicetest.Env
	console
	printed *bytes.Buffer
}

func newTerminal(t *testing.T) terminal {
	t.Helper()
	e, printed := servicetest.New(t), &bytes.Buffer{}
	return terminal{e, console{settings: e.Settings.Current(), orders: e.Orders, out: printable{printed}}, printed}
}

// text is what was printed, its columns one space apart.
func (r terminal) text() string { return strings.Join(strings.Fields(r.printed.String()), " ") }

func several() order.Hold {
	return order.Hold{Reason: order.HoldAmbiguousContact, Field: "delivery_phone", Choices: []order.Choice{{ID: 5, Title: "Jan"}, {ID: 6, Title: "Ewa", Organization: true}}}
}

func TestOrderIsShown(t *testing.T) {
	t.Parallel()
	r := newTerminal(t)
	synced := servicetest.Synced(3)
	synced.Snapshot.BuyerComment = "call\x1b[2J me"
	synced.Order.WrittenOff = true
	synced.Warnings = []flow.Message{{Code: order.WarnUnmappedStatus, Params: map[string]string{"cartumStatus": "9"}}}
	synced.Refresh = order.RefreshState{Number: 1, Succeeded: time.Now(), EndedAt: time.Now()}
	waits := servicetest.Held(2, several())
	waits.Hold.NextRetry = time.Now().Add(time.Hour)
	waits.Refresh = order.RefreshState{Number: 1, Running: true, AskedAt: time.Now()}
	r.Put(servicetest.Run(synced), servicetest.Run(waits, "Look the contact up"), servicetest.Run(servicetest.Closed(4, "final-on-both-sides")),
		servicetest.Run(order.NewState(servicetest.Key(5), order.OriginWebhook, time.Now())))
	for number, texts := range map[int64][]string{
		3: {
			"Kwiaty Online #3: synced: order Z00003 in RO App https://web.roapp.example/orders/table/1003", "amount 25.00 PLN", "payment BLIK, paid",
			"customer Anna Nowak, +48 501 234 567", "A-1 2 12.50 item 3, product 8 Róża czerwona", "order Z00003 (id 1003)", "total 25.00",
			"written off; quantities and prices are frozen", "Cartum's status 9 is in no mapping", "next refresh from ", "Timeline", "read from Cartum: status 1",
		},
		2: {
			"held: ambiguous-contact", "no order yet", "for: ambiguous-contact, delivery_phone", "5 Jan", "6 Ewa (organization)", "Next retry at ",
			"starter decide --shop demo --order 2 --as NAME contact --contact ID [--organization]", `--as NAME skip --reason "..."`, "--as NAME link --roapp-order ID",
			"In progress Look the contact up", "next refresh runs since",
		},
		4: {"closed: final on both sides", "next refresh none, the order is closed"},
		5: {"importing", "not read yet", "last compared never", "next refresh at once"},
	} {
		r.printed.Reset()
		require.NoError(t, r.show(t.Context(), servicetest.Key(number), false))
		for _, text := range texts {
			assert.Contains(t, r.text(), text)
		}
		assert.NotContains(t, r.printed.String(), "\x1b")
	}
	r.printed.Reset()
	require.NoError(t, r.show(t.Context(), servicetest.Key(3), true))
	var view order.View
	require.NoError(t, json.Unmarshal(r.printed.Bytes(), &view))
	assert.Equal(t, order.SyncSynced, view.SyncState)
	assert.ErrorContains(t, r.show(t.Context(), servicetest.Key(9), false), "demo #9 is not known here; import it with: starter import --shop demo --order 9")
	r.Fail(func(string, string) error { return errors.New("away") })
	assert.ErrorContains(t, r.show(t.Context(), servicetest.Key(3), false), "is a worker running? Orders answer through one")
}

// becomes lets an order be as given from its import on.
func becomes(r terminal, later order.State) {
	go func() {
		<-time.After(time.Second)
		r.Put(servicetest.Run(later))
	}()
}

func TestOrdersAreImportedAndFollowed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newTerminal(t)
		r.OnStart(workflows.LookupWorkflow, func(input any) (any, error) {
			return workflows.LookupResult{Found: input.(workflows.LookupInput).ID < 100}, nil
		})
		refreshed := servicetest.Run(servicetest.Synced(3))
		refreshed.Updates = map[string]func(context.Context, string) (any, error){
			workflows.UpdateRefresh: func(context.Context, string) (any, error) { return flow.Refresh{Number: 1}, nil },
		}
		r.Put(refreshed)
		becomes(r, servicetest.Synced(1))
		becomes(r, servicetest.Held(2, several()))
		err := r.importOrders(t.Context(), []order.Key{servicetest.Key(1), servicetest.Key(2), servicetest.Key(3)}, "Ola", time.Minute)
		assert.Equal(t, exitHeld, process.ExitCode(err), "%v", err)
		assert.EqualError(t, err, "orders that wait for somebody: 1 of 2")
		for _, text := range []string{
			"order:demo:1 asked for", "order:demo:1 synced: order Z00001", "order:demo:2 held: ambiguous-contact", "Choose one", "order:demo:3 nothing changed",
		} {
			assert.Contains(t, r.text(), text)
		}

		// What cannot be asked for weighs more than one that is held.
		becomes(r, servicetest.Held(4, several()))
		err = r.importOrders(t.Context(), []order.Key{servicetest.Key(4), servicetest.Key(100)}, "Ola", time.Minute)
		assert.Equal(t, 1, process.ExitCode(err))
		assert.ErrorContains(t, err, "the shop does not show demo #100, so nothing was started; check the number")

		err = r.importOrders(t.Context(), []order.Key{servicetest.Key(5)}, "Ola", time.Second)
		assert.ErrorContains(t, err, "is a worker running? The order is asked for", "nobody answers")
		becomes(r, servicetest.Importing(6))
		err = r.importOrders(t.Context(), []order.Key{servicetest.Key(6)}, "Ola", 5*time.Second)
		assert.ErrorContains(t, err, "demo #6 is still on its way; look again with: starter show --shop demo --order 6")
		require.NoError(t, r.importOrders(t.Context(), []order.Key{servicetest.Key(7)}, "Ola", 0))
	})
}

func TestOrdersAreRefreshedSideBySide(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newTerminal(t)
		state := servicetest.Synced(1)
		run := servicetest.Run(state, "Read the order from RO App")
		run.Updates = map[string]func(context.Context, string) (any, error){
			workflows.UpdateRefresh: func(context.Context, string) (any, error) {
				runs := state
				runs.Refresh = order.RefreshState{Number: 1, Running: true}
				r.Change("order:demo:1", func(run *enginetest.Run) { run.Queries = servicetest.Run(runs, "Read the order from RO App").Queries })
				return flow.Refresh{Number: 1, Running: true}, nil
			},
		}
		soon := servicetest.Synced(2)
		soon.Refresh = order.RefreshState{Number: 1, Succeeded: time.Now(), EndedAt: time.Now()}
		r.Put(run, servicetest.Run(soon), servicetest.Run(servicetest.Closed(4, "final-on-both-sides")))
		go func() {
			<-time.After(3 * time.Second)
			ended := state
			ended.Refresh = order.RefreshState{Number: 1, Succeeded: time.Now(), EndedAt: time.Now(), Changed: []flow.Message{{Code: "delivery-changed"}}}
			r.Change("order:demo:1", func(run *enginetest.Run) { run.Queries = servicetest.Run(ended).Queries })
		}()
		require.NoError(t, r.refreshOrders(t.Context(), []order.Key{servicetest.Key(1)}, "Ola", time.Minute))
		assert.Contains(t, r.text(), "order:demo:1 still runs, waits for: Read the order from RO App order:demo:1 delivery changed in Cartum")

		err := r.refreshOrders(t.Context(), []order.Key{servicetest.Key(4), servicetest.Key(9)}, "Ola", time.Minute)
		assert.Equal(t, 1, process.ExitCode(err))
		assert.ErrorContains(t, err, "import it by hand to bring it back: starter import --shop demo --order 4")
		assert.ErrorContains(t, err, "demo #9 is not known here")
	})
}

func TestHoldIsAnswered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newTerminal(t)
		r.PutOrders(servicetest.Held(2, several()), servicetest.Held(3, order.Hold{Reason: order.HoldNoCustomer}))
		r.OnStart(workflows.LookupWorkflow, func(any) (any, error) {
			return workflows.LookupResult{Found: true, Title: "Jan", Phones: []string{"601000111"}}, nil
		})
		contact := order.Decision{Kind: order.DecideContact, ContactID: 5, By: "Ola"}
		err := r.decide(t.Context(), servicetest.Key(2), order.Decision{Kind: order.DecideContact, ContactID: 9, By: "Ola"}, time.Minute)
		assert.ErrorContains(t, err, "the decision contact does not fit: it is not among the choices")
		assert.Contains(t, r.text(), "6 Ewa (organization)", "the choices are shown again")
		err = r.decide(t.Context(), servicetest.Key(2), contact, time.Minute)
		assert.ErrorContains(t, err, "--confirm-other-phone")
		assert.Empty(t, r.Signals())

		contact.Confirmed = true
		r.printed.Reset()
		becomes(r, servicetest.Synced(2))
		require.NoError(t, r.decide(t.Context(), servicetest.Key(2), contact, time.Minute))
		assert.Contains(t, r.text(), "contact 5: Jan, 601000111")
		assert.Contains(t, r.text(), "order:demo:2 synced: order Z00002")
		require.NoError(t, r.decide(t.Context(), servicetest.Key(3), order.Decision{Kind: order.DecideRetry, By: "Ola"}, 0))
		assert.Contains(t, r.text(), "order:demo:3 decided: retry")
		assert.ErrorContains(t, r.decide(t.Context(), servicetest.Key(9), contact, 0), "import it with: starter import")
	})
}

func TestInitialImportIsShown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newTerminal(t)
		want := workflows.InitialImportWanted{From: "2026-09-01", To: "2026-09-30"}
		f := workflows.InitialImport{InitialImportWanted: want, Before: time.Date(2026, 9, 20, 23, 59, 59, 0, time.UTC), Yields: true, ImportCounts: workflows.ImportCounts{Seen: 5, Started: 4}}
		show := func(run *enginetest.Run) {
			shown := f
			run.Queries = map[string]any{workflows.QueryShop: workflows.ShopView{Import: &shown}}
		}
		r.Put(enginetest.Run{ID: "shop:demo"})
		r.Change("shop:demo", show)
		go func() {
			<-time.After(3 * time.Second)
			f.Yields, f.Before, f.DoneAt = false, time.Date(2026, 8, 31, 0, 0, 0, 0, time.UTC), time.Now()
			r.Change("shop:demo", show)
		}()
		o := initialImportOptions{shop: "demo"}
		require.NoError(t, r.initialImport(t.Context(), o, want, false))
		assert.Contains(t, r.text(), "days 10 of 30; orders seen 5, started 4")
		assert.Contains(t, r.text(), "waits for the orders on their way")
		assert.Contains(t, r.text(), "Done: orders seen 5, started 4")

		o.stop = true
		require.NoError(t, r.initialImport(t.Context(), o, want, false))
		assert.Contains(t, r.text(), "Stopped. Orders that it began are finished")
		assert.Equal(t, workflows.SignalStopInitialImport, r.Signals()[len(r.Signals())-1].Name)

		// Ctrl-C leaves it running.
		f.DoneAt = time.Time{}
		r.Change("shop:demo", show)
		ctx, interrupt := context.WithTimeout(t.Context(), 2*time.Second)
		defer interrupt()
		require.NoError(t, r.initialImport(ctx, initialImportOptions{shop: "demo"}, want, false))
		assert.Contains(t, r.text(), "To stop it: starter initial-import --shop demo --stop")
	})
}

func TestRehearsalIsShownAndWritten(t *testing.T) {
	t.Parallel()
	r := newTerminal(t)
	result := workflows.Rehearsed{ImportCounts: workflows.ImportCounts{Seen: 4}, Imports: 2, Holds: map[order.HoldReason]int{order.HoldNoCustomer: 1}, Requests: 90, Time: 30 * time.Second}
	r.OnStart(workflows.RehearsalWorkflow, func(any) (any, error) { return result, nil })
	want := workflows.InitialImportWanted{From: "2026-09-01", To: "2026-09-30"}
	err := r.rehearseToFile(t.Context(), "demo", want, filepath.Join(t.TempDir(), "orders.csv"), &bytes.Buffer{})
	require.ErrorContains(t, err, "ask the rehearsal for its orders", "its orders cannot be shown, and that is an error")
	assert.Error(t, r.rehearseToFile(t.Context(), "demo", want, "/no/such/folder/orders.csv", &bytes.Buffer{}))
	text := strings.Join(strings.Fields(rehearsedText(result)), " ")
	assert.Contains(t, text, "would be imported 2")
	assert.Contains(t, text, "would wait for somebody, no-customer 1")
	assert.Contains(t, text, "about 90 requests to RO App, 2m0s")
}

func TestBothSidesAreReconciled(t *testing.T) {
	t.Parallel()
	r := newTerminal(t)
	known, total := servicetest.Synced(1), decimal.NewFromInt(20)
	r.PutOrders(known)
	day := known.Snapshot.Created.Format(time.DateOnly)
	in := workflows.ReconcileInput{Shop: "demo", From: day, To: day}
	sum := decimal.NewFromInt(25)
	r.OnStart(workflows.ReconcileWorkflow, func(any) (any, error) {
		return workflows.Reconciled{ReconcileInput: in, At: time.Now(), Unnumbered: 1, Orders: []workflows.ShopOrder{
			{Number: 1, Day: day, Sum: &sum, RoappOrder: 1001, RoappTotal: &total}, {Number: 2, Day: day, Sum: &sum},
		}}, nil
	})
	err := r.reconcile(t.Context(), in, false)
	assert.Equal(t, exitHeld, process.ExitCode(err))
	for _, text := range []string{day + " 2 50.00 PLN 1 20.00 PLN 1 1", "2 " + day + " not known", "1 25.00 PLN in the shop, 20.00 PLN in RO App", "1 rows of the shop do not say which order they are"} {
		assert.Contains(t, r.text(), text)
	}
	assert.Empty(t, r.Signals())
	_ = r.reconcile(t.Context(), in, true)
	require.Len(t, r.Signals(), 1)
	assert.Equal(t, "order:demo:2", r.Signals()[0].ID)

	r.OnStart(workflows.ReconcileWorkflow, func(any) (any, error) { return nil, errors.New("the shop refuses the login") })
	assert.ErrorContains(t, r.reconcile(t.Context(), in, false), "the shop refuses the login")
	assert.NotEqual(t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, r.Newest(workflows.ReconcileID(in)).Status)
}

// What is typed wrongly is told before anything is asked: no Temporal is here.
func TestMistakesAreToldAtOnce(t *testing.T) {
	for name, value := range settingstest.Env() {
		t.Setenv(name, value)
	}
	t.Setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
	path := settingstest.Write(t, settingstest.Text("https://roapp.example", "https://kwiaty.example"))
	for typed, want := range map[string]string{
		"import --order 5":                                                         "say which shop: --shop ID; shops are: demo",
		"import --shop kwiaty --order 5":                                           `the settings have no shop "kwiaty"; shops are: demo`,
		"import --shop demo":                                                       "say which order: --order NUMBER",
		"import --shop demo --order 5,0":                                           "0 is no order: numbers are above 0",
		"refresh --shop demo --order five":                                         `"five"`,
		"decide --shop demo --order 5 retry":                                       "say who decides: --as NAME",
		"decide --shop demo --order 5 --as Ola":                                    `"" is no decision; decisions are: contact, create-contact, product`,
		"decide --shop demo --order 5 --as Ola contact":                            "the decision contact needs --contact",
		"decide --shop demo --order 5 --as Ola contact --contact 0":                "--contact: 0 is no id",
		"decide --shop demo --order 5 --as Ola product --product 7 --organization": "the decision product takes no --organization",
		"decide --shop demo --order 5 --as Ola skip --reason=":                     "needs a --reason that is not empty",
		"initial-import --shop nobody":                                             `no shop "nobody"`,
		"initial-import --shop demo --dry-run --stop":                              "--dry-run",
		"initial-import --shop demo --from yesterday":                              `"yesterday" is no day`,
		"rehearse --shop demo --from 2026-02-02 --to 2026-02-01":                   "in the wrong order",
		"reconcile --shop demo --from 2026-02-02 --to 2026-02-01":                  "write the days as",
		"health --shop nobody":                                                     `no shop "nobody"`,
		"imprt":                                                                    `unknown command "imprt"`,
	} {
		var out bytes.Buffer
		cmd := command()
		cmd.SetArgs(append(strings.Fields(typed), "--settings", path))
		cmd.SetOut(&out)
		cmd.SetErr(&out)
		err := cmd.ExecuteContext(t.Context())
		assert.Equal(t, 1, process.ExitCode(err), typed)
		assert.Contains(t, out.String(), want, typed)
	}
}
