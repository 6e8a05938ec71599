package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/process"
)

// person types commands at a test environment's installation.
type person struct {
	t        *testing.T
	settings string
}

// newPerson gives the process the test environment's environment, so its test is not
// parallel.
func newPerson(t *testing.T, w *testenv.Env) person {
	t.Helper()
	p := person{t: t, settings: filepath.Join(t.TempDir(), "settings.yaml")}
	require.NoError(t, os.WriteFile(p.settings, w.YAML, 0o600))
	for name, value := range w.Env {
		t.Setenv(name, value)
	}
	t.Setenv("TEMPORAL_ADDRESS", w.Server.Address())
	t.Setenv("TEMPORAL_NAMESPACE", w.Namespace)
	return p
}

// types runs a command and gives what it prints and its exit code.
func (p person) types(args ...string) (output string, code int) {
	p.t.Helper()
	var out, errs bytes.Buffer
	cmd := command()
	cmd.SetArgs(append(args, "--settings", p.settings))
	cmd.SetOut(&out)
	cmd.SetErr(&errs)
	err := cmd.ExecuteContext(p.t.Context())
	return out.String() + errs.String(), process.ExitCode(err)
}

func TestAPersonImportsAndDecides(t *testing.T) { //nolint:paralleltest // the environment is the process's own
	w := testenv.New(t, testenv.Options{Unlimited: true, RoappSwitches: map[string]string{"search-lag": "0s"}})
	p := newPerson(t, w)
	const phone = "+48501234567"
	first := w.Roapp.Create("people", testenv.J{"first_name": "Jan", "phones": []string{phone}})
	second := w.Roapp.Create("people", testenv.J{"first_name": "Ewa", "phones": []string{phone}})
	w.Cartum.PutOrder(201, testenv.J{"delivery_phone": "+48 601 000 111", "comment": "call\x1b[2J me"})
	w.Cartum.PutOrder(202, nil)

	output, code := p.types("import", "--shop", "demo", "--order", "201", "--order", "202,201", "--wait", "90s")
	require.Equal(t, exitHeld, code, output)
	for _, text := range []string{
		"order:demo:201  asked for\n", "read from Cartum: status 1, lines: 1, 25.00 PLN",
		"order:demo:201  synced: order ", "https://web.roapp.example/orders/table/",
		"order:demo:202  held: ambiguous-contact\n", "  Choose one, or merge them in RO App",
		"    " + strconv.FormatInt(first, 10) + "  Jan\n", "    " + strconv.FormatInt(second, 10) + "  Ewa\n",
		"    starter decide --shop demo --order 202 --as NAME contact --contact ID\n",
		"Error: orders that wait for somebody: 1 of 2\n",
	} {
		assert.Contains(t, output, text)
	}
	assert.Equal(t, 1, strings.Count(output, "order:demo:201  asked for"))

	output, code = p.types("show", "--shop", "demo", "--order", "202")
	require.Equal(t, 0, code, output)
	for _, text := range []string{"Kwiaty Online #202: held: ambiguous-contact", "Anna Nowak, +48 501 234 567", "A-1", "no order yet", "ambiguous-contact, delivery_phone", "Ewa", "Timeline\n"} {
		assert.Contains(t, output, text)
	}
	output, code = p.types("show", "--shop", "demo", "--order", "201", "--json")
	require.Equal(t, 0, code, output)
	var view order.View
	require.NoError(t, json.Unmarshal([]byte(output), &view))
	assert.Equal(t, order.SyncSynced, view.SyncState)
	output, _ = p.types("show", "--shop", "demo", "--order", "201")
	assert.Contains(t, output, "item ")
	assert.Contains(t, output, "command line", "who asked for it")
	assert.NotContains(t, output, "\x1b")

	decide := func(args ...string) (string, int) {
		return p.types(append([]string{"decide", "--shop", "demo", "--order", "202", "--as", "Ola", "--wait", "90s"}, args...)...)
	}
	output, code = decide("contact", "--contact", "99999")
	assert.Equal(t, 1, code)
	assert.Contains(t, output, "it is not among the choices")
	assert.Contains(t, output, "  Ewa\n")
	output, code = decide("create-again")
	assert.Equal(t, 1, code)
	assert.Contains(t, output, "the decision create-again does not fit: what the order waits for does not offer this answer")
	output, code = decide("contact", "--contact", strconv.FormatInt(second, 10), "--reason", "she rang")
	require.Equal(t, 0, code, output)
	assert.Contains(t, output, fmt.Sprintf("decided: this contact %d (she rang) (Ola)\n", second))
	assert.Contains(t, output, "order:demo:202  synced: order ")
	assert.Len(t, w.Roapp.People(), 3, "nobody was made for the second order")

	// An order that is done is compared once more.
	output, code = p.types("import", "--shop", "demo", "--order", "202", "--wait", "90s")
	require.Equal(t, 0, code, output)
	assert.NotContains(t, output, "read from Cartum", "only news is printed")

	output, code = p.types("import", "--shop", "demo", "--order", "999", "--wait", "90s")
	assert.Equal(t, 1, code)
	assert.Contains(t, output, "the shop does not show demo #999, so nothing was started; check the number")
	output, _ = p.types("show", "--shop", "demo", "--order", "999")
	assert.Contains(t, output, "demo #999 is not known here")
}

