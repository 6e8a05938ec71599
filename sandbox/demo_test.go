package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	cartumclient "github.com/cartumsync/cartumsync/internal/cartum"
	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/order"
	roappclient "github.com/cartumsync/cartumsync/internal/roapp"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/sandbox/cartum"
	"github.com/cartumsync/cartumsync/sandbox/roapp"
	"github.com/cartumsync/cartumsync/workflows"
)

// syncer is a Temporal whose workflow syncs one order of the shop with one of the account, as simply as can be.
type syncer struct {
	client.Client
	t      *testing.T
	cartum cartumFake
	roapp  *roappclient.Client
	held   map[int64]order.HoldReason // orders that wait
	order  int64                      // in RO App, of all orders
	item   int64

	mu    sync.Mutex
	roses int64
	told  string // the last comment
}

func (*syncer) DescribeWorkflow(context.Context, string, string) (*client.WorkflowExecutionDescription, error) {
	return nil, serviceerror.NewNotFound("no workflow")
}

func (s *syncer) QueryWorkflow(ctx context.Context, id, _, _ string, _ ...any) (converter.EncodedValue, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key, err := order.ParseWorkflowID(id)
	require.NoError(s.t, err)
	state := order.NewState(key, order.OriginWebhook, time.Now())
	state.Snapshot = &order.Snapshot{Number: key.Number, Currency: "PLN", Totals: order.Totals{Sum: decimal.NewFromInt(25)}}
	if reason, held := s.held[key.Number]; held {
		state.Hold = &order.Hold{Reason: reason, Choices: []order.Choice{{ID: 7, Title: "Maria Zielińska", Organization: true}}}
	} else {
		state.Order, state.Synced = &order.AccountOrder{Account: "main", ID: s.order}, time.Now()
		state.Snapshot.Status = s.sync(ctx, key.Number)
	}
	text, err := json.Marshal(state)
	require.NoError(s.t, err)
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(workflows.OrderView{State: text})
	require.NoError(s.t, err)
	return client.NewValue(payloads), nil
}

// sync does what the exchange does about a change, and gives the shop's status.
func (s *syncer) sync(ctx context.Context, number int64) int {
	row, err := s.roapp.Order(ctx, s.order)
	require.NoError(s.t, err)
	var rows []struct {
		Number   json.Number `json:"order_id"`
		Address  string      `json:"delivery_address"`
		Products []struct{ Quantity int64 }
	}
	require.NoError(s.t, s.cartum.get(ctx, "/orders", &rows))
	for _, one := range rows {
		if one.Number.String() != fmt.Sprint(number) {
			continue
		}
		told := one.Address
		if roses := one.Products[0].Quantity; roses != s.roses {
			quantity := decimal.NewFromInt(roses)
			items, err := s.roapp.Items(ctx, s.order)
			require.NoError(s.t, err)
			if items[0].WrittenOff {
				told = fmt.Sprintf("%d × roses, and %d are written off", roses, s.roses)
			} else {
				require.NoError(s.t, s.roapp.UpdateItem(ctx, s.order, s.item, roappclient.ItemChange{Quantity: &quantity}))
			}
			s.roses = roses
		}
		if told != s.told && told != "" {
			require.NoError(s.t, s.roapp.AddComment(ctx, s.order, told, true))
			s.told = told
		}
	}
	if row.StatusID == 105 {
		return 6
	}
	return 1
}

