package service

import (
	"strings"
	"unicode"

	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/settings"
)

const (
	// longestText bounds what is searched for, in runes.
	longestText = 100
	// phoneDigits is from how many digits on a number is more likely a phone than an
	// order's number.
	phoneDigits = 9
)

// split puts the text that a person searches for where it belongs: a number of an order,
// or else a name or a phone.
func (f Filter) split() Filter {
	text := strings.TrimPrefix(strings.TrimSpace(f.Text), "#") // as pages write it
	f.Text = text
	if orderNumber.MatchString(text) && strings.ContainsFunc(text, unicode.IsDigit) {
		f.Number = text
	}
	return f
}

// searched selects the orders that the text belongs to: those with the phone, else those
// with all words of the name. Only keyed hashes of it come into the question.
func searched(text string, set *settings.Settings) index.Condition {
	key := []byte(set.IdentityKey.Reveal())
	if phones := phoneTokens(text, set); len(phones) > 0 {
		return index.Found(phones...)
	}
	var words []index.Condition
	for _, token := range order.NameTokens(key, text) {
		words = append(words, index.Found(token))
	}
	if len(words) == 0 {
		return index.Found()
	}
	return index.All(words...)
}

// phoneTokens are those of a text's phones, read as each shop's customers write them.
func phoneTokens(text string, set *settings.Settings) []string {
	key := []byte(set.IdentityKey.Reveal())
	seen := map[string]bool{}
	var tokens []string
	for _, shop := range set.Shops {
		for _, token := range order.PhoneTokens(key, text, shop.Region) {
			if !seen[token] {
				seen[token] = true
				tokens = append(tokens, token)
			}
		}
	}
	return tokens
}

// numbered selects the orders with the number, on either side, or with the phone that it
// may be.
func numbered(number string, set *settings.Settings) index.Condition {
	tokens := []string{order.NumberToken([]byte(set.IdentityKey.Reveal()), number)}
	if looksLikePhone(number) {
		tokens = append(tokens, phoneTokens(number, set)...)
	}
	return index.Any(index.Found(tokens...), index.Numbered(number))
}

// looksLikePhone tells whether a number has the digits of a phone.
func looksLikePhone(number string) bool {
	digits := strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return r
		}
		return -1
	}, number)
	return len(digits) >= phoneDigits && len(digits)+2 >= len(number)
}
