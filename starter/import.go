package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/process"
	"github.com/cartumsync/cartumsync/internal/service"
)

// defaultWait is how long an order is followed: a new one takes some ten
// requests, three a second, behind whatever is more urgent.
const defaultWait = time.Minute

func importCommand(flags *process.Flags) *cobra.Command {
	var t target
	var by string
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   "import --shop ID --order NUMBER [--order NUMBER ...]",
		Short: "Import orders by hand, or have imported ones compared again",
		Long: "Import asks for orders as a person does: also for cancelled ones, for those older than the shop's connection,\n" +
			"and for those that are closed. An order that the shop does not show is refused. It then shows what becomes of them. Those that are imported already are\n" +
			"refreshed, once in 10 minutes at most.\n\n" +
			"It ends with 0 when all are synced, 3 when some wait for somebody, and 1 otherwise.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withConsole(cmd, *flags, t.keys, func(ctx context.Context, c console, keys []order.Key) error {
				return c.importOrders(ctx, keys, by, wait)
			})
		},
	}
	t.add(cmd, "Cartum's `number` of an order; may be repeated")
	addAs(cmd, &by)
	addWait(cmd, &wait)
	return cmd
}

// addAs lets people say who they are.
func addAs(cmd *cobra.Command, by *string) {
	cmd.Flags().StringVar(by, "as", "command line", "your `name`, for the order's timeline")
}

func addWait(cmd *cobra.Command, wait *time.Duration) {
	cmd.Flags().DurationVar(wait, "wait", defaultWait, "how long to follow what becomes of it; 0 does not wait")
}

// importOrders asks for all orders before it follows any, so that they come
// side by side.
func (c console) importOrders(ctx context.Context, keys []order.Key, by string, wait time.Duration) error {
	var asked []*followed
	var failures []error
	var imported []order.Key
	answers := true
	for _, key := range keys {
		f := &followed{key: key}
		if answers {
			// Without an answer the others would be waited for in vain as well.
			answers = f.remember(ctx, c.orders) == nil
		}
		if f.imported {
			imported = append(imported, key)
			continue
		}
		if err := c.orders.Import(ctx, key, by); err != nil {
			failures = append(failures, explained(key, err))
			if service.Has(err, service.LookupFailed) {
				break // the others would be waited for in vain as well
			}
			continue
		}
		if err := c.say(key, "asked for"); err != nil {
			return err
		}
		asked = append(asked, f)
	}
	if len(imported) > 0 {
		// Those are compared again, no more often than others may ask for it.
		if err := c.refreshOrders(ctx, imported, by, wait); err != nil {
			failures = append(failures, err)
		}
	}
	if wait <= 0 || len(asked) == 0 {
		return errors.Join(failures...)
	}
	err := c.follow(ctx, asked, wait)
	if err != nil && len(failures) > 0 {
		// An order that could not be asked for weighs more than one that is held.
		err = errors.New(err.Error())
	}
	return errors.Join(append(failures, err)...)
}

// say prints one line about an order.
func (c console) say(key order.Key, text string) error {
	return c.print("%s  %s\n", key.WorkflowID(), text)
}
