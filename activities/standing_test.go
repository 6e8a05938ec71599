package activities

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/cartumsync/cartumsync/workflows"
)

// asked is a Temporal whose entities answer with a health, or not at all.
type asked struct {
	client.Client
	health workflows.Health
	err    error
	times  int
}

func (a *asked) QueryWorkflow(context.Context, string, string, string, ...any) (converter.EncodedValue, error) {
	a.times++
	if a.err != nil {
		return nil, a.err
	}
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(workflows.HealthView{Health: a.health})
	return client.NewValue(payloads), err
}

// A process whose request was refused goes on as soon as another one's was not.
func TestRefusalStandsUntilTheEntityIsWell(t *testing.T) {
	t.Parallel()
	refusal := errors.New("the key is refused")
	now := time.Now()
	for name, one := range map[string]struct {
		entity asked
		stands bool
	}{
		"another process was accepted since": {asked{health: workflows.Health{LastSuccess: now.Add(time.Second)}}, false},
		"it was accepted before only":        {asked{health: workflows.Health{LastSuccess: now.Add(-time.Second)}}, true},
		"it fails again":                     {asked{health: workflows.Health{LastSuccess: now.Add(time.Second), FailingSince: now.Add(2 * time.Second)}}, true},
		"it does not answer":                 {asked{err: errors.New("no worker")}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := &Activities{temporal: &one.entity}
			b := new(breaker)
			require.NoError(t, a.standing(t.Context(), b, "account:main"))
			assert.Zero(t, one.entity.times, "nobody is asked while nothing is refused")
			b.refused(now, refusal)
			for range 10 {
				err := a.standing(t.Context(), b, "account:main")
				if one.stands {
					require.ErrorIs(t, err, refusal)
				} else {
					require.NoError(t, err)
				}
			}
			assert.Equal(t, 1, one.entity.times, "it is asked now and then")
		})
	}
}
