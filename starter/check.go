package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/activities"
	"github.com/cartumsync/cartumsync/internal/cartum"
	"github.com/cartumsync/cartumsync/internal/check"
	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/facts"
	"github.com/cartumsync/cartumsync/internal/process"
	"github.com/cartumsync/cartumsync/internal/roapp"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/workflows"
)

// errProblems ends a check that found what must be mended; the report has said
// what.
var errProblems = errors.New("there are problems")

// Waiting times of a check: somebody sits before it.
const (
	serviceTimeout  = 15 * time.Second
	temporalTimeout = 5 * time.Second
)

// checker tests what the settings lead to, and lists the ids that they need.
type checker struct {
	settingsPath string
	env          func(string) (string, bool)
	temporal     engine.Options
	// temporalTimeout is how long Temporal is waited for.
	temporalTimeout time.Duration
	account, shop   string // ids; empty: all
	// roappURL and cartumURL are listed without any settings.
	roappURL, cartumURL string
	// alert has a test alert sent.
	alert bool
	// report is of the check in progress.
	report []check.Section
}

func checkCommand(flags *process.Flags) *cobra.Command {
	c := checker{env: os.LookupEnv, temporal: engine.Options{Logger: zap.NewNop()}, temporalTimeout: temporalTimeout}
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Test the connections and the settings, and list the ids that the settings need",
		Long: "Check asks RO App, Cartum and Temporal whether everything in the settings is there, and lists statuses, types,\n" +
			"locations, employees, units, categories, product types and custom fields with their ids. It reads from every endpoint that\n" +
			"an import will use, and changes nothing in either service.\n\n" +
			"Before there are settings it lists the ids with only an address and a key known:\n\n" +
			"  ROAPP_API_KEY=... starter check --roapp-url https://api.roapp.io\n" +
			"  CARTUM_LOGIN=... CARTUM_PASSWORD=... starter check --cartum-url https://kwiaty.example",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c.settingsPath = flags.SettingsPath
			return c.run(cmd.Context(), printable{cmd.OutOrStdout()})
		},
	}
	cmd.Flags().StringVar(&c.account, "account", "", "only this account and its shops")
	cmd.Flags().StringVar(&c.shop, "shop", "", "only this shop and its account")
	cmd.Flags().BoolVar(&c.alert, "alert", false, "send a test alert to the alert URL of the settings")
	cmd.Flags().StringVar(&c.roappURL, "roapp-url", "", "without settings: list the ids of the RO App account of the key in ROAPP_API_KEY")
	cmd.Flags().StringVar(&c.cartumURL, "cartum-url", "", "without settings: list the ids of this shop, with CARTUM_LOGIN and CARTUM_PASSWORD")
	return cmd
}

// run checks, prints the report, and tells by an error whether there are
// problems.
func (c *checker) run(ctx context.Context, out io.Writer) error {
	c.report = nil
	work := c.withSettings
	if c.roappURL != "" || c.cartumURL != "" {
		work = c.withoutSettings
	}
	if c.alert && (c.roappURL != "" || c.cartumURL != "") {
		return errors.New("--alert sends to the alert URL of the settings; --roapp-url and --cartum-url do without settings")
	}
	if err := work(ctx); err != nil {
		return err
	}
	if _, err := io.WriteString(out, check.Text(c.report)); err != nil {
		return err
	}
	if check.Count(c.report, check.Problem) > 0 {
		return errProblems
	}
	return nil
}

