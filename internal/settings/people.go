package settings

import (
	"regexp"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

// User is a person who logs in with a password.
type User struct {
	// Name stands in the timeline of what the person did, 1 to 64 characters.
	Name string `yaml:"name" validate:"required,max=64" example:"anna"`
	// PasswordBcrypt is the password's hash. It is kept like a secret, for weak
	// passwords can be tried out on it.
	PasswordBcrypt Secret `yaml:"password_bcrypt" validate:"required,bcrypt_hash" literal:"allowed" example:"$2a$12$…"`
	// Role is view or act.
	Role string `yaml:"role" validate:"required,oneof=view act" example:"act"`
}

// SignIn are the ways in for people who are known elsewhere.
type SignIn struct {
	OIDC        OIDC        `yaml:"oidc"`
	ProxyHeader ProxyHeader `yaml:"proxy_header"`
}

// Everybody is the group of a mapping to roles that each person is in.
const Everybody = "*"

// OIDC is login by a provider of OpenID Connect.
type OIDC struct {
	// Issuer is the provider's URL, exactly as it names itself.
	Issuer       string `yaml:"issuer" validate:"omitempty,issuer_url" example:"https://login.example"`
	ClientID     string `yaml:"client_id" example:"cartumsync"`
	ClientSecret Secret `yaml:"client_secret" example:"${CARTUMSYNC_OIDC_SECRET}"`
	// RedirectURL is the starter's /login/oidc/callback as browsers reach it.
	RedirectURL string `yaml:"redirect_url" validate:"omitempty,callback_url" example:"https://orders.example/login/oidc/callback"`
	// Scopes are asked for besides openid, profile and email.
	Scopes []string `yaml:"scopes" validate:"dive,required" example:"[groups]"`
	// RoleClaim is the claim of the ID token with the person's groups, a text or
	// a list, default groups.
	RoleClaim string `yaml:"role_claim" default:"groups"`
	// Roles map groups to view and act; the highest counts. Who has none does not
	// get in.
	Roles map[string]string `yaml:"roles" validate:"dive,oneof=view act" example:"{warehouse: view, sales: act}"`
}

// ProxyHeader is login by a reverse proxy that says who asks.
type ProxyHeader struct {
	// User is the header with the person's name, default X-Forwarded-User.
	User string `yaml:"user" default:"X-Forwarded-User" validate:"header_name"`
	// Groups is the header with the person's groups, with commas between them,
	// default X-Forwarded-Groups.
	Groups string `yaml:"groups" default:"X-Forwarded-Groups" validate:"header_name"`
	// Roles map groups to view and act, as in [OIDC].
	Roles map[string]string `yaml:"roles" validate:"dive,oneof=view act" example:"{warehouse: view, sales: act}"`
	// Trusted are the networks of the proxies; nobody else's headers are believed.
	Trusted []string `yaml:"trusted" validate:"dive,cidr" example:"[10.0.0.5/32]"`
}

// InUse tells whether people may log in so.
func (o OIDC) InUse() bool { return o.Issuer != "" }

// InUse tells whether people may come in so.
func (p ProxyHeader) InUse() bool { return len(p.Trusted) > 0 }

var bcryptHash = regexp.MustCompile(`^\$2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{53}$`)

// Below the least cost a hash is tried out too fast, above the most a login
// takes seconds.
const (
	leastBcryptCost = 10
	mostBcryptCost  = 15
)

func isBcryptHash(text string) bool {
	cost, err := bcrypt.Cost([]byte(text))
	return err == nil && bcryptHash.MatchString(text) && cost >= leastBcryptCost && cost <= mostBcryptCost
}

// isIssuerURL accepts a path, which the issuers of many providers have.
func isIssuerURL(text string) bool {
	scheme, rest, _ := strings.Cut(text, "://")
	host, _, _ := strings.Cut(rest, "/")
	return isBaseURL(scheme+"://"+host) && isLinkURL(text) && !strings.ContainsAny(text, "?#")
}

func isCallbackURL(text string) bool {
	return isIssuerURL(text) && strings.HasSuffix(text, "/login/oidc/callback")
}

var headerName = regexp.MustCompile(`^[A-Za-z0-9-]+$`)

// checkPeople reports what does not fit together of users and other ways in.
func (d *document) checkPeople(s *Settings) {
	users, signIn := root.key("users"), root.key("sign_in")
	d.complete(signIn.key("oidc"), "issuer", "client_id", "client_secret", "redirect_url", "roles")
	d.complete(signIn.key("proxy_header"), "roles", "trusted")
	key := root.key("session_key")
	if s.SessionKey.Reveal() != "" || d.unread(key.namespace) || !d.places[key.namespace].absent {
		return
	}
	for _, at := range []path{users, signIn.key("oidc")} {
		if place := d.places[at.namespace]; !place.absent && (at != users || len(s.Users) > 0) {
			d.report(place, "needs session_key beside it, which is missing; write "+d.places[key.namespace].example+", and make the key with: openssl rand -hex 32")
		}
	}
}

// complete reports the keys that are missed in a part of the file that may be
// left out as a whole.
func (d *document) complete(part path, keys ...string) {
	if d.places[part.namespace].absent || d.unread(part.namespace) {
		return
	}
	for _, key := range keys {
		if missed, known := d.places[part.key(key).namespace]; known && missed.absent {
			d.report(missed, "is missing; write for example "+missed.example)
		}
	}
}

// names are what stands in timelines: each is of one user or one token.
func names(s *Settings) (claims []claim) {
	for i, token := range s.APITokens {
		claims = append(claims, claim{root.key("api_tokens").item(i).key("name"), token.Name})
	}
	for i, user := range s.Users {
		claims = append(claims, claim{root.key("users").item(i).key("name"), user.Name})
	}
	return claims
}
