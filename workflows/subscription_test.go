package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/cartumsync/cartumsync/workflows"
)

func TestSubscriptionStale(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.March, 2, 20, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	three := []time.Time{ago(3 * time.Hour), ago(2 * time.Hour), ago(time.Hour)}
	for name, test := range map[string]struct {
		subscribed, lastEvent time.Time
		found                 []time.Time
		want                  bool
	}{
		"orders and no event ever":                {ago(24 * time.Hour), time.Time{}, three, true},
		"orders after the last event":             {ago(24 * time.Hour), ago(4 * time.Hour), three, true},
		"an event after the orders":               {ago(24 * time.Hour), ago(10 * time.Minute), three, false},
		"an event between the orders":             {ago(24 * time.Hour), ago(150 * time.Minute), three, false},
		"no orders":                               {ago(24 * time.Hour), time.Time{}, nil, false},
		"few orders":                              {ago(24 * time.Hour), time.Time{}, three[:2], false},
		"their events may still come":             {ago(24 * time.Hour), time.Time{}, []time.Time{ago(3 * time.Minute), ago(2 * time.Minute), ago(time.Minute)}, false},
		"orders before it was subscribed":         {ago(7 * time.Hour), time.Time{}, []time.Time{ago(9 * time.Hour), ago(8 * time.Hour), ago(time.Hour)}, false},
		"renewed a while ago, and still no event": {ago(2 * time.Hour), time.Time{}, three, false},
		"never subscribed":                        {time.Time{}, time.Time{}, three, false},
	} {
		assert.Equal(t, test.want, workflows.SubscriptionStale(test.subscribed, test.lastEvent, test.found, now), name)
	}
}
