package access

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"go.uber.org/zap"
	"golang.org/x/oauth2"

	"github.com/cartumsync/cartumsync/internal/settings"
)

const (
	journeyCookie = "cartumsync_oidc"
	journeyPath   = "/login/oidc"
	// journeyLife is how long somebody may be away at the provider, in seconds.
	journeyLife = 10 * 60
	// providerTimeout is how long the provider may take for one answer.
	providerTimeout = 10 * time.Second
)

// journey is what the browser keeps, signed and encrypted, while its person is
// at the provider.
type journey struct{ State, Nonce, Verifier, Next string }

// providerClient is for the provider alone.
var providerClient = &http.Client{Timeout: providerTimeout}

// noProvider refuses a login by a provider where the settings name none.
const noProvider = "the settings have no login provider; log in with a name and a password"

// leave sends a person to the provider.
func (g *Guard) leave(w http.ResponseWriter, r *http.Request) {
	current := g.Settings.Current()
	if !current.SignIn.OIDC.InUse() {
		refuse(w, r, http.StatusNotFound, noProvider)
		return
	}
	provider, err := g.discovered(r.Context(), current.SignIn.OIDC.Issuer)
	if err != nil {
		g.fail(w, r, err, r.URL.Query().Get("next"))
		return
	}
	trip := journey{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Next: ours(r.URL.Query().Get("next"))}
	g.setCookie(w, r, current, journeyCookie, journeyPath, journeyLife, trip)
	url := client(current.SignIn.OIDC, provider).AuthCodeURL(trip.State, oidc.Nonce(trip.Nonce), oauth2.S256ChallengeOption(trip.Verifier))
	http.Redirect(w, r, url, http.StatusSeeOther)
}

// comeBack takes what the provider says of a person who left here. The journey
// is over, whatever it says.
func (g *Guard) comeBack(w http.ResponseWriter, r *http.Request) {
	current := g.Settings.Current()
	if !current.SignIn.OIDC.InUse() {
		refuse(w, r, http.StatusNotFound, noProvider)
		return
	}
	trip, known := readJourney(r, current)
	g.clearCookie(w, r, journeyCookie, journeyPath)
	if !known || !hmac.Equal([]byte(trip.State), []byte(r.URL.Query().Get("state"))) {
		g.Logger.Warn("a provider's answer belongs to no login that began in this browser within the last minutes",
			zap.String("client", Client(current.TrustedProxies, r)))
		g.show(w, r, http.StatusBadRequest, ProblemFailed, trip.Next)
		return
	}
	token, err := g.redeem(r, current.SignIn.OIDC, trip)
	if err != nil {
		g.fail(w, r, err, trip.Next)
		return
	}
	name, role, err := personOf(token, current.SignIn.OIDC)
	switch {
	case err != nil:
		g.fail(w, r, err, trip.Next)
	case role == "":
		g.Logger.Warn("a person was refused whom sign_in.oidc.roles gives no role", zap.String("client", Client(g.Settings.Current().TrustedProxies, r)))
		g.show(w, r, http.StatusForbidden, ProblemNoRole, trip.Next)
	default:
		g.startSession(w, r, current, session{Name: name, Role: role, From: ofProvider(current)})
		g.Logger.Info("logged in by the provider", zap.String("client", Client(g.Settings.Current().TrustedProxies, r)))
		goOn(w, r, trip.Next)
	}
}

// fail logs why the provider's login did not work, and says that it did not.
func (g *Guard) fail(w http.ResponseWriter, r *http.Request, err error, next string) {
	g.Logger.Error("the provider's login did not work", zap.Error(err), zap.String("client", Client(g.Settings.Current().TrustedProxies, r)))
	g.show(w, r, http.StatusBadGateway, ProblemFailed, next)
}

func readJourney(r *http.Request, current *settings.Settings) (trip journey, known bool) {
	return trip, readCookie(r, current, journeyCookie, journeyLife, &trip) && trip.State != ""
}

// redeem exchanges the code for the ID token and checks that.
func (g *Guard) redeem(r *http.Request, from settings.OIDC, trip journey) (*oidc.IDToken, error) {
	query := r.URL.Query()
	if refused := query.Get("error"); refused != "" {
		return nil, fmt.Errorf("the provider refused with %.100q", refused)
	}
	provider, err := g.discovered(r.Context(), from.Issuer)
	if err != nil {
		return nil, err
	}
	ctx := oidc.ClientContext(r.Context(), providerClient)
	tokens, err := client(from, provider).Exchange(ctx, query.Get("code"), oauth2.VerifierOption(trip.Verifier))
	var refusal *oauth2.RetrieveError
	switch {
	case errors.As(err, &refusal):
		// Not the answer's text: there is no knowing what a provider repeats in it.
		return nil, fmt.Errorf("the provider's token endpoint answers %d with %.100q", refusal.Response.StatusCode, refusal.ErrorCode)
	case err != nil:
		return nil, fmt.Errorf("ask the provider for the token: %w", err)
	}
	text, given := tokens.Extra("id_token").(string)
	if !given {
		return nil, errors.New("the provider gave no ID token")
	}
	token, err := provider.VerifierContext(ctx, &oidc.Config{ClientID: from.ClientID}).Verify(ctx, text)
	if err != nil {
		return nil, fmt.Errorf("check the provider's ID token: %w", err)
	}
	if !hmac.Equal([]byte(token.Nonce), []byte(trip.Nonce)) {
		return nil, errors.New("the provider's ID token is not for this login")
	}
	return token, nil
}

// personOf is the name that stands in timelines and the role, "" for none.
func personOf(token *oidc.IDToken, from settings.OIDC) (name string, role Role, err error) {
	var claims map[string]any
	if err := token.Claims(&claims); err != nil {
		return "", "", fmt.Errorf("read the provider's ID token: %w", err)
	}
	name = token.Subject
	for _, claim := range []string{"email", "preferred_username"} {
		if text, given := claims[claim].(string); given && text != "" {
			name = text
		}
	}
	if len(name) > longestName {
		return "", "", errors.New("the person's name in the provider's ID token is too long")
	}
	role, _ = highest(from.Roles, groupsOf(claims[from.RoleClaim]))
	return name, role, nil
}

// groupsOf reads a text or a list of texts.
func groupsOf(claim any) (groups []string) {
	switch claim := claim.(type) {
	case string:
		return []string{claim}
	case []any:
		for _, group := range claim {
			if text, ok := group.(string); ok {
				groups = append(groups, text)
			}
		}
	}
	return groups
}

func client(from settings.OIDC, provider *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{
		ClientID: from.ClientID, ClientSecret: from.ClientSecret.Reveal(), Endpoint: provider.Endpoint(), RedirectURL: from.RedirectURL,
		Scopes: append([]string{oidc.ScopeOpenID, "profile", "email"}, from.Scopes...),
	}
}

// discovered is the provider, which is asked for its addresses once.
func (g *Guard) discovered(ctx context.Context, issuer string) (*oidc.Provider, error) {
	g.mu.Lock()
	known := g.provider
	fits := known != nil && g.issuer == issuer
	g.mu.Unlock()
	if fits {
		return known, nil
	}
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, providerClient), issuer)
	if err != nil {
		return nil, fmt.Errorf("ask the provider for its addresses: %w", err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.issuer, g.provider = issuer, provider
	return provider, nil
}