// The contact is shown before it is taken, and one with another phone only once that is
// confirmed.
func TestContactWithAnotherPhoneIsConfirmed(t *testing.T) { //nolint:paralleltest // the environment is the process's own
	w := testenv.New(t, testenv.Options{Unlimited: true, RoappSwitches: map[string]string{"search-lag": "0s"}})
	p := newPerson(t, w)
	w.Roapp.Break(testenv.Fault{Match: "POST /v2/orders", Kind: "status", Status: http.StatusBadRequest, Times: 1000})
	w.Place(203, nil)
	w.AwaitHeld(203, order.HoldRejected)
	stranger := strconv.FormatInt(w.Roapp.Create("people", testenv.J{"first_name": "Jan", "last_name": "Kowalski", "phones": []string{"601 000 111"}}), 10)
	silent := strconv.FormatInt(w.Roapp.Create("people", testenv.J{"first_name": "Ewa"}), 10)

	decide := func(args ...string) (string, int) {
		return p.types(append([]string{"decide", "--shop", "demo", "--order", "203", "--as", "Ola", "--wait", "90s", "contact"}, args...)...)
	}
	for name, tc := range map[string]struct {
		args []string
		says []string
	}{
		"another phone":  {[]string{"--contact", stranger}, []string{"Jan Kowalski with the phone 601 000 111", "+48 501 234 567", "--confirm-other-phone"}},
		"no phone":       {[]string{"--contact", silent}, []string{"Ewa without a phone", "--confirm-other-phone"}},
		"no such person": {[]string{"--contact", "999999", "--confirm-other-phone"}, []string{"RO App has no person with the id 999999"}},
	} {
		output, code := decide(tc.args...)
		assert.Equal(t, 1, code, name)
		for _, text := range tc.says {
			assert.Contains(t, output, text, name)
		}
		view, err := w.Orders.View(t.Context(), w.Key(203))
		require.NoError(t, err)
		assert.Nil(t, view.State.LastDecision, name)
	}
	w.Roapp.Restore()
	output, code := decide("--contact", stranger, "--confirm-other-phone")
	require.Equal(t, 0, code, output)
	assert.Contains(t, output, "contact "+stranger+": Jan Kowalski, 601 000 111\n")
	assert.Contains(t, output, "order:demo:203  synced: order ")
}

// A hold takes no answer that it does not offer, whatever is named in it.
func TestAnswerThatIsNotOfferedIsRefused(t *testing.T) { //nolint:paralleltest // the environment is the process's own
	w := testenv.New(t, testenv.Options{Unlimited: true})
	p := newPerson(t, w)
	contact := strconv.FormatInt(w.Roapp.Create("people", testenv.J{"first_name": "Jan", "phones": []string{"601 000 111"}}), 10)
	w.Place(204, testenv.J{"currency": "EUR"})
	w.AwaitHeld(204, order.HoldCurrency)
	w.Place(205, testenv.J{"products": nil})
	w.AwaitHeld(205, order.HoldNoItems)
	for _, number := range []string{"204", "205"} {
		for _, answer := range []string{"contact --contact " + contact + " --confirm-other-phone", "create-contact", "product --product 1", "accept", "new-order", "same-order", "create-again"} {
			output, code := p.types(append([]string{"decide", "--shop", "demo", "--order", number, "--as", "Ola"}, strings.Fields(answer)...)...)
			assert.Equal(t, 1, code, answer)
			assert.Contains(t, output, "what the order waits for does not offer this answer", number+" "+answer)
		}
	}
}

