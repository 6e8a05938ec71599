package check

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/goccy/go-yaml"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/message/catalog"

	"github.com/cartumsync/cartumsync/internal/refdata"
)

//go:embed locales/*.yaml
var localeFiles embed.FS

// sentences are the translations of what findings say, by the English text. They are part of the program, so a fault in
// them stops it.
var sentences = mustLoadSentences(localeFiles)

func mustLoadSentences(files fs.FS) catalog.Catalog {
	all := catalog.NewBuilder(catalog.Fallback(language.English))
	paths, err := fs.Glob(files, "locales/*.yaml")
	if err != nil {
		panic(err)
	}
	for _, file := range paths {
		text, err := fs.ReadFile(files, file)
		if err != nil {
			panic(err)
		}
		translated := map[string]string{}
		if err := yaml.Unmarshal(text, &translated); err != nil {
			panic(fmt.Errorf("%s: %w", file, err))
		}
		lang := language.MustParse(strings.TrimSuffix(path.Base(file), ".yaml"))
		for english, sentence := range translated {
			if err := all.SetString(lang, english, sentence); err != nil {
				panic(fmt.Errorf("%s: %q: %w", file, english, err))
			}
		}
	}
	return all
}

// Words judges settings in one language. The zero value is English.
type Words struct{ printer *message.Printer }

// In gives the words of a language: "en", "pl" or "uk".
func In(lang string) Words {
	return Words{message.NewPrinter(language.Make(lang), message.Catalog(sentences))}
}

// text puts an English text into the language.
func (w Words) text(english string) string {
	if w.printer == nil {
		return english
	}
	return w.printer.Sprintf(english)
}

// Sprintf puts an English text into the language, and formats it as [fmt.Sprintf] does. Numbers are to be text already:
// ids must not get separators.
func (w Words) Sprintf(format string, values ...any) string {
	if w.printer == nil {
		return fmt.Sprintf(format, values...)
	}
	return w.printer.Sprintf(format, values...)
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