// demonstration is a demonstration of the shop demo, with the fakes behind HTTP.
func demonstration(t *testing.T) (d *demo, s *syncer, out *bytes.Buffer) {
	t.Helper()
	shop, account := cartum.New(cartum.Options{}), roapp.New(roapp.Options{Unlimited: true, Switches: map[string]string{string(roapp.SearchLag): "0s"}})
	urls := map[http.Handler]string{}
	for _, handler := range []http.Handler{shop, account} {
		server := httptest.NewServer(handler)
		t.Cleanup(server.Close)
		urls[handler] = server.URL
	}
	t.Cleanup(shop.Close)
	t.Cleanup(account.Close)
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(receiver.Close)
	for _, event := range workflows.Events {
		_, err := cartumclient.New(cartumclient.Config{URL: urls[shop], Login: cartumLogin, Password: cartumPassword, RequestsPerSecond: -1}).
			Subscribe(t.Context(), event, receiver.URL+"/"+event)
		require.NoError(t, err)
	}
	s = &syncer{
		t: t, cartum: cartumFake{fake{urls[shop]}}, roses: 5,
		roapp: roappclient.New(roappclient.Config{URL: urls[account], APIKey: roappKey, RequestsPerSecond: -1}),
		held:  map[int64]order.HoldReason{106: order.HoldAmbiguousContact, 107: order.HoldCurrency},
	}
	set := &settings.Settings{
		Accounts: map[string]settings.Account{"main": {URL: urls[account], WebURL: "https://web.roapp.example"}},
		Shops:    map[string]settings.Shop{"demo": {URL: urls[shop], Account: "main", Enabled: true}},
	}
	out = &bytes.Buffer{}
	i := installation{settings: set, temporal: s, namespace: namespace, orders: service.NewOrders(s, index.New(s), namespace, settings.NewStore(set))}
	return newDemo(i, newTerminal(out), demoOptions{temporalUI: "http://temporal", starterCLI: "starter"}), s, out
}

// stocked has the account hold the order that everything is synced with.
func (s *syncer) stocked(ctx context.Context, d *demo) {
	s.t.Helper()
	desks, err := openDesks(d.installation)
	require.NoError(s.t, err)
	require.NoError(s.t, desks[0].prepare(ctx, s))
	page, err := s.roapp.FindOrders(ctx, roappclient.OrderQuery{})
	require.NoError(s.t, err)
	s.order = page.Orders[0].ID
	items, err := s.roapp.Items(ctx, s.order)
	require.NoError(s.t, err)
	s.item = items[0].ID
}

// Every order of the demonstration is shown until it exists in RO App or waits, and one of them goes on.
func TestDemonstrationShowsEachOrder(t *testing.T) {
	t.Parallel()
	d, s, out := demonstration(t)
	s.stocked(t.Context(), d)
	require.NoError(t, d.run(t.Context()), "%s", out)
	assert.Equal(t, map[string]string{
		"demo #101": "synced", "demo #102": "synced", "demo #103": "synced", "demo #104": "synced", "demo #105": "synced",
		"demo #106": "held: ambiguous-contact", "demo #107": "held: currency",
	}, states(out.String()))
	for _, said := range []string{
		"http://temporal/namespaces/default/workflows/order:demo:101", "the same order lives on", "The last comment that staff read:", "9 × roses",
		"starter decide --shop demo --order 106 --as me contact --contact 7 --organization", "--order 107 --as me skip --reason currency",
		fmt.Sprintf("https://web.roapp.example/orders/table/%d", s.order),
	} {
		assert.Contains(t, out.String(), said)
	}

	watched, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	require.NoError(t, s.cartum.put(t.Context(), 200, placed("PLN", []fields{line("A", "Rose", "1", 1)}, nil)))
	d.watch(watched)
	assert.Contains(t, out.String(), "order 200: placed")
}

// An order that comes out otherwise is named, and the demonstration fails.
func TestDemonstrationNamesWhatWentWrong(t *testing.T) {
	t.Parallel()
	d, s, out := demonstration(t)
	s.stocked(t.Context(), d)
	s.held = map[int64]order.HoldReason{101: order.HoldUnreachable}
	desks, err := openDesks(d.installation)
	require.NoError(t, err)
	require.NoError(t, d.show(t.Context(), desks[0], 101, polishOrders(101)[0]))
	require.ErrorIs(t, d.summary(), errUnexpected)
	assert.Contains(t, out.String(), "demo #101 should be synced and is held: unreachable")

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, d.show(ended, desks[0], 102, polishOrders(101)[1]), context.Canceled)
	require.ErrorIs(t, await(ended, "Temporal", time.Minute, func(context.Context) error { return errors.New("not yet") }), context.Canceled)
	require.ErrorContains(t, await(t.Context(), "Temporal", time.Millisecond, func(context.Context) error { return errors.New("not yet") }), "Temporal is not ready after 1ms: not yet")

	_, err = openDesks(installation{settings: &settings.Settings{}})
	require.ErrorContains(t, err, "none of the sandbox's shops")
	assert.Len(t, ukrainianOrders(documentedNumber), 2)
	assert.Greater(t, len(ukrainianStock(200).staff), len(ukrainianStock(documentedNumber).staff), "an account that was started again forgot them")
}

