package main

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/activities"
	"github.com/cartumsync/cartumsync/internal/check"
	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/process"
	"github.com/cartumsync/cartumsync/workflows"
)

// errProblems ends a command whose report lists problems that need a change.
var errProblems = errors.New("there are problems")

// temporalTimeout is short, for somebody waits for the check.
const temporalTimeout = 5 * time.Second

func checkCommand(flags *process.Flags) *cobra.Command {
	o := check.Options{Env: os.LookupEnv, Temporal: engine.Options{Logger: zap.NewNop()}, TemporalTimeout: temporalTimeout}
	var alert bool
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
			o.SettingsPath = flags.SettingsPath
			if alert {
				o.SendAlert = testAlert
			}
			report, err := check.Run(cmd.Context(), o)
			if err != nil {
				return err
			}
			if _, err := io.WriteString(printable{cmd.OutOrStdout()}, check.Text(report)); err != nil {
				return err
			}
			if check.Count(report, check.Problem) > 0 {
				return errProblems
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&o.Account, "account", "", "only this account and its shops")
	cmd.Flags().StringVar(&o.Shop, "shop", "", "only this shop and its account")
	cmd.Flags().BoolVar(&alert, "alert", false, "send a test alert to the alert URL of the settings")
	cmd.Flags().StringVar(&o.RoappURL, "roapp-url", "", "without settings: list the ids of the RO App account of the key in ROAPP_API_KEY")
	cmd.Flags().StringVar(&o.CartumURL, "cartum-url", "", "without settings: list the ids of this shop, with CARTUM_LOGIN and CARTUM_PASSWORD")
	return cmd
}

// testAlert proves that alerts arrive, as far as the receiver answers.
func testAlert(ctx context.Context, url string) error {
	return activities.PostAlert(ctx, url, workflows.Alert{
		ID: "test:" + rand.Text(), Kind: workflows.AlertTest, At: time.Now().UTC(), Problem: "a test by starter check; nothing is wrong",
	})
}
