package e2e

import (
	"os"
	"testing"

	"github.com/cartumsync/cartumsync/e2e/testenv"
)

func TestMain(m *testing.M) {
	code := m.Run()
	testenv.RemoveBuilt()
	os.Exit(code)
}
