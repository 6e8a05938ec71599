package access

import (
	"errors"
	"fmt"
	"net/http"
	"os"

	"go.uber.org/zap"
	"golang.org/x/crypto/bcrypt"

	"github.com/cartumsync/cartumsync/internal/settings"
)

// Problem is why somebody is not logged in.
type Problem string

// The problems.
const (
	ProblemWrong    Problem = "wrong"     // name or password
	ProblemSlowDown Problem = "slow-down" // too many attempts
	ProblemExpired  Problem = "expired"   // there was a session, which ended
	ProblemFailed   Problem = "failed"    // the provider's login did not work
	ProblemNoRole   Problem = "no-role"   // the settings give the person none
)

// LoginView is what a login page shows.
type LoginView struct {
	// Status is the answer's.
	Status  int
	Problem Problem // "" for none
	// Passwords, OIDC and Proxy are the ways in that the settings have. With none
	// the page says how to set one up.
	Passwords, OIDC, Proxy bool
	// Next is the path to go on to, for the form's field and the provider's link.
	Next string
}

func (g *Guard) page(w http.ResponseWriter, r *http.Request) {
	if _, known := Who(r.Context()); known {
		goOn(w, r, r.URL.Query().Get("next"))
		return
	}
	if _, err := r.Cookie(sessionCookie); err == nil {
		g.clearCookie(w, r, sessionCookie, "/")
		g.show(w, r, http.StatusOK, ProblemExpired, r.URL.Query().Get("next"))
		return
	}
	g.show(w, r, http.StatusOK, "", r.URL.Query().Get("next"))
}

func (g *Guard) show(w http.ResponseWriter, r *http.Request, status int, problem Problem, next string) {
	current := g.Settings.Current()
	g.LoginPage(w, r, LoginView{
		Status: status, Problem: problem, Next: ours(next),
		Passwords: len(current.Users) > 0, OIDC: current.SignIn.OIDC.InUse(), Proxy: current.SignIn.ProxyHeader.InUse(),
	})
}

// logIn takes name and password. It counts attempts before it looks at them, and
// takes as long for an unknown name as for a wrong password.
func (g *Guard) logIn(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		refuseUnread(w, r, err)
		return
	}
	name, next := r.PostForm.Get("name"), r.PostForm.Get("next")
	if g.loginsByPeer.OnLimit(w, r, peer(r)) || g.loginsByName.OnLimit(w, r, name) {
		g.Logger.Warn("logins are slowed down: too many attempts", zap.String("peer", peer(r)))
		g.show(w, r, http.StatusTooManyRequests, ProblemSlowDown, next)
		return
	}
	current := g.Settings.Current()
	user, right := checkPassword(current.Users, name, r.PostForm.Get("password"))
	if !right {
		// Not the name: it may be a password in the wrong field.
		g.Logger.Warn("a login failed: name or password is wrong", zap.String("peer", peer(r)))
		g.show(w, r, http.StatusUnauthorized, ProblemWrong, next)
		return
	}
	g.startSession(w, r, current, session{Name: user.Name, From: ofPassword(current, user)})
	g.Logger.Info("logged in", zap.String("user", user.Name), zap.String("peer", peer(r)))
	goOn(w, r, next)
}

func checkPassword(users []settings.User, name, password string) (settings.User, bool) {
	user, hash := settings.User{}, nobodysHash(users)
	for _, candidate := range users {
		if candidate.Name == name {
			user, hash = candidate, []byte(candidate.PasswordBcrypt.Reveal())
		}
	}
	right := bcrypt.CompareHashAndPassword(hash, []byte(password)) == nil
	return user, right && user.Name != ""
}

// nobodysHash takes as long to compare as the users' own and fits no password
// that anybody knows.
func nobodysHash(users []settings.User) []byte {
	cost := bcrypt.DefaultCost
	if len(users) > 0 {
		if first, err := bcrypt.Cost([]byte(users[0].PasswordBcrypt.Reveal())); err == nil {
			cost = first
		}
	}
	return fmt.Appendf(nil, "$2a$%02d$YoV4Co9UK/.fKFZgyeNiduVayJvMqpqQEUeeUGkrEPkz9tzuxGy7C", cost)
}

// logOut forgets the session in this browser.
func (g *Guard) logOut(w http.ResponseWriter, r *http.Request) {
	g.clearCookie(w, r, sessionCookie, "/")
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

// refuseUnread answers a form that did not come as a whole.
func refuseUnread(w http.ResponseWriter, r *http.Request, err error) {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		refuse(w, r, http.StatusRequestEntityTooLarge, fmt.Sprintf("the form is larger than %d bytes", tooLarge.Limit))
	case errors.Is(err, os.ErrDeadlineExceeded):
		refuse(w, r, http.StatusRequestTimeout, "the form came too slowly; send it again")
	default:
		refuse(w, r, http.StatusBadRequest, "the form cannot be read; open the page anew")
	}
}
