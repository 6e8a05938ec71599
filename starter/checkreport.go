package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// verdict begins the line of a finding.
type verdict string

const (
	fine    verdict = "ok"
	remark  verdict = "note" // no fault, but worth knowing
	problem verdict = "PROBLEM"
)

// report is the text of a check: findings and lists, and the count of findings
// by verdict.
type report struct {
	text     strings.Builder
	findings [][]string // of the section, not written yet
	counts   map[verdict]int
}

func newReport() *report { return &report{counts: map[verdict]int{}} }

// section begins a part of the report.
func (r *report) section(format string, values ...any) {
	r.flush()
	if r.text.Len() > 0 {
		r.text.WriteString("\n")
	}
	fmt.Fprintf(&r.text, "== "+format+"\n", values...)
}

// find adds a finding about a key of the settings, or about something else that
// has a name.
func (r *report) find(v verdict, key, format string, values ...any) {
	r.counts[v]++
	r.findings = append(r.findings, []string{string(v), key, fmt.Sprintf(format, values...)})
}

// list shows rows below a title, aligned. Findings come before lists.
func (r *report) list(title string, header []string, rows [][]string) {
	r.flush()
	fmt.Fprintf(&r.text, "\n%s\n", title)
	if len(rows) == 0 {
		r.text.WriteString("  (none)\n")
		return
	}
	r.align(append([][]string{header}, rows...), "  ")
}

func (r *report) flush() {
	r.align(r.findings, "")
	r.findings = nil
}

func (r *report) align(rows [][]string, indent string) {
	aligned := tabwriter.NewWriter(&r.text, 0, 0, 2, ' ', 0) // to a Builder, which never fails
	for _, row := range rows {
		_, _ = fmt.Fprintln(aligned, strings.TrimRight(indent+strings.Join(row, "\t"), "\t"))
	}
	_ = aligned.Flush()
}

// write ends the report with its count and prints it.
func (r *report) write(w io.Writer) error {
	r.flush()
	fmt.Fprintf(&r.text, "\n%s (ok: %d, notes: %d)\n", r.sum(), r.counts[fine], r.counts[remark])
	_, err := io.WriteString(w, r.text.String())
	return err
}

func (r *report) sum() string {
	switch n := r.counts[problem]; n {
	case 0:
		return "no problems"
	case 1:
		return "1 PROBLEM"
	default:
		return fmt.Sprintf("%d PROBLEMS", n)
	}
}
