package check

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/cartumsync/cartumsync/internal/cartum"
	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/refdata"
	"github.com/cartumsync/cartumsync/internal/roapp"
	"github.com/cartumsync/cartumsync/internal/settings"
)

// serviceTimeout bounds one request of a check: somebody waits for it.
const serviceTimeout = 15 * time.Second

// Options say what to check.
type Options struct {
	SettingsPath string
	// Env looks an environment variable up.
	Env      func(string) (string, bool)
	Temporal engine.Options
	// TemporalTimeout bounds the wait for Temporal.
	TemporalTimeout time.Duration
	// Account and Shop are ids; "" is all.
	Account, Shop string
	// RoappURL and CartumURL list the ids of these services, without any settings.
	RoappURL, CartumURL string
	// SendAlert sends a test alert to a URL; nil sends none.
	SendAlert func(ctx context.Context, url string) error
}

// checker is a check in progress.
type checker struct {
	Options
	report []Section
}

// Run checks what the settings lead to and lists the ids that they need. Only reads are sent to the services. The error says
// why nothing could be checked; problems are in the report.
func Run(ctx context.Context, options Options) ([]Section, error) {
	c := checker{Options: options}
	if c.RoappURL == "" && c.CartumURL == "" {
		err := c.withSettings(ctx)
		return c.report, err
	}
	if c.SendAlert != nil {
		return nil, errors.New("--alert sends to the alert URL of the settings; --roapp-url and --cartum-url do without settings")
	}
	err := c.withoutSettings(ctx)
	return c.report, err
}

func (c *checker) withSettings(ctx context.Context) error {
	s, err := settings.Load(c.SettingsPath, c.Env)
	if err != nil {
		c.badSettings(err)
		c.checkTemporal(ctx, nil)
		return nil
	}
	accounts, shops, err := c.selection(s)
	if err != nil {
		return err
	}
	found := Section{Title: "Settings " + c.SettingsPath}
	found.Find(Fine, "settings", "complete; %d accounts, %d shops, revision %s", len(s.Accounts), len(s.Shops), s.Revision)
	found.Findings = append(found.Findings, Examples(s)...)
	c.add(found)
	if c.SendAlert != nil {
		c.sendAlert(ctx, s.Alerts.URL.Reveal())
	}
	accountSays := map[string]refdata.Account{}
	for _, id := range accounts {
		a := s.Accounts[id]
		accountSays[id] = AskAccount(ctx, roapp.New(roapp.Config{
			URL: a.URL, APIKey: a.APIKey.Reveal(), RequestsPerSecond: a.RequestsPerSecond, Timeout: min(a.RequestTimeout, serviceTimeout),
			Catalogue: roapp.Catalogue(a.Catalog), ProductTypeID: a.ProductType,
		}))
		c.add(Words{}.Account(id, a, accountSays[id]))
	}
	for _, id := range shops {
		shop := s.Shops[id]
		says := AskShop(ctx, cartum.New(cartum.Config{
			URL: shop.URL, Login: shop.Login.Reveal(), Password: shop.Password.Reveal(), RequestsPerSecond: shop.RequestsPerSecond, Timeout: serviceTimeout,
		}), shop.Zone())
		c.add(Words{}.Shop(id, shop, s.Accounts[shop.Account].Currency, says, accountSays[shop.Account]))
	}
	c.checkTemporal(ctx, accounts)
	c.add(Words{}.ByHand(s, accounts, shops))
	return nil
}

// sendAlert proves that alerts arrive, as far as the receiver tells.
func (c *checker) sendAlert(ctx context.Context, url string) {
	found := Section{Title: "Alerts"}
	defer func() { c.add(found) }()
	if url == "" {
		found.Find(Problem, "alerts.url", "none: there is nowhere to send a test alert to")
		return
	}
	if err := c.SendAlert(ctx, url); err != nil {
		found.Find(Problem, "alerts.url", "the test alert was not accepted: %v", err)
		return
	}
	found.Find(Fine, "alerts.url", "the test alert was accepted; see that somebody got it")
}

func (c *checker) add(section Section) { c.report = append(c.report, section) }

// badSettings tells all errors of a file that cannot be used yet, and how the
// ids for it are found.
func (c *checker) badSettings(err error) {
	found := Section{Title: "Settings " + c.SettingsPath}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		found.Find(Problem, "settings", "%s", line)
	}
	found.Find(Remark, "ids", "accounts and shops are checked once the settings can be read; until then the ids for them are listed by\n"+
		"  ROAPP_API_KEY=... starter check --roapp-url https://api.roapp.io\n"+
		"  CARTUM_LOGIN=... CARTUM_PASSWORD=... starter check --cartum-url https://your-shop.example")
	c.add(found)
}

// selection are the ids of the accounts and shops to check, sorted.
func (c *checker) selection(s *settings.Settings) (accounts, shops []string, err error) {
	if err := known("account", c.Account, slices.Sorted(maps.Keys(s.Accounts))); err != nil {
		return nil, nil, err
	}
	if err := known("shop", c.Shop, slices.Sorted(maps.Keys(s.Shops))); err != nil {
		return nil, nil, err
	}
	for _, id := range slices.Sorted(maps.Keys(s.Shops)) {
		if (c.Shop == "" || id == c.Shop) && (c.Account == "" || s.Shops[id].Account == c.Account) {
			shops = append(shops, id)
		}
	}
	if c.Shop != "" && len(shops) == 0 {
		return nil, nil, fmt.Errorf("the shop %q belongs to account %q, not to %q", c.Shop, s.Shops[c.Shop].Account, c.Account)
	}
	for _, id := range slices.Sorted(maps.Keys(s.Accounts)) {
		if (c.Account == "" || id == c.Account) && (c.Shop == "" || s.Shops[c.Shop].Account == id) {
			accounts = append(accounts, id)
		}
	}
	return accounts, shops, nil
}

func known(what, id string, ids []string) error {
	if id == "" || slices.Contains(ids, id) {
		return nil
	}
	return fmt.Errorf("the settings have no %s %q; there are: %s", what, id, strings.Join(ids, ", "))
}
