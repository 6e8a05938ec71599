package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/cartumsync/cartumsync/internal/health"
)

// The metrics of shops and accounts.
var (
	shopSuccess    = desc("shop_last_success_timestamp_seconds", "When the shop's last successful sweep started.", "shop")
	shopRed        = desc("shop_red", "1 while a person must act on the shop.", "shop")
	shopOrders     = desc("shop_orders", "Orders of the shop, by state.", "shop", "state")
	shopOldestHold = desc("shop_oldest_hold_timestamp_seconds", "Since when the shop's order is held that is held the longest.", "shop")
	accountSuccess = desc("account_last_success_timestamp_seconds", "When the account's last successful collection started.", "account")
	accountRed     = desc("account_red", "1 while a person must act on the account.", "account")
	accountBacklog = desc("account_backlog", "Requests that wait for their turn in the account's queue.", "account")
	accountAge     = desc("account_backlog_age_seconds", "How long the first request in the account's queue has waited.", "account")
	accountRate    = desc("account_requests_per_second", "Requests a second sent to RO App, over the last half minute.", "account")
	accountLimit   = desc("account_requests_per_second_limit", "Requests a second that the settings allow for the account.", "account")
	shopRefused    = desc("shop_credentials_refused", "1 while the shop refuses its login.", "shop")
	accountRefused = desc("account_credentials_refused", "1 while RO App refuses the account's key.", "account")
	importDone     = desc("shop_initial_import_days_done", "Days that the shop's initial import has gone through.", "shop")
	importDays     = desc("shop_initial_import_days", "Days that the shop's initial import has to go through.", "shop")
	workerRed      = desc("worker_red", "1 while no worker polls for workflows.")
	shopFindings   = desc("shop_findings", "Orders of the shop that cannot go on, by why; the first twenty.", "shop", "finding")
	answeredAt     = desc("overview_timestamp_seconds", "When Temporal last answered what this shows.")
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("cartumsync_"+name, help, labels, nil)
}

// reportCollector collects from the last report, so that a shop that left the settings
// leaves the metrics too.
type reportCollector struct{ last func() health.Report }

// Describe implements [prometheus.Collector].
func (reportCollector) Describe(into chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{
		shopSuccess, shopRed, shopOrders, shopOldestHold, accountSuccess, accountRed, accountBacklog, accountAge, accountRate,
		accountLimit, shopRefused, accountRefused,
		importDone, importDays, workerRed, shopFindings, answeredAt,
	} {
		into <- desc
	}
}

// Collect implements [prometheus.Collector].
func (f reportCollector) Collect(into chan<- prometheus.Metric) {
	report := f.last()
	show := func(desc *prometheus.Desc, value float64, labels ...string) {
		into <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
	}
	moment := func(desc *prometheus.Desc, at time.Time, labels ...string) {
		if !at.IsZero() {
			show(desc, float64(at.UnixMilli())/1000, labels...)
		}
	}
	moment(answeredAt, report.Answered)
	if report.Worker != "" {
		show(workerRed, redState(report.Worker))
	}
	for id, shop := range report.Shops {
		show(shopRed, red(shop.Rounds), id)
		show(shopRefused, refused(shop.Rounds), id)
		moment(shopSuccess, shop.LastSuccess, id)
		moment(shopOldestHold, shop.OldestHold, id)
		if shop.Import != nil {
			show(importDone, float64(shop.Import.DaysDone), id)
			show(importDays, float64(shop.Import.Days), id)
		}
		for kind, count := range shop.CountFindings() {
			show(shopFindings, float64(count), id, string(kind))
		}
		for state, count := range shop.Orders {
			show(shopOrders, float64(count), id, state)
		}
	}
	for id, account := range report.Accounts {
		show(accountRed, red(account.Rounds), id)
		show(accountRefused, refused(account.Rounds), id)
		show(accountLimit, account.Limit, id)
		moment(accountSuccess, account.LastSuccess, id)
		show(accountBacklog, float64(account.Backlog), id)
		show(accountAge, account.BacklogAge, id)
		show(accountRate, account.PerSecond, id)
	}
}

func red(rounds health.Rounds) float64 { return redState(rounds.State) }

func redState(state health.State) float64 {
	if state == health.Red {
		return 1
	}
	return 0
}

func refused(rounds health.Rounds) float64 {
	if rounds.Credentials == health.Refused {
		return 1
	}
	return 0
}
