package cartum

import (
	"cmp"
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/shopspring/decimal"
	"golang.org/x/text/unicode/norm"
)

const (
	// longestNumber is more than a binary fraction takes that is written out to its end.
	longestNumber = 128
	// mostPlaces bounds what is kept of a fraction that does not end.
	mostPlaces = 10
	// noisePlaces is up to how many decimals a number is searched for beside the one
	// that is written.
	noisePlaces = 6
)

var (
	// A bound on the exponent: a number like 1e999999999 is valid JSON and takes gigabytes to write out.
	plain = regexp.MustCompile(`^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?$`)
	// tooLarge is beyond every amount and every number of an order.
	tooLarge = decimal.New(1, 15)
)

// readNumber reads a number or a text with one in it. Kind is "" where it is written as documented.
func readNumber(raw json.RawMessage) (value decimal.Decimal, kind FlawKind) {
	if isVacant(raw) {
		return decimal.Zero, Missing
	}
	if text, ok := asLiteral(raw); ok {
		return parseNumber(text)
	}
	if inner, ok := sole(raw, "value", "amount", "price", "sum", "id"); ok {
		value, kind = readNumber(inner)
		kind = cmp.Or(kind, Odd)
		return value, kind
	}
	return decimal.Zero, Unreadable
}

func parseNumber(text string) (value decimal.Decimal, kind FlawKind) {
	if value, ok := plainNumber(text); ok {
		return value, ""
	}
	visible := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, text)
	parts := amount.FindStringSubmatch(strings.TrimSpace(strings.ToLower(norm.NFKC.String(visible))))
	if parts == nil {
		return decimal.Zero, Unreadable
	}
	digits, kind := withoutGroups(parts[2])
	value, ok := plainNumber(strings.Replace(parts[1], "−", "-", 1) + digits)
	if !ok {
		return decimal.Zero, Unreadable
	}
	return value, kind
}

// plainNumber reads a number as JSON writes it, without the noise of binary fractions.
func plainNumber(text string) (decimal.Decimal, bool) {
	text = strings.TrimSpace(text)
	if len(text) > longestNumber || !plain.MatchString(text) {
		return decimal.Zero, false
	}
	value, err := decimal.NewFromString(text)
	if err != nil || value.Abs().GreaterThanOrEqual(tooLarge) {
		return decimal.Zero, false
	}
	return withoutNoise(value), true
}

// withoutNoise undoes the noise that binary fractions add to decimals:
// 2.1100000000000003 is 2.11, and so is 2.1099998950958252 of single precision. A
// number with few decimals stays as it is.
func withoutNoise(value decimal.Decimal) decimal.Decimal {
	if value.Exponent() >= -noisePlaces {
		return value
	}
	binary, _ := value.Float64()
	slack := decimal.NewFromFloat(max(1e-9, math.Abs(binary)*1e-15))
	for places := range int32(noisePlaces + 1) {
		if rounded := value.Round(places); value.Sub(rounded).Abs().LessThanOrEqual(slack) {
			return rounded
		}
	}
	single := float32(binary)
	if shortest := strconv.FormatFloat(float64(single), 'f', -1, 32); float64(single) == binary && len(shortest) <= noisePlaces+4 {
		if value, err := decimal.NewFromString(shortest); err == nil {
			return value
		}
	}
	return value.Round(mostPlaces)
}

// amount finds the digits of an amount among what people and templates write around it.
var amount = func() *regexp.Regexp {
	const units = `(?:zł|zl|pln|грн|uah|eur|usd|€|\$|₴|%|шт|szt|pcs|x)\.?`
	return regexp.MustCompile(`^(?:` + units + `\s*)?([+−-]?)\s*(\d[\d\s.,'’]*?)(?:[.,]?[-–—])?\s*(?:` + units + `)?$`)
}()

var (
	fraction = regexp.MustCompile(`^\d*[.,]\d+$|^\d+$`)
	thousand = regexp.MustCompile(`^[1-9]\d{0,2},\d{3}$`)
	grouped  = []*regexp.Regexp{
		regexp.MustCompile(`^\d{1,3}(?:[\s'’]\d{3})+(?:[.,]\d+)?$`),
		regexp.MustCompile(`^\d{1,3}(?:\.\d{3})+,\d+$`),
		regexp.MustCompile(`^\d{1,3}(?:,\d{3})+\.\d+$`),
		regexp.MustCompile(`^\d{1,3}(?:\.\d{3}){2,}$`),
		regexp.MustCompile(`^\d{1,3}(?:,\d{3}){2,}$`),
	}
)

// withoutGroups writes the digits with a point before the decimals and nothing between thousands. A comma before three
// digits is taken for the one before decimals, as shops in Poland and Ukraine write it, and is ambiguous.
func withoutGroups(digits string) (plain string, kind FlawKind) {
	digits = strings.TrimSpace(strings.TrimRight(strings.TrimSpace(digits), ".,"))
	if fraction.MatchString(digits) {
		kind = Odd
		if thousand.MatchString(digits) {
			kind = Ambiguous
		}
		return strings.Replace(digits, ",", ".", 1), kind
	}
	for i, form := range grouped {
		if !form.MatchString(digits) {
			continue
		}
		whole, decimals := digits, ""
		if at := strings.LastIndexAny(digits, ".,"); at >= 0 && i < 3 {
			whole, decimals = digits[:at], "."+digits[at+1:]
		}
		return onlyDigits(whole) + decimals, Odd
	}
	return digits, Unreadable
}

func onlyDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}
