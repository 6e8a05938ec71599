// Package verify finds out on a real shop and a real account what no document says of the two services.
//
// docs/assumptions.md lists what is assumed. Each assumption that can be checked has a probe; why the others have none is
// stated in [Unprobed].
package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/cartumsync/cartumsync/internal/cartum"
	"github.com/cartumsync/cartumsync/internal/refdata"
	"github.com/cartumsync/cartumsync/internal/roapp"
	"github.com/cartumsync/cartumsync/internal/settings"
)

// Options are what is verified, and how far.
type Options struct {
	ShopID   string
	Settings *settings.Settings
	// Write allows the probes that create records in RO App and change the shop's test order.
	Write bool
	// Person is asked before each of these, and for what only a person can do.
	Person Person
	// PublicURL leads to Listen, "" for no webhooks.
	PublicURL, Listen string
	// Order is the number of a test order that was placed in the shop just now, 0 for none.
	Order int64
	// Progress is called for each probe; nil is nobody.
	Progress func(done, all int, assumption string)
	// Patience bounds the wait for a list that lags, and for a webhook; a minute when 0.
	Patience time.Duration
	// probes are those to run, all when nil.
	probes []probe
}

// Person sits before the command.
type Person interface {
	// Agrees reports whether a step that writes may be done.
	Agrees(ctx context.Context, step string) bool
	// Did asks for something that only a person can do and waits until it is done, or
	// says that it was not.
	Did(ctx context.Context, work string) bool
}

// Verdict is what became of a probe.
type Verdict string

// The verdicts.
const (
	Expected  Verdict = "as expected"
	Different Verdict = "DIFFERENT"
	Unseen    Verdict = "not seen"
)

// Result is a row of the table.
type Result struct {
	Service, Assumption, Expected string
	Verdict                       Verdict
	// Seen is what the service did; of an unseen one, why nobody could see.
	Seen string
	// Means says what follows for the settings.
	Means string
	// Problem is set where the exchange cannot work so.
	Problem bool
	Covers  []string
}

// Proposal is a line of the settings to change: a key with those that it is in, its value as YAML, and why.
type Proposal struct{ Key, Value, Comment string }

// Report is what was found out. It has no personal data, no secret and no name of the shop.
type Report struct {
	At        time.Time
	Wrote     bool
	Results   []Result
	Proposals []Proposal
	// Left are records for the person to delete.
	Left []string
	// Requests counts the requests by service and endpoint.
	Requests []Count
	// Differences are places of answers that are not as docs/reference describes them.
	Differences []string
}

// Count is how often an endpoint was asked, and how long its slowest answer took.
type Count struct {
	Endpoint string
	Requests int
	Slowest  time.Duration
}

// examination is one run: what it works with, and what its probes have learned for those that come after them.
type examination struct {
	Options
	shop    settings.Shop
	account settings.Account

	roappWire, cartumWire *wire
	roapp, v2, legacy     *roapp.Client
	cartum                *cartum.Client

	accountSays refdata.Account
	// newestNumber and newestContact are of the account's newest order, "" where it has none.
	newestNumber, newestContact string
	// limited is set once RO App has refused a request for its pace.
	limited bool
	// lag is how long a list was fixed lag.
	lag time.Duration
	shopRead
	written
	webhooks

	proposals []Proposal
	left      []string
}

// Run runs all probes that the options allow, one after the other. It fails only where the settings do not have the shop.
func Run(ctx context.Context, o Options) (Report, error) {
	shop, ok := o.Settings.Shops[o.ShopID]
	if !ok {
		return Report{}, fmt.Errorf("the settings have no shop %q", o.ShopID)
	}
	o.Patience = cmp.Or(o.Patience, time.Minute)
	if o.probes == nil {
		o.probes = probes
	}
	if o.Progress == nil {
		o.Progress = func(int, int, string) {}
	}
	e := newExamination(o, shop)
	report := Report{At: time.Now().UTC(), Wrote: o.Write}
	report.Results = e.runAll(ctx)
	report.Proposals, report.Left = e.proposals, e.left
	report.Requests = slices.Concat(e.cartumWire.counts("Cartum"), e.roappWire.counts("RO App"))
	report.Differences = slices.Concat(differences("Cartum", e.cartumWire), differences("RO App", e.roappWire))
	return report, nil
}

const requestTimeout = 30 * time.Second

