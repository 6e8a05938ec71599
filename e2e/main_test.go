package e2e

import (
	"os"
	"testing"

	"github.com/cartumsync/cartumsync/internal/world"
)

func TestMain(m *testing.M) {
	code := m.Run()
	world.RemoveBuilt()
	os.Exit(code)
}
