package cartum

import (
	"fmt"
	"time"
)

// keptFeed bounds the feed.
const keptFeed = 20_000

// feedEntry is one line of GET /sandbox/feed. It has no names, phones or
// secrets.
type feedEntry struct {
	Seq  int       `json:"seq"`
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

// note adds a line to the feed. The lock is held.
func (s *Server) note(format string, values ...any) {
	s.lastFeedSeq++
	entry := feedEntry{Seq: s.lastFeedSeq, At: s.now(), Text: fmt.Sprintf(format, values...)}
	s.feed = appendBounded(s.feed, keptFeed, entry)
}

// feedAfter is the part of the feed after a number.
func (s *Server) feedAfter(seq int) []feedEntry {
	list := []feedEntry{}
	for _, entry := range s.feed {
		if entry.Seq > seq {
			list = append(list, entry)
		}
	}
	return list
}
