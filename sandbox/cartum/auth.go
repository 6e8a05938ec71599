package cartum

import (
	"crypto/rand"
	"encoding/hex"
	"math"
	"net/http"
	"time"
)

// lockoutTime is how long a login stays locked after too many wrong
// passwords.
const lockoutTime = 10 * time.Minute

type token struct{ expires time.Time }

// auth answers auth (docs/reference/cartum.md#login-and-tokens).
func (s *Server) auth(p params) answer {
	now := s.now()
	if p.text("login") != s.opts.Login || p.text("password") != s.opts.Password {
		s.noteFailedLogin(now)
		return failure(statusError, "Wrong login or password")
	}
	if now.Before(s.lockedUntil) {
		s.requests.failedLogins++
		return failure(statusError, "Too many failed attempts, try again later")
	}
	s.failedLogins = 0
	s.requests.logins++
	if s.is(SwitchTokens, "one") {
		s.endTokens(now)
	}
	value := newTokenValue()
	s.tokens[value] = &token{expires: now.Add(s.opts.TokenLife)}
	s.tell("login: a new token for %s", s.opts.TokenLife)
	return envelope(statusOK, map[string]any{"token": value})
}

func (s *Server) noteFailedLogin(now time.Time) {
	s.requests.failedLogins++
	s.tell("login refused: wrong login or password")
	s.failedLogins++
	if s.failedLogins >= s.count(SwitchLoginLockout, math.MaxInt) {
		s.failedLogins = 0
		s.lockedUntil = now.Add(lockoutTime)
	}
}

// newTokenValue is 32 hexadecimal digits.
func newTokenValue() string {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails: it ends the program instead
	return hex.EncodeToString(random[:])
}

// endTokens lets all tokens expire. They are kept: an expired token may be
// answered differently from one that never was.
func (s *Server) endTokens(now time.Time) {
	for _, t := range s.tokens {
		if t.expires.After(now) {
			t.expires = now
		}
	}
}

// admit checks the token of a call: none and a made-up one are distinguished
// (docs/reference/cartum.md#answers-and-errors).
func (s *Server) admit(p params) (refusal answer, ok bool) {
	if !p.given("token") {
		return failure(statusAuthorizationError, "Token is not passed"), false
	}
	t, known := s.tokens[p.text("token")]
	if !known {
		return failure(statusUnauthorized, "Token is wrong"), false
	}
	now := s.now()
	if !now.Before(t.expires) {
		return s.expiredAnswer(), false
	}
	if s.is(SwitchTokenLife, "sliding") {
		t.expires = now.Add(s.opts.TokenLife)
	}
	return answer{}, true
}

func (s *Server) expiredAnswer() answer {
	switch s.switches[SwitchExpiredToken] {
	case "error":
		return failure(statusError, "Token is expired")
	case "http-401":
		a := failure(statusUnauthorized, "Token is expired")
		a.code = http.StatusUnauthorized
		return a
	default:
		return failure(statusUnauthorized, "Token is expired")
	}
}
