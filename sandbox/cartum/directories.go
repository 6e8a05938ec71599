package cartum

import (
	"encoding/json"
	"slices"
	"strconv"
)

// texts are one text in the languages that the fake knows.
type texts map[string]string

// in is the text in a language, English where there is no other.
func (t texts) in(language string) string {
	if text, ok := t[language]; ok {
		return text
	}
	return t["en"]
}

// status is an order status of the shop (docs/reference/cartum.md#statuses).
type status struct {
	id         int
	title      texts
	successful bool
}

var standardStatuses = []status{
	{id: 1, title: texts{"en": "New", "pl": "Nowe", "ua": "Нове", "ru": "Новый", "ro": "Nou"}},
	{id: 2, title: texts{
		"en": "Processing", "pl": "W realizacji", "ua": "В обробці", "ru": "В обработке",
		"ro": "Procesare",
	}},
	{id: 3, title: texts{
		"en": "Delivered", "pl": "Dostarczone", "ua": "Доставлене", "ru": "Доставлен",
		"ro": "Livrat",
	}, successful: true},
	{id: 4, title: texts{
		"en": "Canceled", "pl": "Anulowane", "ua": "Не доставлене", "ru": "Не доставлен",
		"ro": "Anulat",
	}},
	{id: 6, title: texts{
		"en": "Shipping", "pl": "Wysłane", "ua": "Надіслане", "ru": "Отправлен",
		"ro": "În procesul de livrare",
	}},
}

// paidStatus is a status that a shop made itself.
var paidStatus = status{id: 8, title: texts{
	"en": "Paid", "pl": "Opłacone", "ua": "Оплачене", "ru": "Оплачен",
	"ro": "Plătit",
}}

// option is a shop's delivery or payment option.
type option struct {
	id      int
	title   texts
	kind    int // id of its delivery type or payment method
	carrier bool
	enabled bool
	// price is a delivery's fixed price, empty where there is none.
	price string
	// payments are the payment options that a delivery allows.
	payments []int
}

var (
	courier    = texts{"en": "By courier", "pl": "Kurier", "ua": "Кур'єром", "ru": "Курьером", "ro": "Prin curier"}
	pickup     = texts{"en": "Local pickup", "pl": "Odbiór osobisty", "ua": "Самовивіз", "ru": "Самовывоз", "ro": "Ridicare"}
	novaPoshta = texts{"en": "Nova Poshta", "ua": "Нова пошта", "ru": "Новая почта"}
	ukrPoshta  = texts{"en": "UkrPoshta", "ua": "Укрпошта", "ru": "Укрпочта"}
	ownCar     = texts{"en": "By our own car", "pl": "Własny samochód", "ua": "Власним авто", "ru": "Своей машиной"}
	ownKind    = texts{"en": "Other", "pl": "Inne", "ua": "Інше", "ru": "Другое"}
	cash       = texts{"en": "In cash", "pl": "Gotówką", "ua": "Готівкою", "ru": "Наличными", "ro": "Numerar"}
	transfer   = texts{"en": "Bank transfer", "pl": "Przelew", "ua": "Банківський переказ", "ru": "Банковский перевод"}
	card       = texts{"en": "Card online", "pl": "Kartą online", "ua": "Карткою онлайн", "ru": "Картой онлайн"}
)

// The ids follow an example shop of the documentation; they differ from shop to
// shop (docs/reference/cartum.md#delivery-payment-and-currency).
var (
	deliveries = []option{
		{id: 2, title: courier, kind: 1, enabled: true, price: "15", payments: []int{13, 14, 15}},
		{id: 3, title: novaPoshta, kind: 3, enabled: true, carrier: true, payments: []int{13, 15}},
		{id: 8, title: pickup, kind: 2, enabled: true, price: "0", payments: []int{13}},
		{id: 9, title: ukrPoshta, kind: 4, carrier: true, payments: []int{13}},
		{id: 42, title: ownCar, kind: 5, enabled: true, price: "25.50", payments: []int{13, 14}},
	}
	deliveryKinds = []option{
		{id: 1, title: courier},
		{id: 2, title: pickup},
		{id: 3, title: novaPoshta},
		{id: 4, title: ukrPoshta},
		{id: 5, title: ownKind},
	}
	payments = []option{
		{id: 13, title: cash, kind: 1, enabled: true},
		{id: 14, title: transfer, kind: 2, enabled: true},
		{id: 15, title: card, kind: 3, enabled: true},
		{id: 16, title: texts{"en": "In instalments", "pl": "Na raty", "ua": "Частинами", "ru": "Частями"}, kind: 3},
	}
	paymentKinds = []option{{id: 1, title: cash}, {id: 2, title: transfer}, {id: 3, title: card}}
)

