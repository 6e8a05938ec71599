package access

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/gorilla/securecookie"
	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/internal/settings"
)

const (
	sessionCookie = "cartumsync_session"
	// sessionIdle is how long somebody stays logged in who does nothing. Those who
	// come from a provider log in again after it in any case, for only then is the
	// provider asked.
	sessionIdle = 12 * time.Hour
	// sessionLimit is how long somebody stays logged in who does something.
	sessionLimit = 7 * 24 * time.Hour
	// renewAfter keeps not every request from writing a cookie.
	renewAfter = 10 * time.Minute
)

// session is what the cookie holds, signed and encrypted.
type session struct {
	// ID is what a logout ends.
	ID   string
	Name string
	Role Role `json:",omitempty"` // of those who come from a provider
	// From is what the session holds by: with another password, role or mapping
	// of roles it ends.
	From string
	// LoggedIn is when the person logged in, Issued when this cookie was made, both in
	// Unix seconds.
	LoggedIn, Issued int64
}

// limit is when the session ends whatever the person does.
func (s session) limit() time.Time { return time.Unix(s.LoggedIn, 0).Add(sessionLimit) }

// cookies signs and encrypts with the settings' key, for one cookie's lifetime
// in seconds. Its errors say nothing of values.
func cookies(current *settings.Settings, life int) (*securecookie.SecureCookie, error) {
	const half = 32
	keys, err := hkdf.Key(sha256.New, []byte(current.SessionKey.Reveal()), nil, "cartumsync cookies", 2*half)
	if err != nil {
		return nil, fmt.Errorf("keys of the cookies: %w", err)
	}
	return securecookie.New(keys[:half], keys[half:]).MaxAge(life).SetSerializer(securecookie.JSONEncoder{}), nil
}

// bySession is whose session the request's cookie holds. It is prolonged by
// whatever a person does, and not by what an open page asks for by itself. An
// error means that nobody can tell whether the session was logged out.
func (g *Guard) bySession(w http.ResponseWriter, r *http.Request, current *settings.Settings) (User, bool, error) {
	held, known := readSession(r, current)
	if !known {
		return User{}, false, nil
	}
	user, person := passwordUser(current, held)
	if !person {
		if user, known = providerUser(current, held); !known {
			return User{}, false, nil
		}
	}
	if ended, err := g.ended.has(r.Context(), held); err != nil || ended {
		return User{}, false, err
	}
	byItself := isFragment(r) && r.Method == http.MethodGet
	if person && !byItself && time.Since(time.Unix(held.Issued, 0)) > renewAfter {
		g.renewSession(w, r, current, held)
	}
	return user, true, nil
}

func readSession(r *http.Request, current *settings.Settings) (held session, known bool) {
	known = readCookie(r, current, sessionCookie, seconds(sessionIdle), &held)
	return held, known && held.ID != "" && time.Now().Before(held.limit())
}

// passwordUser is the user of the settings that the session was made for, as long as the
// settings say the same of that user.
func passwordUser(current *settings.Settings, held session) (User, bool) {
	for _, user := range current.Users {
		if user.Name == held.Name && hmac.Equal([]byte(held.From), []byte(ofPassword(current, user))) {
			return User{Name: user.Name, Role: Role(user.Role)}, true
		}
	}
	return User{}, false
}

func providerUser(current *settings.Settings, held session) (User, bool) {
	provider := current.SignIn.OIDC
	if !provider.InUse() || !hmac.Equal([]byte(held.From), []byte(ofProvider(current))) {
		return User{}, false
	}
	return User{Name: held.Name, Role: held.Role}, true
}

// ofPassword is what a session of a password holds by.
func ofPassword(current *settings.Settings, user settings.User) string {
	return fingerprint(current, "password", user.Name, user.Role, user.PasswordBcrypt.Reveal())
}

// ofProvider is what a session from the provider holds by.
func ofProvider(current *settings.Settings) string {
	provider := current.SignIn.OIDC
	return fingerprint(current, "oidc", provider.Issuer, provider.ClientID, provider.RoleClaim, provider.Roles)
}

func fingerprint(current *settings.Settings, of ...any) string {
	text, err := json.Marshal(of)
	if err != nil {
		panic(err) // texts alone
	}
	hash := hmac.New(sha256.New, []byte(current.SessionKey.Reveal()))
	hash.Write(text)
	return hex.EncodeToString(hash.Sum(nil))
}

// startSession gives a browser its session.
func (g *Guard) startSession(w http.ResponseWriter, r *http.Request, current *settings.Settings, held session) {
	held.ID, held.LoggedIn = rand.Text(), time.Now().Unix()
	g.renewSession(w, r, current, held)
}

// renewSession puts a new cookie in the place of one that grows old.
func (g *Guard) renewSession(w http.ResponseWriter, r *http.Request, current *settings.Settings, held session) {
	held.Issued = time.Now().Unix()
	g.setCookie(w, r, current, sessionCookie, "/", seconds(min(sessionIdle, time.Until(held.limit()))), held)
}

func seconds(span time.Duration) int { return int(span / time.Second) }

// readCookie reads a cookie that [Guard.setCookie] made within its lifetime in
// seconds.
func readCookie(r *http.Request, current *settings.Settings, name string, life int, into any) bool {
	cookie, err := r.Cookie(name)
	if err != nil || current.SessionKey.Reveal() == "" {
		return false
	}
	codec, err := cookies(current, life)
	return err == nil && codec.Decode(name, cookie.Value, into) == nil
}

func (g *Guard) setCookie(w http.ResponseWriter, r *http.Request, current *settings.Settings, name, path string, life int, value any) {
	text := ""
	codec, err := cookies(current, life)
	if err == nil {
		text, err = codec.Encode(name, value)
	}
	if err != nil {
		g.Logger.Error("a cookie could not be made", zap.Error(err))
		return
	}
	g.writeCookie(w, r, name, path, text, life)
}

// clearCookie takes a cookie away.
func (g *Guard) clearCookie(w http.ResponseWriter, r *http.Request, name, path string) {
	g.writeCookie(w, r, name, path, "", -1)
}

func (g *Guard) writeCookie(w http.ResponseWriter, r *http.Request, name, path, value string, life int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure where the browser came by HTTPS, for else it would not keep it
		Name: name, Value: value, Path: path, MaxAge: life,
		HttpOnly: true, Secure: g.byHTTPS(r), SameSite: http.SameSiteLaxMode,
	})
}
