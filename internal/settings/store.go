package settings

import "sync/atomic"

// Store holds the settings in force while they may be replaced by newer ones.
// It is safe for concurrent use.
type Store struct {
	current atomic.Pointer[Settings]
}

// NewStore holds the settings that a process starts with.
func NewStore(settings *Settings) *Store {
	store := new(Store)
	store.Replace(settings)
	return store
}

// Current are the settings in force. A caller who needs several values takes
// them from one call, else they may be of two files.
func (s *Store) Current() *Settings { return s.current.Load() }

// Replace puts newer settings in force for every later call of Current.
func (s *Store) Replace(settings *Settings) { s.current.Store(settings) }
