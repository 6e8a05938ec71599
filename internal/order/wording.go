package order

import (
	"embed"
	"encoding/json"
	"io/fs"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/shopspring/decimal"
	"golang.org/x/text/language"
)

//go:embed locales/*.json
var localeFiles embed.FS

// wordings are the texts of comments by language; English stands in for any
// other language. They are part of the program, so a fault in them stops it.
var wordings = MustLoadTexts(localeFiles, "json", json.Unmarshal)

// MustLoadTexts reads all files of a format in locales: the texts of each language, English replaces a missing one.
// They are part of the program, so it panics where one cannot be read.
func MustLoadTexts(files fs.FS, format string, unmarshal i18n.UnmarshalFunc) *i18n.Bundle {
	bundle := i18n.NewBundle(language.English)
	bundle.RegisterUnmarshalFunc(format, unmarshal)
	paths, err := fs.Glob(files, "locales/*."+format)
	if err != nil {
		panic(err)
	}
	for _, path := range paths {
		text, err := fs.ReadFile(files, path)
		if err != nil {
			panic(err)
		}
		bundle.MustParseMessageFileBytes(text, path)
	}
	return bundle
}

// voice writes in one language.
type voice struct{ localizer *i18n.Localizer }

func newVoice(lang string) voice {
	return voice{i18n.NewLocalizer(wordings, lang)}
}

// words fill the places of a text.
type words map[string]string

func (v voice) say(id string, w words) string {
	// The error also reports a text taken from English, which is what is wanted.
	text, _ := v.localizer.Localize(&i18n.LocalizeConfig{MessageID: id, TemplateData: w})
	if text == "" {
		return id
	}
	return text
}

// money is an amount with its currency's code, such as "-200,00 PLN".
func (v voice) money(amount decimal.Decimal, currency string) string {
	return v.figure(amount.StringFixed(2)) + " " + currency
}

// percentage is "25", and "" for 0.
func (v voice) percentage(percent decimal.Decimal) string {
	if percent.IsZero() {
		return ""
	}
	return v.figure(percent.String())
}

func (v voice) figure(digits string) string {
	return strings.Replace(digits, ".", v.say("DecimalMark", nil), 1)
}
