package pages

import (
	"embed"
	"net/http"
	"time"

	"github.com/goccy/go-yaml"
	"golang.org/x/text/language"

	"github.com/cartumsync/cartumsync/internal/access"
	"github.com/cartumsync/cartumsync/internal/order"
)

// Languages of the pages, the first of which stands in for all others.
var languages = []language.Tag{language.English, language.Polish, language.Ukrainian}

var languageMatcher = language.NewMatcher(languages)

//go:embed locales/*.yaml
var localeFiles embed.FS

// bundle holds the texts: a file for each page and language.
var bundle = order.MustLoadTexts(localeFiles, "yaml", yaml.Unmarshal)

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
	remember(w, r, languageCookie, tag.String())
}

// remember keeps a choice in a cookie for a year, none where the value is "", and goes back to the form's page.
func remember(w http.ResponseWriter, r *http.Request, cookie, value string) {
	age := 365 * 24 * time.Hour
	if value == "" {
		age = -time.Second
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // a language or a time zone is no secret
		Name: cookie, Value: value, Path: "/", MaxAge: int(age.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: access.ByHTTPS(r.Context()),
	})
	http.Redirect(w, r, access.LocalPath(r.PostFormValue("back")), http.StatusSeeOther)
}
