package roapp

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// Signed tells whether the signature of a webhook is the one of the event's id by the webhook's secret
// (docs/reference/roapp.md#webhooks). It compares in constant time.
func Signed(secret, id, signature string) bool {
	given, err := hex.DecodeString(signature)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(id))
	return hmac.Equal(given, mac.Sum(nil)) && err == nil
}
