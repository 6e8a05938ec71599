package cartum

import (
	"encoding/json"
	"slices"
)

// currency is a currency of the shop; only its own one is switched on.
type currency struct {
	id      int
	iso     string
	enabled bool
	// course is what one unit of the shop's own currency costs in this one.
	course string
}

// currencies are the shop's own and one more, EUR or USD, that is off.
func (s *Server) currencies() []currency {
	second := "EUR"
	if s.opts.Currency == second {
		second = "USD"
	}
	return []currency{
		{id: 1, iso: s.opts.Currency, enabled: true, course: "1"},
		{id: 2, iso: second, course: "0.25"},
	}
}

// currencyExport answers currency/export. enabledOnly is on where it is not
// given; where it is, iso is ignored
// (docs/reference/cartum.md#delivery-payment-and-currency).
func (s *Server) currencyExport(p params) answer {
	filter := currencyFilter{iso: p.texts("iso"), ids: p.texts("id")}
	if p["enabledOnly"] != nil {
		filter.iso, filter.all = nil, !p.flag("enabledOnly")
	}
	var list []map[string]any
	for _, c := range s.currencies() {
		if filter.takes(c) {
			list = append(list, s.currencyDocument(c))
		}
	}
	return rows(s, "currency", list)
}

type currencyFilter struct {
	iso, ids []string
	all      bool
}

func (f currencyFilter) takes(c currency) bool {
	return (f.all || c.enabled) &&
		(len(f.iso) == 0 || slices.Contains(f.iso, c.iso)) &&
		(len(f.ids) == 0 || slices.Contains(f.ids, jsonNumber(c.id).String()))
}

func (s *Server) currencyDocument(c currency) map[string]any {
	rates := []map[string]any{}
	for _, other := range s.currencies() {
		if c.id != 1 || other.id == c.id {
			continue
		}
		rates = append(rates, map[string]any{
			"relatedId": other.id, "relatedIso": other.iso, "currentExchangeAmount": 1,
			"relatedExchangeAmount": json.Number(other.course), "exchangeCourse": json.Number(other.course),
		})
	}
	return map[string]any{"id": c.id, "iso": c.iso, "title": c.iso, "exchangeRates": rates}
}
