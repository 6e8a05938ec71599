package pages

import (
	"io/fs"
	"net/http/httptest"
	"regexp"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"
)

// textIDs are the ids of all texts of one language.
func textIDs(t *testing.T, lang language.Tag) map[string]bool {
	t.Helper()
	paths, err := fs.Glob(localeFiles, "locales/*."+lang.String()+".yaml")
	require.NoError(t, err)
	ids := map[string]bool{}
	for _, path := range paths {
		text, err := localeFiles.ReadFile(path)
		require.NoError(t, err)
		var texts map[string]any
		require.NoError(t, yaml.Unmarshal(text, &texts))
		for id := range texts {
			assert.False(t, ids[id], "%s stands twice in %s", id, lang)
			ids[id] = true
		}
	}
	return ids
}

func TestEveryTextIsThereInEveryLanguage(t *testing.T) {
	t.Parallel()
	english := textIDs(t, language.English)
	require.NotEmpty(t, english)
	for _, lang := range languages[1:] {
		assert.Equal(t, english, textIDs(t, lang), lang.String())
	}
}

var textInTemplate = regexp.MustCompile(`\bT "([^"%]+)"`)

func TestEveryTextOfATemplateIsThere(t *testing.T) {
	t.Parallel()
	english := textIDs(t, language.English)
	paths, err := fs.Glob(templateFiles, "templates/*.html")
	require.NoError(t, err)
	for _, path := range paths {
		text, err := templateFiles.ReadFile(path)
		require.NoError(t, err)
		for _, found := range textInTemplate.FindAllStringSubmatch(string(text), -1) {
			assert.True(t, english[found[1]], "%s: no text %q", path, found[1])
		}
	}
}

func TestLanguageIsTheChosenOneElseTheBrowsers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ cookie, header, want string }{
		{"", "", "en"},
		{"", "pl-PL,pl;q=0.9,en;q=0.5", "pl"},
		{"", "de-DE,uk;q=0.7", "uk"},
		{"en", "pl", "en"},
		{"nonsense!", "uk", "uk"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept-Language", c.header)
		if c.cookie != "" {
			r.Header.Set("Cookie", languageCookie+"="+c.cookie)
		}
		assert.Equal(t, c.want, languageOf(r).String(), "%+v", c)
	}
}
