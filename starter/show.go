package main

import (
	"context"
	"encoding/json"

	"github.com/spf13/cobra"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/process"
)

func showCommand(flags *process.Flags) *cobra.Command {
	var t target
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show --shop ID --order NUMBER",
		Short: "Show an order: both sides, what it waits for, what happened",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withOrder(cmd, *flags, t, func(ctx context.Context, c console, key order.Key) error {
				return c.show(ctx, key, asJSON)
			})
		},
	}
	t.add(cmd, "Cartum's `number` of the order")
	cmd.Flags().BoolVar(&asJSON, "json", false, "everything that is known of the order, as JSON")
	return cmd
}

func (c console) show(ctx context.Context, key order.Key, asJSON bool) error {
	view, err := look(ctx, c.orders, key)
	if err != nil {
		return explained(key, err)
	}
	if asJSON {
		encoder := json.NewEncoder(c.out)
		encoder.SetIndent("", "  ")
		encoder.SetEscapeHTML(false)
		return encoder.Encode(view)
	}
	return writeOrder(c.out, view, c.zone(key.Shop))
}
