package verify

import (
	"fmt"
	"time"

	"github.com/cartumsync/cartumsync/internal/check"
)

// Text is the report for the person: what was seen, the lines of the settings to change, and what is left to delete.
func (r Report) Text() string {
	left := check.Section{Title: "Left for you to delete", Text: r.Left}
	if len(left.Text) == 0 {
		left.Text = []string{"(nothing)"}
	}
	sections := r.sections()
	if r.Wrote {
		sections = append(sections, left)
	}
	return check.Tables(sections) + "\n" + r.summary()
}

// sections are what both the person and the project want to know.
func (r Report) sections() []check.Section {
	var sections []check.Section
	for _, service := range []string{shopService, accountService} {
		table := check.List{Title: "what is assumed", Header: []string{"VERDICT", "ASSUMPTION", "EXPECTED", "SEEN", "WHAT IT MEANS FOR YOUR SETTINGS"}}
		for _, one := range r.Results {
			if one.Service == service {
				table.Rows = append(table.Rows, []string{one.word(), one.Assumption, one.Expected, one.Seen, one.Means})
			}
		}
		sections = append(sections, check.Section{Title: service, Lists: []check.List{table}})
	}
	proposed := check.Section{Title: "Lines of the settings to change"}
	for _, p := range r.Proposals {
		line := p.Key + ": " + p.Value
		if p.Comment != "" {
			line += "  # " + p.Comment
		}
		proposed.Text = append(proposed.Text, line)
	}
	if len(proposed.Text) == 0 {
		proposed.Text = []string{"(none)"}
	}
	return append(sections, proposed)
}

// word is the verdict, with what cartumsync cannot work with set apart.
func (r Result) word() string {
	if r.Problem {
		return string(check.Problem)
	}
	return string(r.Verdict)
}

// Problems counts what cartumsync cannot work with.
func (r Report) Problems() (n int) {
	for _, one := range r.Results {
		if one.Problem {
			n++
		}
	}
	return n
}

func (r Report) summary() string {
	counts := map[Verdict]int{}
	for _, one := range r.Results {
		counts[one.Verdict]++
	}
	return fmt.Sprintf("as expected: %d, different: %d, not seen: %d; problems: %d\n",
		counts[Expected], counts[Different], counts[Unseen], r.Problems())
}

// File is the report to send to the project: what was seen and proposed, and what the services answered,
// by field.
func (r Report) File() string {
	requests := check.List{Title: "endpoints", Header: []string{"REQUESTS", "SLOWEST", "ENDPOINT"}}
	for _, c := range r.Requests {
		requests.Rows = append(requests.Rows, []string{fmt.Sprint(c.Requests), c.Slowest.Round(time.Millisecond).String(), c.Endpoint})
	}
	strange := check.List{Title: "fields", Header: []string{"WHERE: RULE OF THE DOCUMENT"}}
	for _, place := range r.Differences {
		strange.Rows = append(strange.Rows, []string{place})
	}
	mode := "read only"
	if r.Wrote {
		mode = "with --write"
	}
	sections := []check.Section{{Title: "Report of starter verify, " + r.At.Format(time.RFC3339) + ", " + mode}}
	sections = append(sections, r.sections()...)
	sections = append(sections,
		check.Section{Title: "Requests", Lists: []check.List{requests}},
		check.Section{Title: "Answers that are not as docs/reference describes them", Lists: []check.List{strange}})
	return check.Tables(sections) + "\n" + r.summary()
}
