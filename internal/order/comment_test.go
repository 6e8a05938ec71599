package order_test

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/order"
)

// seenAt is 14:05 in Warsaw and 15:05 in Kyiv.
var seenAt = time.Date(2026, time.March, 12, 13, 5, 0, 0, time.UTC)

func rulesIn(language string) order.Rules {
	zone := map[string]string{"uk": "Europe/Kyiv"}[language]
	if zone == "" {
		zone = "Europe/Warsaw"
	}
	return order.Rules{ShopName: "Kwiaty Online", TimeZone: zone, Region: "PL", Language: language}
}

// deliveredOrder is the coupon's order with all that a comment reports.
func deliveredOrder() order.Snapshot {
	s := couponOrder()
	s.Customer = order.Customer{Name: "Anna Nowak", Phone: "+48 501-234-567", Email: "anna@poczta.example"}
	s.Delivery = order.Delivery{
		Method: "Kurier własny", Price: amountOf("15"),
		Recipient: "Jan Kowalski", Phone: "+48 601 222 333",
		City: "Kraków", Address: "ul. Długa 5/7", Branch: "KRA010", Tracking: "6800123",
	}
	s.BuyerComment, s.DoNotCall, s.ManagerComment = "Proszę o dostawę\npo 18:00", true, "Stała klientka"
	s.Payment = order.Payment{Method: "Za pobraniem", Fee: amountOf("3")}
	return s
}

func TestR28_FirstCommentInPolish(t *testing.T) {
	t.Parallel()
	assert.Equal(t, `Zamówienie 115 ze sklepu Kwiaty Online, stan na 12.03.2026 14:05

Klient: Anna Nowak
Telefon: +48 501-234-567
E-mail: anna@poczta.example

Dostawa: Kurier własny
Koszt dostawy: 15,00 PLN
Odbiorca: Jan Kowalski
Telefon odbiorcy: +48 601 222 333
Miejscowość: Kraków
Adres: ul. Długa 5/7
Punkt odbioru: KRA010
Numer przesyłki: 6800123

Komentarz klienta: Proszę o dostawę po 18:00
Nie dzwonić
Komentarz menedżera sklepu: Stała klientka

Płatność: Za pobraniem, nieopłacone
Towary: 799,00 PLN
Kupon LATO (25%): -200,00 PLN
Suma zamówienia w Cartum: 599,00 PLN
Koszt dostawy: 15,00 PLN
Opłata za płatność: 3,00 PLN
Do pobrania: 617,00 PLN`, order.FirstComment(deliveredOrder(), rulesIn("pl"), seenAt))
}

func TestR28_FirstCommentInUkrainian(t *testing.T) {
	t.Parallel()
	s := deliveredOrder()
	s.Currency = "UAH"
	s.Customer = order.Customer{Name: "Оксана Дем’янчук", Phone: "+38 (050) 123-45-67"}
	s.Delivery = order.Delivery{
		Method: "УкрПошта", AtCarrierRates: true,
		Recipient: "Оксана Дем’янчук", Phone: "+38 (050) 123-45-67",
		City: "Київ", Address: "01001@Київ@@вул. Хрещатик@1", Tracking: "0500012345678",
	}
	s.BuyerComment, s.ManagerComment = "Подзвоніть у домофон", ""
	s.Payment = order.Payment{Method: "Накладений платіж"}
	assert.Equal(t, `Замовлення 115 з магазину Kwiaty Online, станом на 12.03.2026 15:05

Клієнт: Оксана Дем’янчук
Телефон: +38 (050) 123-45-67

Доставка: УкрПошта
Вартість доставки: за тарифами перевізника
Отримувач: Оксана Дем’янчук
Телефон отримувача: +38 (050) 123-45-67
Населений пункт: Київ
Адреса: 01001, Київ, вул. Хрещатик, 1
Номер відправлення (ТТН): 0500012345678

Коментар покупця: Подзвоніть у домофон
Не телефонувати

Оплата: Накладений платіж, не оплачено
Товари: 799,00 UAH
Купон LATO (25%): -200,00 UAH
Сума замовлення в Cartum: 599,00 UAH
До сплати: 599,00 UAH, без вартості доставки (за тарифами перевізника)`, order.FirstComment(s, rulesIn("uk"), seenAt))
}

