package e2e

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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

func TestR13_R15_R28_FirstCommentTellsDeliveryPaymentAndWhatToCollect(t *testing.T) {
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

func TestR20_R28_CommentsAreInTheShopsLanguage(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{Second: true})
	w.Place(115, with(explained(), testenv.J{"payed": 1, "delivery_phone": "050 123 45 67"}))
	_, o := w.AwaitSynced(115)
	comment := theComment(t, o)
	for _, line := range []string{
		"Замовлення 115 з магазину Квіти онлайн, станом на", "Клієнт: Anna Nowak", "Доставка: Kurier własny",
		"Не телефонувати", "Оплата: Za pobraniem, оплачено", "Купон WIOSNA (25%): -200,00 UAH", "До сплати: 0,00 UAH (оплачено)",
	} {
		assert.Contains(t, comment, line)
	}
}

func TestR13_F36_DeliveryOfEveryMethodIsTold(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	deliveries := map[int64]struct {
		fields testenv.J
		told   []string
	}{
		1: {
			testenv.J{"delivery_type": testenv.J{"id": 1, "title": "Odbiór osobisty"}, "delivery_price": 0},
			[]string{"Dostawa: Odbiór osobisty", "Koszt dostawy: gratis"},
		},
		2: {
			testenv.J{"delivery_type": testenv.J{"id": 2, "title": "InPost"}, "delivery_price": -1},
			[]string{"Koszt dostawy: według cennika przewoźnika", "Do pobrania: 25,00 PLN, bez kosztu dostawy"},
		},
		3: {
			testenv.J{"delivery_type": testenv.J{"id": 3, "title": "Poczta"}, "delivery_price": "12.50", "delivery_address": "Lwów@Szeroka 1@79000"},
			[]string{"Koszt dostawy: 12,50 PLN", "Adres: Lwów, Szeroka 1, 79000", "Do pobrania: 37,50 PLN"},
		},
		4: {testenv.J{"delivery_type": null, "delivery_price": null}, []string{"Odbiorca: Anna Nowak", "Do pobrania: 25,00 PLN"}},
	}
	for number, delivery := range deliveries {
		w.Place(number, delivery.fields)
	}
	for number, delivery := range deliveries {
		_, o := w.AwaitSynced(number)
		comment := theComment(t, o)
		for _, text := range delivery.told {
			assert.Contains(t, comment, text, "order %d", number)
		}
	}
}

func TestF33_CouponStandsInNoLinesPriceAndIsExplained(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	w.Place(1, explained())
	_, o := w.AwaitSynced(1)
	assert.Equal(t, []imported{{"R-1", "Róża", "4", "200"}}, importedLines(o))
	assert.Equal(t, "800", o.Total.String())
	w.ByHand(1)
	assert.Empty(t, markCodes(w.Await(1, totalUnseen)), "an explained difference is no warning")
	// A difference that nothing explains is reported in the comment.
	w.Place(2, testenv.J{"total_sum": 20, "total_default": 25})
	_, odd := w.AwaitSynced(2)
	assert.Contains(t, theComment(t, odd), "Inna różnica, proszę sprawdzić w Cartum: -5,00 PLN")
}

func TestF34_ThirdsAddUpAndRoundingIsTold(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	w.Place(1, with(testenv.J{"total_sum": 100, "total_default": 100}, lines(testenv.Line("R-1", "Róża", "33.33", "3"))))
	_, o := w.AwaitSynced(1)
	assert.Equal(t, "99.99", o.Total.String())
	assert.Contains(t, theComment(t, o), "Zaokrąglenie: 0,01 PLN")
	w.ByHand(1)
	assert.Empty(t, markCodes(w.Await(1, totalUnseen)))
}

func TestR28_LongRemarksLeaveTheAmountToCollectInSight(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{}) // RO App takes 2,000 characters a comment
	w.Place(1, testenv.J{"comment": strings.Repeat("Bardzo proszę. ", 100), "manager_comment": strings.Repeat("Uwaga, stały klient. ", 70)})
	_, o := w.AwaitSynced(1)
	require.NotEmpty(t, o.Feed)
	assert.Contains(t, lastComment(o), "Do pobrania: 25,00 PLN")
	for _, part := range o.Feed {
		assert.True(t, part.IsPrivate)
	}
}
