package check

import (
	"strings"

	"github.com/cartumsync/cartumsync/internal/settings"
)

// ByHand says what no API shows or sets, so that a person has to do it.
func (w Words) ByHand(s *settings.Settings, accounts, shops []string) Section {
	found := w.section("To be done by hand, since no API shows it")
	say := func(format string, values ...any) { found.Text = append(found.Text, w.Sprintf(format, values...)) }
	say("1. The permission \"Can add products without deduction\": in RO App, every employee who works with synced orders needs it, and so does the employee behind the API key. Without it orders are held.")
	say("2. RO App's built-in Cartum integration, Settings > E-commerce Connect: switch it off for %s before this one starts. Its orders cannot be recognized, so with both running each order would come twice.", strings.Join(shops, ", "))
	say("3. RO App's webhook, Settings > API > + Webhook: create it by hand, and put its secret into webhook_secret of its account.")
	var signed []string
	for _, id := range accounts {
		if s.Accounts[id].WebhookSecret.Reveal() != "" {
			signed = append(signed, id)
		}
	}
	if len(signed) > 0 {
		say("The settings have a secret for: %s.", strings.Join(signed, ", "))
	}
	return found
}
