package main

import (
	"context"
	"errors"
	"net/url"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/workflows"
)

// errUnexpected says that an order did not become what the demonstration shows.
var errUnexpected = errors.New("not every order came out as it should")

// demoOptions are what the demonstration shows a person.
type demoOptions struct {
	temporalUI string // URL of Temporal's UI
	starterCLI string // the starter as a command
	// publicURL is that by which the fakes reach the starter. With it the
	// demonstration mends what a fake forgot when it was started again.
	publicURL string
}

// demo puts orders into the shops, one after the other, and shows their way.
type demo struct {
	installation
	demoOptions
	t       *terminal
	desks   []*desk
	results []result
}

func newDemo(i installation, t *terminal, o demoOptions) *demo {
	return &demo{installation: i, demoOptions: o, t: t}
}

func (d *demo) run(ctx context.Context) error {
	var err error
	if d.desks, err = openDesks(d.installation); err != nil {
		return err
	}
	for _, desk := range d.desks {
		prepare := func(ctx context.Context) error { return desk.prepare(ctx, d.temporal) }
		if err := await(ctx, "the pair of "+desk.shop, readyWithin, prepare); err != nil {
			return err
		}
		if err := d.subscribe(ctx, desk); err != nil {
			return err
		}
	}
	d.t.step("webhooks", "the starter is subscribed to the shops' events")
	for _, desk := range d.desks {
		for i, s := range desk.scripts(desk.first) {
			number := desk.first + int64(i)
			if err := d.show(ctx, desk, number, s); err != nil {
				return err
			}
			if s.lives {
				if err := d.live(ctx, desk, number, s); err != nil {
					return err
				}
			}
		}
	}
	return d.summary()
}

// subscribe waits until the starter has subscribed itself. A fake that was started
// again forgot its subscribers while the shop's workflow remembers them, which no
// shop of Cartum's does.
func (d *demo) subscribe(ctx context.Context, desk *desk) error {
	const usual = 15 * time.Second
	what := "the webhooks of " + desk.shop
	err := await(ctx, what, usual, desk.cartum.subscribed)
	if err == nil || d.publicURL == "" || ctx.Err() != nil {
		return err
	}
	for _, event := range workflows.Events {
		if err := d.orders.WebhookRemoved(ctx, desk.shop, event); err != nil {
			return err
		}
	}
	if err := d.orders.Webhooks(ctx, desk.shop, d.publicURL); err != nil {
		return err
	}
	return await(ctx, what, readyWithin, desk.cartum.subscribed)
}

// orderWithin is how long one order may take.
const orderWithin = 90 * time.Second

// show places one order and reports what happens until it is in RO App or waits.
func (d *demo) show(ctx context.Context, desk *desk, number int64, s script) error {
	key := order.Key{Shop: desk.shop, Number: number}
	d.t.printf("\n%s  %s\n%s\n", d.t.paint(bold, key.String()), s.about, d.t.paint(dim, d.workflowURL(key)))
	for _, f := range desk.feeds {
		if err := f.skip(ctx); err != nil {
			return err
		}
	}
	began := time.Now()
	if err := desk.cartum.put(ctx, number, s.order); err != nil {
		return err
	}
	l := &timeline{orders: d.orders, key: key}
	limited, cancel := context.WithTimeout(ctx, orderWithin)
	defer cancel()
	for !l.settled() && sleep(limited, 150*time.Millisecond) {
		d.tell(ctx, key, desk.feeds, l)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	d.tell(ctx, key, desk.feeds, l)
	r := newResult(ctx, desk, l, s, time.Since(began))
	d.results = append(d.results, r)
	d.conclude(r)
	return nil
}

// tell prints what is new. A fake or a workflow that does not answer now answers
// later, or the order's time is over.
func (d *demo) tell(ctx context.Context, key order.Key, feeds []*feed, l *timeline) {
	for _, f := range feeds {
		news, _ := f.news(ctx)
		for _, e := range news {
			d.t.event(key.String(), e)
		}
	}
	news, _ := l.news(ctx)
	for _, e := range news {
		d.t.event(key.String(), e)
	}
}

// workflowURL opens the order's workflow in Temporal's UI.
func (d *demo) workflowURL(key order.Key) string {
	return d.temporalUI + "/namespaces/" + url.PathEscape(d.namespace) + "/workflows/" + url.PathEscape(key.WorkflowID())
}

// watch reports what happens after the demonstration, until ctx ends: somebody
// answers an order that waits, or tries something of his own.
func (d *demo) watch(ctx context.Context) {
	var waiting []*timeline
	for _, r := range d.results {
		if r.is.state == order.SyncHeld {
			waiting = append(waiting, r.timeline)
		}
	}
	for sleep(ctx, time.Second) {
		for _, desk := range d.desks {
			for _, f := range desk.feeds {
				news, _ := f.news(ctx)
				for _, e := range news {
					d.t.event(desk.shop, e)
				}
			}
		}
		for _, l := range waiting {
			news, _ := l.news(ctx)
			for _, e := range news {
				d.t.event(l.key.String(), e)
			}
		}
	}
}

func demoCommand() *cobra.Command {
	var path string
	var o demoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Put the demonstration's orders into running stand-ins and show their way",
		Long: "Demo needs the settings and keys of the running worker and starter. Temporal is the one that its\n" +
			"standard variables name, such as TEMPORAL_ADDRESS. It may be run again: it takes new order numbers.",
		Args:         cobra.NoArgs,
		SilenceUsage: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := settings.Load(path, os.LookupEnv)
			if err != nil {
				return err
			}
			t := newTerminal(cmd.OutOrStdout())
			t.step("Temporal", "connecting ...")
			i, err := connect(cmd.Context(), s)
			if err != nil {
				return err
			}
			defer i.close()
			return newDemo(i, t, o).run(cmd.Context())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&path, "settings", defaultSettings(), "settings file of worker and starter, also CARTUMSYNC_SETTINGS")
	flags.StringVar(&o.temporalUI, "temporal-ui", "http://127.0.0.1:8233", "URL of Temporal's UI in your browser, for links")
	flags.StringVar(&o.starterCLI, "starter-cli", "starter", "the starter as a command, for the commands that are shown")
	flags.StringVar(&o.publicURL, "public-url", "", "the starter's --public-url; with it shops are subscribed again that were started anew")
	return cmd
}

func defaultSettings() string {
	if path := os.Getenv("CARTUMSYNC_SETTINGS"); path != "" {
		return path
	}
	return "settings.yaml"
}
