package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cartumsync/cartumsync/internal/settings"
)

// sandboxHashes are of the password and the tokens of the sandbox, which everybody knows.
var sandboxHashes = []string{
	"$2a$10$tfbkgWwGe9eCpCS49/bZWewfpVJ7MEbxGxdnTW0sDZ.qcoHekYYuS",
	"d4b678233e547911999cd55ac216358e16f7428cb39fe75b36498ead723ec4a2",
	"7d40e5ca5f3bacede8c39a379f4c293cc52f23c9b8d5dda8150b0364ee283876",
}

// Examples warns of users, tokens and keys of the example file or of the sandbox that were left in the settings.
func Examples(s *settings.Settings) []Finding {
	var found Section
	for i, user := range s.Users {
		if wellKnown(user.PasswordBcrypt.Reveal()) {
			found.Find(Remark, fmt.Sprintf("users[%d]", i), "%s has an example's password; take the line out, or make another with: starter password", user.Name)
		}
	}
	for i, token := range s.APITokens {
		if wellKnown(token.SHA256) {
			found.Find(Remark, fmt.Sprintf("api_tokens[%d]", i), "%s has an example's token; take the line out, or make another with: starter token", token.Name)
		}
	}
	keys := map[string]settings.Secret{"identity_key": s.IdentityKey, "session_key": s.SessionKey}
	for i, key := range s.Encryption {
		keys[fmt.Sprintf("encryption_keys[%d]", i)] = key.Key
	}
	for id, account := range s.Accounts {
		keys["accounts."+id+".api_key"], keys["accounts."+id+".webhook_secret"] = account.APIKey, account.WebhookSecret
	}
	for id, shop := range s.Shops {
		keys["shops."+id+".password"], keys["shops."+id+".webhook_key"] = shop.Password, shop.WebhookKey
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if guessable(keys[key].Reveal()) {
			found.Find(Remark, key, "looks like an example; put a value of your own into its variable")
		}
	}
	return found.Findings
}

// wellKnown tells whether a hash stands in the example file, or is the sandbox's.
func wellKnown(hash string) bool {
	return slices.Contains(sandboxHashes, hash) || strings.Contains(string(settings.Example()), hash)
}

// guessable tells whether a key is one that people write down until they have made a real one.
func guessable(key string) bool {
	small := strings.ToLower(key)
	if small == "" {
		return false
	}
	for _, word := range []string{"sandbox", "example", "changeme", "change-me", "secret", "password", "0123456789"} {
		if strings.Contains(small, word) {
			return true
		}
	}
	different := map[rune]bool{}
	for _, letter := range strings.TrimRight(small, "=") {
		different[letter] = true
	}
	return len(different) <= 4 && len(small) > 4
}
