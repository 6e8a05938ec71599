package order

import (
	"slices"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
)

// ParsePhone reads a phone as a person or a shop's form wrote it and gives its
// E.164 form, such as "+380501234567". Numbers without a country code belong to
// the region, an ISO 3166 code. Of several numbers in one field the first is
// taken; an extension is left out.
//
// A number of a possible length is taken even where its area code is unknown:
// it still recognises the same buyer's next order, while a refused one stops
// the order. Not ok are numbers of an impossible length and placeholders, which
// would make one customer of all who typed them.
func ParsePhone(raw, region string) (e164 string, ok bool) {
	number := readPhone(raw, strings.ToUpper(region))
	if number == nil || isPlaceholder(number) {
		return "", false
	}
	e164 = phonenumbers.Format(number, phonenumbers.E164)
	// A form that does not read as itself could never be compared.
	again := possiblePhone(e164, "")
	if again == nil || phonenumbers.Format(again, phonenumbers.E164) != e164 {
		return "", false
	}
	return e164, true
}

// SamePhone tells whether two spellings are one usable number.
func SamePhone(a, b, region string) bool {
	first, ok := ParsePhone(a, region)
	if !ok {
		return false
	}
	second, ok := ParsePhone(b, region)
	return ok && first == second
}

// longestSpelling bounds the raw spelling that is asked for, in bytes.
const longestSpelling = 64

// PhoneSpellings are the forms in which a number may stand in RO App, whose
// search compares in a way that is not documented (reference, roapp-api 2): at
// most seven, E.164 first. The trunk prefix is included where the country has
// one.
func PhoneSpellings(e164, raw string) []string {
	spellings := []string{e164}
	if number := possiblePhone(e164, ""); number != nil {
		national := phonenumbers.Format(number, phonenumbers.NATIONAL)
		spellings = append(spellings,
			strings.TrimPrefix(e164, "+"),
			phonenumbers.NormalizeDigitsOnly(national),
			withTrunk(number),
			national,
			phonenumbers.Format(number, phonenumbers.INTERNATIONAL),
		)
	}
	if raw = strings.TrimSpace(raw); len(raw) <= longestSpelling {
		spellings = append(spellings, raw)
	}
	return distinct(spellings)
}

// withTrunk is the trunk prefix and the national number: the library's national
// format leaves the prefix out where it does not know the area code.
func withTrunk(number *phonenumbers.PhoneNumber) string {
	if phonenumbers.IsValidNumber(number) {
		return ""
	}
	region := phonenumbers.GetRegionCodeForCountryCode(int(number.GetCountryCode()))
	return phonenumbers.GetNddPrefixForRegion(region, true) + phonenumbers.GetNationalSignificantNumber(number)
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

// fullNumber is the fewest digits that are taken for a number with its country
// code where no plus says so. National numbers of up to ten digits would
// otherwise turn into foreign ones.
const fullNumber = 11

// readPhone gives the best reading: as written, or as a number whose plus was
// left out.
func readPhone(raw, region string) *phonenumbers.PhoneNumber {
	written := firstNumber(NormalizeText(raw))
	national := possiblePhone(written, region)
	if national != nil && phonenumbers.IsValidNumber(national) {
		return national
	}
	digits := phonenumbers.NormalizeDigitsOnly(written)
	if strings.ContainsAny(written, "+＋") || strings.HasPrefix(digits, "0") || len(digits) < fullNumber {
		return national
	}
	full := possiblePhone("+"+digits, "")
	if national == nil || (full != nil && phonenumbers.IsValidNumber(full)) {
		return full
	}
	return national
}

// firstNumber cuts off what follows the first number: a second one, an
// extension, a name. The library would read letters as digits of a keypad.
func firstNumber(raw string) string {
	begun := false
	for at, r := range raw {
		switch {
		case unicode.IsDigit(r):
			begun = true
		case begun && (unicode.IsLetter(r) || r == ',' || r == ';'):
			return raw[:at]
		}
	}
	return raw
}

// possiblePhone is the number, or nil where its length rules it out.
func possiblePhone(text, region string) *phonenumbers.PhoneNumber {
	number, err := phonenumbers.Parse(text, region)
	if err != nil || phonenumbers.IsPossibleNumberWithReason(number) != phonenumbers.IS_POSSIBLE {
		return nil
	}
	return number
}

// isPlaceholder tells whether the number was typed because the form demanded
// one: one digit repeated, nothing but zeros after the network's code, or the
// digits counted up or down where no such number exists.
func isPlaceholder(number *phonenumbers.PhoneNumber) bool {
	digits := phonenumbers.GetNationalSignificantNumber(number)
	if strings.HasSuffix(digits, "0000000") {
		return true
	}
	switch step, constant := digitStep(digits); {
	case !constant:
		return false
	case step == 0:
		return true
	default:
		return (step == 1 || step == 9) && !phonenumbers.IsValidNumber(number)
	}
}

// digitStep is the difference, modulo ten, from each digit to the next, and
// whether it is the same all through.
func digitStep(digits string) (step int, constant bool) {
	for i := 1; i < len(digits); i++ {
		now := (int(digits[i]) - int(digits[i-1]) + 10) % 10
		if i > 1 && now != step {
			return 0, false
		}
		step = now
	}
	return step, true
}
