package testenv

import (
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/payload"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/worker/polling"
)

// StartWorkerWith starts the workers of one process whose activities pass
// through the interceptor.
func (w *Env) StartWorkerWith(i interceptor.Interceptor) *polling.Workers {
	w.T.Helper()
	codec, err := payload.Codec(w.Settings)
	w.must(err)
	c, err := client.NewClientFromExistingWithContext(w.T.Context(), w.Temporal, client.Options{
		Namespace: w.Namespace, Logger: engine.TemporalLogger(w.logger),
		DataConverter: engine.DataConverter(codec), FailureConverter: engine.FailureConverter(codec),
		Interceptors: []interceptor.ClientInterceptor{i},
	})
	w.must(err)
	w.T.Cleanup(c.Close)
	running, err := polling.Start(w.T.Context(), polling.Options{
		Client: c, Index: index.New(c), Namespace: w.Namespace, Settings: settings.NewStore(w.Settings), Logger: w.logger,
	})
	w.must(err)
	w.T.Cleanup(running.Stop)
	return running
}
