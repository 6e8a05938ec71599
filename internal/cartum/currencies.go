package cartum

import (
	"context"
	"fmt"
)

var currencyExport = function{name: "currency/export", accepts: []string{statusOK, statusEmpty}}

// Currency is a currency in which the shop sells.
type Currency struct {
	ID  int64  // 0: not given
	ISO string // such as "PLN"
}

// Currencies lists the currencies that are switched on in the shop, which is what it exports unless asked for others
// (reference, cartum-api 7).
func (c *Client) Currencies(ctx context.Context) ([]Currency, error) {
	r, err := c.call(ctx, currencyExport, map[string]any{}, readEnvelope)
	if err != nil {
		return nil, err
	}
	list, failure := rows(currencyExport, r, "currency")
	if failure != nil {
		return nil, failure
	}
	var currencies []Currency
	var noted flaws
	for i, row := range list {
		o := objectOf(row, fmt.Sprintf("currency[%d]", i), &noted)
		currency := Currency{ID: o.integer("id"), ISO: o.text("iso")}
		if currency.ISO == "" {
			o.note(Missing, "iso", "a text", "")
		}
		currencies = append(currencies, currency)
	}
	if bad := noted.serious(); bad != nil {
		return nil, currencyExport.malformed(bad.Field, bad.reason())
	}
	return currencies, nil
}
