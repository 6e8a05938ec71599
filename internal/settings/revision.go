package settings

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

const revisionBytes = 6

// normalize brings checked values into the one form that others rely on.
func (s *Settings) normalize() error {
	for id, account := range s.Accounts {
		account.URL = strings.TrimSuffix(account.URL, "/")
		s.Accounts[id] = account
	}
	for id, shop := range s.Shops {
		zone, err := time.LoadLocation(shop.TimeZone)
		if err != nil {
			return fmt.Errorf("time zone of shop %q: %w", id, err)
		}
		year, month, day := shop.Since.Date()
		shop.Since = time.Date(year, month, day, 0, 0, 0, 0, zone)
		shop.URL = strings.TrimSuffix(shop.URL, "/")
		s.Shops[id] = shop
	}
	return nil
}

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