func TestAPersonsMistakesAreTold(t *testing.T) { //nolint:paralleltest // the environment is the process's own
	w := testenv.New(t, testenv.Options{Idle: true})
	p := newPerson(t, w)
	for _, tc := range []struct {
		args string
		want string
	}{
		{"import --order 5", "say which shop: --shop ID; shops are: demo"},
		{"import --shop kwiaty --order 5", `the settings have no shop "kwiaty"; shops are: demo`},
		{"import --shop demo", "say which order: --order NUMBER"},
		{"import --shop demo --order 5,0", "0 is no order: numbers are above 0"},
		{"import --shop demo --order=-5", "-5 is no order: numbers are above 0"},
		{"import --shop demo --order five", `"five"`},
		{"show --shop demo --order 5,6", "show is about one order; name one"},
		{"show --shop demo --order 5", "demo #5 is not known here; import it with: starter import --shop demo --order 5"},
		{"decide --shop demo --order 5 --as Ola retry", "demo #5 is not known here"},
		{"decide --shop demo --order 5 retry", "say who decides: --as NAME"},
		{"decide --shop demo --order 5 --as Ola", `"" is no decision; decisions are: contact, create-contact, product`},
		{"decide --shop demo --order 5 --as Ola guess", `"guess" is no decision`},
		{"decide --shop demo --order 5 --as Ola contact", "the decision contact needs --contact"},
		{"decide --shop demo --order 5 --as Ola contact --contact 0", "--contact: 0 is no id"},
		{"decide --shop demo --order 5 --as Ola contact --contact 7 --product 8", "the decision contact takes no --product"},
		{"decide --shop demo --order 5 --as Ola product --product 7 --organization", "the decision product takes no --organization"},
		{"decide --shop demo --order 5 --as Ola create-contact --product-key a:A-1", "the decision create-contact takes no --product-key"},
		{"decide --shop demo --order 5 --as Ola skip", "the decision skip needs --reason"},
		{"imprt", `unknown command "imprt"`},
	} {
		output, code := p.types(strings.Fields(tc.args)...)
		assert.Equal(t, 1, code, tc.args)
		assert.Contains(t, output, tc.want, tc.args)
	}

	// No worker runs here: what was asked for waits, and that is reported.
	w.Place(5, nil)
	output, code := p.types("import", "--shop", "demo", "--order", "5", "--wait", "0")
	require.Equal(t, 0, code, output)
	assert.Equal(t, "order:demo:5  asked for\n", output)
	output, code = p.types("import", "--shop", "demo", "--order", "5", "--wait", "1s")
	assert.Equal(t, 1, code)
	assert.Contains(t, output, "order:demo:5  asked for\n")
	assert.Regexp(t, "is a worker running|still on its way", output)
	output, code = p.types("show", "--shop", "demo", "--order", "5")
	assert.Equal(t, 1, code)
	assert.Contains(t, output, "is a worker running?")
}

func heldFor(hold order.Hold) order.State {
	return order.State{
		Key:           order.Key{Shop: "demo", Number: 5},
		WaitState:     order.WaitState{Hold: &hold},
		ShopState:     order.ShopState{Snapshot: &order.Snapshot{}},
		ProductsState: order.ProductsState{Products: map[order.ProductKey]order.ProductState{"a:A-1": {}}},
	}
}

