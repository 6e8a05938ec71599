package pages

import (
	"embed"
	"io/fs"
	"net/http"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"

	"github.com/cartumsync/cartumsync/internal/access"
)

// Languages of the pages, the first of which stands in for all others.
var languages = []language.Tag{language.English, language.Polish, language.Ukrainian}

var languageMatcher = language.NewMatcher(languages)

//go:embed locales/*.yaml
var localeFiles embed.FS

// bundle holds the texts: a file for each page and language. They are part of
// the program, so a fault in them stops it.
var bundle = mustLoadTexts()

func mustLoadTexts() *i18n.Bundle {
	b := i18n.NewBundle(languages[0])
	b.RegisterUnmarshalFunc("yaml", yaml.Unmarshal)
	paths, err := fs.Glob(localeFiles, "locales/*.yaml")
	if err != nil {
		panic(err)
	}
	for _, path := range paths {
		text, err := localeFiles.ReadFile(path)
		if err != nil {
			panic(err)
		}
		b.MustParseMessageFileBytes(text, path)
	}
	return b
}

const languageCookie = "language"

// languageOf is the one that the person chose, else the browser's.
func languageOf(r *http.Request) language.Tag {
	chosen := ""
	if cookie, err := r.Cookie(languageCookie); err == nil {
		chosen = cookie.Value
	}
	_, index := language.MatchStrings(languageMatcher, chosen, r.Header.Get("Accept-Language"))
	return languages[index]
}

// chooseLanguage remembers the choice for a year and goes back to the page.
func (p *pages) chooseLanguage(w http.ResponseWriter, r *http.Request) {
	tag, err := language.Parse(r.PostFormValue("language"))
	if err != nil {
		p.fail(w, r, http.StatusBadRequest, "error.language")
		return
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // a language is no secret
		Name: languageCookie, Value: tag.String(), Path: "/", MaxAge: int((365 * 24 * time.Hour).Seconds()),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: access.ByHTTPS(r.Context()),
	})
	http.Redirect(w, r, access.LocalPath(r.PostFormValue("back")), http.StatusSeeOther) //nolint:gosec // within this host
}
