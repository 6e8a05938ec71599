package bench

import (
	"fmt"
	"testing"

	"github.com/cartumsync/cartumsync/e2e/testenv"
)

// BenchmarkHistory is what one imported order leaves in Temporal, by its number
// of lines.
func BenchmarkHistory(b *testing.B) {
	for _, count := range []int{1, 3, 10} {
		b.Run(fmt.Sprintf("Lines%d", count), func(b *testing.B) {
			w := countingEnv(b, false)
			importFirst(w)
			const number = 10
			w.Place(number, testenv.J{"delivery_phone": knownPhone(1), "products": lines(1, count)})
			w.AwaitSynced(number)
			has := size(w, number)
			report(b, float64(has.events), "events/order", toKnow)
			report(b, float64(has.bytes), "bytes/order", toKnow)
		})
	}
}
