package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/process"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/settings"
)

// connectTimeout is how long a person waits for Temporal at a command line.
const connectTimeout = 10 * time.Second

// console is what the commands for a person work with: an installation's
// settings and the way to its orders.
type console struct {
	settings *settings.Settings
	orders   *service.Orders
	out      io.Writer
}

// target names the orders that a command is about.
type target struct {
	shop    string
	numbers []int64
}

func (t *target) add(cmd *cobra.Command, numbers string) {
	cmd.Flags().StringVar(&t.shop, "shop", "", "`id` of the shop in the settings")
	cmd.Flags().Int64SliceVar(&t.numbers, "order", nil, numbers)
}

// keys are the orders by their workflows' keys, each once.
func (t *target) keys(s *settings.Settings) ([]order.Key, error) {
	if err := knownShop(s, t.shop); err != nil {
		return nil, err
	}
	if len(t.numbers) == 0 {
		return nil, errors.New("say which order: --order NUMBER, as Cartum shows it")
	}
	var keys []order.Key
	for _, number := range t.numbers {
		if number <= 0 {
			return nil, fmt.Errorf("%d is no order: numbers are above 0", number)
		}
		if key := (order.Key{Shop: t.shop, Number: number}); !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// knownShop tells what is wrong with the name of a shop.
func knownShop(s *settings.Settings, shop string) error {
	if _, known := s.Shops[shop]; known {
		return nil
	}
	shops := strings.Join(slices.Sorted(maps.Keys(s.Shops)), ", ")
	if shop == "" {
		return fmt.Errorf("say which shop: --shop ID; shops are: %s", shops)
	}
	return fmt.Errorf("the settings have no shop %q; shops are: %s", shop, shops)
}

// withConsole sees to the settings and to what the command is about before it
// connects, so that a mistake is told at once.
func withConsole[T any](cmd *cobra.Command, flags process.Flags, about func(*settings.Settings) (T, error), work func(context.Context, console, T) error) error {
	return withTemporal(cmd, flags, about, func(env process.Env, temporal client.Client, namespace string, wanted T) error {
		orders := service.NewOrders(temporal, index.New(temporal), namespace, env.File.Store())
		return work(cmd.Context(), console{settings: env.Settings, orders: orders, out: printable{cmd.OutOrStdout()}}, wanted)
	})
}

// withTemporal is [withConsole] for a command that needs no orders.
func withTemporal[T any](
	cmd *cobra.Command, flags process.Flags, about func(*settings.Settings) (T, error), work func(process.Env, client.Client, string, T) error,
) error {
	env, err := quiet(cmd, flags).Open()
	if err != nil {
		return err
	}
	defer func() { _ = env.Logger.Sync() }() // a terminal cannot be synced
	wanted, err := about(env.Settings)
	if err != nil {
		return err
	}
	connecting, cancel := context.WithTimeout(cmd.Context(), connectTimeout)
	defer cancel()
	temporal, namespace, err := env.Connect(connecting, "starter "+cmd.Name())
	if err != nil {
		return err
	}
	defer temporal.Close()
	return work(env, temporal, namespace, wanted)
}

// withOrder is [withConsole] for a command about a single order.
func withOrder(cmd *cobra.Command, flags process.Flags, t target, work func(context.Context, console, order.Key) error) error {
	return withConsole(cmd, flags, t.keys, func(ctx context.Context, c console, keys []order.Key) error {
		if len(keys) > 1 {
			return fmt.Errorf("%s is about one order; name one", cmd.Name())
		}
		return work(ctx, c, keys[0])
	})
}

// quiet keeps the log of a command for a person to what is wrong, unless
// another level is wished.
func quiet(cmd *cobra.Command, flags process.Flags) *process.Flags {
	if !cmd.Flags().Changed("log-level") && os.Getenv("CARTUMSYNC_LOG_LEVEL") == "" {
		flags.LogLevel = "warn"
	}
	if !cmd.Flags().Changed("log-format") && os.Getenv("CARTUMSYNC_LOG_FORMAT") == "" {
		flags.LogFormat = engine.FormatConsole
	}
	return &flags
}

// zone is the shop's, in which its orders' times are shown, also while the shop
// is switched off.
func (c console) zone(shop string) *time.Location {
	return c.settings.Shops[shop].Zone()
}

// printable keeps buyers' texts from commanding the terminal: what they wrote
// is shown without control characters.
type printable struct{ to io.Writer }

func (p printable) Write(text []byte) (int, error) {
	shown := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, string(text))
	if _, err := io.WriteString(p.to, shown); err != nil {
		return 0, err
	}
	return len(text), nil
}
