package browser

import (
	"fmt"
	"time"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
)

// Orders of a day that people search for by their numbers.
const (
	plainOrder    = 1012 // is synced
	changedOrder  = 1011 // was changed after its items were written off
	attackOrder   = 1010 // has a script in its texts
	twoContacts   = 1020
	noCustomer    = 1021
	otherCurrency = 1022
	twoProducts   = 1023
	cancelled     = 1024
)

// attack is a buyer's idea of a name.
const attack = `<script>document.title="taken"</script>`

// attacked is an order with the attack in all its texts.
func attacked() testenv.J {
	return testenv.J{"delivery_name": attack + " Nowak", "comment": attack, "products": []testenv.J{testenv.Line("X-1", attack, "5", "1")}}
}

// day is a shop's day: orders of all kinds, each where it stays.
func day(w *testenv.Env) {
	w.T.Helper()
	for _, one := range []struct{ first, last, phone string }{
		{"Maria", "Zielińska", "502 300 400"}, {"Piotr", "Zieliński", "502 300 400"}, {"Jan", "Kowalski", "501 200 300"},
	} {
		w.Roapp.Create("people", testenv.J{"first_name": one.first, "last_name": one.last, "phones": []string{one.phone}})
	}
	for _, title := range []string{"Wazon szklany", "Wazon szklany wysoki"} {
		w.Roapp.Create("products", testenv.J{"title": title, "article": "WAZON"})
	}
	numbers := placeMany(w)
	w.Place(attackOrder, placedAgo(50, attacked()))
	w.Place(twoContacts, placedAgo(1, testenv.J{"delivery_name": "M. Z.", "delivery_phone": "+48 502 300 400"}))
	w.Place(noCustomer, placedAgo(2, testenv.J{"delivery_name": "Halina", "delivery_phone": "+48000000000"}))
	w.Place(otherCurrency, placedAgo(3, testenv.J{"delivery_name": "Hans Müller", "delivery_phone": "+48 604 100 200", "currency": "EUR"}))
	w.Place(twoProducts, placedAgo(5, testenv.J{"delivery_name": "Olga Lis", "delivery_phone": "+48 605 100 200", "products": []testenv.J{testenv.Line("WAZON", "Wazon", "59", "1")}}))
	w.Place(cancelled, placedAgo(30, testenv.J{"delivery_name": "Adam Lis", "stat_status": order.CancelledStatus}))
	for _, number := range append(numbers, attackOrder) {
		w.AwaitSynced(number)
	}
	w.AwaitHeld(twoContacts, order.HoldAmbiguousContact)
	w.AwaitHeld(noCustomer, order.HoldNoCustomer)
	w.AwaitHeld(otherCurrency, order.HoldCurrency)
	w.AwaitHeld(twoProducts, order.HoldAmbiguousProduct)
	w.AwaitClosed(cancelled)
	changeAfterWriteOff(w)
}

func placeMany(w *testenv.Env) (numbers []int64) {
	w.T.Helper()
	roses, pot := testenv.Line("ROZA-CZ", "Róża czerwona", "12.50", "5"), testenv.Line("DONICA-45", "Donica ceramiczna", "49.99", "2")
	courier := testenv.J{"id": 2, "title": "Kurier"}
	for i, name := range []string{
		"Zofia Kamińska", "Jan Kowalski", "Ewa Wiśniewska", "Tomasz Lewandowski", "Katarzyna Wójcik", "Andrzej Mazur",
		"Magdalena Krawczyk", "Paweł Grabowski", "Barbara Pawłowska", "Irena Jabłońska", "Marek Wróbel",
	} {
		number := plainOrder - int64(i)
		if number <= attackOrder {
			number-- // which is somebody else's
		}
		fields := testenv.J{
			"delivery_name": name, "delivery_phone": fmt.Sprintf("+48 601 100 %03d", 100+i), "stat_status": 1 + i%2,
			"products": []testenv.J{roses}, "payed": i % 3 % 2,
		}
		if i%2 == 1 {
			fields["products"] = []testenv.J{roses, pot}
			fields["delivery_type"], fields["delivery_price"], fields["delivery_city"] = courier, 25, "Gdańsk"
		}
		w.Place(number, placedAgo(4*i, fields))
		numbers = append(numbers, number)
	}
	return numbers
}

// changeAfterWriteOff writes the items off of an order that the buyer changes
// afterwards.
func changeAfterWriteOff(w *testenv.Env) {
	w.T.Helper()
	_, made := w.AwaitSynced(changedOrder)
	w.Roapp.WriteOff(made.ID)
	w.ReportWriteOff(changedOrder)
	w.Cartum.Change(changedOrder, testenv.J{"products": []testenv.J{
		testenv.Line("ROZA-CZ", "Róża czerwona", "12.50", "8"), testenv.Line("DONICA-45", "Donica ceramiczna", "49.99", "2"),
	}})
	w.Webhook(changedOrder)
	w.AwaitMark(changedOrder, order.WarnNotSynced)
}

// placedAgo is an order that was placed so many hours ago.
func placedAgo(hours int, fields testenv.J) testenv.J {
	fields["stat_created"] = time.Now().Add(-time.Duration(hours) * time.Hour).In(warsaw).Format(time.DateTime)
	return fields
}

var warsaw = mustZone("Europe/Warsaw")

func mustZone(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return zone
}
