package service

import (
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

func sum(text string) *decimal.Decimal {
	d := decimal.RequireFromString(text)
	return &d
}

// whole is an order that exists in RO App with all that belongs to it.
var whole = standing{state: order.SyncSynced, order: 7, whole: true}

func TestAnOrderStandsWhereItIsWhole(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		is     *standing
		day    string
		status int
		want   MissingReason // "": it stands
	}{
		"synced":                       {is: &whole},
		"closed":                       {is: &standing{state: order.SyncClosed, order: 7, whole: true}},
		"held after it was whole":      {is: &standing{state: order.SyncHeld, order: 7, whole: true, hold: order.HoldUnreachable}},
		"deleted in RO App":            {is: &standing{state: order.SyncHeld, order: 7, whole: true, hold: order.HoldOrderGone}, want: MissingHeld},
		"half, being imported":         {is: &standing{state: order.SyncImporting, order: 7}, want: MissingImporting},
		"half, for a right is missing": {is: &standing{state: order.SyncHeld, order: 7, hold: order.HoldMissingRight}, want: MissingHeld},
		"not started":                  {is: &standing{state: order.SyncImporting}, want: MissingImporting},
		"cancelled when it was seen":   {is: &standing{state: order.SyncClosed}, want: MissingClosed},
		"its workflow was ended":       {is: &standing{state: order.SyncFailed}, want: MissingUnknown},
		"held when it was ended":       {is: &standing{state: order.SyncFailed, hold: order.HoldNoCustomer}, want: MissingUnknown},
		"never seen":                   {want: MissingUnknown},
		"from before":                  {day: "2026-10-31", want: MissingOlder},
		"from before, left out":        {day: "2026-10-31", status: 3, want: MissingSkipped},
		"delivered, and never seen":    {status: 3, want: MissingUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			day := tc.day
			if day == "" {
				day = "2026-11-01"
			}
			c := comparison{
				read: workflows.Reconciled{
					ReconcileInput: workflows.ReconcileInput{Shop: "demo", From: day, To: day},
					Orders:         []workflows.ShopOrder{{Number: 1, Day: day, Sum: sum("10"), Status: tc.status}},
				},
				known: map[int64]standing{}, since: "2026-11-01", skip: []int{3},
			}
			if tc.is != nil {
				c.known[1] = *tc.is
			}
			found := c.compare()
			if tc.want == "" {
				assert.Empty(t, found.Total.Missing)
				assert.Equal(t, 1, found.Total.Roapp.Orders)
				return
			}
			assert.Equal(t, tc.want, found.Total.Missing[0].Reason)
			assert.Zero(t, found.Total.Roapp.Orders)
			left := tc.want == MissingClosed || tc.want == MissingOlder || tc.want == MissingSkipped
			assert.Equal(t, left, found.Complete(), "what was left out is not missed")
		})
	}
}

func TestSumsAreComparedByDay(t *testing.T) {
	t.Parallel()
	c := comparison{
		read: workflows.Reconciled{
			ReconcileInput: workflows.ReconcileInput{Shop: "demo", From: "2026-11-01", To: "2026-11-03"},
			Orders: []workflows.ShopOrder{
				{Number: 4, Day: "2026-11-03", Sum: sum("0.3"), RoappTotal: sum("0.3")},
				{Number: 1, Day: "2026-11-01", Sum: sum("10.10"), RoappTotal: sum("10.12"), Slack: sum("0.02")},
				{Number: 2, Day: "2026-11-01", Sum: sum("29"), RoappTotal: sum("4")},
				{Number: 3, Day: "2026-11-01", RoappTotal: sum("3")},
				{Number: 5, Day: "2026-11-01", Sum: sum("7"), Currency: "EUR"},
				{Number: 6, Day: "2026-11-01", Sum: sum("90"), Lines: sum("100"), RoappTotal: sum("100")},
				{Number: 7, Day: "2026-11-01", Sum: sum("8"), Currency: "EUR", RoappTotal: sum("8")},
				{Number: 8, Day: "2026-11-01", Sum: sum("1")},
				{Number: 9, Day: "2026-12-01", Sum: sum("99")}, // the shop showed what nobody asked for
			},
		},
		known: map[int64]standing{1: whole, 2: whole, 3: whole, 4: whole, 6: whole, 7: whole, 8: whole}, currency: "PLN",
	}
	found := c.compare()
	var days []string
	for _, day := range found.Days {
		days = append(days, day.Day)
	}
	assert.Equal(t, []string{"2026-11-03", "2026-11-02", "2026-11-01"}, days)
	first := found.Days[2]
	assert.Equal(t, "EUR 15, PLN 130.1", moneyText(first.Shop), "currencies are not added up")
	assert.Equal(t, "PLN 125.12", moneyText(first.Roapp), "RO App's own totals")
	assert.Equal(t, 1, first.Unreadable)
	assert.Equal(t, 1, first.Unread)
	assert.Equal(t, []int64{2, 7}, differing(first), "by 25.00, and in another currency")
	assert.Equal(t, "29", first.Different[0].Shop.String())
	assert.Equal(t, "4", first.Different[0].Roapp.String())
	assert.Equal(t, "EUR", first.Missing[0].Currency)
	assert.Empty(t, found.Days[0].Different)
	assert.Equal(t, 8, found.Total.Shop.Orders)
	assert.Equal(t, "EUR 15, PLN 130.4", moneyText(found.Total.Shop))
}

func moneyText(tally Tally) string {
	var all []string
	for _, one := range tally.Money() {
		all = append(all, one.Currency+" "+one.Sum.String())
	}
	return strings.Join(all, ", ")
}

func differing(day ReconciledDay) (numbers []int64) {
	for _, one := range day.Different {
		numbers = append(numbers, one.Key.Number)
	}
	return numbers
}
