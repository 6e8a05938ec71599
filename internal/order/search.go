package order

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// mostSearchTokens bounds how many tokens an order is found by.
const mostSearchTokens = 24

// searchTokens are what the order is found by: the words of the customer's and the recipient's
// name, their phones, and RO App's number. Each is a [KeyedHash], so that nobody can read it.
func (s *State) searchTokens(r Rules) []string {
	var all []string
	if snap := s.Snapshot; snap != nil {
		all = slices.Concat(
			NameTokens(r.IdentityKey, snap.Customer.Name), PhoneTokens(r.IdentityKey, snap.Customer.Phone, r.Region),
			NameTokens(r.IdentityKey, snap.Delivery.Recipient), PhoneTokens(r.IdentityKey, snap.Delivery.Phone, r.Region),
		)
	}
	if s.Order != nil && !s.Order.Gone && s.Order.Number != "" {
		all = append([]string{NumberToken(r.IdentityKey, s.Order.Number)}, all...)
	}
	all = distinct(all)
	return all[:min(len(all), mostSearchTokens)]
}

// NameTokens are those of a name's words, in any case and without accents.
func NameTokens(key []byte, name string) []string { return tokens(key, "name", searchWords(name)...) }

// PhoneTokens are those of a field's phones. Numbers without a country code belong to the
// region.
func PhoneTokens(key []byte, field, region string) []string {
	return tokens(key, "phone", Phones(field, region)...)
}

// NumberToken is that of RO App's number of an order, in any case.
func NumberToken(key []byte, number string) string {
	return tokens(key, "number", strings.ToUpper(NormalizeText(number)))[0]
}

func tokens(key []byte, kind string, values ...string) []string {
	var hashes []string
	for _, value := range values {
		hashes = append(hashes, KeyedHash(key, "search", kind, value))
	}
	return distinct(hashes)
}

// Mentions reports whether each word of a query is a part of one of the texts, in any case and without accents. A query
// without words is mentioned nowhere.
func Mentions(query string, texts ...string) bool {
	words := searchWords(query)
	text := strings.Join(searchWords(strings.Join(texts, " ")), " ")
	return len(words) > 0 && !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, word) })
}

// strokes are letters that do not decompose into a letter and a mark.
var strokes = strings.NewReplacer("ł", "l", "ø", "o", "đ", "d", "ß", "ss", "'", "")

// searchWords are a text's words without case, accents and apostrophes.
func searchWords(text string) []string {
	text = norm.NFD.String(strokes.Replace(apostrophes.Replace(strings.ToLower(NormalizeText(text)))))
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r):
			return -1
		case unicode.IsLetter(r), unicode.IsDigit(r):
			return r
		default:
			return ' '
		}
	}, text)
	return strings.Fields(text)
}
