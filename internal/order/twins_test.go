package order_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cartumsync/cartumsync/internal/order"
)

// keyOf is the key of the line with the price and quantity.
func keyOf(t require.TestingT, lines []order.Line, price, quantity int64) order.LineKey {
	i := slices.IndexFunc(lines, func(l order.Line) bool {
		return l.Price.Equal(decimal.NewFromInt(price)) && l.Quantity.Equal(decimal.NewFromInt(quantity))
	})
	require.GreaterOrEqual(t, i, 0)
	return lines[i].Key
}

// Lines of one SKU that differ are distinguished in any order of the list,
// whatever happens to one of them.
func TestTwinsAreToldApartInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.IntRange(2, 6).Draw(t, "twins")
		storage := rapid.SampledFrom([]string{"", "7", "own", "of some"}).Draw(t, "storage ids")
		was := make([]order.Line, count)
		for i := range was {
			was[i] = line("A", int64(i+1), int64(10+i))
			switch storage {
			case "own":
				was[i].StorageID = fmt.Sprint(i)
			case "of some":
				if rapid.Bool().Draw(t, "has an id") {
					was[i].StorageID = fmt.Sprint(i)
				}
			default:
				was[i].StorageID = storage
			}
		}
		order.KeyLines(was)
		is := slices.Clone(was)
		for i := range is {
			is[i].Key = ""
		}
		changed := rapid.IntRange(-1, count-1).Draw(t, "changed")
		removed := -1
		if rapid.Bool().Draw(t, "remove one") {
			removed = rapid.IntRange(0, count-1).Draw(t, "removed")
		}
		if changed >= 0 {
			if rapid.Bool().Draw(t, "its price") {
				is[changed].Price = decimal.NewFromInt(99)
			} else {
				is[changed].Quantity = decimal.NewFromInt(99)
			}
		}
		kept := slices.Clone(is)
		if removed >= 0 {
			kept = slices.Delete(kept, removed, removed+1)
		}
		kept = rapid.Permutation(kept).Draw(t, "order")
		order.KeyLines(kept)
		matched := order.MatchLines(was, kept)
		seen := map[order.LineKey]bool{}
		for _, line := range matched {
			require.False(t, seen[line.Key], "keys are unique")
			seen[line.Key] = true
		}
		for i := range was {
			if i != removed && i != changed {
				price, quantity := was[i].Price.IntPart(), was[i].Quantity.IntPart()
				require.Equal(t, was[i].Key, keyOf(t, matched, price, quantity), "what did not change stays itself")
			}
		}
		if changed >= 0 && changed != removed && removed < 0 {
			require.Equal(t, was[changed].Key, keyOf(t, matched, is[changed].Price.IntPart(), is[changed].Quantity.IntPart()))
		}
	})
}

// Twins may share the shop's id; all of them changed at once are still told apart by what
// agrees best.
func TestTwinsOfOneStorageChangeTogether(t *testing.T) {
	t.Parallel()
	was := []order.Line{line("A", 2, 12), line("A", 5, 15)}
	for i := range was {
		was[i].StorageID = "7"
	}
	order.KeyLines(was)
	is := []order.Line{line("A", 6, 15), line("A", 3, 12)}
	for i := range is {
		is[i].StorageID = "7"
	}
	order.KeyLines(is)
	matched := order.MatchLines(was, is)
	assert.Equal(t, was[1].Key, matched[0].Key)
	assert.Equal(t, was[0].Key, matched[1].Key)
}
