package access_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/settings"
)

const clientSecret = "secret-of-the-client"

// provider is a small provider of OpenID Connect, at which one person is always
// logged in.
type provider struct {
	t      *testing.T
	url    string
	key    *rsa.PrivateKey
	claims map[string]any // of the person, over the usual ones
	// signWith is another key than the one that is told, if it is set.
	signWith *rsa.PrivateKey
	asked    url.Values // of the last login
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{t: t, key: newKey(t), claims: map[string]any{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]any{
			"issuer": p.url, "authorization_endpoint": p.url + "/auth", "token_endpoint": p.url + "/token", "jwks_uri": p.url + "/keys",
			"id_token_signing_alg_values_supported": []string{"RS256"},
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.key.Public(), KeyID: "k", Algorithm: "RS256", Use: "sig"}}})
	})
	mux.HandleFunc("GET /auth", func(w http.ResponseWriter, r *http.Request) {
		p.asked = r.URL.Query()
		http.Redirect(w, r, p.asked.Get("redirect_uri")+"?"+url.Values{"code": {"the-code"}, "state": {p.asked.Get("state")}}.Encode(), http.StatusFound)
	})
	mux.HandleFunc("POST /token", p.token)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	p.url = server.URL
	return p
}

func newKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	return key
}

func answer(w http.ResponseWriter, code int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(value)
}

// token gives the ID token for the code, to the client and its verifier alone.
func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	challenge := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	if id != "cartumsync" || secret != clientSecret || r.FormValue("code") != "the-code" ||
		p.asked.Get("code_challenge_method") != "S256" || base64.RawURLEncoding.EncodeToString(challenge[:]) != p.asked.Get("code_challenge") {
		answer(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant", "error_description": "repeats " + secret})
		return
	}
	claims := map[string]any{
		"iss": p.url, "aud": "cartumsync", "sub": "7", "exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix(), "nonce": p.asked.Get("nonce"),
	}
	for name, value := range p.claims {
		claims[name] = value
	}
	key := p.key
	if p.signWith != nil {
		key = p.signWith
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key, KeyID: "k"}}, nil)
	assert.NoError(p.t, err)
	text, err := json.Marshal(claims)
	assert.NoError(p.t, err)
	signed, err := signer.Sign(text)
	assert.NoError(p.t, err)
	compact, err := signed.CompactSerialize()
	assert.NoError(p.t, err)
	answer(w, http.StatusOK, map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": compact})
}

// newOIDCSite lets people in by the provider alone.
func newOIDCSite(t *testing.T, p *provider) site {
	t.Helper()
	s := newSite(t, &settings.Settings{}, "")
	s.store.Replace(p.settings(s.url))
	return s
}

func (p *provider) settings(site string) *settings.Settings {
	return &settings.Settings{
		SessionKey: settings.NewSecret(secret),
		SignIn: settings.SignIn{OIDC: settings.OIDC{
			Issuer: p.url, ClientID: "cartumsync", ClientSecret: settings.NewSecret(clientSecret), RedirectURL: site + "/login/oidc/callback",
			Scopes: []string{"groups"}, RoleClaim: "groups", Roles: map[string]string{"warehouse": "view", "sales": "act"},
		}},
	}
}

// comeIn goes to the provider and back.
func (b browser) comeIn(next string) reply {
	b.t.Helper()
	away := b.get("/login/oidc?next=" + url.QueryEscape(next))
	require.Equal(b.t, http.StatusSeeOther, away.code, away.body)
	back := b.get(away.header.Get("Location"))
	require.Equal(b.t, http.StatusFound, back.code)
	return b.get(back.header.Get("Location"))
}

func TestLoginByTheProvider(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	s := newOIDCSite(t, p)
	p.claims = map[string]any{"preferred_username": "ola", "email": "ola@example.com", "groups": []string{"staff", "warehouse", "sales"}}
	ola := s.browser()
	assert.Contains(t, ola.get("/login").body, "Passwords:false OIDC:true")

	assert.Equal(t, "/orders?page=2", ola.comeIn("/orders?page=2").header.Get("Location"))

	assert.Equal(t, "ola act true", ola.get("/update").body)
	assert.Equal(t, "openid profile email groups", p.asked.Get("scope"))
	assert.Equal(t, "/", s.browser().comeIn("//evil.example").header.Get("Location"))

	changed := p.settings(s.url)
	changed.SignIn.OIDC.Roles = map[string]string{"warehouse": "view"}
	s.store.Replace(changed)
	assert.Equal(t, http.StatusSeeOther, ola.get("/orders").code, "another mapping of roles asks again")
	ola.comeIn("/")
	assert.Equal(t, "ola view true", ola.get("/orders").body)
	s.store.Replace(known())
	assert.Equal(t, http.StatusSeeOther, ola.get("/orders").code)
}