func newExamination(o Options, shop settings.Shop) *examination {
	account := o.Settings.Accounts[shop.Account]
	e := &examination{
		Options: o, shop: shop, account: account,
		roappWire: newWire(account.RequestsPerSecond), cartumWire: newWire(shop.RequestsPerSecond),
	}
	client := func(catalogue roapp.Catalogue) *roapp.Client {
		return roapp.New(roapp.Config{
			URL: account.URL, APIKey: account.APIKey.Reveal(), RequestsPerSecond: -1, Timeout: account.RequestTimeout,
			Catalogue: catalogue, ProductTypeID: account.ProductType, HTTP: &http.Client{Transport: e.roappWire},
		})
	}
	e.roapp, e.v2, e.legacy = client(roapp.Catalogue(account.Catalog)), client(roapp.CatalogueV2), client(roapp.CatalogueLegacy)
	e.cartum = e.newCartum()
	return e
}

func (e *examination) newCartum() *cartum.Client {
	return cartum.New(cartum.Config{
		URL: e.shop.URL, Login: e.shop.Login.Reveal(), Password: e.shop.Password.Reveal(), RequestsPerSecond: -1,
		Timeout: requestTimeout, HTTP: &http.Client{Transport: e.cartumWire}, Jitter: func() time.Duration { return 0 },
	})
}

// runAll runs the probes, and cleans up whatever happens.
func (e *examination) runAll(ctx context.Context) []Result {
	defer e.cleanUp(context.WithoutCancel(ctx))
	var results []Result
	for i, p := range e.Options.probes {
		e.Progress(i, len(e.Options.probes), p.assumption)
		results = append(results, e.run(ctx, p))
	}
	return results
}

// run runs one probe, with the consent of the person where it writes.
func (e *examination) run(ctx context.Context, p probe) Result {
	r := Result{Service: p.service, Assumption: p.assumption, Expected: p.sights[0], Covers: p.covers, Verdict: Unseen}
	switch {
	case ctx.Err() != nil:
		r.Seen = "interrupted"
		return r
	case p.writes != "" && !e.Write:
		r.Seen = "needs --write"
		return r
	case p.writes != "" && p.ready != nil && p.ready(e) != "":
		r.Seen = p.ready(e)
		return r
	case p.writes != "" && !e.Person.Agrees(ctx, p.writes):
		r.Seen = "not agreed to"
		return r
	}
	seen, err := p.see(ctx, e)
	if err != nil {
		r.Seen = why(err)
		return r
	}
	what, _, _ := strings.Cut(seen, ": ")
	r.Seen, r.Verdict = seen, Different
	if what == p.sights[0] {
		r.Verdict = Expected
	}
	reading := p.meaning(what)
	r.Means, r.Problem = reading.text, reading.problem
	return r
}

// unseen is why a probe could not see anything.
type unseen string

func (u unseen) Error() string { return string(u) }

// why says why nothing was seen, without the service's words, which may repeat
// personal data.
func why(err error) string {
	if reason, ok := errors.AsType[unseen](err); ok {
		return string(reason)
	}
	if kind := roapp.KindOf(err); kind != "" {
		return "could not be asked: " + err.Error()
	}
	if e, ok := errors.AsType[*cartum.Error](err); ok {
		return fmt.Sprintf("could not be asked: cartum %s: %s", e.Function, e.Kind)
	}
	return "could not be asked"
}

func (e *examination) propose(key, value, comment string) {
	if line := (Proposal{key, value, comment}); !slices.Contains(e.proposals, line) {
		e.proposals = append(e.proposals, line)
	}
}

func (e *examination) accountKey(key string) string { return "accounts." + e.shop.Account + "." + key }

func (e *examination) shopKey(key string) string { return "shops." + e.ShopID + "." + key }

// awaitOne repeats a list until it has a row that fits, fails, or the patience is over; then the row is zero. How long it
// took is 0 where the first answer had it, or failed.
func awaitOne[T any](ctx context.Context, e *examination, list func(context.Context) ([]T, error), fits func(T) bool) (row T, took time.Duration, err error) {
	for began := time.Now(); ; took = time.Since(began) {
		rows, err := list(ctx)
		if i := slices.IndexFunc(rows, fits); i >= 0 {
			return rows[i], took, nil
		}
		if err != nil || took > e.Patience {
			return row, took, err
		}
		if err := pause(ctx, recheck); err != nil {
			return row, took, err
		}
	}
}

// recheck is the time between two reads of a list that lags.
const recheck = 100 * time.Millisecond

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
