package activities

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// The first item that is taken tells it, and the first one after a refusal; orders
// that are refused for reasons of their own do not have it told all the time.
func TestPermissionIsToldOnce(t *testing.T) {
	t.Parallel()
	var p permission
	now := time.Date(2026, time.March, 2, 10, 0, 0, 0, time.UTC)
	assert.True(t, p.given(now))
	assert.False(t, p.given(now.Add(time.Hour)))
	p.refused()
	assert.True(t, p.given(now.Add(time.Hour)))
	for second := range 60 {
		p.refused()
		assert.False(t, p.given(now.Add(time.Hour+time.Duration(second)*time.Second)))
	}
	assert.True(t, p.given(now.Add(time.Hour+permissionSignalEvery)))
}
