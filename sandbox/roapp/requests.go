package roapp

import (
	"maps"
	"strconv"
	"sync"
	"time"
)

// keptRequests is how many of the last requests are listed one by one.
const keptRequests = 20_000

// noAnswer is the status of a request whose connection was broken or that is
// still open.
const noAnswer = "none"

// requestLog counts the requests that reached the API, refused and faulty ones
// included.
type requestLog struct {
	now func() time.Time

	mu     sync.Mutex
	counts *requestCounts
}

type requestCounts struct {
	total     int
	endpoints map[string]int
	statuses  map[string]int
	recent    []time.Time // those of the last second, oldest first
	most      int
	list      []*seenRequest
}

type seenRequest struct {
	at      time.Time
	method  string
	pattern string
	status  int // 0 without an answer
	counts  *requestCounts
}

func newRequestLog(now func() time.Time) *requestLog {
	log := &requestLog{now: now}
	log.reset()
	return log
}

func (l *requestLog) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts = &requestCounts{endpoints: map[string]int{}, statuses: map[string]int{}}
}

func (l *requestLog) begin(method, pattern string) *seenRequest {
	l.mu.Lock()
	defer l.mu.Unlock()
	counts := l.counts
	seen := &seenRequest{at: l.now().UTC(), method: method, pattern: pattern, counts: counts}
	counts.total++
	counts.endpoints[method+" "+pattern]++
	counts.statuses[noAnswer]++
	counts.recent = append(lastSecond(counts.recent, seen.at), seen.at)
	counts.most = max(counts.most, len(counts.recent))
	counts.list = append(counts.list, seen)
	if len(counts.list) > keptRequests {
		counts.list = counts.list[1:]
	}
	return seen
}

// end notes the answer in the counts that the request started in, which a reset
// may have replaced since.
func (l *requestLog) end(seen *seenRequest, status int) {
	if status == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	seen.status = status
	seen.counts.statuses[noAnswer]--
	seen.counts.statuses[strconv.Itoa(status)]++
}

type requestReport struct {
	Total         int            `json:"total"`
	MostPerSecond int            `json:"most_per_second"`
	Endpoints     map[string]int `json:"endpoints"`
	Statuses      map[string]int `json:"statuses"`
	Seconds       []secondCount  `json:"seconds"`
	List          []listedCall   `json:"list"`
}

type secondCount struct {
	At    string `json:"at"`
	Count int    `json:"count"`
}

type listedCall struct {
	At     string `json:"at"`
	Method string `json:"method"`
	Path   string `json:"path"`
	Status int    `json:"status"`
}

// report lists the last requests, at most last of them, and counts these per
// clock second; the other numbers are of all requests since the last reset.
func (l *requestLog) report(last int) requestReport {
	l.mu.Lock()
	defer l.mu.Unlock()
	report := requestReport{
		Total:         l.counts.total,
		MostPerSecond: l.counts.most,
		Endpoints:     maps.Clone(l.counts.endpoints),
		Statuses:      maps.Clone(l.counts.statuses),
		Seconds:       []secondCount{},
		List:          []listedCall{},
	}
	if report.Statuses[noAnswer] == 0 {
		delete(report.Statuses, noAnswer)
	}
	list := l.counts.list
	for _, seen := range list[max(0, len(list)-last):] {
		report.add(seen)
	}
	return report
}

func (r *requestReport) add(seen *seenRequest) {
	r.List = append(r.List, listedCall{
		At:     seen.at.Format(time.RFC3339Nano),
		Method: seen.method,
		Path:   seen.pattern,
		Status: seen.status,
	})
	second := timestamp(seen.at)
	if n := len(r.Seconds); n > 0 && r.Seconds[n-1].At == second {
		r.Seconds[n-1].Count++
		return
	}
	r.Seconds = append(r.Seconds, secondCount{At: second, Count: 1})
}
