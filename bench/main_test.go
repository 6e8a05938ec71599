package bench

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest"

	"github.com/cartumsync/cartumsync/e2e/testenv"
)

func TestMain(m *testing.M) {
	code := m.Run()
	testenv.RemoveBuilt()
	if missed := table.write(os.Stdout); missed > 0 && code == 0 {
		code = 1
	}
	os.Exit(code)
}

// goal is what a measured value should be.
type goal struct {
	text string
	met  func(float64) bool
}

func atLeast(limit float64) goal {
	return goal{fmt.Sprintf("at least %g", limit), func(v float64) bool { return v >= limit }}
}

func atMost(limit float64) goal {
	return goal{fmt.Sprintf("at most %g", limit), func(v float64) bool { return v <= limit }}
}

func below(limit float64) goal {
	return goal{fmt.Sprintf("below %g", limit), func(v float64) bool { return v < limit }}
}

// toKnow is the goal of a value that is measured without one.
var toKnow = goal{"", func(float64) bool { return true }}

// report hands a value to the benchmark's own line and to the table. The unit
// reports what it is: "refused/request".
func report(b *testing.B, value float64, unit string, g goal) {
	b.Helper()
	b.ReportMetric(0, "ns/op") // says nothing here: most of the time is waiting for the account's limit
	b.ReportMetric(value, unit)
	table.add(row{strings.TrimPrefix(b.Name(), "Benchmark"), unit, value, g})
}

type row struct {
	name, unit string
	value      float64
	goal       goal
}

func (r row) verdict() string {
	switch {
	case r.goal.text == "":
		return ""
	case r.goal.met(r.value):
		return "ok"
	default:
		return "MISSED"
	}
}

// summary is the table at the end.
type summary struct {
	mu      sync.Mutex
	rows    []row
	remarks []string // why something was not measured
}

var table summary

func (s *summary) add(r row) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows = append(s.rows, r)
}

func (s *summary) remark(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remarks = append(s.remarks, text)
}

// write shows the table, and gives how many goals were missed.
func (s *summary) write(to io.Writer) (missed int) {
	for _, text := range s.remarks {
		_, _ = fmt.Fprintln(to, "NOT MEASURED:", text)
	}
	if len(s.rows) == 0 {
		return 0
	}
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "\nbenchmark\tvalue\tmeasured\tgoal\t")
	for _, r := range s.rows {
		if !r.goal.met(r.value) {
			missed++
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%.3f\t%s\t%s\n", r.name, r.unit, r.value, r.goal.text, r.verdict())
	}
	_ = w.Flush() // standard output that is closed shows nothing anyway
	return missed
}

// quiet logs what must not happen at all; refused requests are measured.
func quiet(b *testing.B) *zap.Logger {
	b.Helper()
	return zaptest.NewLogger(b, zaptest.Level(zap.ErrorLevel))
}

// prompt are the fake's switches for all benchmarks: records that were created for
// the benchmark show at once, as those of yesterday would.
var prompt = map[string]string{"search-lag": "0s"}
