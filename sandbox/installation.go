package main

import (
	"context"
	"fmt"

	"go.temporal.io/sdk/client"
	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/payload"
	"github.com/cartumsync/cartumsync/internal/process"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/settings"
)

// installation is the running exchange, as the demonstration reaches it.
type installation struct {
	settings  *settings.Settings
	temporal  client.Client
	namespace string
	orders    *service.Orders
}

// connect connects to the Temporal that environment or profile name.
func connect(ctx context.Context, s *settings.Settings) (installation, error) {
	codec, err := payload.Codec(s)
	if err != nil {
		return installation{}, err
	}
	// The waiting is reported by the caller, in words and not as a log.
	env := process.Env{Settings: s, Logger: zap.NewNop(), Codec: codec}
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	c, namespace, err := env.Connect(ctx, "sandbox")
	if err != nil {
		return installation{}, fmt.Errorf("connect to Temporal: %w", err)
	}
	return installation{settings: s, temporal: c, namespace: namespace, orders: service.NewOrders(c, index.New(c), namespace, settings.NewStore(s))}, nil
}

func (i installation) close() {
	if i.temporal != nil {
		i.temporal.Close()
	}
}
