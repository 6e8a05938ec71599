package verify

// Unprobed states why a switch of the fakes, or a place in docs/assumptions.md, has no probe.
var Unprobed = map[string]string{ //nolint:gosec // these are reasons
	"token_life":       "needs ten idle minutes; the client replaces a token before the end of its shortest life",
	"login_lockout":    "would lock the shop's user; the client does not repeat a refused login",
	"paid_key":         "the exchange never writes a payment into the shop",
	"flags":            "the exchange does not read the lists of deliveries and payments",
	"disabled_options": "the exchange does not read the lists of deliveries and payments",
	"phone-format":     "the exchange writes phones as + and digits alone, which both readings take",
	"public-url":       "the exchange does not ask for an order's public URL",
	"trailing-slash":   "the exchange writes each path as documented, which both readings take",
	"POST /api/currency/export/: response.currency": "the check of the settings reads it, and tells where it cannot",
}
