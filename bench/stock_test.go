package bench

import (
	"fmt"

	"github.com/cartumsync/cartumsync/e2e/testenv"
)

// The account knows these before a benchmark starts.
const (
	knownCustomers = 10
	knownProducts  = 50
)

// stock gives the account customers and items.
func stock(w *testenv.Env) {
	w.T.Helper()
	for i := range knownCustomers {
		w.Roapp.Create("people", testenv.J{"first_name": "Anna", "last_name": "Nowak", "phones": []string{knownPhone(i)}})
	}
	for i := range knownProducts {
		w.Roapp.Create("products", testenv.J{"title": title(i), "article": article(i)})
	}
}

func knownPhone(i int) string { return fmt.Sprintf("+48501000%03d", i%knownCustomers) }

// newPhone is a phone that nobody has yet, for each number another one.
func newPhone(i int) string { return fmt.Sprintf("+48602%06d", i) }

func article(i int) string { return fmt.Sprintf("G-%d", i%knownProducts) }

func title(i int) string { return fmt.Sprintf("Róża czerwona %d", i%knownProducts) }

// line is an order's line of the products with a number.
func line(i int) testenv.J { return testenv.Line(article(i), title(i), "12.50", "2") }

// lines are lines of different products, from a number on.
func lines(from, count int) []testenv.J {
	all := make([]testenv.J, 0, count)
	for i := range count {
		all = append(all, line(from+i))
	}
	return all
}
