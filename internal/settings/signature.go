package settings

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// Signed tells whether a webhook's signature is that of the event's id by the account's secret
// (docs/reference/roapp.md#webhooks). It compares in constant time.
func (a Account) Signed(id, signature string) bool {
	given, err := hex.DecodeString(signature)
	mac := hmac.New(sha256.New, []byte(a.WebhookSecret.Reveal()))
	mac.Write([]byte(id))
	return hmac.Equal(given, mac.Sum(nil)) && err == nil
}
