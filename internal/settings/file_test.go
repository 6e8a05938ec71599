package settings_test

import (
	"context"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/cartumsync/cartumsync/internal/settings"
)

// followed is a settings file that a process follows.
type followed struct {
	*settings.File
	t    *testing.T
	path string
	logs *observer.ObservedLogs
}

// follow follows the file at path, whose password stands in the file beside it.
func follow(t *testing.T, path string) followed {
	t.Helper()
	set := variables()
	delete(set, "KWIATY_PASSWORD")
	set["OTHER_ENCRYPTION_KEY"] = base64.StdEncoding.EncodeToString([]byte("another encryption key 32 bytes."))
	set["KWIATY_PASSWORD_FILE"] = filepath.Join(filepath.Dir(path), "password")
	core, logs := observer.New(zapcore.InfoLevel)
	opened, err := settings.Open(path, environment(set), zap.New(core))
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { opened.Follow(ctx); close(done) }()
	t.Cleanup(func() { stop(); <-done })
	return followed{opened, t, path, logs}
}

// plain is a followed file in a folder of its own.
func plain(t *testing.T) followed {
	t.Helper()
	folder := t.TempDir()
	write(t, filepath.Join(folder, "password"), "hunter-password")
	write(t, filepath.Join(folder, file), valid)
	return follow(t, filepath.Join(folder, file))
}

// write puts a whole file in place at once, as editors do.
func write(t *testing.T, path, text string) {
	t.Helper()
	next := filepath.Join(t.TempDir(), "next")
	require.NoError(t, os.WriteFile(next, []byte(text), 0o600))
	require.NoError(t, os.Rename(next, path))
}

const patience = 20 * time.Second

// awaitLocation waits until the location of new orders is the one of the file.
func (f followed) awaitLocation(want int64) { f.await(f.location, want) }

func (f followed) location(s *settings.Settings) any { return s.Shops["kwiaty"].Location }

func (f followed) await(value func(*settings.Settings) any, want any) {
	f.t.Helper()
	late := time.After(patience)
	for {
		current, replaced := f.Store().Watch()
		if value(current) == want {
			return
		}
		select {
		case <-replaced:
		case <-late:
			require.Equal(f.t, want, value(f.Store().Current()))
		}
	}
}

func (f followed) awaitProblem(part string) {
	f.t.Helper()
	require.Eventually(f.t, func() bool {
		problem := f.Problem()
		return problem != nil && strings.Contains(problem.Error(), part)
	}, patience, 10*time.Millisecond, "%v", f.Problem())
}

func located(location string) string {
	return strings.Replace(valid, "location: 12", "location: "+location, 1)
}

func TestChangedFileIsInForce(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(t *testing.T, path, text string){
		"written in place": func(t *testing.T, path, text string) {
			t.Helper()
			require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		},
		"put in its place, as editors do": write,
		"taken away and made again": func(t *testing.T, path, text string) {
			t.Helper()
			require.NoError(t, os.Remove(path))
			write(t, path, text)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := plain(t)
			was := f.Store().Current().Revision
			for _, location := range []string{"13", "14"} {
				change(t, f.path, located(location))
				f.awaitLocation(map[string]int64{"13": 13, "14": 14}[location])
			}
			var told []observer.LoggedEntry
			require.Eventually(t, func() bool { // it is told after it came into force
				told = f.logs.FilterMessage("other settings are in force").All()
				return f.Problem() == nil && len(told) == 2
			}, patience, 10*time.Millisecond)
			require.Equal(t, was, told[0].ContextMap()["was"])
			require.Equal(t, told[0].ContextMap()["revision"], told[1].ContextMap()["was"])
			require.Equal(t, f.Store().Current().Revision, told[1].ContextMap()["revision"])
		})
	}
}

// Kubernetes changes all files of a ConfigMap or a secret at once, by another
// link to a folder.
func TestChangedConfigMapIsInForce(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	mount := func(version, text, password string) {
		require.NoError(t, os.Mkdir(filepath.Join(folder, version), 0o700))
		write(t, filepath.Join(folder, version, file), text)
		write(t, filepath.Join(folder, version, "password"), password)
		require.NoError(t, os.Symlink(version, filepath.Join(folder, "..data_tmp")))
		require.NoError(t, os.Rename(filepath.Join(folder, "..data_tmp"), filepath.Join(folder, "..data")))
	}
	mount("..1", valid, "first")
	for _, name := range []string{file, "password"} {
		require.NoError(t, os.Symlink(filepath.Join("..data", name), filepath.Join(folder, name)))
	}
	f := follow(t, filepath.Join(folder, file))
	mount("..2", located("13"), "second")
	require.NoError(t, os.RemoveAll(filepath.Join(folder, "..1")))
	f.awaitLocation(13)
	require.Equal(t, "second", f.Store().Current().Shops["kwiaty"].Password.Reveal())
	mount("..3", located("14"), "second")
	f.awaitLocation(14)
}

