package access

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"go.uber.org/zap"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/sync/semaphore"

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
	// A session that cannot be checked now has not expired.
	if _, err := r.Cookie(sessionCookie); err == nil && callerOf(r.Context()).refusal == nil {
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

// Limits of logins. Nobody is locked out by what others do wrong: attempts count
// by where they come from, and a browser that somebody has logged in with has a
// limit of its own, also where strangers share its address.
const (
	loginsPerClient  = 30 // a minute
	loginsPerName    = 10 // a minute, of one client
	loginsPerBrowser = 10 // a minute
)

// Hashing is made to be slow, so logins wait for their turn in three queues: those from
// known browsers, the first of each other client, and what else strangers try. Who
// guesses from a few addresses fills the last one alone.
const (
	passwordWait  = 5 * time.Second
	firstAttempts = 3 // a minute
)

// logIn takes name and password. It counts attempts before it looks at them.
func (g *Guard) logIn(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		refuseUnread(w, r, err)
		return
	}
	name, next := r.PostForm.Get("name"), r.PostForm.Get("next")
	current := g.Settings.Current()
	client := zap.String("client", Client(current.TrustedProxies, r))
	user, right, slowDown := g.attempt(w, r, current, name, r.PostForm.Get("password"))
	switch {
	case slowDown:
		g.Logger.Warn("logins are slowed down: too many attempts", client)
		g.show(w, r, http.StatusTooManyRequests, ProblemSlowDown, next)
	case !right:
		// Not the name: it may be a password in the wrong field.
		g.Logger.Warn("a login failed: name or password is wrong", client)
		g.show(w, r, http.StatusUnauthorized, ProblemWrong, next)
	default:
		g.startSession(w, r, current, session{Name: user.Name, From: ofPassword(current, user)})
		g.rememberBrowser(w, r, current, user.Name)
		g.Logger.Info("logged in", zap.String("user", user.Name), client)
		goOn(w, r, next)
	}
}

func (g *Guard) attempt(w http.ResponseWriter, r *http.Request, current *settings.Settings, name, password string) (user settings.User, right, slowDown bool) {
	queue, slowDown := g.queueOf(w, r, current, name)
	if slowDown {
		return settings.User{}, false, true
	}
	ctx, cancel := context.WithTimeout(r.Context(), passwordWait)
	defer cancel()
	if queue.Acquire(ctx, 1) != nil {
		w.Header().Set("Retry-After", "60")
		return settings.User{}, false, true
	}
	defer queue.Release(1)
	user, right = checkPassword(current.Users, name, password, bcrypt.CompareHashAndPassword)
	return user, right, false
}

// queueOf counts an attempt and says where it waits for its turn, unless there were too many.
func (g *Guard) queueOf(w http.ResponseWriter, r *http.Request, current *settings.Settings, name string) (queue *semaphore.Weighted, slowDown bool) {
	if known, ok := knownBrowser(r, current); ok && known.Name == name {
		return g.knownPasswords, g.loginsByBrowser.OnLimit(w, r, known.ID)
	}
	client := limitKey(Client(current.TrustedProxies, r))
	queue = g.strangersPasswords
	if _, tried, err := g.loginsByClient.Status(client); err == nil && tried < firstAttempts {
		queue = g.firstPasswords
	}
	return queue, g.loginsByClient.OnLimit(w, r, client) || g.loginsByName.OnLimit(w, r, client+" "+name)
}

// logOut ends the session, in this browser and wherever else its cookie went.
func (g *Guard) logOut(w http.ResponseWriter, r *http.Request) {
	if held, known := readSession(r, g.Settings.Current()); known {
		if err := g.ended.end(r.Context(), held); err != nil {
			g.Logger.Error("a logout did not work", zap.Error(err))
			w.Header().Set("Retry-After", "10")
			refuse(w, r, http.StatusServiceUnavailable, "you are still logged in, for the logout cannot be stored now; try it again")
			return
		}
	}
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
		refuse(w, r, http.StatusBadRequest, "the form cannot be read; open the page again")
	}
}
