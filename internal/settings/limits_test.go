package settings_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/settings"
)

// Files that would take the parser's memory are refused before it sees them.
func TestFilesThatAreNestedTooDeeply(t *testing.T) {
	t.Parallel()
	const many = 20_000
	var stairs strings.Builder
	for i := range 200 {
		fmt.Fprintf(&stairs, "%sa:\n", strings.Repeat(" ", i))
	}
	for text, place := range map[string]string{
		strings.Repeat("[", many):    "1:17",
		strings.Repeat("{a: ", many): "1:65",
		"shops:\n " + strings.Repeat("[", many) + strings.Repeat("]", many): "2:18",
		strings.Repeat("- ", many):          "1:101",
		"a:\n" + strings.Repeat("? ", many): "2:101",
		stairs.String():                     "101:101",
	} {
		_, err := settings.Parse(file, []byte(text), environment(variables()))
		require.ErrorContains(t, err, "settings.yaml:"+place+": the file is nested too deeply here")
	}
}

func TestFilesThatAreTooLarge(t *testing.T) {
	t.Parallel()
	large := valid + "# " + strings.Repeat("x", 1<<20) + "\n"
	_, err := settings.Parse(file, []byte(large), environment(variables()))
	require.EqualError(t, err, "settings.yaml:1:1: the file is larger than 1024 KiB; settings are smaller")

	path := filepath.Join(t.TempDir(), file)
	require.NoError(t, os.WriteFile(path, []byte(large), 0o600))
	_, err = settings.Load(path, environment(variables()))
	require.ErrorContains(t, err, "larger than 1024 KiB")

	// What never ends is not read to its end.
	_, err = settings.Load("/dev/zero", environment(variables()))
	require.ErrorContains(t, err, "larger than 1024 KiB")
	with := variables()
	delete(with, "KWIATY_PASSWORD")
	with["KWIATY_PASSWORD_FILE"] = "/dev/zero"
	_, err = settings.Parse(file, []byte(valid), environment(with))
	require.ErrorContains(t, err, "larger than 64 KiB")
}

// Brackets in texts and comments are no nesting.
func TestBracketsInTexts(t *testing.T) {
	t.Parallel()
	text := strings.Replace(valid, "name: Kwiaty Online", `name: "`+strings.Repeat("[", 60)+`"`, 1) + strings.Repeat(" ", 150) + "# " + strings.Repeat("[", 100) + "\n"
	_, err := settings.Parse(file, []byte(text), environment(variables()))
	require.NoError(t, err)
}
