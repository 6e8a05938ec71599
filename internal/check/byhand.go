package check

import (
	"strings"

	"github.com/cartumsync/cartumsync/internal/settings"
)

// ByHand says what no API shows or sets, so that a person must do it.
func ByHand(s *settings.Settings, accounts, shops []string) Section {
	var signed []string
	for _, id := range accounts {
		if s.Accounts[id].WebhookSecret.Reveal() != "" {
			signed = append(signed, id)
		}
	}
	lines := []string{
		"1. The right \"Can add products without deduction\": in RO App, every employee who works with synced orders needs it,",
		"   and so does the employee behind the API key. Without it orders are held as missing-right.",
		"2. RO App's own Cartum integration, Settings > E-commerce Connect: switch it off for " + strings.Join(shops, ", ") + " before this one starts.",
		"   Its orders cannot be recognised, so with both running each order would come twice.",
		"3. RO App's webhook, Settings > API > + Webhook: it is made by hand, and its secret goes into webhook_secret of its account.",
	}
	if len(signed) > 0 {
		lines = append(lines, "   The settings have a secret for: "+strings.Join(signed, ", ")+".")
	}
	return Section{Title: "To be seen to by hand, for no API shows it", Text: lines}
}
