package cartum

import (
	"maps"
	"time"
)

// keptRequests bounds the list of GET /sandbox/requests; the counts go on.
const keptRequests = 20_000

// requestLog is what GET /sandbox/requests shows. It is guarded by the
// server's lock.
type requestLog struct {
	total        int
	functions    map[string]int
	statuses     map[int]int
	words        map[string]int
	logins       int
	failedLogins int
	mostInSecond int
	lastSecond   []time.Time
	list         []*requestEntry
}

type requestEntry struct {
	At       time.Time `json:"at"`
	Function string    `json:"function"`
	// Status is the HTTP status, 0 while it is open and where the connection
	// was broken.
	Status int `json:"status"`
}

func newRequestLog() *requestLog {
	return &requestLog{
		functions: map[string]int{}, statuses: map[int]int{}, words: map[string]int{},
		lastSecond: []time.Time{}, list: []*requestEntry{},
	}
}

// requestNote is a request in the log that it came into.
type requestNote struct {
	log   *requestLog
	entry *requestEntry
}

func (s *Server) noteRequest(name string) requestNote {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, log := s.now(), s.requests
	entry := &requestEntry{At: now, Function: name}
	log.total++
	log.functions[name]++
	log.list = appendBounded(log.list, keptRequests, entry)
	log.slide(now)
	return requestNote{log: log, entry: entry}
}

// slide counts the requests of the second that ends now.
func (l *requestLog) slide(now time.Time) {
	l.lastSecond = append(l.lastSecond, now)
	for !l.lastSecond[0].After(now.Add(-time.Second)) {
		l.lastSecond = l.lastSecond[1:]
	}
	l.mostInSecond = max(l.mostInSecond, len(l.lastSecond))
}

// finishRequest notes the answer; code 0 is a broken connection.
func (s *Server) finishRequest(note requestNote, code int, word string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	note.entry.Status = code
	note.log.statuses[code]++
	if word != "" {
		note.log.words[word]++
	}
}

// requestReport is the body of GET /sandbox/requests.
type requestReport struct {
	Total        int            `json:"total"`
	Functions    map[string]int `json:"functions"`
	Statuses     map[int]int    `json:"statuses"`
	Answers      map[string]int `json:"answers"`
	Logins       int            `json:"logins"`
	FailedLogins int            `json:"failed_logins"`
	MostInSecond int            `json:"most_in_second"`
	List         []requestEntry `json:"list"`
}

// report is a copy: it is encoded without the lock.
func (l *requestLog) report() requestReport {
	list := make([]requestEntry, 0, len(l.list))
	for _, entry := range l.list {
		list = append(list, *entry)
	}
	return requestReport{
		Total: l.total, Functions: maps.Clone(l.functions), Statuses: maps.Clone(l.statuses),
		Answers: maps.Clone(l.words), Logins: l.logins,
		FailedLogins: l.failedLogins, MostInSecond: l.mostInSecond, List: list,
	}
}
