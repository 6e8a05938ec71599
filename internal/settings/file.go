package settings

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/fsnotify/fsnotify"
	"go.uber.org/zap"
)

// File is a settings file that a running process follows: what is changed in it
// takes effect without a restart.
type File struct {
	path   string
	env    func(string) (string, bool)
	store  *Store
	logger *zap.Logger

	problem atomic.Pointer[error]
	// variables are the files that variables were read from last.
	variables []string
}

// Open reads a settings file that may be followed. Its errors are those of [Load].
func Open(path string, env func(string) (string, bool), logger *zap.Logger) (*File, error) {
	settings, variables, err := load(path, env)
	if err != nil {
		return nil, err
	}
	return &File{path: path, env: env, store: NewStore(settings), logger: logger, variables: variables}, nil
}

// Store holds what is in force of the file.
func (f *File) Store() *Store { return f.store }

// Problem says why the settings in force are not those of the file, nil while
// they are. It holds no secrets.
func (f *File) Problem() error {
	if problem := f.problem.Load(); problem != nil {
		return *problem
	}
	return nil
}

const (
	// settled is how long after its first sign a change is read: an editor
	// writes in several goes, and several files change together.
	settled = 300 * time.Millisecond
	// rereadEvery is how often the file is read without a sign: network file
	// systems and files mounted one by one give none.
	rereadEvery = 30 * time.Second
)

// Follow reads the file whenever it changes, until ctx ends. What cannot be used
// leaves the old settings in force.
func (f *File) Follow(ctx context.Context) {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		f.logger.Warn("changes of the settings are not told by the system, so the file is read from time to time", zap.Error(err))
		watcher = &fsnotify.Watcher{} // whose channels never bring anything
	} else {
		defer func() { _ = watcher.Close() }() // nobody waits for more of it
	}
	anyway := time.NewTicker(rereadEvery)
	defer anyway.Stop()
	var due <-chan time.Time
	for {
		if due == nil {
			// Watched before it is read: what changes in between is read again.
			f.watch(watcher)
			f.read()
		}
		select {
		case <-ctx.Done():
			return
		case <-watcher.Events:
			if due == nil {
				due = time.After(settled)
			}
			continue
		case err := <-watcher.Errors:
			f.logger.Warn("signs of changed settings were lost, so the file is read now", zap.Error(err))
		case <-anyway.C:
		case <-due:
		}
		due = nil
	}
}

// watch asks for signs of the file, of what it is a link to, and of the files of
// its variables. Folders are watched and not the files, for editors and
// Kubernetes put another file, or another link, in a file's place.
func (f *File) watch(watcher *fsnotify.Watcher) {
	if watcher.Events == nil {
		return
	}
	watched := watcher.WatchList()
	for _, file := range append([]string{f.path}, f.variables...) {
		folders := []string{filepath.Dir(file)}
		if target, err := filepath.EvalSymlinks(file); err == nil {
			folders = append(folders, filepath.Dir(target))
		}
		for _, folder := range folders {
			if slices.Contains(watched, folder) {
				continue
			}
			// A folder that is not there is looked at from time to time.
			if err := watcher.Add(folder); err == nil {
				watched = append(watched, folder)
			}
		}
	}
}

// read puts the file's settings in force where they are others and can be used.
func (f *File) read() {
	old := f.store.Current()
	settings, variables, err := load(f.path, f.env)
	if len(variables) > 0 {
		f.variables = variables
	}
	if err == nil {
		err = changeable(old, settings)
	}
	if err != nil {
		f.refuse(old, err)
		return
	}
	if f.problem.Swap(nil) != nil {
		f.logger.Info("the settings file can be used again", zap.String("revision", settings.Revision))
	}
	if settings.Revision == old.Revision {
		return
	}
	f.store.Replace(settings)
	f.logger.Info("other settings are in force", zap.String("was", old.Revision), zap.String("revision", settings.Revision))
}

// refuse tells each problem once, however often the file is read.
func (f *File) refuse(old *Settings, err error) {
	kept := fmt.Errorf("revision %s stays in force, for the settings file cannot be used: %w", old.Revision, err)
	if was := f.problem.Load(); was != nil && (*was).Error() == kept.Error() {
		return
	}
	defer f.problem.Store(&kept)
	for problem := range strings.SplitSeq(err.Error(), "\n") {
		f.logger.Error("the settings file cannot be used, so the old settings stay in force",
			zap.String("problem", problem), zap.String("revision", old.Revision))
	}
}

// changeable refuses what a running process cannot apply: its codec is made
// of the keys at the start, and ids that stand in workflows' names of the
// identity key.
func changeable(old, settings *Settings) error {
	var problems []error
	if old.IdentityKey.Reveal() != settings.IdentityKey.Reveal() {
		problems = append(problems, errors.New("identity_key cannot change while the program runs; put the old key back, or restart worker and starter"))
	}
	same := slices.EqualFunc(old.Encryption, settings.Encryption, func(a, b EncryptionKey) bool {
		return a.ID == b.ID && a.Key.Reveal() == b.Key.Reveal()
	})
	if !same {
		problems = append(problems, errors.New("encryption_keys cannot change while the program runs; restart worker and starter with them"))
	}
	return errors.Join(problems...)
}
