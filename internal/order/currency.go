package order

import (
	"strings"
	"unicode"

	"golang.org/x/text/currency"
)

// currencyWords are the signs, words and ISO 4217 numbers that stand for one
// currency only, which "$" and "kr" do not.
var currencyWords = map[string]string{
	"ZŁ": "PLN", "ZL": "PLN", "ZŁOTY": "PLN", "ZŁOTE": "PLN", "ZŁOTYCH": "PLN", "ЗЛОТИЙ": "PLN", "ЗЛОТИХ": "PLN", "985": "PLN",
	"₴": "UAH", "ГРН": "UAH", "HRN": "UAH", "ГРИВНЯ": "UAH", "ГРИВНІ": "UAH", "ГРИВЕНЬ": "UAH", "HRYVNIA": "UAH", "980": "UAH",
	"€": "EUR", "EURO": "EUR", "ЄВРО": "EUR", "978": "EUR",
	"US$": "USD", "840": "USD",
	"£": "GBP", "826": "GBP",
	"KČ": "CZK", "203": "CZK",
}

// NormalizeCurrency gives the ISO 4217 code of a currency that a shop names by its
// code, its sign or its word, also by several that agree, such as "zł (PLN)". What
// names no currency, or several, is only normalised.
func NormalizeCurrency(written string) string {
	code := ""
	for _, word := range strings.FieldsFunc(NormalizeCode(written), parts) {
		one := word
		if known, ok := currencyWords[word]; ok {
			one = known
		}
		if !isCurrency(one) || code != "" && code != one {
			return NormalizeCode(written)
		}
		code = one
	}
	return code
}

// parts tells what stands between the names of a currency.
func parts(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsPunct(r)
}

func isCurrency(code string) bool {
	_, err := currency.ParseISO(code)
	return err == nil
}

// CurrencyProblem tells that a shop's currency, as [NormalizeCurrency] gives it, is
// none, so that it can only be taken for the account's; nil where it is one.
func CurrencyProblem(code, account string) *Problem {
	if isCurrency(code) {
		return nil
	}
	p := Problem{
		Code: ProblemUnreadable, Field: fieldCurrency, Subject: SubjectCurrency, Value: Shorten(code, longestTime),
		Understood: account, Acceptable: true,
	}
	if code == "" {
		p.Code = ProblemMissing
	}
	return &p
}

const fieldCurrency = "currency"
