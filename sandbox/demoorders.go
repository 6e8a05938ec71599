package main

import (
	"encoding/json"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/cartumsync/cartumsync/internal/order"
)

// script is one order of the demonstration and what should become of it.
type script struct {
	about  string
	order  fields // without its number
	expect outcome
	// telling is set where the comment in RO App is worth reading.
	telling bool
	// lives is set where both sides go on with the order after its import.
	lives bool
}

// outcome is where an order stands.
type outcome struct {
	state  order.SyncState
	reason order.HoldReason
}

var synced = outcome{state: order.SyncSynced}

func held(reason order.HoldReason) outcome { return outcome{order.SyncHeld, reason} }

func (o outcome) String() string {
	if o.reason != "" {
		return string(o.state) + ": " + string(o.reason)
	}
	return string(o.state)
}

// stock is what stands in a shop's catalogue and in an account before the
// orders come.
type stock struct {
	products map[string]fields // Cartum's, by article
	staff    []staffRecord
	order    staffOrder // created in RO App, not in the shop
}

// staffOrder is an order that staff create in RO App for a contact and a product of theirs.
type staffOrder struct{ client, product, price, notes string }

// staffRecord is a record that RO App's staff made themselves.
type staffRecord struct {
	kind, name string
	record     fields
}

// line is an order's line as Cartum writes it.
func line(article, title, price string, quantity int64) fields {
	total := decimal.RequireFromString(price).Mul(decimal.NewFromInt(quantity))
	return fields{
		"type": "product", "article": article, "title": title, "price": json.Number(price), "quantity": quantity,
		"total_price": json.Number(total.String()), "discount_marker": "NONE",
	}
}

// placed is an order of these lines, with what sets it apart from a plain one.
func placed(currency string, lines []fields, special fields) fields {
	total := decimal.Zero
	for _, one := range lines {
		total = total.Add(decimal.RequireFromString(string(one["total_price"].(json.Number))))
	}
	o := fields{
		"products": lines, "total_quantity": len(lines), "currency": currency, "stat_status": 1,
		"total_default": json.Number(total.String()), "total_sum": json.Number(total.String()),
		"payed": 0, "order_without_callback": false, "comment": "",
		"discount_percent": 0, "discount_value": 0,
		"coupon_code": "", "coupon_percent": 0, "coupon_discount_value": 0, "coupon_type": 0,
	}
	for name, value := range special {
		o[name] = value
	}
	return o
}

// polishStock is the Polish pair's. The shop's catalogue gets one product that
// RO App does not know yet for each run of the demonstration.
func polishStock(first int64) stock {
	return stock{
		products: map[string]fields{
			newBouquet(first): {
				"title":       fields{"pl": fmt.Sprintf("Bukiet sezonowy %d", first), "en": fmt.Sprintf("Seasonal bouquet %d", first)},
				"description": fields{"pl": "<p>Tulipany i frezje,<br>około 30 cm.</p>"},
				"parent":      fields{"id": 4, "value": fields{"pl": `Kwiaty\Bukiety`, "en": `Flowers\Bouquets`}},
				"price":       89, "slug": fmt.Sprintf("bukiet-sezonowy-%d", first), "link": fmt.Sprintf("https://kwiaty.example/bukiet-sezonowy-%d/", first),
			},
			"ROZA-CZ": {
				"title": fields{"pl": "Róża czerwona", "en": "Red rose"}, "price": json.Number("12.50"),
				"slug": "roza-czerwona", "link": "https://kwiaty.example/roza-czerwona/",
			},
			"DONICA-45": {
				"title": fields{"pl": "Donica ceramiczna", "en": "Ceramic pot"}, "price": json.Number("49.99"),
				"slug": "donica-ceramiczna", "link": "https://kwiaty.example/donica-ceramiczna/",
			},
		},
		order: staffOrder{"Jan Kowalski", "Róża czerwona", "12.50", "Zamówienie z lady"},
		staff: []staffRecord{
			{"people", "Jan Kowalski", fields{"first_name": "Jan", "last_name": "Kowalski", "phones": []string{"501 200 300"}}},
			{"people", "Maria Zielińska", fields{"first_name": "Maria", "last_name": "Zielińska", "phones": []string{"502 300 400"}}},
			{"people", "Piotr Zieliński", fields{"first_name": "Piotr", "last_name": "Zieliński", "phones": []string{"502 300 400"}}},
			{"products", "Róża czerwona", fields{"title": "Róża czerwona", "article": "ROZA-CZ"}},
			{"products", "Donica ceramiczna", fields{"title": "Donica ceramiczna", "article": "DONICA-45"}},
		},
	}
}