func (c *checker) withSettings(ctx context.Context) error {
	s, err := settings.Load(c.settingsPath, c.env)
	if err != nil {
		c.badSettings(err)
		c.checkTemporal(ctx, nil)
		return nil
	}
	accounts, shops, err := c.selection(s)
	if err != nil {
		return err
	}
	found := check.Section{Title: "Settings " + c.settingsPath}
	found.Find(check.Fine, "settings", "complete; %d accounts, %d shops, revision %s", len(s.Accounts), len(s.Shops), s.Revision)
	found.Findings = append(found.Findings, check.Examples(s)...)
	c.tell(found)
	if c.alert {
		c.sendAlert(ctx, s.Alerts.URL.Reveal())
	}
	accountSays := map[string]facts.Account{}
	for _, id := range accounts {
		a := s.Accounts[id]
		accountSays[id] = check.AskAccount(ctx, roapp.New(roapp.Config{
			URL: a.URL, APIKey: a.APIKey.Reveal(), RequestsPerSecond: a.RequestsPerSecond, Timeout: min(a.RequestTimeout, serviceTimeout),
			Catalogue: roapp.Catalogue(a.Catalog), ProductTypeID: a.ProductType,
		}))
		c.tell(check.Account(id, a, accountSays[id]))
	}
	for _, id := range shops {
		shop := s.Shops[id]
		says := check.AskShop(ctx, cartum.New(cartum.Config{
			URL: shop.URL, Login: shop.Login.Reveal(), Password: shop.Password.Reveal(), RequestsPerSecond: shop.RequestsPerSecond, Timeout: serviceTimeout,
		}), shop.Zone())
		c.tell(check.Shop(id, shop, s.Accounts[shop.Account].Currency, says, accountSays[shop.Account]))
	}
	c.checkTemporal(ctx, accounts)
	c.tell(check.ByHand(s, accounts, shops))
	return nil
}

// sendAlert proves that alerts arrive, as far as the receiver tells.
func (c *checker) sendAlert(ctx context.Context, url string) {
	found := check.Section{Title: "Alerts"}
	defer func() { c.tell(found) }()
	if url == "" {
		found.Find(check.Problem, "alerts.url", "none: there is nowhere to send a test alert to")
		return
	}
	err := activities.PostAlert(ctx, url, workflows.Alert{
		ID: "test:" + rand.Text(), Kind: workflows.AlertTest, At: time.Now().UTC(), Problem: "a test by starter check; nothing is wrong",
	})
	if err != nil {
		found.Find(check.Problem, "alerts.url", "the test alert was not accepted: %v", err)
		return
	}
	found.Find(check.Fine, "alerts.url", "the test alert was accepted; see that somebody got it")
}

func (c *checker) tell(section check.Section) { c.report = append(c.report, section) }

// badSettings tells all errors of a file that cannot be used yet, and how the
// ids for it are found.
func (c *checker) badSettings(err error) {
	found := check.Section{Title: "Settings " + c.settingsPath}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		found.Find(check.Problem, "settings", "%s", line)
	}
	found.Find(check.Remark, "ids", "accounts and shops are checked once the settings can be read; until then the ids for them are listed by\n"+
		"  ROAPP_API_KEY=... starter check --roapp-url https://api.roapp.io\n"+
		"  CARTUM_LOGIN=... CARTUM_PASSWORD=... starter check --cartum-url https://your-shop.example")
	c.tell(found)
}

// selection are the ids of the accounts and shops to check, sorted.
func (c *checker) selection(s *settings.Settings) (accounts, shops []string, err error) {
	if err := known("account", c.account, slices.Sorted(maps.Keys(s.Accounts))); err != nil {
		return nil, nil, err
	}
	if err := known("shop", c.shop, slices.Sorted(maps.Keys(s.Shops))); err != nil {
		return nil, nil, err
	}
	for _, id := range slices.Sorted(maps.Keys(s.Shops)) {
		if (c.shop == "" || id == c.shop) && (c.account == "" || s.Shops[id].Account == c.account) {
			shops = append(shops, id)
		}
	}
	if c.shop != "" && len(shops) == 0 {
		return nil, nil, fmt.Errorf("the shop %q belongs to account %q, not to %q", c.shop, s.Shops[c.shop].Account, c.account)
	}
	for _, id := range slices.Sorted(maps.Keys(s.Accounts)) {
		if (c.account == "" || id == c.account) && (c.shop == "" || s.Shops[c.shop].Account == id) {
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
