package exchange

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
	return roappList{rows: all[at:min(at+l.perPage, len(all))], pages: (len(all) + l.perPage - 1) / l.perPage}, nil
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
			rows, streams := roappReader(l.read).newestFirst(context.Background(), accounts, from, size)
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
	rows, streams := roappReader(l.read).newestFirst(t.Context(), []string{"main", "second"}, nil, 50)
	assert.Len(t, rows, 1)
	assert.NoError(t, streams[0].err)
	assert.Error(t, streams[1].err)
}
