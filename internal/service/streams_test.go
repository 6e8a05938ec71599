package service

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// lists are accounts' own lists of orders, the newest first.
type lists struct {
	orders  map[string][]Row
	perPage int
	down    string // an account that does not answer
}

func (l *lists) read(_ context.Context, account string, page int) (roappList, error) {
	if account == l.down {
		return roappList{}, errors.New("no answer")
	}
	all := l.orders[account]
	at := min((page-1)*l.perPage, len(all))
	some := all[at:min(at+l.perPage, len(all))]
	var oldest time.Time
	if len(some) > 0 {
		oldest = some[len(some)-1].Created
	}
	rows := slices.DeleteFunc(slices.Clone(some), func(row Row) bool { return row.Workflow != "" })
	return roappList{rows: rows, oldest: oldest, pages: (len(all) + l.perPage - 1) / l.perPage}, nil
}

// However many accounts there are, and whatever staff make meanwhile, no order
// that was there at the begin is shown twice or left out.
func TestOrdersOfSeveralAccountsAreListedOnce(t *testing.T) {
	t.Parallel()
	began := time.Now()
	rapid.Check(t, func(t *rapid.T) {
		l := &lists{orders: map[string][]Row{}, perPage: rapid.IntRange(1, 7).Draw(t, "per page")}
		var accounts, want []string
		for account := range rapid.IntRange(1, 3).Draw(t, "accounts") {
			name := fmt.Sprint("account", account)
			accounts = append(accounts, name)
			at := began
			for id := rapid.IntRange(0, 30).Draw(t, "orders"); id > 0; id-- {
				at = at.Add(-time.Duration(rapid.IntRange(0, 90).Draw(t, "minutes")) * time.Minute)
				l.orders[name] = append(l.orders[name], Row{Account: name, RoappOrder: int64(id), Created: at})
				want = append(want, fmt.Sprint(name, id))
			}
		}
		size, newest := rapid.IntRange(1, 9).Draw(t, "size"), int64(1000)
		var got []string
		var from map[string]reading
		for page := 0; ; page++ {
			require.Less(t, page, 200, "it never ends")
			m := merging{streams: roappReader(l.read).open(context.Background(), accounts, from)}
			rows, streams := m.newestFirst(context.Background(), size), m.streams
			require.LessOrEqual(t, len(rows), size)
			require.True(t, slices.IsSortedFunc(rows, func(a, b Row) int { return b.Created.Compare(a.Created) }))
			from = map[string]reading{}
			done := true
			for _, s := range streams {
				from[s.account], done = s.at, done && s.at.Done
			}
			for _, row := range rows {
				got = append(got, fmt.Sprint(row.Account, row.RoappOrder))
			}
			if done {
				break
			}
			for range rapid.IntRange(0, 2).Draw(t, "made meanwhile") {
				newest++
				name := rapid.SampledFrom(accounts).Draw(t, "account")
				if from[name].Last > 0 { // else it belongs to what is yet to be shown
					l.orders[name] = slices.Insert(slices.Clone(l.orders[name]), 0, Row{Account: name, RoappOrder: newest, Created: began})
				}
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		require.Equal(t, want, got)
	})
}

func TestAccountThatDoesNotAnswerStopsNoOther(t *testing.T) {
	t.Parallel()
	l := &lists{perPage: 50, down: "second", orders: map[string][]Row{"main": {{RoappOrder: 1}}}}
	m := merging{streams: roappReader(l.read).open(t.Context(), []string{"main", "second"}, nil), ours: []Row{{RoappOrder: 7}}}
	assert.Len(t, m.newestFirst(t.Context(), 50), 2)
	assert.NoError(t, m.streams[0].err)
	assert.Error(t, m.streams[1].err)
}

// Orders of shops and of RO App's staff are in one order, also closed ones that RO
// App does not have, and older ones that were imported later than newer ones.
func TestAllOrdersAreNewestFirst(t *testing.T) {
	t.Parallel()
	began := time.Now()
	rapid.Check(t, func(t *rapid.T) {
		l := &lists{orders: map[string][]Row{}, perPage: rapid.IntRange(1, 7).Draw(t, "per page")}
		var ours []Row
		want := 0
		at := began
		for id := rapid.IntRange(0, 40).Draw(t, "orders"); id > 0; id-- {
			at = at.Add(-time.Duration(rapid.IntRange(1, 90).Draw(t, "minutes")) * time.Minute)
			row := Row{Account: "main", RoappOrder: int64(id), Created: at}
			want++
			switch rapid.IntRange(0, 2).Draw(t, "kind") {
			case 0: // of staff
			case 1: // of a shop, placed some time before it came to RO App
				row.Workflow = "order"
				mine := row
				mine.Created = at.Add(-time.Duration(rapid.IntRange(0, 900).Draw(t, "earlier")) * time.Minute)
				ours = append(ours, mine)
			default: // of a shop, and not in RO App
				ours = append(ours, Row{Workflow: "order", Created: at})
				continue
			}
			l.orders["main"] = append(l.orders["main"], row)
		}
		slices.SortStableFunc(ours, func(a, b Row) int { return b.Created.Compare(a.Created) })
		size := rapid.IntRange(1, 9).Draw(t, "size")
		var got []Row
		var from map[string]reading
		for page := 0; ; page++ {
			require.Less(t, page, 200, "it never ends")
			m := merging{ours: ours, streams: roappReader(l.read).open(context.Background(), []string{"main"}, from)}
			got = append(got, m.newestFirst(context.Background(), size)...)
			ours = ours[m.taken:]
			from = map[string]reading{"main": m.streams[0].at}
			if m.streams[0].at.Done && len(m.streams[0].rows) == 0 && len(ours) == 0 {
				break
			}
		}
		require.Len(t, got, want)
		require.True(t, slices.IsSortedFunc(got, func(a, b Row) int { return b.Created.Compare(a.Created) }))
	})
}
