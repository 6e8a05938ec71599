package order

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
)

// ParsePhone reads a phone as a person or a shop's form wrote it and gives its
// E.164 form, such as "+380501234567". Numbers without a country code belong to
// the region, an ISO 3166 code. Of several numbers in one field it is the first
// one that exists. Not ok is a field in which no number exists: a number that
// nobody can have would merge all customers who mistyped theirs.
func ParsePhone(raw, region string) (e164 string, ok bool) {
	phones := Phones(raw, region)
	if len(phones) == 0 {
		return "", false
	}
	return phones[0], true
}

// longestPhones bounds the text that is searched for phones, in runes.
const longestPhones = 200

// Phones are all numbers of a field as E.164, each once, in the order in which
// they are written.
func Phones(raw, region string) []string {
	region = strings.ToUpper(strings.TrimSpace(region))
	text := Shorten(NormalizeText(strings.NewReplacer("\r", ";", "\n", ";").Replace(withoutEntities(raw))), longestPhones)
	var phones []string
	for _, part := range phoneParts(text) {
		phones = append(phones, phonesBetweenSlashes(part, region)...)
	}
	return distinct(phones)
}

// HasPhone reports whether one of the numbers that a field holds is the phone,
// given as E.164.
func HasPhone(raw, e164, region string) bool {
	return slices.Contains(Phones(raw, region), e164)
}

// phoneParts cuts a field where a second number, an extension or words start.
func phoneParts(text string) []string {
	var parts []string
	from := 0
	cut := func(at int) {
		part := strings.TrimLeftFunc(text[from:at], separatesPhones)
		if strings.ContainsFunc(part, unicode.IsDigit) {
			parts = append(parts, part)
		}
		from = at
	}
	for at, r := range text {
		if separatesPhones(r) || r == '+' || r == '＋' {
			cut(at)
		}
	}
	cut(len(text))
	return parts
}

func separatesPhones(r rune) bool { return unicode.IsLetter(r) || strings.ContainsRune(",;|#&:", r) }

// phonesBetweenSlashes finds the numbers of a part where a slash separates two
// numbers, or within one, as in "22/123 45 67".
func phonesBetweenSlashes(part, region string) []string {
	pieces := strings.FieldsFunc(part, func(r rune) bool { return r == '/' || r == '\\' })
	var phones []string
	for len(pieces) > 0 {
		size, found := 1, phonesInGroups(pieces[0], region)
		for several := len(pieces); several > 1; several-- {
			if phone := readPhone(strings.Join(pieces[:several], " "), region); phone != "" {
				size, found = several, []string{phone}
				break
			}
		}
		phones, pieces = append(phones, found...), pieces[size:]
	}
	return phones
}

// phonesInGroups finds the numbers that are separated by a space, else those
// separated by any other sign.
func phonesInGroups(part, region string) []string {
	if phones := phonesOf(strings.Fields(part), region); len(phones) > 0 {
		return phones
	}
	return phonesOf(strings.FieldsFunc(part, func(r rune) bool { return !unicode.IsDigit(r) && r != '+' && r != '＋' }), region)
}

// phonesOf finds the numbers that groups of figures make, the longest first.
func phonesOf(groups []string, region string) []string {
	part := strings.Join(groups, " ")
	var phones []string
	for len(groups) > 0 {
		size := len(groups)
		phone := readPhone(part, region)
		for ; phone == "" && size > 1; size-- {
			phone = readPhone(strings.Join(groups[:size-1], " "), region)
		}
		if phone != "" {
			phones = append(phones, phone)
		} else if len(phones) == 0 {
			return nil // the digits that start it belong to no number
		}
		groups = groups[size:]
		part = strings.Join(groups, " ")
	}
	return phones
}

// readPhone is the one number that the figures are, or "".
func readPhone(text, region string) string {
	digits := phonenumbers.NormalizeDigitsOnly(text)
	if len(digits) > longestNumber {
		return ""
	}
	for _, reading := range readings(text, digits, region) {
		number, err := phonenumbers.Parse(reading, region)
		if err != nil || !phonenumbers.IsValidNumber(number) || isPlaceholder(number) {
			continue
		}
		return phonenumbers.Format(number, phonenumbers.E164)
	}
	return ""
}