func (s *Server) statuses() []status {
	if s.is(SwitchExtraStatus, "paid") {
		return append(slices.Clone(standardStatuses), paidStatus)
	}
	return standardStatuses
}

func (s *Server) statusExists(id int) bool {
	return slices.ContainsFunc(s.statuses(), func(known status) bool { return known.id == id })
}

// availableStatuses answers orders/get_available_statuses: an object by id
// (docs/reference/cartum.md#statuses).
func (s *Server) availableStatuses(params) answer {
	statuses := phpMap{}
	for _, one := range s.statuses() {
		statuses[strconv.Itoa(one.id)] = map[string]any{
			"id": one.id, "title": s.title(one.title), "is_successful": zeroOne(one.successful),
		}
	}
	return envelope(statusOK, map[string]any{"statuses": statuses})
}

// deliveryExport answers delivery/export
// (docs/reference/cartum.md#delivery-payment-and-currency).
func (s *Server) deliveryExport(params) answer {
	var list []map[string]any
	for _, d := range s.shownOptions(deliveries) {
		list = append(list, map[string]any{
			"id": d.id, "title": s.title(d.title), "type": d.kind, "by_carrier": s.flagValue(d.carrier),
			"enabled": s.flagValue(d.enabled), "payment": d.payments, "price_options": s.priceOptions(d),
		})
	}
	return rows(s, "delivery", list)
}

func (s *Server) priceOptions(d option) []map[string]any {
	if d.price == "" {
		return []map[string]any{}
	}
	return []map[string]any{{"min": 0, "price": json.Number(d.price), "by_carrier": s.flagValue(false)}}
}

func (s *Server) deliveryTypes(params) answer {
	var list []map[string]any
	for _, kind := range deliveryKinds {
		list = append(list, map[string]any{"id": kind.id, "title": s.title(kind.title)})
	}
	return rows(s, "deliveryTypes", list)
}

// paymentExport answers payment/export
// (docs/reference/cartum.md#delivery-payment-and-currency).
func (s *Server) paymentExport(params) answer {
	var list []map[string]any
	for _, p := range s.shownOptions(payments) {
		list = append(list, map[string]any{
			"id": p.id, "title": s.title(p.title), "desc": phpMap{}, "payment_method": p.kind,
			"enabled": s.flagValue(p.enabled), "icon": "", "link": "", "icon_title": phpMap{},
			"payment_instruction": phpMap{},
		})
	}
	return rows(s, "payment", list)
}

func (s *Server) paymentMethods(params) answer {
	var list []map[string]any
	for _, kind := range paymentKinds {
		list = append(list, map[string]any{
			"id": kind.id, "title": kind.title.in(s.opts.Languages[0]), "is_simple": s.flagValue(kind.id != 3),
		})
	}
	return rows(s, "paymentMethods", list)
}

func (s *Server) shownOptions(all []option) []option {
	if s.is(SwitchDisabledOptions, "listed") {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(o option) bool { return !o.enabled })
}

// title is a text in the shop's languages, as complete as the switch says.
func (s *Server) title(t texts) phpMap {
	title := phpMap{}
	for i, language := range s.opts.Languages {
		main, alone := i == 0, len(s.opts.Languages) == 1
		switch mode := s.switches[SwitchTitles]; {
		case mode == "others-missing" && !main, mode == "main-missing" && main && !alone:
			continue
		case mode == "others-blank" && !main:
			title[language] = ""
		default:
			title[language] = t.in(language)
		}
	}
	return title
}

func (s *Server) flagValue(set bool) any {
	if s.is(SwitchFlags, "bool") {
		return set
	}
	return zeroOne(set)
}

func zeroOne(set bool) int {
	if set {
		return 1
	}
	return 0
}
