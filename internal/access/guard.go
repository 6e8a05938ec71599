package access

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/httprate"
	"go.uber.org/zap"
	"golang.org/x/sync/semaphore"

	"github.com/cartumsync/cartumsync/internal/settings"
)

// Options of [New]; all are required unless they say otherwise.
type Options struct {
	Settings *settings.Store
	// PublicURL is the starter's as browsers reach it, if that is known.
	PublicURL string
	// LoginPage shows the login.
	LoginPage func(w http.ResponseWriter, r *http.Request, view LoginView)
	// Logouts store the sessions that were logged out.
	Logouts Logouts
	Logger  *zap.Logger
}

// Guard knows who asks, and refuses who may not. It goes by the settings that
// are in force at each request.
type Guard struct {
	Options
	public  *url.URL // nil where it is not known
	origins *http.CrossOriginProtection
	ended   *endedSessions

	byUser, byClient, byBrowser                   *httprate.RateLimiter
	loginsByClient, loginsByName, loginsByBrowser *httprate.RateLimiter
	knownPasswords, firstPasswords                *semaphore.Weighted
	strangersPasswords                            *semaphore.Weighted

	proxyNoticed sync.Once

	mu       sync.Mutex
	issuer   string // of the provider
	provider *oidc.Provider
}

// New makes a guard.
func New(o Options) (*Guard, error) {
	g := &Guard{
		Options: o, origins: http.NewCrossOriginProtection(), ended: newEndedSessions(o.Logouts),
		byUser:             httprate.NewRateLimiter(requestsPerUser, time.Second),
		byClient:           httprate.NewRateLimiter(requestsPerClient, time.Second),
		byBrowser:          httprate.NewRateLimiter(requestsPerClient, time.Second),
		loginsByClient:     httprate.NewRateLimiter(loginsPerClient, time.Minute),
		loginsByName:       httprate.NewRateLimiter(loginsPerName, time.Minute),
		loginsByBrowser:    httprate.NewRateLimiter(loginsPerBrowser, time.Minute),
		knownPasswords:     semaphore.NewWeighted(1),
		firstPasswords:     semaphore.NewWeighted(1),
		strangersPasswords: semaphore.NewWeighted(1),
	}
	g.origins.SetDenyHandler(http.HandlerFunc(refuseForeign))
	if o.PublicURL != "" {
		public, err := url.Parse(o.PublicURL)
		if err != nil || public.Host == "" {
			return nil, fmt.Errorf("the public URL %q is no URL; write for example https://orders.example", o.PublicURL)
		}
		g.public = public
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

// Authenticate puts into the request's context who asks: a program by its token,
// else a person by a session or by what a trusted proxy says. Who sends a token
// is that program or nobody.
func (g *Guard) Authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.noticeProxy(r)
		c := caller{https: g.byHTTPS(r)}
		c.user, c.known, c.refusal = g.who(w, r)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, c)))
	})
}

// noticeProxy says once that a proxy is used whom the settings do not trust.
func (g *Guard) noticeProxy(r *http.Request) {
	from := connection(r)
	address, err := netip.ParseAddr(from)
	near := err == nil && (address.IsPrivate() || address.IsLoopback())
	if r.Header.Get(forwardedFor) == "" || !near || within(g.Settings.Current().TrustedProxies, from) {
		return
	}
	g.proxyNoticed.Do(func() {
		g.Logger.Warn("requests come through a proxy that is not in trusted_proxies, so all who use it share the limits of one client", zap.String("proxy", from))
	})
}

func (g *Guard) who(w http.ResponseWriter, r *http.Request) (User, bool, *refusal) {
	current := g.Settings.Current()
	// Other schemes are a proxy's.
	if scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " "); strings.EqualFold(scheme, "Bearer") {
		user, known := byToken(current.APITokens, token)
		return user, known, nil
	}
	user, known, err := g.bySession(w, r, current)
	if err != nil {
		g.Logger.Error("a session could not be checked", zap.Error(err))
		return User{}, false, &refusal{http.StatusServiceUnavailable, "your session cannot be checked now; try it again"}
	}
	if known {
		return user, true, nil
	}
	user, known = byProxy(current.SignIn.ProxyHeader, r)
	if known && !g.ownHost(r) {
		g.Logger.Warn("a request of a proxy was refused: its host is not --public-url's; let the proxy keep the header Host", zap.String("host", r.Host))
		return User{}, false, &refusal{http.StatusMisdirectedRequest, "this is not the host of --public-url"}
	}
	return user, known, nil
}

// Require lets those with the role pass.
func Require(role Role) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c := callerOf(r.Context())
			user := c.user
			switch {
			case c.refusal != nil:
				refuse(w, r, c.refusal.status, c.refusal.detail)
			case !c.known:
				askToLogIn(w, r)
			case !user.Role.includes(role):
				refuse(w, r, http.StatusForbidden, fmt.Sprintf("the role of %q is %s; this needs the role %s", user.Name, user.Role, role))
			default:
				next.ServeHTTP(w, r)
			}
		})
	}
}

// Limits of what one may ask for.
const (
	requestsPerUser   = 50 // a second
	requestsPerClient = 20 // a second, of those who are nobody
)

// limited slows down a user, and who is nobody by the browser, if that is known,
// or by the address.
func (g *Guard) limited(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		current := g.Settings.Current()
		limit, key := g.byClient, limitKey(Client(current.TrustedProxies, r))
		if user, known := Who(r.Context()); known {
			limit, key = g.byUser, user.Name
		} else if browser, known := knownBrowser(r, current); known {
			limit, key = g.byBrowser, browser.ID
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
