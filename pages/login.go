package pages

import (
	"net/http"

	"github.com/cartumsync/cartumsync/internal/access"
)

// LoginPage makes the page of the login, which works without the other pages.
func LoginPage(o Options) func(http.ResponseWriter, *http.Request, access.LoginView) {
	p := &pages{Options: o, templates: parsedTemplates()}
	return func(w http.ResponseWriter, r *http.Request, login access.LoginView) {
		v := p.view(r, login)
		v.Status = login.Status
		p.write(w, "login", "layout", v)
	}
}