const (
	// longestNumber is what an international number with prefixes may take.
	longestNumber = 20
	// fullNumber is the fewest digits that are taken for a number with its country
	// code where no plus says so. National numbers of up to ten digits would
	// otherwise turn into foreign ones.
	fullNumber = 11
	// trunkOfUSSR is what older habits in Ukraine dial before the trunk prefix,
	// and before the international one.
	trunkOfUSSR = "8"
)

// readings are what the figures may mean, the likeliest first.
func readings(text, digits, region string) []string {
	all := []string{digits}
	if strings.ContainsAny(text, "+＋") {
		all = []string{"+" + digits}
		if strings.HasPrefix(digits, "0") {
			all = append(all, digits) // the plus is too much
		}
	}
	if rest, ok := strings.CutPrefix(digits, trunkOfUSSR); ok && region == "UA" {
		all = append(all, rest)
		if rest, ok := strings.CutPrefix(rest, "10"); ok {
			all = append(all, "+"+rest)
		}
	}
	bare := strings.TrimLeft(digits, "0")
	if bare != digits {
		all = append(all, bare)
	}
	if len(bare) < fullNumber {
		return all
	}
	all = append(all, "+"+bare)
	if code, rest := withoutCountry(bare); code != "" {
		all = append(all, "+"+code+strings.TrimLeft(rest, "0")) // a trunk zero after the country code
	}
	// The form began with the country's code, or a part of it, and so did who wrote it.
	country := strconv.Itoa(phonenumbers.GetCountryCodeForRegion(region))
	for started := len(country); started > 0; started-- {
		if number, ok := strings.CutPrefix(bare, country[:started]); ok && strings.HasPrefix(number, country) {
			all = append(all, "+"+number)
		}
	}
	return all
}

// withoutCountry parts the country's code from the number.
func withoutCountry(digits string) (code, rest string) {
	number, err := phonenumbers.Parse("+"+digits, "")
	if err != nil {
		return "", ""
	}
	code = strconv.Itoa(int(number.GetCountryCode()))
	return code, strings.TrimPrefix(digits, code)
}

// longestSpelling bounds the raw spelling that is asked for, in bytes.
const longestSpelling = 64

// MostSpellings is how many spellings of a phone there are at most.
const MostSpellings = 12

// PhoneSpellings are the forms in which RO App may hold a number, whose search
// compares in a way that is not documented
// (docs/reference/roapp.md#find-contacts): at most [MostSpellings], E.164 first:
// with each prefix that people write, and as phones and forms show it. All go into
// one request.
func PhoneSpellings(e164, raw string) []string {
	spellings := []string{e164}
	if number, err := phonenumbers.Parse(e164, ""); err == nil {
		region := phonenumbers.GetRegionCodeForNumber(number)
		digits := strings.TrimPrefix(e164, "+")
		national := phonenumbers.GetNationalSignificantNumber(number)
		shown := phonenumbers.Format(number, phonenumbers.NATIONAL)
		international := phonenumbers.Format(number, phonenumbers.INTERNATIONAL)
		spellings = append(spellings, digits, "00"+digits, national, phonenumbers.NormalizeDigitsOnly(shown), "0"+strings.TrimPrefix(national, "0"))
		if region == "UA" && len(national) == 9 {
			spellings = append(spellings, trunkOfUSSR+"0"+national,
				fmt.Sprintf("+38 (0%s) %s-%s-%s", national[:2], national[2:5], national[5:7], national[7:])) // Cartum's mask
		}
		spellings = append(spellings, shown, international, "\u202A"+international+"\u202C") // as address books copy it
	}
	if raw = strings.TrimSpace(raw); len(raw) <= longestSpelling {
		spellings = append(spellings, raw)
	}
	spellings = distinct(spellings)
	return spellings[:min(len(spellings), MostSpellings)]
}

// distinct keeps the first of equal texts and no empty one.
func distinct(texts []string) []string {
	var kept []string
	for _, text := range texts {
		if text != "" && !slices.Contains(kept, text) {
			kept = append(kept, text)
		}
	}
	return kept
}

// isPlaceholder reports whether the number was typed because the form demanded
// one: one digit repeated, or nothing but zeros after the network's code.
func isPlaceholder(number *phonenumbers.PhoneNumber) bool {
	digits := phonenumbers.GetNationalSignificantNumber(number)
	return strings.HasSuffix(digits, "0000000") || strings.Trim(digits, digits[:1]) == ""
}

// Digits are the ASCII digits of a text alone.
func Digits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}
