package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/health"
	"github.com/cartumsync/cartumsync/internal/process"
)

func TestHealthIsTold(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	report := health.Report{
		Shops: map[string]health.Shop{
			"kwiaty": {
				Rounds:     health.Rounds{State: health.Green, LastSuccess: now.Add(-20 * time.Second)},
				OldestHold: now.Add(-time.Hour), Orders: map[string]int64{"importing": 1, "synced": 230, "held": 2, "closed": 17, "failed": 3},
			},
			"rowery": {Rounds: health.Rounds{State: health.Off}},
		},
		Accounts: map[string]health.Account{
			"main": {Rounds: health.Rounds{State: health.Red, Problem: "the key is refused"}, Backlog: 12, BacklogAge: 3.6},
		},
	}
	var text strings.Builder
	require.NoError(t, writeHealth(&text, report, now))
	assert.Equal(t, `shop     state   last sweep   importing   synced   held   closed   failed   oldest hold
kwiaty   green   20s ago      1           230      2      17       3        1h0m0s ago
rowery   off     -            0           0        0      0        0        -

account   state   last collection   requests waiting   the first for
main      red     -                 12                 4s

account main: the key is refused
`, text.String())
	assert.True(t, report.Red())

	// Without a worker all is red, however good everything was until now.
	good := health.Report{Worker: health.Green}
	assert.False(t, good.Red())
	good.Worker = health.Red
	assert.True(t, good.Red())
	text.Reset()
	require.NoError(t, writeHealth(&text, good, now))
	assert.Contains(t, text.String(), "no worker runs")
	assert.Equal(t, 3, process.ExitCode(errRed))
}
