package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/cartumsync/cartumsync/api"
	"github.com/cartumsync/cartumsync/internal/access"
	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/health"
	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/process"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/pages"
)

type serveOptions struct {
	listen     string
	publicURL  string
	temporalUI string
	codec      codecOptions
}

// codecOptions serve the decryption that Temporal's UI asks for, on an address
// of its own: anyone who reaches it can read what the keys protect.
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
	cmd.Flags().StringVar(&options.listen, "listen", ":8080", "address of the orders page, the API, the webhooks, /healthz, /readyz and /metrics")
	cmd.Flags().StringVar(&options.publicURL, "public-url", "", "URL by which Cartum and browsers reach this starter; with it the starter subscribes itself to Cartum's events")
	cmd.Flags().StringVar(&options.temporalUI, "temporal-ui", "", "URL of the namespace in Temporal's UI as browsers reach it, such as http://127.0.0.1:8233/namespaces/default; the pages link there")
	cmd.Flags().StringVar(&options.codec.listen, "codec-listen", "", "address of the codec endpoint for Temporal's UI; it decrypts for anybody who reaches it, so keep it to yourself, such as 127.0.0.1:8089")
	cmd.Flags().StringVar(&options.codec.origin, "codec-origin", "", "origin of Temporal's UI, the only one that browsers may use the codec endpoint from")
	cmd.AddCommand(importCommand(&flags), initialImportCommand(&flags), rehearseCommand(&flags), refreshCommand(&flags), decideCommand(&flags),
		showCommand(&flags), checkCommand(&flags), verifyCommand(&flags), healthCommand(&flags), reconcileCommand(&flags), passwordCommand(), tokenCommand())
	return cmd
}

func serve(ctx context.Context, flags process.Flags, options serveOptions) error {
	env, err := flags.Open()
	if err != nil {
		return err
	}
	defer func() { _ = env.Logger.Sync() }() // a terminal cannot be synced
	endTracing, err := env.OpenTracing(ctx, "starter")
	if err != nil {
		return err
	}
	defer endTracing()
	s := &server{env: env, options: options}
	return s.run(ctx)
}

// server answers from its first moment; until Temporal is connected it asks
// Cartum to send again.
type server struct {
	env     process.Env
	options serveOptions
	client  atomic.Pointer[client.Client]
	// namespace is set before client is.
	namespace string
	viewer    atomic.Pointer[health.Viewer]
	orders    atomic.Pointer[service.Orders]
}

func (s *server) run(ctx context.Context) error {
	pageOptions := pages.Options{
		Settings: s.env.File.Store(), Orders: s.currentOrders, Overview: s.currentViewer, Logger: s.env.Logger,
		SettingsProblem: s.env.File.Problem,
		TemporalUI:      strings.TrimSuffix(s.options.temporalUI, "/"),
	}
	guard, err := access.New(access.Options{
		Settings: s.env.File.Store(), PublicURL: s.options.publicURL, LoginPage: pages.LoginPage(pageOptions),
		Logouts: service.NewLogouts(s.currentClient), Logger: s.env.Logger,
	})
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	router := api.NewRouter(api.Options{
		Settings:        s.env.File.Store(),
		Guard:           guard,
		Pages:           pages.New(pageOptions),
		Orders:          s.currentOrders,
		Overview:        s.currentViewer,
		SettingsProblem: s.env.File.Problem,
		Health:          engine.NewHealth(process.HealthTimeout, engine.Check{Name: "temporal", Run: s.checkTemporal}, s.env.SettingsCheck()).WithReport(s.overview),
		Metrics:         s.env.Metrics.Handler(),
		Webhooks:        s.env.Metrics,
		Tracing:         s.env.Tracing,
		Logger:          s.env.Logger,
	})
	group.Go(func() error { return engine.Serve(ctx, s.options.listen, router, s.env.Logger) })
	if s.options.codec.listen != "" {
		handler := http.StripPrefix("/codec", engine.CodecHandler(s.env.Codec, s.options.codec.origin))
		group.Go(func() error { return engine.Serve(ctx, s.options.codec.listen, handler, s.env.Logger) })
	}
	group.Go(func() error { s.env.File.Follow(ctx); return nil })
	group.Go(func() error { return s.connect(ctx) })
	return group.Wait()
}

func (s *server) currentClient() (client.Client, bool) {
	c := s.client.Load()
	if c == nil {
		return nil, false
	}
	return *c, true
}

func (s *server) currentOrders() (*service.Orders, bool) {
	orders := s.orders.Load()
	return orders, orders != nil
}

func (s *server) currentViewer() (*health.Viewer, bool) {
	viewer := s.viewer.Load()
	return viewer, viewer != nil
}

func (s *server) connect(ctx context.Context) error {
	c, namespace, err := s.env.Connect(ctx, "starter")
	if err != nil {
		return ignoreEnd(ctx, err)
	}
	defer c.Close()
	// The worker does it too. No matter who starts first, lists are asked for at once.
	if err := engine.RegisterSearchAttributes(ctx, c, namespace); err != nil {
		s.env.Logger.Warn("lists do not work until the search attributes are there", zap.Error(err))
	}
	s.namespace = namespace
	s.client.Store(&c)
	ix := index.New(c)
	viewer := health.New(c, ix, namespace, s.env.File.Store())
	s.env.Metrics.ShowOverview(viewer.Last)
	go viewer.Run(ctx, s.env.Logger)
	s.viewer.Store(viewer)
	s.orders.Store(service.NewOrders(c, ix, namespace, s.env.File.Store()))
	s.env.Logger.Info("starter is running", zap.String("listen", s.options.listen), zap.Int("shops", len(s.env.Settings.Shops)))
	s.keepSubscribed(ctx)
	return nil
}

func ignoreEnd(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (s *server) checkTemporal(ctx context.Context) error {
	c, connected := s.currentClient()
	if !connected {
		return errors.New("still connecting to Temporal")
	}
	return process.TemporalCheck(c, s.namespace).Run(ctx)
}

// overview reports the health of shops and accounts.
func (s *server) overview(ctx context.Context) any {
	viewer := s.viewer.Load()
	if viewer == nil {
		return nil
	}
	report := viewer.Recent(ctx)
	if report.At.IsZero() {
		return nil // nobody answered in time
	}
	return report.Open()
}

// keepSubscribed has the events of all shops sent here, also of those that the
// settings get while the starter runs. Without a public URL nobody could reach
// us.
func (s *server) keepSubscribed(ctx context.Context) {
	if s.options.publicURL == "" {
		s.env.Logger.Warn("no --public-url: Cartum's webhooks are not subscribed")
		<-ctx.Done()
		return
	}
	for {
		current, replaced := s.env.File.Store().Watch()
		s.subscribe(ctx, current)
		select {
		case <-ctx.Done():
			return
		case <-replaced:
		}
	}
}

// subscribe asks for each shop's events; what is subscribed stays as it is. A
// shop without key takes no webhooks.
func (s *server) subscribe(ctx context.Context, current *settings.Settings) {
	for id, shop := range current.Shops {
		if !current.InForce(id) || shop.WebhookKey.Reveal() == "" {
			continue
		}
		err := s.orders.Load().Webhooks(ctx, id, s.options.publicURL)
		if err != nil && !errors.Is(err, context.Canceled) {
			s.env.Logger.Error("the shop's webhooks are not subscribed", zap.String("shop", id), zap.Error(err))
		}
	}
}
