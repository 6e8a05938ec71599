package order

import "time"

// SignalSettings says that other settings are in force, or that a service answers
// again: what may have waited for it is tried again.
const SignalSettings = "settings"

var _ = defineSignal(SignalSettings, func(s *State, _ string, now time.Time) {
	s.lift(now)
	s.endBackoffs()
})
