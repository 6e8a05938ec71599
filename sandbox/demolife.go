package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/cartumsync/cartumsync/internal/order"
)

// errUnheard says that a change of one side did not come to the other.
var errUnheard = errors.New("a change did not come to the other side")

// chapter is one change in the life of an imported order.
type chapter struct {
	about  string
	happen func(ctx context.Context) error
	// seen gives "" once the change has come to the other side.
	seen func(ctx context.Context, l *timeline) (missing string, err error)
}

// life is an imported order that both sides work on.
type life struct {
	desk   *desk
	number int64
	order  fields // as the shop has it now
	id     int64  // in RO App
}

// live shows how an imported order stays synced on both sides.
func (d *demo) live(ctx context.Context, desk *desk, number int64, s script) error {
	key := order.Key{Shop: desk.shop, Number: number}
	l := &timeline{orders: d.orders, key: key}
	if _, err := l.news(ctx); err != nil {
		return err
	}
	if l.view.State.Order == nil {
		return nil // it was not imported, which the summary shows
	}
	d.t.printf("\n%s  %s\n%s\n", d.t.paint(bold, key.String()), "the same order lives on", d.t.paint(dim, d.workflowURL(key)))
	one := &life{desk: desk, number: number, order: maps.Clone(s.order), id: l.view.State.Order.ID}
	for _, c := range one.chapters() {
		if err := d.turn(ctx, key, desk, l, c); err != nil {
			return err
		}
	}
	o, err := desk.roapp.order(ctx, one.id)
	if err != nil {
		return err
	}
	d.t.printf("  The last comment that staff read:\n%s\n", quote(o.Feed[len(o.Feed)-1].Comment))
	return nil
}

// turn lets one chapter happen and reports what comes of it.
func (d *demo) turn(ctx context.Context, key order.Key, desk *desk, l *timeline, c chapter) error {
	d.t.printf("  %s\n", d.t.paint(bold, c.about))
	if err := c.happen(ctx); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, orderWithin)
	defer cancel()
	missing := "nothing was seen"
	for missing != "" && sleep(limited, 150*time.Millisecond) {
		d.tell(ctx, key, desk.feeds, l)
		if text, err := c.seen(limited, l); err == nil {
			missing = text
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	d.tell(ctx, key, desk.feeds, l)
	if missing != "" {
		return fmt.Errorf("%w within %s: %s: %s", errUnheard, orderWithin, c.about, missing)
	}
	return nil
}

func (one *life) chapters() []chapter {
	return []chapter{
		{"The shop's manager makes 5 roses 7. A sweep sees it, for Cartum tells of no edit.", one.edits(roses(7)), one.hasRoses("7")},
		{"Staff in RO App set the status to 105, which stands for the shop's 6.", one.staffSet(105), one.shopHas(6)},
		{"The buyer wants it delivered elsewhere.", one.edits(fields{"delivery_address": "ul. Krótka 9"}), one.comments("ul. Krótka 9")},
		{"Staff write the goods off, and then the shop's manager makes 7 roses 9.", one.writtenOffThenEdited(), one.comments("9 ×")},
	}
}

func roses(quantity int64) fields {
	return fields{"products": []fields{line("ROZA-CZ", "Róża czerwona", "12.50", quantity), line("DONICA-45", "Donica ceramiczna", "49.99", 2)}}
}

// edits changes the shop's order, and its totals with the lines.
func (one *life) edits(changes fields) func(context.Context) error {
	return func(ctx context.Context) error {
		special := maps.Clone(one.order)
		maps.Copy(special, changes)
		lines := special["products"].([]fields)
		for _, name := range []string{"products", "total_quantity", "total_default", "total_sum"} {
			delete(special, name)
		}
		one.order = placed("PLN", lines, special)
		return one.desk.cartum.put(ctx, one.number, one.order)
	}
}

func (one *life) hasRoses(quantity string) func(context.Context, *timeline) (string, error) {
	return func(ctx context.Context, _ *timeline) (string, error) {
		o, err := one.desk.roapp.order(ctx, one.id)
		if err != nil {
			return "", err
		}
		for _, item := range o.Items {
			if item.Entity.SKU == "ROZA-CZ" && item.Quantity.String() == quantity {
				return "", nil
			}
		}
		return "RO App has another quantity", nil
	}
}

func (one *life) staffSet(status int64) func(context.Context) error {
	return func(ctx context.Context) error { return one.desk.roapp.setStatus(ctx, one.id, status) }
}

func (one *life) shopHas(status int) func(context.Context, *timeline) (string, error) {
	return func(_ context.Context, l *timeline) (string, error) {
		if is := l.view.State.Snapshot.Status; is != status {
			return fmt.Sprintf("the shop's status is %d", is), nil
		}
		one.order["stat_status"] = status
		return "", nil
	}
}

func (one *life) comments(text string) func(context.Context, *timeline) (string, error) {
	return func(ctx context.Context, _ *timeline) (string, error) {
		o, err := one.desk.roapp.order(ctx, one.id)
		if err != nil {
			return "", err
		}
		if n := len(o.Feed); n == 0 || !strings.Contains(o.Feed[n-1].Comment, text) {
			return "no comment tells of it", nil
		}
		return "", nil
	}
}

func (one *life) writtenOffThenEdited() func(context.Context) error {
	return func(ctx context.Context) error {
		if err := one.desk.roapp.call(ctx, http.MethodPost, fmt.Sprintf("/orders/%d/write-off", one.id), nil, nil); err != nil {
			return err
		}
		return one.edits(roses(9))(ctx)
	}
}
