package access

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"golang.org/x/crypto/bcrypt"

	"github.com/cartumsync/cartumsync/internal/settings"
)

// A person who tries a name learns nothing from the time it takes.
func TestAllNamesTakeTheSameWork(t *testing.T) {
	t.Parallel()
	const rest = "YoV4Co9UK/.fKFZgyeNiduVayJvMqpqQEUeeUGkrEPkz9tzuxGy7C"
	user := func(name string, cost int) settings.User {
		return settings.User{Name: name, PasswordBcrypt: settings.NewSecret(fmt.Sprintf("$2a$%02d$%s", cost, rest))}
	}
	for _, users := range [][]settings.User{
		{user("anna", 10), user("boss", 15), user("viewer", 12)},
		{user("boss", 15), user("anna", 10)},
		{user("anna", 12)},
		{},
	} {
		works := map[int]bool{}
		for _, name := range []string{"anna", "boss", "viewer", "nobody", ""} {
			work := 0
			_, right := checkPassword(users, name, "guess", func(hash, _ []byte) error {
				cost, err := bcrypt.Cost(hash)
				assert.NoError(t, err)
				work += 1 << cost
				return bcrypt.ErrMismatchedHashAndPassword
			})
			assert.False(t, right)
			works[work] = true
		}
		assert.Len(t, works, 1, "%v", users)
	}
}

// Work that is only done for its time lets nobody in.
func TestOnlyTheOwnHashCounts(t *testing.T) {
	t.Parallel()
	cheap, err := bcrypt.GenerateFromPassword([]byte("of anna"), bcrypt.MinCost)
	assert.NoError(t, err)
	dear, err := bcrypt.GenerateFromPassword([]byte("of boss"), bcrypt.MinCost+2)
	assert.NoError(t, err)
	users := []settings.User{{Name: "anna", PasswordBcrypt: settings.NewSecret(string(cheap))}, {Name: "boss", PasswordBcrypt: settings.NewSecret(string(dear))}}
	for login, want := range map[[2]string]bool{
		{"anna", "of anna"}: true, {"boss", "of boss"}: true, {"anna", "of boss"}: false, {"boss", "of anna"}: false, {"nobody", "of anna"}: false, {"", ""}: false,
	} {
		user, right := checkPassword(users, login[0], login[1], bcrypt.CompareHashAndPassword)
		assert.Equal(t, want, right, login)
		if right {
			assert.Equal(t, login[0], user.Name)
		}
	}
}

// Who guesses from a few addresses keeps nobody at another one waiting.
func TestGuessesDoNotDelayOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hash, err := bcrypt.GenerateFromPassword([]byte("right"), bcrypt.MinCost)
		require.NoError(t, err)
		current := &settings.Settings{
			Users:      []settings.User{{Name: "anna", PasswordBcrypt: settings.NewSecret(string(hash)), Role: "act"}},
			SessionKey: settings.NewSecret("a session key that has more than 32 characters"),
		}
		g, err := New(Options{Settings: settings.NewStore(current), Logger: zap.NewNop()})
		require.NoError(t, err)
		require.True(t, g.strangersPasswords.TryAcquire(1), "guesses are checked all the time")
		logIn := func() (right, slowDown bool) {
			request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/login", http.NoBody)
			request.RemoteAddr = "10.0.0.1:4000"
			_, right, slowDown = g.attempt(httptest.NewRecorder(), request, current, "anna", "right")
			return right, slowDown
		}
		for range firstAttempts {
			right, slowDown := logIn()
			assert.True(t, right)
			assert.False(t, slowDown)
		}
		_, slowDown := logIn()
		assert.True(t, slowDown, "by then it waits with the others")
		<-time.After(2 * time.Minute)
		right, _ := logIn()
		assert.True(t, right)
	})
}