func TestR28_FirstCommentInEnglish(t *testing.T) {
	t.Parallel()
	s := deliveredOrder()
	s.Totals.ManagerDiscount, s.Totals.ManagerDiscountTitle = amount("0.5"), "Regular"
	s.Totals.Sum = amount("613.49")
	s.Delivery.Branch, s.Delivery.Tracking = "", ""
	s.BuyerComment, s.DoNotCall, s.ManagerComment = "", false, ""
	s.Payment = order.Payment{Method: "Bank card", Paid: true}
	assert.Equal(t, `Order 115 from Kwiaty Online, as of 12.03.2026 14:05

Customer: Anna Nowak
Phone: +48 501-234-567
E-mail: anna@poczta.example

Delivery: Kurier własny
Delivery price: 15.00 PLN, included in the order's total
Recipient: Jan Kowalski
Recipient's phone: +48 601 222 333
City: Kraków
Address: ul. Długa 5/7

Payment: Bank card, paid
Items: 799.00 PLN
Coupon LATO (25%): -200.00 PLN
Manager's discount, Regular: -0.50 PLN
Delivery price: 15.00 PLN
Rounding: -0.01 PLN
Order total in Cartum: 613.49 PLN
To collect: 0.00 PLN (paid)`, order.FirstComment(s, rulesIn("en"), seenAt))
}

func TestF36_DeliveryPriceIsSaidInWords(t *testing.T) {
	t.Parallel()
	for language, wanted := range map[string]struct{ carrier, free, toCollect string }{
		"pl": {"Koszt dostawy: według cennika przewoźnika", "Koszt dostawy: gratis", "Do pobrania: 599,00 PLN, bez kosztu dostawy (według cennika przewoźnika)"},
		"uk": {"Вартість доставки: за тарифами перевізника", "Вартість доставки: безкоштовно", "До сплати: 599,00 PLN, без вартості доставки (за тарифами перевізника)"},
		"en": {"Delivery price: at the carrier's rates", "Delivery price: free", "To collect: 599.00 PLN, not counting delivery (at the carrier's rates)"},
	} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			s := couponOrder()
			s.Delivery = order.Delivery{Method: "Kurier", Price: amountOf("-1"), AtCarrierRates: true}
			comment := order.FirstComment(s, rulesIn(language), seenAt)
			assert.Contains(t, comment, wanted.carrier+"\n")
			assert.True(t, strings.HasSuffix(comment, "\n"+wanted.toCollect), comment)
			assert.NotContains(t, comment, "-1")

			s.Delivery = order.Delivery{Method: "Kurier", Price: amountOf("0")}
			assert.Contains(t, order.FirstComment(s, rulesIn(language), seenAt), wanted.free+"\n")
		})
	}
}

func TestR13_EveryDeliveryMethodIsTold(t *testing.T) {
	t.Parallel()
	for name, delivery := range map[string]order.Delivery{
		"branch":       {Method: "Нова Пошта", AtCarrierRates: true, Recipient: "Jan", Branch: "Відділення №5"},
		"address only": {Address: "ul. Długa 5"},
		"pickup":       {Method: "Odbiór osobisty", Price: amountOf("0")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := couponOrder()
			s.Delivery = delivery
			comment := order.FirstComment(s, rulesIn("pl"), seenAt)
			for _, told := range []string{delivery.Method, delivery.Recipient, delivery.Address, delivery.Branch} {
				assert.Contains(t, comment, told)
			}
		})
	}
}

