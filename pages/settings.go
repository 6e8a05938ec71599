package pages

import (
	"net/http"
	"strings"
	"time"

	"github.com/cartumsync/cartumsync/internal/access"
	"github.com/cartumsync/cartumsync/internal/check"
	"github.com/cartumsync/cartumsync/internal/service"
)

// settingsPage is what is in force, and what comes of checking it.
type settingsPage struct {
	service.InForce
	// Problems say why the file's newer content is not in force.
	Problems []string
	Check    checkPage
}

type checkPage struct {
	Running  bool
	At       time.Time // of the oldest answer, zero where nobody has answered yet
	Problems int
	// Unasked are accounts and shops that could not be asked, and why.
	Unasked map[string]string
	Report  []check.Section
	Zone    string // the shop whose zone At is shown in
}

func (p *pages) checkData(orders *service.Orders, r *http.Request) checkPage {
	checks := orders.Checks(r.Context())
	data := checkPage{Running: checks.Running(), Report: checks.Report(p.Settings.Current()), Unasked: map[string]string{}, Zone: p.firstShop()}
	data.Problems = check.Count(data.Report, check.Problem)
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

func (p *pages) settings(w http.ResponseWriter, r *http.Request) {
	orders, connected := p.orders(w, r)
	if !connected {
		return
	}
	data := settingsPage{InForce: orders.Names(r.Context()).InForce(), Check: p.checkData(orders, r)}
	if p.SettingsProblem != nil {
		if problem := p.SettingsProblem(); problem != nil {
			data.Problems = strings.Split(problem.Error(), "\n")
		}
	}
	p.show(w, r, "settings", data)
}

// checkPart is what the page shows anew until all have answered.
func (p *pages) checkPart(w http.ResponseWriter, r *http.Request) {
	if orders, connected := p.orders(w, r); connected {
		p.showPart(w, r, "check", p.checkData(orders, r))
	}
}

func (p *pages) checkAgain(w http.ResponseWriter, r *http.Request) {
	orders, connected := p.orders(w, r)
	if !connected {
		return
	}
	user, _ := access.Who(r.Context())
	if err := orders.Check(r.Context(), user.Name); err != nil {
		p.failed(w, r, err)
		return
	}
	http.Redirect(w, r, "/settings#check", http.StatusSeeOther)
}
