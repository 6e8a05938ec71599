package access

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/cartumsync/cartumsync/internal/problem"
)

// askToLogIn sends a person to the login and from there back; a program is told
// what to send.
func askToLogIn(w http.ResponseWriter, r *http.Request) {
	if !isPage(r) {
		w.Header().Set("WWW-Authenticate", "Bearer")
		problem.Write(w, http.StatusUnauthorized, "send a token whose SHA-256 stands in the settings' api_tokens, as Authorization: Bearer <token>")
		return
	}
	login := "/login?" + url.Values{"next": {here(r)}}.Encode()
	if isFragment(r) {
		w.Header().Set("HX-Redirect", login)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	http.Redirect(w, r, login, http.StatusSeeOther)
}

// here is the page that a person is on: what was asked for, or the page that
// asked for a part of it or sent a form.
func here(r *http.Request) string {
	switch {
	case isFragment(r):
		return pathOf(r.Header.Get("HX-Current-URL"))
	case r.Method == http.MethodGet:
		return ours(r.URL.RequestURI())
	}
	return pathOf(r.Referer())
}

// pathOf is the path of a URL, of whatever host.
func pathOf(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return home
	}
	return ours(u.RequestURI())
}

// home is where a login leads that comes from nowhere.
const home = "/"

// ours is a path to go on to after the login, which is home where the text is no
// path of ours or leads to the login again.
func ours(text string) string {
	u, err := url.Parse(LocalPath(text))
	if err != nil || u.Path == "/login" || strings.HasPrefix(u.Path, "/login/") || u.Path == "/logout" {
		return home
	}
	return LocalPath(text)
}

// LocalPath is the text where it is plainly a path of this host, with or without
// a query, and else "/": browsers read "//host", "/\host" and "/<tab>/host" as
// other sites.
func LocalPath(text string) string {
	u, err := url.Parse(text)
	strange := strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == '\\' || r == 0x7f })
	if err != nil || strange || u.IsAbs() || u.Host != "" || !strings.HasPrefix(text, "/") || strings.HasPrefix(text, "//") {
		return home
	}
	return text
}

// goOn leads to where a person was before the login.
func goOn(w http.ResponseWriter, r *http.Request, to string) {
	http.Redirect(w, r, ours(to), http.StatusSeeOther) //nolint:gosec // to a path of ours alone
}

// refuse answers a program with a problem and a person with its text.
func refuse(w http.ResponseWriter, r *http.Request, status int, detail string) {
	if isPage(r) {
		http.Error(w, strings.ToUpper(detail[:1])+detail[1:]+".", status)
		return
	}
	problem.Write(w, status, detail)
}

func refuseForeign(w http.ResponseWriter, r *http.Request) {
	refuse(w, r, http.StatusForbidden, "this came from another site's page; open the exchange's own page and do it there")
}