func newBouquet(first int64) string { return fmt.Sprintf("BUKIET-%d", first) }

// polishOrders are one of each kind. Numbers of this run make customers and
// products that no run before has made.
func polishOrders(first int64) []script {
	rose := line("ROZA-CZ", "Róża czerwona", "12.50", 5)
	pickup, courier, ownCar := fields{"id": 8, "title": "Odbiór osobisty"}, fields{"id": 2, "title": "Kurier"}, fields{"id": 42, "title": "Własny samochód"}
	cash, card := fields{"id": 13, "title": "Gotówką"}, fields{"id": 15, "title": "Kartą online"}
	phone := func(n int64) string { return fmt.Sprintf("+48 601 %03d %03d", 100+n, first%1000) }
	return []script{
		{"a new customer and a new product", placed("PLN", []fields{line(newBouquet(first), "Seasonal bouquet", "89", 1)}, fields{
			"delivery_name": "Zofia Kamińska", "delivery_email": "zofia@example.com", "delivery_phone": phone(1),
			"delivery_type": pickup, "delivery_price": 0, "payment_type": cash,
		}), synced, false, false},
		{"a known customer and a known product", placed("PLN", []fields{rose}, fields{
			"delivery_name": "Jan Kowalski", "delivery_phone": "+48 501 200 300",
			"delivery_type": pickup, "delivery_price": 0, "payment_type": cash,
		}), synced, false, false},
		{"the shop's own delivery, with a price and an address", placed("PLN", []fields{rose, line("DONICA-45", "Donica ceramiczna", "49.99", 2)}, fields{
			"delivery_name": "Ewa Wiśniewska", "delivery_phone": phone(2), "delivery_city": "Kraków", "delivery_address": "ul. Długa 5 m. 12",
			"delivery_type": ownCar, "delivery_price": json.Number("25.50"), "payment_type": cash,
		}), synced, true, true},
		{"a coupon: 799 less 25 % is 599", placed("PLN", []fields{line("DONICA-45", "Donica ceramiczna", "799", 1)}, fields{
			"delivery_name": "Tomasz Lewandowski", "delivery_phone": phone(3),
			"delivery_type": pickup, "delivery_price": 0, "payment_type": cash,
			"coupon_code": "WIOSNA25", "coupon_percent": 25, "coupon_discount_value": 200, "coupon_type": 1, "total_sum": 599,
		}), synced, true, false},
		{"paid, at the carrier's rates, with a comment, do not call", placed("PLN", []fields{rose}, fields{
			"delivery_name": "Katarzyna Wójcik", "delivery_phone": phone(4), "delivery_city": "Gdańsk", "delivery_address": "ul. Mariacka 1",
			"delivery_type": courier, "delivery_price": -1, "payment_type": card, "payed": 1,
			"order_without_callback": true, "comment": "Proszę zostawić u sąsiadki.",
		}), synced, true, false},
		{"two contacts have this phone, and neither has this name", placed("PLN", []fields{rose}, fields{
			"delivery_name": "M. Zieliński", "delivery_phone": "+48 502 300 400",
			"delivery_type": pickup, "delivery_price": 0, "payment_type": cash,
		}), held(order.HoldAmbiguousContact), false, false},
		{"another currency than the account's", placed("EUR", []fields{rose}, fields{
			"delivery_name": "Hans Müller", "delivery_phone": phone(5),
			"delivery_type": pickup, "delivery_price": 0, "payment_type": cash,
		}), held(order.HoldCurrency), false, false},
	}
}

