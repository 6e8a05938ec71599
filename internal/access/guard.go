package access

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/httprate"
	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/internal/settings"
)

// Options of [New]; all are required unless they say otherwise.
type Options struct {
	Settings *settings.Store
	// PublicURL is the starter's as browsers reach it, if that is known.
	PublicURL string
	// LoginPage shows the login.
	LoginPage func(w http.ResponseWriter, r *http.Request, view LoginView)
	Logger    *zap.Logger
}

// Guard knows who asks, and refuses who may not. It goes by the settings that
// are in force at each request.
type Guard struct {
	Options
	https   bool // browsers come by HTTPS, whatever a request looks like
	origins *http.CrossOriginProtection

	loginsByPeer, loginsByName, byUser, byPeer *httprate.RateLimiter

	mu       sync.Mutex
	issuer   string // of the provider
	provider *oidc.Provider
}

// New makes a guard.
func New(o Options) (*Guard, error) {
	g := &Guard{
		Options: o, origins: http.NewCrossOriginProtection(),
		loginsByPeer: httprate.NewRateLimiter(loginsPerPeer, time.Minute),
		loginsByName: httprate.NewRateLimiter(loginsPerName, time.Minute),
		byUser:       httprate.NewRateLimiter(requestsPerUser, time.Second),
		byPeer:       httprate.NewRateLimiter(requestsPerPeer, time.Second),
	}
	g.origins.SetDenyHandler(http.HandlerFunc(refuseForeign))
	if o.PublicURL != "" {
		public, err := url.Parse(o.PublicURL)
		if err != nil || public.Host == "" {
			return nil, fmt.Errorf("the public URL %q is no URL; write for example https://orders.example", o.PublicURL)
		}
		g.https = public.Scheme == "https"
		// A proxy may reach the starter by another name than browsers do.
		if err := g.origins.AddTrustedOrigin(public.Scheme + "://" + public.Host); err != nil {
			return nil, fmt.Errorf("the public URL %q: %w", o.PublicURL, err)
		}
	}
	return g, nil
}

// Routes serves the login.
func (g *Guard) Routes(r chi.Router) {
	r.Get("/login", g.page)
	r.Post("/login", g.logIn)
	r.Post("/logout", g.logOut)
	r.Get("/login/oidc", g.leave)
	r.Get("/login/oidc/callback", g.comeBack)
}

// Before is what stands before all that a browser reaches: the headers, the
// refusal of other sites' forms, who asks, and how often one may.
func (g *Guard) Before() chi.Middlewares {
	return chi.Middlewares{g.headers().Handler, g.origins.Handler, g.Authenticate, g.limited}
}

// Authenticate puts the user into the request's context: a program by its token,
// else a person by a session or by what a trusted proxy says. Who sends a token
// is that program or nobody.
func (g *Guard) Authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, known := g.who(w, r); known {
			r = r.WithContext(withUser(r.Context(), user))
		}
		next.ServeHTTP(w, r)
	})
}

func (g *Guard) who(w http.ResponseWriter, r *http.Request) (User, bool) {
	current := g.Settings.Current()
	// Other schemes are a proxy's.
	if scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " "); strings.EqualFold(scheme, "Bearer") {
		return byToken(current.APITokens, token)
	}
	if user, known := g.bySession(w, r, current); known {
		return user, true
	}
	return byProxy(current.SignIn.ProxyHeader, r)
}

// Require lets those with the role pass.
func Require(role Role) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			user, known := Who(r.Context())
			switch {
			case !known:
				askToLogIn(w, r)
			case !user.Role.includes(role):
				refuse(w, r, http.StatusForbidden, fmt.Sprintf("the role of %q is %s; this needs the role %s", user.Name, user.Role, role))
			default:
				next.ServeHTTP(w, r)
			}
		})
	}
}

// Limits of what one may ask for. Those behind one proxy are one peer, until
// they are logged in.
const (
	requestsPerUser = 50 // a second
	requestsPerPeer = 20 // a second, of those who are nobody
	loginsPerPeer   = 30 // a minute
	loginsPerName   = 10 // a minute
)

// limited slows down a user, and who is nobody by the address.
func (g *Guard) limited(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		limit, key := g.byPeer, peer(r)
		if user, known := Who(r.Context()); known {
			limit, key = g.byUser, user.Name
		}
		if limit.OnLimit(w, r, key) {
			refuse(w, r, http.StatusTooManyRequests, "too many requests; send it again in a second")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// isPage tells whether a browser asks for something to show.
func isPage(r *http.Request) bool {
	return isFragment(r) || strings.Contains(r.Header.Get("Accept"), "text/html")
}

// isFragment tells whether a page asks for a part of itself.
func isFragment(r *http.Request) bool { return r.Header.Get("HX-Request") == "true" }
