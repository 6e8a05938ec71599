package service

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/order"
)

func TestForeignCursorsAreRefused(t *testing.T) {
	t.Parallel()
	good := place{Order: &index.Position{At: time.Now(), Number: 1, Shop: "demo"}}.cursor()
	_, err := placeOf(good)
	require.NoError(t, err)
	for _, bad := range []string{
		"x", "e30", good[:len(good)-3], good + "!", string(slices.Repeat([]byte("a"), 5000)),
		place{Order: &index.Position{At: time.Now(), Number: 1, Shop: "demo' OR Shop != '"}}.cursor(),
		place{Order: &index.Position{At: time.Now(), Number: -1, Shop: "demo"}}.cursor(),
		place{Order: &index.Position{Number: 1, Shop: "demo"}}.cursor(),
		place{Roapp: map[string]reading{"a b": {Page: 1}}}.cursor(), place{Roapp: map[string]reading{"main": {Page: -1}}}.cursor(),
	} {
		_, err := placeOf(bad)
		assert.True(t, Has(err, Invalid), bad)
	}
}

// Whatever people type, no more of it comes into a question to Temporal than
// what is harmless there.
func TestFiltersCannotSpeakTemporalsLanguage(t *testing.T) {
	t.Parallel()
	nasty := []string{"' OR '1'='1", "1' --", "a b", "ż", "(", `"`, "`", "%", "\x00"}
	for _, text := range nasty {
		for _, f := range []Filter{
			{Shop: text}, {Account: text}, {State: order.SyncState(text)}, {Reason: order.HoldReason(text)}, {Number: text}, {Source: Source(text)},
		} {
			_, err := f.checked()
			assert.True(t, Has(err, Invalid), "%+v", f)
		}
	}
	for _, number := range []string{"115", "Z00001", "A-7", "#103", " #103 "} {
		f, err := Filter{Number: number}.checked()
		assert.NoError(t, err, number)
		assert.NotContains(t, f.Number, "#", "pages write #103")
	}
}
