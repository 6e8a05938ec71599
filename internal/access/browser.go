package access

import (
	"crypto/rand"
	"net/http"

	"github.com/cartumsync/cartumsync/internal/settings"
)

const (
	browserCookie = "cartumsync_browser"
	browserPath   = "/login"
	// browserLife is how long a browser stays known after a login, in seconds.
	browserLife = 90 * 24 * 60 * 60
)

// browser is one that somebody has logged in with. It is no way in: a login from
// it only has a limit of its own, which nobody else can use up.
type browser struct{ ID, Name string }

// knownBrowser is the browser of the request's cookie.
func knownBrowser(r *http.Request, current *settings.Settings) (known browser, ok bool) {
	ok = readCookie(r, current, browserCookie, browserLife, &known)
	return known, ok
}

// rememberBrowser makes the browser known for a person who has just logged in
// with it.
func (g *Guard) rememberBrowser(w http.ResponseWriter, r *http.Request, current *settings.Settings, name string) {
	known, ok := knownBrowser(r, current)
	if !ok || known.Name != name {
		known = browser{ID: rand.Text(), Name: name}
	}
	g.setCookie(w, r, current, browserCookie, browserPath, browserLife, known)
}
