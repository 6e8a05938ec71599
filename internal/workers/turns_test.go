package workers

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"
)

// hold takes all slots that may be taken before a request was sent.
func hold(t *testing.T, turns *turns) (taken int) {
	t.Helper()
	for {
		permit, _, _ := turns.reserve(time.Now())
		if permit == nil {
			return taken
		}
		taken++
	}
}

// A slow account's requests are taken one by one, a fast one's in advance.
func TestPaceIsChangedWhileSlotsAreTaken(t *testing.T) {
	t.Parallel()
	turns, err := newTurns(3)
	require.NoError(t, err)
	assert.Equal(t, 1, hold(t, turns))
	turns.pace(20)
	assert.Equal(t, 3, hold(t, turns), "3 requests are sent in the time that taking one needs")
	turns.pace(3)
	assert.Zero(t, hold(t, turns))
}

// Who waits for a slot goes by the new pace at once.
func TestPaceWakesThoseWhoWait(t *testing.T) {
	t.Parallel()
	turns, err := newTurns(0.001) // a turn each quarter of an hour
	require.NoError(t, err)
	first := activityTurn{turns: turns}
	require.Equal(t, 1, hold(t, turns))
	first.begin()
	reserved := make(chan error)
	go func() {
		_, err := turns.ReserveSlot(t.Context(), nil)
		reserved <- err
	}()
	turns.pace(1000)
	require.NoError(t, <-reserved)
}

func TestSlotIsNotWaitedForInVain(t *testing.T) {
	t.Parallel()
	turns, err := newTurns(3)
	require.NoError(t, err)
	require.Equal(t, 1, hold(t, turns))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = turns.ReserveSlot(ctx, nil)
	require.ErrorIs(t, err, context.Canceled)
	turns.ReleaseSlot(worker.SlotReleaseInfo(nil))
	assert.Equal(t, 1, hold(t, turns))
}
