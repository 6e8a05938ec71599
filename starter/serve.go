package main

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/cartumsync/cartumsync/api"
	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/process"
	"github.com/cartumsync/cartumsync/internal/settings"
)

type serveOptions struct {
	listen    string
	publicURL string
	codec     codecOptions
}

// codecOptions serve the decryption that Temporal's UI asks for, on an address
// of its own: whoever reaches it can read what the keys protect.
type codecOptions struct {
	listen string
	origin string
}

func command() *cobra.Command {
	var flags process.Flags
	var options serveOptions
	cmd := &cobra.Command{
		Use:          "starter",
		Short:        "Take Cartum's webhooks and start the orders' workflows",
		Args:         cobra.NoArgs,
		SilenceUsage: true,
		RunE:         func(cmd *cobra.Command, _ []string) error { return serve(cmd.Context(), flags, options) },
	}
	flags.Add(cmd)
	cmd.Flags().StringVar(&options.listen, "listen", ":8080", "address of the webhooks, /healthz and /readyz")
	cmd.Flags().StringVar(&options.publicURL, "public-url", "", "URL by which Cartum reaches this starter; with it the starter subscribes itself to Cartum's events")
	cmd.Flags().StringVar(&options.codec.listen, "codec-listen", "", "address of the codec endpoint for Temporal's UI; it decrypts for anybody who reaches it, so keep it to yourself, such as 127.0.0.1:8089")
	cmd.Flags().StringVar(&options.codec.origin, "codec-origin", "", "origin of Temporal's UI, the only one that browsers may use the codec endpoint from")
	cmd.AddCommand(importCommand(&flags), refreshCommand(&flags), decideCommand(&flags), showCommand(&flags), checkCommand(&flags))
	return cmd
}

func serve(ctx context.Context, flags process.Flags, options serveOptions) error {
	env, err := flags.Open()
	if err != nil {
		return err
	}
	defer func() { _ = env.Logger.Sync() }() // a terminal cannot be synced
	s := &server{env: env, options: options}
	return s.run(ctx)
}

// server answers from its first moment; until Temporal is connected it asks
// Cartum to send again.
type server struct {
	env     process.Env
	options serveOptions
	client  atomic.Pointer[client.Client]
	orders  atomic.Pointer[api.Orders]
}

func (s *server) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	router := api.NewRouter(api.Options{
		Settings: settings.NewStore(s.env.Settings),
		Orders:   func() (*api.Orders, bool) { orders := s.orders.Load(); return orders, orders != nil },
		Health:   engine.NewHealth(process.HealthTimeout, engine.Check{Name: "temporal", Run: s.checkTemporal}),
		Logger:   s.env.Logger,
	})
	group.Go(func() error { return engine.Serve(ctx, s.options.listen, router, s.env.Logger) })
	if s.options.codec.listen != "" {
		handler := http.StripPrefix("/codec", engine.CodecHandler(s.env.Codec, s.options.codec.origin))
		group.Go(func() error { return engine.Serve(ctx, s.options.codec.listen, handler, s.env.Logger) })
	}
	group.Go(func() error { return s.connect(ctx) })
	return group.Wait()
}

func (s *server) connect(ctx context.Context) error {
	c, _, err := s.env.Connect(ctx, "starter")
	if err != nil {
		return ignoreEnd(ctx, err)
	}
	defer c.Close()
	s.client.Store(&c)
	s.orders.Store(api.NewOrders(c))
	s.env.Logger.Info("starter is running", zap.String("listen", s.options.listen), zap.Int("shops", len(s.env.Settings.Shops)))
	s.subscribe(ctx)
	<-ctx.Done()
	return nil
}

func ignoreEnd(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (s *server) checkTemporal(ctx context.Context) error {
	c := s.client.Load()
	if c == nil {
		return errors.New("still connecting to Temporal")
	}
	_, err := (*c).CheckHealth(ctx, &client.CheckHealthRequest{})
	return err
}

// subscribe has each shop's events sent here. Without a public URL nobody could
// reach us, and a shop without key takes no webhooks.
func (s *server) subscribe(ctx context.Context) {
	if s.options.publicURL == "" {
		s.env.Logger.Warn("no --public-url: Cartum's webhooks are not subscribed")
		return
	}
	for id, shop := range s.env.Settings.Shops {
		if shop.WebhookKey.Reveal() == "" {
			continue
		}
		err := s.orders.Load().Webhooks(ctx, id, s.options.publicURL)
		if err != nil && !errors.Is(err, context.Canceled) {
			s.env.Logger.Error("the shop's webhooks are not subscribed", zap.String("shop", id), zap.Error(err))
		}
	}
}
