package cartum

import (
	"context"
	"net/http"
	"strconv"
	"time"
)

const (
	// A token lives 600 seconds; it is replaced a minute early, as its use may take until then
	// (docs/reference/cartum.md#login-and-tokens).
	tokenLife   = 600 * time.Second
	tokenMargin = 60 * time.Second
)

var authFunction = function{name: "auth", accepts: []string{statusOK}}

// token is one login. Generations count upwards from 1, so that a call knows whether the token that it was refused with
// has been replaced since.
type token struct {
	value      string
	generation uint64
	renewAt    time.Time
}

// Login asks for a new token whether or not there is one: it checks the address, the login and the password.
// Kind Credentials means that the shop does not know them.
func (c *Client) Login(ctx context.Context) error {
	if _, failure := c.logIn(ctx, c.newestToken().generation); failure != nil {
		return failure
	}
	return nil
}

func (c *Client) newestToken() token {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.newest
}

// currentToken is the newest token, after a login where there is none or it nears its end.
func (c *Client) currentToken(ctx context.Context) (token, *Error) {
	t := c.newestToken()
	if t.generation > 0 && c.now().Before(t.renewAt) {
		return t, nil
	}
	return c.logIn(ctx, t.generation)
}

// mostDoublings bounds the wait before a login, so that the whole call ends in time.
const mostDoublings = 2

// replaceToken makes sure that there is a newer token than the refused one. It
// waits a little before the login: where a login ends other tokens of the same
// user, several processes would otherwise log each other out at the same rate. The
// more often the call has replaced its token already, the longer it waits, so that
// the others get through meanwhile.
func (c *Client) replaceToken(ctx context.Context, refused token, replaced int) *Error {
	if c.newestToken().generation > refused.generation {
		return nil
	}
	wait := time.NewTimer(c.jitter() << min(replaced, mostDoublings))
	defer wait.Stop()
	select {
	case <-ctx.Done():
		return authFunction.unsent(ctx.Err())
	case <-wait.C:
	}
	_, failure := c.logIn(ctx, refused.generation)
	return failure
}

// logIn gets a token newer than the given generation. All who replace the same
// generation share one login, which does not end with the call that happened to
// start it.
func (c *Client) logIn(ctx context.Context, replaced uint64) (token, *Error) {
	if err := ctx.Err(); err != nil {
		return token{}, authFunction.unsent(err)
	}
	type result struct {
		token   token
		failure *Error
	}
	done := c.logins.DoChan(strconv.FormatUint(replaced, 10), func() (any, error) {
		if t := c.newestToken(); t.generation > replaced {
			return result{token: t}, nil
		}
		t, failure := c.requestToken(context.WithoutCancel(ctx))
		return result{t, failure}, nil
	})
	select {
	case <-ctx.Done():
		return token{}, authFunction.unsent(ctx.Err())
	case shared := <-done:
		r := shared.Val.(result)
		return r.token, r.failure
	}
}

func (c *Client) requestToken(ctx context.Context) (token, *Error) {
	if failure := c.awaitSlot(ctx, authFunction); failure != nil {
		return token{}, failure
	}
	asked := c.now()
	ctx, traced := c.trace(ctx, http.MethodPost, authFunction.path())
	a, failure := c.send(ctx, authFunction, map[string]any{"login": c.login, "password": c.password})
	if failure != nil {
		traced(a.code, failure.kind())
		return token{}, failure
	}
	value, failure := readToken(a)
	traced(a.code, failure.kind())
	if failure != nil {
		return token{}, withoutSecrets(failure, c.password)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.newest = token{value: value, generation: c.newest.generation + 1, renewAt: asked.Add(tokenLife - tokenMargin)}
	return c.newest, nil
}

// readToken takes the status ERROR for what it means here: no user with such a login and password
// (docs/reference/cartum.md#login-and-tokens).
func readToken(a answer) (string, *Error) {
	r, failure := readEnvelope(authFunction, a)
	if failure != nil {
		if failure.Status == statusError {
			failure.Kind = Credentials
		}
		return "", failure
	}
	var noted flaws
	value := objectOf(r.response, "", &noted).text("token")
	if value == "" {
		return "", authFunction.malformed("token", "is missing")
	}
	return value, nil
}
