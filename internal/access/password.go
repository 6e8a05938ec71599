package access

import (
	"fmt"

	"golang.org/x/crypto/bcrypt"

	"github.com/cartumsync/cartumsync/internal/settings"
)

// comparison compares a password with a hash, as bcrypt does. The work doubles
// with each step of the hash's cost.
type comparison func(hash, password []byte) error

// checkPassword is the user with that name and password. It takes as long for an
// unknown name as for any user, whatever the costs of their hashes: all are
// brought up to the work of the highest.
func checkPassword(users []settings.User, name, password string, compare comparison) (settings.User, bool) {
	var user settings.User
	highest := bcrypt.MinCost
	for _, candidate := range users {
		highest = max(highest, costOf(candidate))
		if candidate.Name == name {
			user = candidate
		}
	}
	if user.Name == "" {
		_ = compare(nobodysHash(highest), []byte(password)) // only for its time
		return settings.User{}, false
	}
	right := compare([]byte(user.PasswordBcrypt.Reveal()), []byte(password)) == nil
	// 2^c and 2^c + 2^(c+1) + … + 2^(h-1) are 2^h.
	for cost := costOf(user); cost < highest; cost++ {
		_ = compare(nobodysHash(cost), []byte(password)) // only for its time
	}
	return user, right
}

func costOf(user settings.User) int {
	cost, err := bcrypt.Cost([]byte(user.PasswordBcrypt.Reveal()))
	if err != nil {
		return bcrypt.MinCost // no hash, which takes no time and fits no password
	}
	return cost
}

// nobodysHash fits no password that anybody knows.
func nobodysHash(cost int) []byte {
	return fmt.Appendf(nil, "$2a$%02d$YoV4Co9UK/.fKFZgyeNiduVayJvMqpqQEUeeUGkrEPkz9tzuxGy7C", cost)
}