// documentedNumber is the number that the documentation's order has there.
const documentedNumber = 115

func ukrainianStock(first int64) stock {
	const macBook = `MacBook Air 11.6" 128 GB, Green`
	s := stock{
		products: map[string]fields{
			"MJVM2UAA": {
				"title": fields{"ua": macBook, "en": macBook}, "price": 31799,
				"slug": "macbook-air-116-128-gb-green", "link": "https://kvity.example/macbook-air-116-128-gb-green/",
			},
			"TR-07": {
				"title": fields{"ua": "Троянда червона", "en": "Red rose"}, "price": 95,
				"slug": "troianda-chervona", "link": "https://kvity.example/troianda-chervona/",
			},
		},
		staff: []staffRecord{
			{"products", "Троянда червона", fields{"title": "Троянда червона"}},
			{"people", "Ірина Коваль", fields{"first_name": "Ірина", "last_name": "Коваль", "phones": []string{"050 310 00 01"}}},
		},
		order: staffOrder{"Ірина Коваль", "Троянда червона", "95", "Замовлення в магазині"},
	}
	if first != documentedNumber {
		// The first run created these. An account that was started again forgot them,
		// while Temporal remembers for minutes that they were created.
		s.staff = append(s.staff,
			staffRecord{"people", "sdbgdasgdasg", fields{"first_name": "sdbgdasgdasg", "phones": []string{"+380504214214"}}},
			staffRecord{"products", macBook, fields{"title": macBook, "article": "MJVM2UAA"}})
	}
	return s
}

// ukrainianOrders are the documentation's example and one that is recognised by
// the catalogue's title, whatever language the buyer reads.
func ukrainianOrders(first int64) []script {
	var documented fields
	if err := json.Unmarshal([]byte(documentedOrder), &documented); err != nil {
		panic(err) // a constant
	}
	return []script{
		{"the example of Cartum's documentation", documented, synced, false, false},
		{"a product known by its title, ordered in English", placed("UAH", []fields{line("TR-07", "Red rose", "95", 7)}, fields{
			"delivery_name": "Олена Шевченко", "delivery_phone": fmt.Sprintf("+38 (050) 310-%02d-%02d", first/100%100, first%100),
			"delivery_city": "Львів", "delivery_type": fields{"id": 3, "title": "Нова пошта"}, "delivery_price": -1,
			"payment_type": fields{"id": 13, "title": "Готівкою"},
		}), synced, false, false},
	}
}

// documentedOrder is the one that Cartum's documentation shows
// (docs/reference/cartum.md#example-order), without its number.
const documentedOrder = `{
	"user": 99, "delivery_name": "sdbgdasgdasg", "delivery_email": "dasgdsga@zz.cc",
	"delivery_phone": "+38 (050) 421-42-14", "delivery_city": "Kyiv", "delivery_address": "",
	"delivery_type": {"id": 42, "title": "Local pickup"}, "delivery_price": 0, "comment": "",
	"payment_type": {"id": 13, "title": "In cash"}, "payed": 0,
	"total_default": 31799, "total_sum": 31799, "total_quantity": 1,
	"discount_percent": 0, "discount_value": 0,
	"coupon_code": "", "coupon_percent": 0, "coupon_discount_value": 0, "coupon_type": 0,
	"stat_status": 1, "stat_created": "2016-12-05 15:46:40", "currency": "UAH", "order_without_callback": true,
	"products": [{"title": "MacBook Air 11.6\" 128 GB, Green", "article": "MJVM2UAA", "price": 31799, "quantity": 1,
		"discount_marker": "DISCOUNT_CARD", "total_price": 31799,
		"url": "https://site.com.ua/ru/kupit/batut-atleto-140-sm-z-sitkoyu-synii",
		"photo_url": "https://site.com.ua/content/images/1/21893202338603_+09372ea19e.jpg"}]
}`
