package access

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
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
