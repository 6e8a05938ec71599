package check

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

// Verdict begins the line of a finding.
type Verdict string

// The verdicts.
const (
	Fine    Verdict = "ok"
	Remark  Verdict = "note" // no fault, but worth knowing
	Problem Verdict = "PROBLEM"
)

// Finding is what was found about a key of the settings, or about something else
// that has a name. It holds no secret.
type Finding struct {
	Verdict Verdict
	Key     string
	Text    string
}

// List is a table of ids.
type List struct {
	Title  string
	Header []string
	Rows   [][]string
}

// Section is a part of a report.
type Section struct {
	Title    string
	Findings []Finding
	Lists    []List
	// Text is what no check can find out.
	Text []string

	words Words
}

// Find adds a finding in the section's language.
func (s *Section) Find(v Verdict, key, format string, values ...any) {
	s.Findings = append(s.Findings, Finding{v, key, s.words.Sprintf(format, values...)})
}

// Count counts the findings of all sections with a verdict.
func Count(report []Section, v Verdict) (n int) {
	for _, section := range report {
		for _, finding := range section.Findings {
			if finding.Verdict == v {
				n++
			}
		}
	}
	return n
}

// Text is the report for a terminal, with its count at the end.
func Text(report []Section) string {
	return Tables(report) + fmt.Sprintf("\n%s (ok: %d, notes: %d)\n", sum(Count(report, Problem)), Count(report, Fine), Count(report, Remark))
}

// Tables are the sections for a terminal.
func Tables(report []Section) string {
	var text strings.Builder
	for i, section := range report {
		if i > 0 {
			text.WriteString("\n")
		}
		section.write(&text)
	}
	return text.String()
}

func (s Section) write(text *strings.Builder) {
	fmt.Fprintf(text, "== %s\n", s.Title)
	findings := make([][]string, 0, len(s.Findings))
	for _, f := range s.Findings {
		findings = append(findings, []string{string(f.Verdict), f.Key, f.Text})
	}
	align(text, findings, "")
	for _, list := range s.Lists {
		fmt.Fprintf(text, "\n%s\n", list.Title)
		if len(list.Rows) == 0 {
			text.WriteString("  (none)\n")
			continue
		}
		align(text, append([][]string{list.Header}, list.Rows...), "  ")
	}
	for _, line := range s.Text {
		text.WriteString(line + "\n")
	}
}

func align(text *strings.Builder, rows [][]string, indent string) {
	aligned := tabwriter.NewWriter(text, 0, 0, 2, ' ', 0) // to a Builder, which never fails
	for _, row := range rows {
		_, _ = fmt.Fprintln(aligned, strings.TrimRight(indent+strings.Join(row, "\t"), "\t"))
	}
	_ = aligned.Flush()
}

func sum(problems int) string {
	switch problems {
	case 0:
		return "no problems"
	case 1:
		return "1 PROBLEM"
	default:
		return fmt.Sprintf("%d PROBLEMS", problems)
	}
}
