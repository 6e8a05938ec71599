package main

import (
	"context"
	"time"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/wording"
)

// event is something that happened, in one line.
type event struct {
	at   time.Time
	who  string
	text string
}

// feed is what a fake reports.
type feed struct {
	who   string
	stand fake
	after int
}

// skip drops what was reported so far.
func (f *feed) skip(ctx context.Context) error {
	_, err := f.news(ctx)
	return err
}

func (f *feed) news(ctx context.Context) ([]event, error) {
	entries, err := f.stand.feed(ctx, f.after)
	if err != nil {
		return nil, err
	}
	events := make([]event, 0, len(entries))
	for _, entry := range entries {
		f.after = entry.Seq
		events = append(events, event{at: entry.At, who: f.who, text: entry.Text})
	}
	return events, nil
}

// timeline is what an order's workflow reports.
type timeline struct {
	orders *service.Orders
	key    order.Key
	last   time.Time
	view   order.View
}

func (l *timeline) news(ctx context.Context) ([]event, error) {
	view, err := l.orders.View(ctx, l.key)
	if err != nil {
		return nil, err
	}
	l.view = view
	var events []event
	entries := view.State.Entries()
	for _, e := range entries {
		if !e.At.After(l.last) {
			continue
		}
		text := wording.English().Message(e.Message)
		if e.By != "" {
			text = e.By + " " + text
		}
		events = append(events, event{at: e.At, who: "exchange", text: text})
	}
	if n := len(entries); n > 0 {
		l.last = entries[n-1].At
	}
	return events, nil
}

// settled reports whether nothing more happens to the order by itself.
func (l *timeline) settled() bool {
	return l.view.SyncState != "" && l.view.SyncState != order.SyncImporting && len(l.view.Running) == 0
}

// sleep waits, and reports whether there is reason to go on.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
