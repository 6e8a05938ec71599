package pages

import (
	"maps"
	"net/http"
	"slices"

	"github.com/cartumsync/cartumsync/internal/health"
	"github.com/cartumsync/cartumsync/internal/order"
)

// alerts are what every page shows of the whole installation: what needs action, and how
// many orders are on hold.
type alerts struct {
	Problems []alert
	Held     int64
	// Swap is set where they are shown again alone: the number in the menu is replaced too.
	Swap bool
}

// alert is one thing that needs action, by the id of its text and the name that stands in it.
type alert struct{ Text, Name string }

// alerts are those of the last report; none while there is none.
func (p *pages) alerts(r *http.Request) alerts {
	viewer, connected := p.Overview()
	if !connected {
		return alerts{}
	}
	return p.alertsOf(viewer.Recent(r.Context()))
}

func (p *pages) alertsOf(report health.Report) alerts {
	var all alerts
	if report.At.IsZero() {
		return all
	}
	for _, shop := range report.Shops {
		all.Held += shop.Orders[string(order.SyncHeld)]
	}
	if report.NoWorker() {
		all.Problems = append(all.Problems, alert{Text: "alert.no-worker"}) // all else follows from it
		return all
	}
	shops := p.Settings.Current().Shops
	for _, id := range slices.Sorted(maps.Keys(report.Shops)) {
		all.add("shop", shops[id].Name, report.Shops[id].Rounds)
	}
	for _, id := range slices.Sorted(maps.Keys(report.Accounts)) {
		all.add("account", id, report.Accounts[id].Rounds)
	}
	return all
}

func (a *alerts) add(kind, name string, of health.Rounds) {
	switch {
	case of.State != health.Red:
	case of.Credentials == health.Refused:
		a.Problems = append(a.Problems, alert{"alert." + kind + "-credentials", name})
	case len(of.Findings) > 0:
		a.Problems = append(a.Problems, alert{"alert." + kind + "-findings", name})
	default:
		a.Problems = append(a.Problems, alert{"alert." + kind + "-failing", name})
	}
}

// alertsPart shows them again on a page that stays open.
func (p *pages) alertsPart(w http.ResponseWriter, r *http.Request) {
	all := p.alerts(r)
	all.Swap = true
	p.showPart(w, r, "alerts", all)
}

// Alerts are those of the whole installation; somebody who is not logged in sees none.
func (v *view) Alerts() alerts {
	if !v.Known {
		return alerts{}
	}
	return v.pages.alerts(v.request)
}
