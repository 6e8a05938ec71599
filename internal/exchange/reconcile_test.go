package exchange

import (
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

// whole is an order that stands in RO App.
func whole(amount string) standing {
	return standing{running: true, order: 7, whole: true, amount: sum(amount)}
}

func TestAnOrderStandsWhereItIsWhole(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		is     *standing
		day    string
		status int
		want   MissingReason // "": it stands
	}{
		"in step":                      {is: &standing{running: true, order: 7, whole: true}},
		"done":                         {is: &standing{order: 7, whole: true}},
		"held after it was whole":      {is: &standing{running: true, order: 7, whole: true, hold: order.HoldUnreachable}},
		"deleted in RO App":            {is: &standing{running: true, order: 7, whole: true, hold: order.HoldOrderGone}, want: MissingHeld},
		"half, on its way":             {is: &standing{running: true, order: 7}, want: MissingImporting},
		"half, for a right is missing": {is: &standing{running: true, order: 7, hold: order.HoldMissingRight}, want: MissingHeld},
		"not begun":                    {is: &standing{running: true}, want: MissingImporting},
		"cancelled when it was seen":   {is: &standing{}, want: MissingClosed},
		"its workflow was ended":       {is: &standing{ended: true}, want: MissingUnknown},
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
				{Number: 4, Day: "2026-11-03", Sum: sum("0.3")},
				{Number: 1, Day: "2026-11-01", Sum: sum("10.10")},
				{Number: 2, Day: "2026-11-01", Sum: sum("5")},
				{Number: 3, Day: "2026-11-01"},
				{Number: 9, Day: "2026-12-01", Sum: sum("99")}, // the shop showed what nobody asked for
			},
		},
		known: map[int64]standing{
			1: whole("10.1"), 2: whole("4"), 3: whole("3"),
			4: {running: true, order: 7, whole: true, amount: sum("0.30000000000000004")},
		},
	}
	found := c.compare()
	var days []string
	for _, day := range found.Days {
		days = append(days, day.Day)
	}
	assert.Equal(t, []string{"2026-11-03", "2026-11-02", "2026-11-01"}, days)
	first := found.Days[2]
	assert.Equal(t, "15.1", first.Shop.Sum.String())
	assert.Equal(t, "17.1", first.Roapp.Sum.String())
	assert.Equal(t, 1, first.Unreadable)
	assert.Len(t, first.Different, 1)
	assert.Equal(t, int64(2), first.Different[0].Key.Number)
	assert.Empty(t, found.Days[0].Different, "Temporal keeps sums as floating point")
	assert.Equal(t, 4, found.Total.Shop.Orders)
}
