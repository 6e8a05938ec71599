package check

import (
	"cmp"
	"embed"
	"fmt"

	"github.com/goccy/go-yaml"

	"github.com/cartumsync/cartumsync/internal/refdata"
)

//go:embed locales/*.yaml
var localeFiles embed.FS

// sentences are the translations of what findings say, by language and by the English text.
var sentences = map[string]map[string]string{"pl": mustRead("pl"), "uk": mustRead("uk")}

// mustRead panics where a language cannot be read, for that is part of the program.
func mustRead(lang string) (translated map[string]string) {
	text, err := localeFiles.ReadFile("locales/" + lang + ".yaml")
	if err == nil {
		err = yaml.Unmarshal(text, &translated)
	}
	if err != nil {
		panic(fmt.Errorf("the texts of %s: %w", lang, err))
	}
	return translated
}

// Words judges settings in one language. The zero value is English.
type Words struct{ translated map[string]string }

// In gives the words of a language: "en", "pl" or "uk".
func In(lang string) Words { return Words{sentences[lang]} }

// text puts an English text into the language.
func (w Words) text(english string) string { return cmp.Or(w.translated[english], english) }

// Sprintf puts an English text into the language, and formats it as [fmt.Sprintf] does.
func (w Words) Sprintf(format string, values ...any) string {
	return fmt.Sprintf(w.text(format), values...)
}

// section begins a part of a report.
func (w Words) section(title string, values ...any) Section {
	return Section{Title: w.Sprintf(title, values...), words: w}
}

// columns are the names of a table's columns.
func (w Words) columns(english ...string) []string {
	names := make([]string, 0, len(english))
	for _, name := range english {
		names = append(names, w.text(name))
	}
	return names
}

// kind is what a list is called.
func (w Words) kind(k refdata.Kind) string { return w.text(string(k)) }
