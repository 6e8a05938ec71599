package main

import (
	"context"
	"net/http"

	"github.com/spf13/cobra"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/process"
	"github.com/cartumsync/cartumsync/starter/server"
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
		Short:        "Take webhooks, and serve the pages and the API",
		Args:         cobra.NoArgs,
		SilenceUsage: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return flags.Run(cmd.Context(), "starter", func(env process.Env) error { return serve(cmd.Context(), env, options) })
		},
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

func serve(ctx context.Context, env process.Env, options serveOptions) error {
	served, err := server.New(server.Options{
		Settings: env.File.Store(), SettingsProblem: env.File.Problem, Metrics: env.Metrics, Logger: env.Logger,
		PublicURL: options.publicURL, TemporalUI: options.temporalUI, Tracing: env.Tracing,
	})
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return engine.Serve(ctx, options.listen, served, env.Logger) })
	if options.codec.listen != "" {
		handler := http.StripPrefix("/codec", engine.CodecHandler(env.Codec, options.codec.origin))
		group.Go(func() error { return engine.Serve(ctx, options.codec.listen, handler, env.Logger) })
	}
	group.Go(func() error { env.File.Follow(ctx); return nil })
	group.Go(func() error { return connect(ctx, env, served, options.listen) })
	return group.Wait()
}

// connect gives the server its connection to Temporal, and carries on until ctx ends.
func connect(ctx context.Context, env process.Env, served *server.Server, listen string) error {
	c, namespace, err := env.Connect(ctx, "starter")
	if ctx.Err() != nil {
		return nil //nolint:nilerr // it was told to stop
	}
	if err != nil {
		return err
	}
	defer c.Close()
	// The worker does it too. No matter who starts first, lists are asked for at once.
	if err := engine.RegisterSearchAttributes(ctx, c, namespace); err != nil {
		env.Logger.Warn("lists do not work until the search attributes are there", zap.Error(err))
	}
	served.Connect(c, namespace)
	env.Logger.Info("starter is running", zap.String("listen", listen), zap.Int("shops", len(env.Settings.Shops)))
	served.Run(ctx)
	return nil
}