func TestOnlyAnAnswerThatFitsIsBrought(t *testing.T) {
	t.Parallel()
	several := order.Hold{Reason: order.HoldAmbiguousContact, Choices: []order.Choice{{ID: 5, Title: "Jan"}, {ID: 6, Organization: true, Title: "Kwiaty"}}}
	product := order.Hold{Reason: order.HoldAmbiguousProduct, ProductKey: "a:A-1", Choices: []order.Choice{{ID: 8}}}
	for name, tc := range map[string]struct {
		hold     order.Hold
		decision order.Decision
		want     string
	}{
		"a person":               {several, order.Decision{Kind: order.DecideContact, ContactID: 5}, ""},
		"an organization":        {several, order.Decision{Kind: order.DecideContact, ContactID: 6, Organization: true}, ""},
		"without the flag":       {several, order.Decision{Kind: order.DecideContact, ContactID: 6}, "is-an-organization"},
		"another contact":        {several, order.Decision{Kind: order.DecideContact, ContactID: 7}, "not-among-choices"},
		"any, where none stands": {order.Hold{Reason: order.HoldNoCustomer}, order.Decision{Kind: order.DecideContact, ContactID: 7}, ""},
		"a product":              {product, order.Decision{Kind: order.DecideProduct, ProductID: 8}, ""},
		"another product":        {product, order.Decision{Kind: order.DecideProduct, ProductID: 9}, "not-among-choices"},
		"unknown goods":          {order.Hold{Reason: order.HoldNoArticle}, order.Decision{Kind: order.DecideCreateProduct, ProductKey: "a:B-2"}, "no-such-product-in-order"},
		"no goods":               {order.Hold{Reason: order.HoldRejected}, order.Decision{Kind: order.DecideProduct, ProductID: 9}, "not-offered"},
		"acceptable":             {order.Hold{Reason: order.HoldMalformed, Problem: "stat_created"}, order.Decision{Kind: order.DecideAccept}, ""},
		"not acceptable":         {order.Hold{Reason: order.HoldMalformed, Field: "currency"}, order.Decision{Kind: order.DecideAccept}, "not-offered"},
		"not gone":               {several, order.Decision{Kind: order.DecideCreateAgain}, "not-offered"},
		"skip":                   {several, order.Decision{Kind: order.DecideSkip, Reason: "no"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			state := heldFor(tc.hold)
			got := state.Unfit(tc.decision)
			assert.Equal(t, tc.want, got)
			assert.Equal(t, heldFor(tc.hold), state, "judging changes nothing")
		})
	}
	idle := heldFor(several)
	idle.Hold = nil
	assert.Equal(t, "waits-for-nothing", idle.Unfit(order.Decision{Kind: order.DecideRetry}))
}

// Every answer that is offered can be typed and fits.
func TestOfferedAnswersFit(t *testing.T) {
	t.Parallel()
	for _, hold := range []order.Hold{
		{Reason: order.HoldNoCustomer},
		{Reason: order.HoldAmbiguousContact, Choices: []order.Choice{{ID: 7, Organization: true}, {ID: 7}}},
		{Reason: order.HoldAmbiguousProduct, ProductKey: "a:A-1", Choices: []order.Choice{{ID: 7}}},
		{Reason: order.HoldNoArticle, ProductKey: "a:A-1"},
		{Reason: order.HoldProductNotCreated, ProductKey: "a:A-1"},
		{Reason: order.HoldOrderGone},
		{Reason: order.HoldMalformed, Problem: "stat_created"},
		{Reason: order.HoldNumberReused},
		{Reason: order.HoldCredentials},
	} {
		for _, offered := range answersTo(heldFor(hold)) {
			kind, _, _ := strings.Cut(offered, " ")
			d := order.Decision{Kind: order.DecisionKind(kind), By: "Ola", ContactID: 7, ProductID: 7, OrderID: 7, Reason: "no"}
			state := heldFor(hold)
			assert.Empty(t, state.Unfit(d), "%s: %s", hold.Reason, offered)
			assert.Contains(t, kindsHelp(), offered[:len(kind)], "%s: %s", hold.Reason, offered)
		}
	}
}

func TestControlCharactersAreNotPrinted(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	n, err := printable{&out}.Write([]byte("a\x1b[2J\tb\u009b\r\nż"))
	require.NoError(t, err)
	assert.Equal(t, 13, n)
	assert.Equal(t, "a[2J\tb\nż", out.String())
}