func TestNamesAndRolesOfTheProvider(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		claims map[string]any
		want   string // "" for nobody
	}{
		{map[string]any{"email": "ola@example.com", "groups": "warehouse"}, "ola@example.com view true"},
		{map[string]any{"groups": []any{7, "sales"}}, "7 act true"},
		{map[string]any{"preferred_username": "ola", "groups": []string{"Sales", "act"}}, ""},
		{map[string]any{"preferred_username": "ola", "groups": map[string]any{"sales": true}}, ""},
		{map[string]any{"preferred_username": "ola", "role": "act"}, ""},
	} {
		p := newProvider(t)
		p.claims = test.claims
		s := newOIDCSite(t, p)
		ola := s.browser()
		back := ola.comeIn("/")
		if test.want != "" {
			assert.Equal(t, test.want, ola.get("/orders").body)
			continue
		}
		assert.Equal(t, http.StatusForbidden, back.code)
		assert.Contains(t, back.body, "Problem:no-role")
		assert.Equal(t, http.StatusSeeOther, ola.get("/orders").code)
	}
}

// What the provider did not say to this login of this browser is not believed.
func TestFalseLoginsByTheProvider(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*provider){
		"another nonce":      func(p *provider) { p.claims["nonce"] = "another" },
		"another audience":   func(p *provider) { p.claims["aud"] = "another" },
		"another issuer":     func(p *provider) { p.claims["iss"] = "https://another.example" },
		"an old token":       func(p *provider) { p.claims["exp"] = time.Now().Add(-time.Hour).Unix() },
		"another's key":      func(p *provider) { p.signWith = newKey(p.t) },
		"a name of a novel":  func(p *provider) { p.claims["preferred_username"] = strings.Repeat("x", 300) },
		"no nonce":           func(p *provider) { p.claims["nonce"] = "" },
		"no group in common": func(p *provider) { p.claims["groups"] = nil },
	} {
		p := newProvider(t)
		p.claims["groups"] = "sales"
		spoil(p)
		s := newOIDCSite(t, p)
		ola := s.browser()
		assert.NotEqual(t, http.StatusSeeOther, ola.comeIn("/").code, name)
		assert.Equal(t, http.StatusSeeOther, ola.get("/orders").code, name)
	}
}

func TestReturnsThatBelongToNoLogin(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	p.claims["groups"] = "sales"
	s := newOIDCSite(t, p)
	const callback = "/login/oidc/callback"
	refusedWith := func(status int, b browser, path string) {
		t.Helper()
		got := b.get(path)
		assert.Equal(t, status, got.code)
		assert.Contains(t, got.body, "Problem:failed")
		assert.Equal(t, http.StatusSeeOther, b.get("/orders").code)
	}
	refused := func(b browser, path string) { t.Helper(); refusedWith(http.StatusBadRequest, b, path) }
	refused(s.browser(), callback)
	refused(s.browser(), callback+"?code=the-code&state=")

	victim, attacker := s.browser(), s.browser()
	away := attacker.get("/login/oidc")
	back := attacker.get(away.header.Get("Location")).header.Get("Location")
	refused(victim, back)
	victim.get("/login/oidc")
	refused(victim, back)

	ola := s.browser()
	ola.comeIn("/")
	returned := callback + "?code=the-code&state=" + p.asked.Get("state")
	ola.send(http.MethodPost, "/logout", "")
	refused(ola, returned) // a return counts once

	ola.get("/login/oidc")
	location, err := url.Parse(ola.get("/login/oidc").header.Get("Location"))
	require.NoError(t, err)
	refusedWith(http.StatusBadGateway, ola, callback+"?error=access_denied&state="+location.Query().Get("state"))
}

// Without a provider there is nothing to come back from.
func TestReturnWithoutAProviderIsNotFound(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	s := newOIDCSite(t, p)
	without := p.settings(s.url)
	without.SignIn.OIDC = settings.OIDC{}
	s.store.Replace(without)
	for _, path := range []string{"/login/oidc", "/login/oidc/callback", "/login/oidc/callback?code=x&state=y"} {
		assert.Equal(t, http.StatusNotFound, s.browser().get(path).code, path)
	}
}

func TestAProviderThatFails(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	s := newOIDCSite(t, p)
	wrong := p.settings(s.url)
	wrong.SignIn.OIDC.ClientSecret = settings.NewSecret("another secret")
	s.store.Replace(wrong)
	assert.Contains(t, s.browser().comeIn("/").body, "Problem:failed")

	away := p.settings(s.url)
	away.SignIn.OIDC.Issuer = p.url + "/nowhere"
	s.store.Replace(away)
	assert.Contains(t, s.browser().get("/login/oidc").body, "Problem:failed")

	failures := s.log.FilterMessage("the provider's login did not work").All()
	require.Len(t, failures, 2)
	for _, entry := range failures {
		assert.NotContains(t, entry.ContextMap()["error"], "another secret")
		assert.NotContains(t, entry.ContextMap()["error"], "the-code")
	}
	assert.Contains(t, failures[0].ContextMap()["error"], "invalid_grant")
}
