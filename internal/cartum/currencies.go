package cartum

import (
	"context"
	"fmt"
)

var currencyExport = function{name: "currency/export", accepts: []string{statusOK, statusEmpty}}

// Currencies lists the currencies that are switched on in the shop, such as "PLN", which is what it exports unless asked
// for others (docs/reference/cartum.md#delivery-payment-and-currency).
func (c *Client) Currencies(ctx context.Context) ([]string, error) {
	r, err := c.call(ctx, currencyExport, map[string]any{}, readEnvelope)
	if err != nil {
		return nil, err
	}
	list, failure := rows(currencyExport, r, "currency")
	if failure != nil {
		return nil, failure
	}
	var currencies []string
	var noted flaws
	for i, row := range list {
		o := objectOf(row, fmt.Sprintf("currency[%d]", i), &noted)
		currency := o.text("iso")
		if currency == "" {
			o.note(Missing, "iso", "a text", "")
		}
		currencies = append(currencies, currency)
	}
	if bad := noted.serious(); bad != nil {
		return nil, currencyExport.malformed(bad.Field, bad.reason())
	}
	return currencies, nil
}