// program is a fake of one of the sandbox's programs.
func program(t *testing.T, dir, name, script string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o700))
	return path
}

// What a program says before it ends by itself is shown, and all the others are stopped.
func TestSandboxEndsWithItsPrograms(t *testing.T) {
	for _, name := range []string{"TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE", "TEMPORAL_CONFIG_FILE"} {
		t.Setenv(name, "the person's own")
	}
	ui := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(ui.Close)
	require.NoError(t, answers(t.Context(), ui.URL))
	require.Error(t, answers(t.Context(), "http://127.0.0.1:1"))
	bin := t.TempDir()
	t.Setenv(envTemporal, program(t, bin, "temporal", "echo no disk space; exit 3"))
	var out bytes.Buffer
	cmd := command()
	cmd.SetArgs(append(freePorts(), "--bin", bin, "--verbose"))
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	err := cmd.ExecuteContext(t.Context())
	require.ErrorContains(t, err, "temporal ended by itself: exit status 3")
	require.ErrorContains(t, err, "no disk space")
	_, dir, _ := strings.Cut(out.String(), "The logs are kept in ")
	dir, _, _ = strings.Cut(dir, "\n")
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	log, err := os.ReadFile(filepath.Join(dir, "temporal.log"))
	require.NoError(t, err)
	assert.Equal(t, "no disk space\n", string(log))
}

// Worker and starter get the settings of the fakes, and the starter's commands can be typed.
func TestProgramsGetTheSandboxsSettings(t *testing.T) {
	t.Parallel()
	dir, bin := t.TempDir(), t.TempDir()
	var o options
	for _, d := range portDefaults {
		if o.ports == nil {
			o.ports = ports{}
		}
		o.ports[d.part] = new(int)
	}
	at, err := o.ports.claim(t.Context(), o.ip())
	require.NoError(t, err)
	t.Cleanup(at.close)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	program(t, bin, "worker", `echo "worker $*"; exec sleep 60`)
	program(t, bin, "starter", `echo "starter $*"; exec sleep 60`)
	m := &machine{options: o, t: newTerminal(&bytes.Buffer{}), at: at, dir: dir, keys: throwawayKeys(), programs: bin, fail: func(error) {}}
	require.ErrorIs(t, m.startPrograms(ctx), context.DeadlineExceeded, "neither of them is ever ready")
	for _, name := range []string{"worker", "starter"} {
		require.Eventually(t, func() bool {
			log, err := os.ReadFile(filepath.Join(dir, name+".log"))
			return err == nil && strings.Contains(string(log), "--settings "+filepath.Join(dir, "settings.yaml"))
		}, 30*time.Second, 10*time.Millisecond, name)
	}
	require.NoError(t, m.writeCommand(filepath.Join(dir, "settings.yaml"), m.keys))
	text, err := os.ReadFile(m.command())
	require.NoError(t, err)
	assert.Contains(t, string(text), "TEMPORAL_ADDRESS='"+at.of(partTemporal)+"'")
	assert.Contains(t, string(text), filepath.Join(bin, "starter"))
	_, parsed, err := m.settings()
	require.NoError(t, err)
	assert.Equal(t, at.url(partCartum), parsed.Shops["demo"].URL)
	m.inContainer = true
	assert.Contains(t, m.typed(), "docker compose")
	m.stop()
	for _, c := range m.children {
		<-c.exited
	}
}
