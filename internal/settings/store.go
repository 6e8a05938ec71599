package settings

import "sync"

// Store holds the settings in force while they may be replaced by newer ones.
// It is safe for concurrent use.
type Store struct {
	mu       sync.RWMutex
	current  *Settings
	replaced chan struct{}
}

// NewStore holds the settings that a process starts with.
func NewStore(settings *Settings) *Store {
	return &Store{current: settings, replaced: make(chan struct{})}
}

// Current are the settings in force. A caller who needs several values takes
// them from one call, else they may be of two files.
func (s *Store) Current() *Settings { current, _ := s.Watch(); return current }

// Watch are the settings in force and a channel that is closed when they are
// replaced.
func (s *Store) Watch() (*Settings, <-chan struct{}) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.current, s.replaced
}

// Replace puts newer settings in force for every later call of Current.
func (s *Store) Replace(settings *Settings) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = settings
	close(s.replaced)
	s.replaced = make(chan struct{})
}
