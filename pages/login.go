package pages

import (
	"net/http"

	"github.com/cartumsync/cartumsync/internal/access"
)

// LoginPage makes the page of the login, which works without the other pages.
func LoginPage(o Options) func(http.ResponseWriter, *http.Request, access.LoginView) {
	p := &pages{Options: o, templates: parsedTemplates()}
	return func(w http.ResponseWriter, r *http.Request, login access.LoginView) {
		p.showStatus(w, r, login.Status, "login", login)
	}
}
