package settingstest

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTextIsValid(t *testing.T) {
	t.Parallel()
	loaded := Load(t, Text("https://roapp.example", "https://kwiaty.example"), Env())
	assert.Equal(t, "https://roapp.example", loaded.Accounts["main"].URL)
	assert.Equal(t, "https://kwiaty.example", loaded.Shops["demo"].URL)
	assert.Equal(t, "sandbox", loaded.Accounts["main"].APIKey.Reveal())
	assert.True(t, loaded.InForce("demo"))
	info, err := os.Stat(Write(t, "secret"))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}