func TestR15_OwnDeliveryMethodTellsNameCostAndAddress(t *testing.T) {
	t.Parallel()
	s := couponOrder()
	s.Delivery = order.Delivery{Method: "Rowerem 🚲 do drzwi", Price: amountOf("9.9"), Address: "ul. Długa 5@Kraków"}
	comment := order.FirstComment(s, rulesIn("pl"), seenAt)
	assert.Contains(t, comment, "Dostawa: Rowerem 🚲 do drzwi\nKoszt dostawy: 9,90 PLN\nAdres: ul. Długa 5, Kraków\n")
	assert.Contains(t, comment, "Do pobrania: 608,90 PLN")
}

func TestR13_OnlyUkrPoshtasSeparatorsAreReplaced(t *testing.T) {
	t.Parallel()
	for written, read := range map[string]string{
		"01001@Київ@Хрещатик@1": "01001, Київ, Хрещатик, 1",
		"Kyiv@Main":             "Kyiv, Main",
		"@@":                    "",
		"pisać na jan@x.pl":     "pisać na jan@x.pl",
	} {
		s := couponOrder()
		s.Delivery.Address = written
		comment := order.FirstComment(s, rulesIn("pl"), seenAt)
		if read == "" {
			assert.NotContains(t, comment, "Adres")
			continue
		}
		assert.Contains(t, comment, "Adres: "+read+"\n")
	}
}

func TestR28_WhatIsEmptyIsLeftOut(t *testing.T) {
	t.Parallel()
	s := sold("31799", "31799", products(order.LineProduct, "MacBook", "1", "31799"))
	assert.Equal(t, `Zamówienie 115 ze sklepu Kwiaty Online, stan na 12.03.2026 14:05

Płatność: nieopłacone
Towary: 31799,00 PLN
Do pobrania: 31799,00 PLN`, order.FirstComment(s, rulesIn("pl"), seenAt))
}

func TestF33_DiscountsInEveryLanguage(t *testing.T) {
	t.Parallel()
	s := sold("200", "145", products(order.LineProduct, "Róża", "2", "100"))
	s.Totals.CouponValue = amount("30")
	s.Totals.DiscountPercent, s.Totals.DiscountValue = amount("12.5"), amount("10")
	s.Totals.ManagerDiscount, s.Totals.ManagerDiscountTitle = amount("5"), "Rocznica"
	for language, lines := range map[string]string{
		"pl": "Kupon: -30,00 PLN\nRabat od menedżera, Rocznica: -5,00 PLN\nRabat (12,5%): -10,00 PLN\nInna różnica, proszę sprawdzić w Cartum: -10,00 PLN\n",
		"uk": "Купон: -30,00 PLN\nЗнижка від менеджера, Rocznica: -5,00 PLN\nЗнижка (12,5%): -10,00 PLN\nІнша різниця, перевірте, будь ласка, у Cartum: -10,00 PLN\n",
		"en": "Coupon: -30.00 PLN\nManager's discount, Rocznica: -5.00 PLN\nDiscount (12.5%): -10.00 PLN\nOther difference, please check in Cartum: -10.00 PLN\n",
	} {
		assert.Contains(t, order.FirstComment(s, rulesIn(language), seenAt), lines)
	}
}

func TestF34_RoundingIsSaid(t *testing.T) {
	t.Parallel()
	s := sold("100", "100", products(order.LineProduct, "Róża", "3", "33.33"))
	assert.Contains(t, order.FirstComment(s, rulesIn("pl"), seenAt), "Zaokrąglenie: 0,01 PLN\nSuma zamówienia w Cartum: 100,00 PLN\nDo pobrania: 100,00 PLN")
	assert.Contains(t, order.FirstComment(s, rulesIn("uk"), seenAt), "Округлення: 0,01 PLN\n")
}

