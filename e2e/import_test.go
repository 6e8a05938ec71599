// Package e2e proves the exchange on the real engine and over real HTTP.
package e2e

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/world"
)

// The order that Cartum's own documentation shows (reference, cartum-api 2.5).
func TestR06_TheDocumentedOrderStandsInRoapp(t *testing.T) {
	t.Parallel()
	w := world.New(t, world.Options{Second: true})
	text, err := os.ReadFile("testdata/order115.json")
	require.NoError(t, err)
	var fields world.J
	require.NoError(t, json.Unmarshal(text, &fields))
	w.Place(115, fields)
	view, roapp := w.AwaitSynced(115)
	assert.Equal(t, "order:demo-ua:115", view.State.Key.WorkflowID())
	require.Len(t, roapp.Items, 1)
	assert.Equal(t, `MacBook Air 11.6" 128 GB, Green`, roapp.Items[0].Entity.Title)
	assert.Equal(t, "31799", roapp.Items[0].Price.String())
	assert.True(t, roapp.Items[0].IsDeductionRequired)
	assert.Equal(t, "31799", roapp.Total.String())
	assert.Equal(t, "sdbgdasgdasg", roapp.Client.FirstName)
	require.Len(t, roapp.Feed, 1)
	assert.Contains(t, roapp.Feed[0].Comment, "115")
}
