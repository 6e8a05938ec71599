package bench

import (
	"fmt"

	"github.com/cartumsync/cartumsync/internal/world"
)

// The account knows these before a benchmark starts.
const (
	knownCustomers = 10
	knownGoods     = 50
)

// stock gives the account customers and items.
func stock(w *world.World) {
	w.T.Helper()
	for i := range knownCustomers {
		w.Roapp.Make("people", world.J{"first_name": "Anna", "last_name": "Nowak", "phones": []string{knownPhone(i)}})
	}
	for i := range knownGoods {
		w.Roapp.Make("products", world.J{"title": title(i), "article": article(i)})
	}
}

func knownPhone(i int) string { return fmt.Sprintf("+48501000%03d", i%knownCustomers) }

// newPhone is a phone that nobody has yet, for each number another one.
func newPhone(i int) string { return fmt.Sprintf("+48602%06d", i) }

func article(i int) string { return fmt.Sprintf("G-%d", i%knownGoods) }

func title(i int) string { return fmt.Sprintf("Róża czerwona %d", i%knownGoods) }

// line is an order's line of the products with a number.
func line(i int) world.J { return world.Line(article(i), title(i), "12.50", "2") }

// lines are lines of different products, from a number on.
func lines(from, count int) []world.J {
	all := make([]world.J, 0, count)
	for i := range count {
		all = append(all, line(from+i))
	}
	return all
}