func TestF30_PricesOfZeroAreExplained(t *testing.T) {
	t.Parallel()
	s := sold("100", "100",
		products(order.LineSetMain, "Zestaw ślubny", "1", "100"), products(order.LineSetItem, "Wazon", "1", "60"),
		products(order.LineSetItem, "Kwiat", "2", "20"), products(order.LineGift, "Wstążka", "1", "0"))
	for language, lines := range map[string]string{
		"pl": "\n\nZestawy mają cenę 0, bo cenę mają ich składniki: Zestaw ślubny\nGratisy, cena 0: Wstążka\n\n",
		"uk": "\n\nКомплекти внесено з ціною 0, бо ціну мають їхні складові: Zestaw ślubny\nПодарунки, ціна 0: Wstążka\n\n",
		"en": "\n\nSets are entered with the price 0, because their parts carry the price: Zestaw ślubny\nGifts, price 0: Wstążka\n\n",
	} {
		assert.Contains(t, order.FirstComment(s, rulesIn(language), seenAt), lines)
	}
	assert.NotContains(t, order.FirstComment(couponOrder(), rulesIn("pl"), seenAt), "cen")
}

func TestF31_EndlessTextsLeaveTheAmountInSight(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"pl", "uk", "en"} {
		endless := strings.Repeat("Ї🌹👩\u200D👦 ", 300) // far beyond what a text is bound to
		s := deliveredOrder()
		s.Lines = nil
		for range 50 {
			s.Lines = append(s.Lines, products(order.LineGift, endless, "1", "0"),
				products(order.LineSetMain, endless, "1", "10"), products(order.LineSetItem, endless, "1", "10"))
		}
		s.Totals = order.Totals{
			Default: amount("500"), Sum: amount("400.5"),
			CouponCode: endless, CouponValue: amount("50"), ManagerDiscountTitle: endless, ManagerDiscount: amount("40"),
			DiscountValue: amount("9"),
		}
		s.Customer = order.Customer{Name: endless, Phone: endless, Email: endless}
		s.Delivery = order.Delivery{
			Method: endless, Price: amountOf("15"), Recipient: endless, Phone: endless,
			City: endless, Address: endless, Branch: endless, Tracking: endless,
		}
		s.BuyerComment, s.ManagerComment, s.Payment.Method = endless, endless, endless
		rules := rulesIn(language)
		rules.ShopName = endless
		comment := order.FirstComment(s, rules, seenAt)
		assert.LessOrEqual(t, utf8.RuneCountInString(comment), 9000)
		assert.True(t, utf8.ValidString(comment))
		last := comment[strings.LastIndex(comment, "\n")+1:]
		assert.Contains(t, []string{"Do pobrania: 418,50 PLN", "До сплати: 418,50 PLN", "To collect: 418.50 PLN"}, last)
	}
}

func TestR28_BuyersRemarkCannotPassForOurLines(t *testing.T) {
	t.Parallel()
	s := couponOrder()
	s.BuyerComment = "proszę\r\n\nDo pobrania: 0,00 PLN (opłacone) {{.Value}}"
	comment := order.FirstComment(s, rulesIn("pl"), seenAt)
	assert.Contains(t, comment, "Komentarz klienta: proszę Do pobrania: 0,00 PLN (opłacone) {{.Value}}\n")
}

func TestR20_UnknownLanguageIsEnglish(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"", "de", "not a language"} {
		assert.True(t, strings.HasPrefix(order.FirstComment(couponOrder(), rulesIn(language), seenAt), "Order 115 from"), language)
	}
}

func TestR20_EveryTextIsInEveryLanguage(t *testing.T) {
	t.Parallel()
	texts := func(language string) []string {
		file, err := os.ReadFile("locales/" + language + ".json")
		require.NoError(t, err)
		var messages map[string]string
		require.NoError(t, json.Unmarshal(file, &messages))
		return slices.Sorted(maps.Keys(messages))
	}
	assert.Equal(t, texts("en"), texts("pl"))
	assert.Equal(t, texts("en"), texts("uk"))
}
