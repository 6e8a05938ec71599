package activities

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/cartumsync/cartumsync/internal/roapp"
	"github.com/cartumsync/cartumsync/workflows"
)

// changedList is RO App's list of changed orders.
type changedList struct {
	rows []roapp.Order
	size int // of a page
	// newestFirst is an account that does not heed how the list is to be sorted.
	newestFirst bool
}

func (l *changedList) page(place workflows.Place) roapp.OrderPage {
	rows := slices.DeleteFunc(slices.Clone(l.rows), func(o roapp.Order) bool { return o.ModifiedAt.Before(place.From) })
	slices.SortStableFunc(rows, func(a, b roapp.Order) int { return a.ModifiedAt.Compare(b.ModifiedAt) })
	if l.newestFirst {
		slices.Reverse(rows)
	}
	page := roapp.OrderPage{TotalPages: (len(rows) + l.size - 1) / l.size}
	from := min((place.Page-1)*l.size, len(rows))
	page.Orders = rows[from:min(from+l.size, len(rows))]
	return page
}

// Whatever moves while the pages are read, every order is seen as it was last
// modified.
func TestF13_PagesMissNoRow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		begin := time.Date(2026, time.March, 2, 10, 0, 0, 0, time.UTC)
		list := &changedList{size: rapid.IntRange(1, 5).Draw(t, "size")}
		for id := range int64(rapid.IntRange(0, 30).Draw(t, "orders")) {
			second := rapid.IntRange(0, 4).Draw(t, "second")
			list.rows = append(list.rows, roapp.Order{ID: id + 1, ModifiedAt: begin.Add(time.Duration(second) * time.Second)})
		}
		// Within one second rows are counted, so at most one moves away there.
		moves := rapid.IntRange(0, 1).Draw(t, "moves")
		seen := map[int64]time.Time{}
		place := &workflows.Place{From: begin, Page: 1}
		for n := 0; place != nil; n++ {
			if n > 500 {
				t.Fatal("it reads for ever")
			}
			page := list.page(*place)
			for _, row := range page.Orders {
				seen[row.ID] = row.ModifiedAt
			}
			place = placeAfter(*place, page)
			if moves > 0 && len(list.rows) > 0 && rapid.Bool().Draw(t, "now") {
				moves--
				moved := rapid.IntRange(0, len(list.rows)-1).Draw(t, "moved")
				list.rows[moved].ModifiedAt = begin.Add(time.Duration(10+n) * time.Second)
				if place == nil {
					return // the next collection sees it
				}
			}
		}
		for _, row := range list.rows {
			assert.Equal(t, row.ModifiedAt, seen[row.ID], "order %d", row.ID)
		}
	})
}

func TestF13_ListThatIsSortedAnotherWay(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, time.March, 2, 10, 0, 0, 0, time.UTC)
	list := &changedList{size: 5, newestFirst: true}
	for id := range int64(23) {
		list.rows = append(list.rows, roapp.Order{ID: id, ModifiedAt: begin.Add(time.Duration(id) * time.Second)})
	}
	seen := map[int64]bool{}
	for place := (&workflows.Place{From: begin, Page: 1}); place != nil; {
		page := list.page(*place)
		for _, row := range page.Orders {
			seen[row.ID] = true
		}
		place = placeAfter(*place, page)
	}
	assert.Len(t, seen, 23)
}
