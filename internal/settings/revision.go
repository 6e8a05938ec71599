package settings

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

const revisionBytes = 6

// revision is a hash of the effective content. Secrets count by their values;
// the hash is keyed, so that nobody can try out weak ones on it.
func (s *Settings) revision(secrets map[string]string) (string, error) {
	content, err := json.Marshal(struct {
		Settings Settings
		Secrets  map[string]string
	}{*s, secrets})
	if err != nil {
		return "", fmt.Errorf("hash the settings: %w", err)
	}
	hash := hmac.New(sha256.New, []byte(s.IdentityKey.Reveal()))
	hash.Write(content)
	return hex.EncodeToString(hash.Sum(nil)[:revisionBytes]), nil
}
