package pages

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/cartumsync/cartumsync/internal/check"
	"github.com/cartumsync/cartumsync/internal/service"
)

// settingsPage is what is in force, and what comes of checking it.
type settingsPage struct {
	service.InForce
	// Problems say why the file's newer content is not in force.
	Problems []string
	Check    checkPage
	Alert    alertPart
}

// alertPart is the last test alert.
type alertPart struct {
	On   bool // an alert address is set
	Last service.TestAlert
}

type checkPage struct {
	Running  bool
	At       time.Time // of the oldest answer, zero where nobody has answered yet
	Problems int
	// Unasked are accounts and shops that could not be asked, and why.
	Unasked map[string]string
	Report  []checkedSection
}

// checkedSection is a part of the report, its problems first.
type checkedSection struct {
	check.Section
	Problems int
}

func checkedSections(report []check.Section) []checkedSection {
	sections := make([]checkedSection, 0, len(report))
	for _, section := range report {
		section.Findings = slices.SortedStableFunc(slices.Values(section.Findings), func(a, b check.Finding) int { return rankOf(a) - rankOf(b) })
		sections = append(sections, checkedSection{section, check.Count([]check.Section{section}, check.Problem)})
	}
	return sections
}

func rankOf(f check.Finding) int {
	return slices.Index([]check.Verdict{check.Problem, check.Remark, check.Fine}, f.Verdict)
}

func (p *pages) checkData(orders *service.Orders, r *http.Request) checkPage {
	checks := orders.Checks(r.Context())
	report := checks.Report(p.Settings.Current(), check.In(languageOf(r).String()))
	data := checkPage{
		Running: checks.Running(), Report: checkedSections(report), Problems: check.Count(report, check.Problem),
		Unasked: map[string]string{},
	}
	for _, all := range []map[string]service.LastCheck{checks.Accounts, checks.Shops} {
		for id, last := range all {
			if !last.At.IsZero() && (data.At.IsZero() || last.At.Before(data.At)) {
				data.At = last.At
			}
			if last.Problem != "" {
				data.Unasked[id] = last.Problem
			}
		}
	}
	return data
}

func (p *pages) settings(w http.ResponseWriter, r *http.Request, orders *service.Orders) {
	alert, err := p.alertData(r, orders)
	if err != nil {
		p.failed(w, r, err)
		return
	}
	data := settingsPage{InForce: orders.Names(r.Context()).InForce(), Check: p.checkData(orders, r), Alert: alert}
	if p.SettingsProblem != nil {
		if problem := p.SettingsProblem(); problem != nil {
			data.Problems = strings.Split(problem.Error(), "\n")
		}
	}
	p.show(w, r, "settings", data)
}

// checkPart is what the page asks for again until all have answered.
func (p *pages) checkPart(w http.ResponseWriter, r *http.Request, orders *service.Orders) {
	p.showPart(w, r, "check", p.checkData(orders, r))
}

func (p *pages) checkAgain(w http.ResponseWriter, r *http.Request, orders *service.Orders) {
	if err := orders.Check(r.Context(), userName(r)); err != nil {
		p.failed(w, r, err)
		return
	}
	http.Redirect(w, r, "/settings#check", http.StatusSeeOther)
}

func (p *pages) alertData(r *http.Request, orders *service.Orders) (alertPart, error) {
	last, err := orders.LastTestAlert(r.Context())
	return alertPart{On: p.Settings.Current().Alerts.URL.Reveal() != "", Last: last}, err
}

// testAlert sends a test alert to the alert address.
func (p *pages) testAlert(w http.ResponseWriter, r *http.Request, orders *service.Orders) {
	if err := orders.SendTestAlert(r.Context()); err != nil {
		p.failed(w, r, err)
		return
	}
	http.Redirect(w, r, "/settings#alerts", http.StatusSeeOther)
}

// testAlertPart is what the page asks for again until the test alert was accepted or not.
func (p *pages) testAlertPart(w http.ResponseWriter, r *http.Request, orders *service.Orders) {
	data, err := p.alertData(r, orders)
	if err != nil {
		p.failed(w, r, err)
		return
	}
	p.showPart(w, r, "test-alert", data)
}
