package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

func TestF50_Red(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	at := func(minutes int) time.Time { return start.Add(time.Duration(minutes) * time.Minute) }
	failing := func(kind order.FailureKind, success, since int) workflows.Health {
		return workflows.Health{LastSuccess: at(success), FailingSince: at(since), Kind: kind, Problem: "why"}
	}
	for name, test := range map[string]struct {
		health workflows.Health
		every  time.Duration
		now    int
		red    bool
	}{
		"nothing yet":                     {workflows.Health{}, time.Minute, 9, false},
		"nothing for long":                {workflows.Health{}, time.Minute, 10, true},
		"well":                            {workflows.Health{LastSuccess: at(60)}, time.Minute, 61, false},
		"a round that hangs":              {workflows.Health{LastSuccess: at(60)}, time.Minute, 70, true},
		"unreachable for a moment":        {failing(order.FailUnreachable, 60, 61), time.Minute, 69, false},
		"unreachable for long":            {failing(order.FailUnreachable, 60, 61), time.Minute, 70, true},
		"two of three long intervals":     {failing(order.FailUnreachable, 60, 80), 20 * time.Minute, 119, false},
		"three long intervals":            {failing(order.FailUnreachable, 60, 80), 20 * time.Minute, 120, true},
		"credentials refused":             {failing(order.FailCredentials, 60, 61), time.Minute, 61, true},
		"malformed once":                  {failing(order.FailMalformed, 60, 61), 5 * time.Minute, 61, false},
		"malformed again":                 {failing(order.FailMalformed, 60, 61), 5 * time.Minute, 66, true},
		"rejected for a moment":           {failing(order.FailRejected, 60, 61), time.Minute, 63, false},
		"a success from before it was on": {workflows.Health{LastSuccess: at(-600)}, time.Minute, 9, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.red, test.health.Red(at(test.now), start, test.every))
		})
	}
}
