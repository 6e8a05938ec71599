package e2e

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/cartumsync/cartumsync/e2e/testenv"
)

// asOf is the moment that a comment names, which differs from run to run.
var asOf = regexp.MustCompile(`\d\d\.\d\d\.\d{4} \d\d:\d\d`)

// explained is an order with all that a comment has to report.
func explained() testenv.J {
	return with(lines(testenv.Line("R-1", "Róża", "200", "4")), testenv.J{
		"delivery_type": testenv.J{"id": 7, "title": "Kurier własny"}, "delivery_price": 15,
		"delivery_city": "Kraków", "delivery_address": "ul. Długa 5/7",
		"delivery_data": testenv.J{"tnNumber": "6800123", "destination": testenv.J{"address": testenv.J{"geoObject": testenv.J{"id": "KRA010"}}}},
		"comment":       "Proszę o dostawę\npo 18:00", "order_without_callback": true, "manager_comment": "Stała klientka",
		"payment_type": testenv.J{"id": 2, "title": "Za pobraniem"}, "payment_price": 3,
		"coupon_code": "WIOSNA", "coupon_percent": 25, "coupon_discount_value": 200, "coupon_type": 1,
		"total_default": 800, "total_sum": 600,
	})
}

func TestR13_R15_R28_FirstCommentHasDeliveryPaymentAndWhatToCollect(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	w.Place(115, explained())
	_, o := w.AwaitSynced(115)
	assert.Equal(t, `Zamówienie 115 ze sklepu Kwiaty Online, stan na [moment]

Klient: Anna Nowak
Telefon: +48 501 234 567
E-mail: anna@example.com

Dostawa: Kurier własny
Koszt dostawy: 15,00 PLN
Odbiorca: Anna Nowak
Telefon odbiorcy: +48 501 234 567
Miejscowość: Kraków
Adres: ul. Długa 5/7
Punkt odbioru: KRA010
Numer przesyłki: 6800123

Komentarz klienta: Proszę o dostawę po 18:00
Nie dzwonić
Komentarz menedżera sklepu: Stała klientka

Płatność: Za pobraniem, nieopłacone
Towary: 800,00 PLN
Kupon WIOSNA (25%): -200,00 PLN
Suma zamówienia w Cartum: 600,00 PLN
Koszt dostawy: 15,00 PLN
Opłata za płatność: 3,00 PLN
Do pobrania: 618,00 PLN`, asOf.ReplaceAllString(theComment(t, o), "[moment]"))
}
