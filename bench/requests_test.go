package bench

import (
	"fmt"
	"testing"

	"github.com/cartumsync/cartumsync/e2e/testenv"
)

// need is what decides how many requests an import needs at least.
type need struct {
	lines, newProducts     int
	byTitle                bool
	newCustomer, setStatus bool
}

// fewest counts as the design does (section 4).
func (n need) fewest() int {
	const findPeople, createOrder, comment = 1, 1, 1
	count := findPeople + createOrder + n.lines + comment
	if n.byTitle {
		count += n.lines // RO App finds titles only one at a time
	} else {
		count++
	}
	if n.newCustomer {
		count += 2 // searched for among organizations too, and created
	}
	if n.setStatus {
		count++
	}
	return count + 2*n.newProducts // searched for again, and created
}

// importCase is a kind of order whose requests are counted.
type importCase struct {
	name   string
	second bool
	need   need
	order  func(i int) testenv.J
	goal   goal
}

var importCases = []importCase{
	{
		name: "KnownCustomerAndGoods", need: need{lines: 1}, goal: atMost(1),
		order: func(i int) testenv.J { return testenv.J{"delivery_phone": knownPhone(i), "products": lines(1+i, 1)} },
	},
	{
		name: "AllNew", need: need{lines: 1, newProducts: 1, newCustomer: true}, goal: atMost(1),
		order: func(i int) testenv.J {
			return testenv.J{"delivery_phone": newPhone(i), "products": []testenv.J{newLine(i)}}
		},
	},
	{
		name: "TenLines", need: need{lines: 10}, goal: atMost(1),
		order: func(i int) testenv.J {
			return testenv.J{"delivery_phone": knownPhone(i), "products": lines(1+10*i, 10)}
		},
	},
	{
		name: "GoodsSeenMinutesAgo", need: need{lines: 1}, goal: atMost(1),
		order: func(i int) testenv.J { return testenv.J{"delivery_phone": knownPhone(i), "products": lines(0, 1)} },
	},
	{
		name: "OtherStatus", need: need{lines: 1, setStatus: true}, goal: atMost(1),
		order: func(i int) testenv.J {
			return testenv.J{"delivery_phone": knownPhone(i), "products": lines(1+i, 1), "stat_status": 2}
		},
	},
	{
		name: "ThreeLinesByTitle", second: true, need: need{lines: 3, byTitle: true}, goal: atMost(1),
		order: func(i int) testenv.J { return testenv.J{"delivery_phone": knownPhone(i), "products": lines(1+3*i, 3)} },
	},
}

// countedOrders come one after the other; each has products of its own.
const countedOrders = 4

// BenchmarkRequestsPerImport is how many requests RO App sees of an imported
// order, against the fewest possible. Below 1 the product spends fewer than the
// design counts: it takes products that it has seen minutes ago as known, and
// looks a product up only once before it creates it.
func BenchmarkRequestsPerImport(b *testing.B) {
	for _, c := range importCases {
		b.Run(c.name, func(b *testing.B) {
			w := countingEnv(b, c.second)
			importFirst(w)
			w.Roapp.ResetRequests()
			for i := range countedOrders {
				w.Place(int64(10+i), c.order(i))
				w.AwaitSynced(int64(10 + i))
			}
			report(b, float64(spent(w))/float64(countedOrders*c.need.fewest()), "spent/fewest", c.goal)
		})
	}
	b.Run("OncePerProcess", func(b *testing.B) {
		w := countingEnv(b, false)
		first := importFirst(w)
		report(b, float64(spent(w)-first.fewest()), "requests", toKnow)
	})
}

func countingEnv(b *testing.B, second bool) *testenv.Env {
	b.Helper()
	w := testenv.New(b, testenv.Options{Second: second, Unlimited: true, RoappSwitches: prompt, Logger: quiet(b)})
	stock(w)
	for i := range knownProducts {
		w.Cartum.PutProduct(article(i), testenv.J{"title": testenv.J{"pl": title(i), "ua": title(i)}})
	}
	return w
}

// importFirst imports an order after which the process knows what it asks only
// once: the custom fields, the first status, and how products are added.
func importFirst(w *testenv.Env) need {
	w.T.Helper()
	w.Place(1, testenv.J{"delivery_phone": knownPhone(0), "products": lines(0, 1)})
	w.AwaitSynced(1)
	return need{lines: 1}
}

// spent are the account's requests without the collector's, which is one a
// minute for all orders together.
func spent(w *testenv.Env) int {
	w.T.Helper()
	seen := w.Roapp.Requests(0)
	return seen.Total - seen.Endpoints["GET /v2/orders"]
}

// newLine is a line of products that the account does not have.
func newLine(i int) testenv.J {
	return testenv.Line(fmt.Sprintf("N-%d", i), fmt.Sprintf("Tulipan %d", i), "9.90", "1")
}
