package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/process"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/wording"
)

const (
	// refreshSideBySide bounds how many orders are refreshed at once: three
	// requests a second are all that their account allows.
	refreshSideBySide = 10
	refreshInterval   = time.Second
)

func refreshCommand(flags *process.Flags) *cobra.Command {
	var t target
	var by string
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   "refresh --shop ID --order NUMBER [--order NUMBER ...]",
		Short: "Compare orders with both services now, and say what changed",
		Long: "Refresh has each order read from Cartum and from RO App and brought into step, and says in one line what changed.\n" +
			"An order may be refreshed once in 10 minutes, no matter who asks.\n\n" +
			"It ends with 0 when all were compared, 3 when some were refused or wait for something, and 1 otherwise.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withConsole(cmd, *flags, t.keys, func(ctx context.Context, c console, keys []order.Key) error {
				return c.refreshOrders(ctx, keys, by, wait)
			})
		},
	}
	t.add(cmd, "Cartum's `number` of an order; may be repeated")
	addAs(cmd, &by)
	cmd.Flags().DurationVar(&wait, "wait", defaultWait, "how long to follow what still runs after its first answer; 0 does not follow")
	return cmd
}

// refreshOrders refreshes the orders side by side and prints each answer as it
// comes.
func (c console) refreshOrders(ctx context.Context, keys []order.Key, by string, wait time.Duration) error {
	all := refreshes{console: c, by: by, wait: wait}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(refreshSideBySide)
	for _, key := range keys {
		group.Go(func() error { return all.refresh(ctx, key) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return all.verdict(len(keys))
}

// refreshes are the orders that one command refreshes.
type refreshes struct {
	console
	by   string
	wait time.Duration

	mu       sync.Mutex // guards the output and what follows
	left     int        // refused, or waiting for something
	failures []error
}

// refresh brings one order's answer. Its error ends the command; what is wrong
// with this order only is kept for the verdict.
func (r *refreshes) refresh(ctx context.Context, key order.Key) error {
	answer, err := r.orders.Refresh(ctx, key, r.by)
	if err == nil && answer.State == service.RefreshRunning && r.wait > 0 {
		answer, err = r.follow(ctx, key, answer)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.failures = append(r.failures, explained(key, err))
		return nil
	}
	if answer.State != service.RefreshDone {
		r.left++
	}
	return r.say(key, refreshText(answer, time.Now(), r.zone(key.Shop)))
}

// follow waits for the end of a refresh that still runs, and tells what it is at.
func (r *refreshes) follow(ctx context.Context, key order.Key, answer service.Refreshed) (service.Refreshed, error) {
	waiting, cancel := context.WithTimeout(ctx, r.wait)
	defer cancel()
	ticker := time.NewTicker(refreshInterval)
	defer ticker.Stop()
	told := ""
	for answer.State == service.RefreshRunning {
		if text := refreshText(answer, time.Now(), r.zone(key.Shop)); text != told {
			told = text
			if err := r.progress(key, text); err != nil {
				return answer, err
			}
		}
		select {
		case <-waiting.Done():
			return answer, nil
		case <-ticker.C:
		}
		now, err := r.orders.RefreshEnd(waiting, key, answer.ID)
		if err != nil && waiting.Err() == nil {
			return answer, err
		}
		if err == nil {
			answer = now
		}
	}
	return answer, nil
}

func (r *refreshes) progress(key order.Key, text string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.say(key, text)
}

// verdict says in an error what keeps the orders from being synced.
func (r *refreshes) verdict(of int) error {
	if len(r.failures) == 0 && r.left > 0 {
		return &heldError{fmt.Sprintf("orders that were refused or wait: %d of %d", r.left, of)}
	}
	return errors.Join(r.failures...)
}

func changedTexts(answer service.Refreshed) []string {
	var texts []string
	for _, m := range answer.Changed {
		texts = append(texts, wording.English().Message(m))
	}
	return texts
}

// refreshText is the answer in one line.
func refreshText(answer service.Refreshed, now time.Time, zone *time.Location) string {
	switch answer.State {
	case service.RefreshDone:
		if len(answer.Changed) == 0 {
			return "nothing changed"
		}
		return strings.Join(changedTexts(answer), "; ")
	case service.RefreshTooSoon:
		if again := againFrom(answer.Next, now, zone); again != "" {
			return again
		}
		return "was updated a moment ago; again from now on"
	case service.RefreshFailed:
		return joined("; ", append(changedTexts(answer), "on hold: "+wording.English().Message(*answer.Problem), againFrom(answer.Next, now, zone))...)
	case service.RefreshRunning:
	}
	if len(answer.Waits) == 0 {
		return "still runs"
	}
	return "still runs, waits for: " + strings.Join(answer.Waits, ", ")
}

// againFrom reads "again from 12:40 (in 7 min)", to the second where it is
// within a minute, "" where it is allowed at once.
func againFrom(next, now time.Time, zone *time.Location) string {
	switch left := next.Sub(now); {
	case left <= 0:
		return ""
	case left < time.Minute:
		return fmt.Sprintf("again from %s (in %d s)", next.In(zone).Format("15:04:05"), int((left+time.Second-1)/time.Second))
	default:
		return fmt.Sprintf("again from %s (in %d min)", roundUp(next).In(zone).Format("15:04"), int((left+time.Minute-1)/time.Minute))
	}
}

// roundUp gives the first whole minute that is not before t.
func roundUp(t time.Time) time.Time {
	if whole := t.Truncate(time.Minute); whole.Before(t) {
		return whole.Add(time.Minute)
	}
	return t
}