// A link may lead to a file that is written elsewhere.
func TestChangedTargetOfALinkIsInForce(t *testing.T) {
	t.Parallel()
	elsewhere, folder := filepath.Join(t.TempDir(), "kept.yaml"), t.TempDir()
	write(t, elsewhere, valid)
	write(t, filepath.Join(folder, "password"), "hunter-password")
	require.NoError(t, os.Symlink(elsewhere, filepath.Join(folder, file)))
	f := follow(t, filepath.Join(folder, file))
	write(t, elsewhere, located("13"))
	f.awaitLocation(13)
}

func TestChangedSecretIsInForce(t *testing.T) {
	t.Parallel()
	f := plain(t)
	password := func(s *settings.Settings) any { return s.Shops["kwiaty"].Password.Reveal() }
	write(t, filepath.Join(filepath.Dir(f.path), "password"), "hunter-2\n")
	f.await(password, "hunter-2")
	require.NoError(t, os.Remove(filepath.Join(filepath.Dir(f.path), "password")))
	f.awaitProblem("the file of KWIATY_PASSWORD_FILE cannot be read")
	write(t, filepath.Join(filepath.Dir(f.path), "password"), "hunter-3\n")
	f.await(password, "hunter-3")
	for _, entry := range f.logs.All() {
		for _, value := range entry.ContextMap() {
			require.NotContains(t, value, "hunter")
		}
	}
}

// A file that cannot be used keeps the old settings in force, and each of its
// problems is told once.
func TestBrokenFileKeepsTheOldSettings(t *testing.T) {
	t.Parallel()
	f := plain(t)
	was := f.Store().Current()
	broken := strings.Replace(located("0"), "currency: PLN", "currency: zl", 1)
	write(t, f.path, broken)
	f.awaitProblem("shops.kwiaty.location")
	require.ErrorContains(t, f.Problem(), "revision "+was.Revision+" stays in force")
	// Read again, and with another problem: what was told is not told again.
	write(t, f.path, broken+"\n")
	write(t, filepath.Join(filepath.Dir(f.path), "password"), "hunter-2")
	require.NoError(t, os.Remove(f.path))
	f.awaitProblem("no such file")
	require.Same(t, was, f.Store().Current())
	told := map[any]int{}
	for _, entry := range f.logs.FilterLevelExact(zapcore.ErrorLevel).All() {
		told[entry.ContextMap()["problem"]]++
	}
	require.Len(t, told, 3, "%v", told)
	for problem, times := range told {
		require.Equal(t, 1, times, problem)
	}

	write(t, f.path, located("13"))
	f.awaitLocation(13)
	require.NoError(t, f.Problem())
	require.Equal(t, "hunter-2", f.Store().Current().Shops["kwiaty"].Password.Reveal())
}

// Putting the file back as it was ends the problem too.
func TestFileThatIsPutBack(t *testing.T) {
	t.Parallel()
	f := plain(t)
	write(t, f.path, "shops: {")
	f.awaitProblem("no valid YAML")
	write(t, f.path, valid)
	require.Eventually(t, func() bool { return f.Problem() == nil }, patience, 10*time.Millisecond)
	require.Equal(t, 1, f.logs.FilterMessage("the settings file can be used again").Len())
	require.Zero(t, f.logs.FilterMessage("other settings are in force").Len())
}

// The codec and the ids of workflows are made of these at the start.
func TestKeysCannotChangeWhileTheProgramRuns(t *testing.T) {
	t.Parallel()
	for key, change := range map[string]string{
		"identity_key":    "CARTUMSYNC_IDENTITY_KEY",
		"encryption_keys": "CARTUMSYNC_ENCRYPTION_KEY",
	} {
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			f := plain(t)
			// The key's variable becomes one that has the value of another.
			text := strings.Replace(located("13"), change, map[string]string{
				"identity_key": "KWIATY_WEBHOOK_KEY", "encryption_keys": "OTHER_ENCRYPTION_KEY",
			}[key], 1)
			write(t, f.path, text)
			f.awaitProblem(key + " cannot change while the program runs; ")
			require.EqualValues(t, 12, f.Store().Current().Shops["kwiaty"].Location)
			require.NotContains(t, f.Problem().Error(), "hunter")
			write(t, f.path, located("14"))
			f.awaitLocation(14)
		})
	}
}
