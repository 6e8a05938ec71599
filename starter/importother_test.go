package main

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/workflows"
)

// importing is a shop whose initial import runs.
type importing struct {
	client.Client
	runs    workflows.InitialImport
	signals int
}

func (i *importing) QueryWorkflow(context.Context, string, string, string, ...any) (converter.EncodedValue, error) {
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(workflows.ShopView{Import: &i.runs})
	return client.NewValue(payloads), err
}

func (i *importing) SignalWithStartWorkflow(
	context.Context, string, string, any, client.StartWorkflowOptions, any, ...any,
) (client.WorkflowRun, error) {
	i.signals++
	return nil, nil //nolint:nilnil // nobody looks at the run
}

// An initial import of other days is refused like on the page and by the API, and
// nothing is said to run that does not.
func TestInitialImportOfOtherDaysIsRefused(t *testing.T) {
	t.Parallel()
	set := &settings.Settings{Shops: map[string]settings.Shop{"demo": {Enabled: true}}}
	fake := &importing{runs: workflows.InitialImport{InitialImportWanted: workflows.InitialImportWanted{From: "2026-09-01", To: "2026-09-30"}}}
	var out bytes.Buffer
	c := console{settings: set, orders: service.NewOrders(fake, index.New(fake), "", settings.NewStore(set)), out: &out}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()

	err := c.startInitialImport(ctx, "demo", workflows.InitialImportWanted{From: "2026-08-01", To: "2026-08-31"}, false)
	require.ErrorContains(t, err, "an initial import of other days runs, 2026-09-01 to 2026-09-30; stop it first")
	assert.Equal(t, service.ImportRuns, service.As(err).Code)
	assert.Empty(t, out.String())
	assert.Zero(t, fake.signals)
}
