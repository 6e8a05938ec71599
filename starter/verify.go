package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cartumsync/cartumsync/internal/process"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/internal/verify"
)

// verifier finds out on a real shop and its account what no document says.
type verifier struct {
	env    func(string) (string, bool)
	yes    bool
	report string // path
	verify.Options
}

func verifyCommand(flags *process.Flags) *cobra.Command {
	v := verifier{env: os.LookupEnv}
	cmd := &cobra.Command{
		Use:   "verify --shop ID [--write]",
		Short: "Find out on the real shop and account what no document says of them",
		Long: "Verify compares what cartumsync assumes about Cartum and RO App (docs/assumptions.md) with what they do. It prints a\n" +
			"table: what is assumed, what is expected, what was seen, and what that means for your settings; and the lines of the\n" +
			"settings to change. It needs neither Temporal nor a worker, so it can be run before anything is set up for good.\n\n" +
			"Without --write it only reads. With --write it asks before each step (--yes: it does not ask), creates a contact, a\n" +
			"product and an order with clear names in RO App, and in the shop changes nothing but a test order that you place or\n" +
			"name with --order. It deletes what it can and lists what is left for you to delete. With --public-url it takes\n" +
			"webhooks as the starter would, so stop the starter before.\n\n" +
			"The report file has no personal data and no secret: please send it to the project.",
		Args:         cobra.NoArgs,
		SilenceUsage: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			loaded, err := settings.Load(flags.SettingsPath, v.env)
			if err != nil {
				return err
			}
			v.Settings = loaded
			return v.run(cmd.Context(), printable{cmd.OutOrStdout()}, printable{cmd.ErrOrStderr()}, cmd.InOrStdin())
		},
	}
	cmd.Flags().StringVar(&v.ShopID, "shop", "", "`id` of the shop in the settings")
	cmd.Flags().BoolVar(&v.Write, "write", false, "also create test records in RO App, and change the shop's test order")
	cmd.Flags().BoolVar(&v.yes, "yes", false, "agree to every step of --write; what only a person can do is left out")
	cmd.Flags().Int64Var(&v.Order, "order", 0, "`number` of a test order that was placed in the shop just now; --write cancels it")
	cmd.Flags().StringVar(&v.PublicURL, "public-url", "", "`URL` by which Cartum and RO App reach --listen")
	cmd.Flags().StringVar(&v.Listen, "listen", ":8080", "`address` to take webhooks at, with --public-url")
	cmd.Flags().StringVar(&v.report, "report", "", "`file` of the report; by default verify-SHOP-TIME.txt here")
	return cmd
}

// run verifies, prints the table, and writes the report.
func (v *verifier) run(ctx context.Context, out, progress io.Writer, answers io.Reader) error {
	if err := knownShop(v.Settings, v.ShopID); err != nil {
		return err
	}
	if v.Order < 0 {
		return fmt.Errorf("%d is no order: numbers are above 0", v.Order)
	}
	v.Person = &atTerminal{answers: bufio.NewReader(answers), questions: progress, agreed: v.yes}
	v.Progress = func(done, all int, assumption string) {
		_, _ = fmt.Fprintf(progress, "%2d/%d  %s\n", done+1, all, assumption) // what is shown is worth no failure
	}
	report, err := verify.Run(ctx, v.Options)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(out, report.Text()); err != nil {
		return err
	}
	path := cmp.Or(v.report, fmt.Sprintf("verify-%s-%s.txt", v.ShopID, report.At.Format("20060102-150405")))
	if err := os.WriteFile(path, []byte(report.File()), 0o600); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	if _, err := fmt.Fprintf(out, "\nThe report for the project is in %s.\n", path); err != nil {
		return err
	}
	if report.Problems() > 0 {
		return errProblems
	}
	return ctx.Err()
}

// atTerminal asks the person at the terminal. Without one, or with an empty answer, nobody agrees and nothing was done.
type atTerminal struct {
	answers   *bufio.Reader
	questions io.Writer
	// agreed is set where nobody is to be asked.
	agreed bool
}

// Agrees implements [verify.Person].
func (p *atTerminal) Agrees(ctx context.Context, step string) bool {
	return p.agreed || p.ask(ctx, "May I "+step+"? [y/N] ")
}

// Did implements [verify.Person].
func (p *atTerminal) Did(ctx context.Context, work string) bool {
	return !p.agreed && p.ask(ctx, "Please "+work+". Is it done? [y/N] ")
}

// ask waits for a line, or for Ctrl-C.
func (p *atTerminal) ask(ctx context.Context, question string) bool {
	_, _ = io.WriteString(p.questions, question) // the answer shows whether somebody is there
	answered := make(chan string, 1)
	go func() {
		answer, _ := p.answers.ReadString('\n') // the end is no answer
		answered <- strings.ToLower(strings.TrimSpace(answer))
	}()
	select {
	case <-ctx.Done():
		return false
	case answer := <-answered:
		return answer == "y" || answer == "yes"
	}
}
