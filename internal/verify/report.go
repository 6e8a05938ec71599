package verify

import (
	"fmt"
	"time"

	"github.com/cartumsync/cartumsync/internal/check"
)

// Sections are the report as tables, the way of [check.Text]: what was seen, the lines of the settings to change, and what
// is left to delete.
func (r Report) Sections() []check.Section {
	var sections []check.Section
	for _, service := range []string{shopService, accountService} {
		s := check.Section{Title: service}
		table := check.List{Title: "assumptions", Header: []string{"VERDICT", "ASSUMPTION", "EXPECTED", "SEEN", "WHAT IT MEANS FOR YOUR SETTINGS"}}
		for _, one := range r.Results {
			if one.Service != service {
				continue
			}
			table.Rows = append(table.Rows, []string{string(one.Verdict), one.Assumption, one.Expected, one.Seen, one.Means})
			switch {
			case one.Problem:
				s.Find(check.Problem, one.Assumption, "%s: %s", one.Seen, one.Means)
			case one.Verdict == Unseen:
				s.Find(check.Remark, one.Assumption, "not seen: %s", one.Seen)
			default:
				s.Find(check.Fine, one.Assumption, "%s", one.Seen)
			}
		}
		s.Lists = []check.List{table}
		sections = append(sections, s)
	}
	proposed := check.Section{Title: "Settings to change"}
	for _, p := range r.Proposals {
		proposed.Text = append(proposed.Text, p.Key+":  "+p.Line)
	}
	left := check.Section{Title: "Left for you to delete", Text: r.Left}
	for _, s := range []*check.Section{&proposed, &left} {
		if len(s.Text) == 0 {
			s.Text = []string{"(nothing)"}
		}
	}
	if !r.Wrote {
		return append(sections, proposed)
	}
	return append(sections, proposed, left)
}

// File is the report to send to the project: all that [Report.Sections] has but what is left in the account, and what the
// services answered, by field.
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
	for _, s := range r.Sections() {
		if s.Title != "Left for you to delete" {
			sections = append(sections, s)
		}
	}
	sections = append(sections,
		check.Section{Title: "Requests", Lists: []check.List{requests}},
		check.Section{Title: "Answers that are not as docs/reference describes them", Lists: []check.List{strange}})
	return check.Text(sections)
}
