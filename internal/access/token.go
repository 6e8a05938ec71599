package access

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"

	"github.com/cartumsync/cartumsync/internal/settings"
)

// byToken is whose token it is. All are compared, in constant time.
func byToken(tokens []settings.APIToken, token string) (user User, known bool) {
	got := sha256.Sum256([]byte(token))
	for _, candidate := range tokens {
		want, err := hex.DecodeString(candidate.SHA256)
		if subtle.ConstantTimeCompare(got[:], want) == 1 && err == nil {
			user, known = User{Name: candidate.Name, Role: Role(candidate.Role)}, true
		}
	}
	return user, known
}
