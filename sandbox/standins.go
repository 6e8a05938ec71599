package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/cartumsync/cartumsync/sandbox/cartum"
	"github.com/cartumsync/cartumsync/sandbox/roapp"
)

// behaviour is how a fake reads what the reference leaves open.
type behaviour struct {
	profile  string
	switches []string // name=value; values may hold commas
}

func (b *behaviour) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&b.profile, "profile", "documented", "what the stand-in does where the service's behaviour is not known: documented or flipped")
	flags.StringArrayVar(&b.switches, "switch", nil, "one such behaviour, as `name=value`; may be repeated; listed in docs/assumptions.md")
}

// over gives the profile's switches, changed by those set one by one.
func (b behaviour) over(profile map[string]string) (map[string]string, error) {
	switches := maps.Clone(profile)
	for _, text := range b.switches {
		name, value, ok := strings.Cut(text, "=")
		if !ok {
			return nil, fmt.Errorf("--switch %q: write name=value", text)
		}
		switches[name] = value
	}
	return switches, nil
}

// webhookRetry is the fakes' pause before a webhook is sent again. The service
// takes ten minutes; nobody in a sandbox waits so long.
const webhookRetry = 10 * time.Second

// openCartum turns the panic about a switch that does not exist into an error,
// for here a person sets switches.
func openCartum(o cartum.Options, b behaviour) (server *cartum.Server, err error) {
	profile, err := cartum.Profile(b.profile)
	if err != nil {
		return nil, err
	}
	if o.Switches, err = b.over(profile); err != nil {
		return nil, err
	}
	defer func() {
		if refusal := recover(); refusal != nil {
			err = fmt.Errorf("%v", refusal)
		}
	}()
	o.WebhookRetry = webhookRetry
	return cartum.New(o), nil
}

func openRoapp(o roapp.Options, b behaviour) (*roapp.Server, error) {
	profile := roapp.Profile(b.profile)
	if profile == nil {
		return nil, fmt.Errorf("no profile %q: it is documented or flipped", b.profile)
	}
	var err error
	if o.Switches, err = b.over(profile); err != nil {
		return nil, err
	}
	if err := roapp.CheckSwitches(o.Switches); err != nil {
		return nil, err
	}
	return roapp.New(o), nil
}

// serve answers until ctx ends. Requests that a fault holds do not keep it.
func serve(ctx context.Context, l net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func listenAndServe(cmd *cobra.Command, address, what string, handler http.Handler) error {
	var lc net.ListenConfig
	l, err := lc.Listen(cmd.Context(), "tcp", address)
	if err != nil {
		return err
	}
	cmd.Printf("%s listens on %s\n", what, l.Addr())
	return serve(cmd.Context(), l, handler)
}

func cartumCommand() *cobra.Command {
	var listen, zone string
	var o cartum.Options
	var b behaviour
	cmd := &cobra.Command{
		Use:          "cartum",
		Short:        "Run the stand-in of one Cartum shop alone",
		Args:         cobra.NoArgs,
		SilenceUsage: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if o.TimeZone, err = time.LoadLocation(zone); err != nil {
				return fmt.Errorf("--time-zone: %w", err)
			}
			stand, err := openCartum(o, b)
			if err != nil {
				return err
			}
			defer stand.Close()
			return listenAndServe(cmd, listen, "Cartum's stand-in", stand)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&listen, "listen", ":8081", "address of the shop's API and of the sandbox's own requests")
	flags.StringVar(&o.Login, "login", cartumLogin, "the API user's login")
	flags.StringVar(&o.Password, "password", cartumPassword, "the API user's password")
	flags.StringVar(&o.Currency, "currency", "PLN", "the shop's currency, ISO 4217")
	flags.StringVar(&zone, "time-zone", "Europe/Warsaw", "the shop's time zone, an IANA name")
	flags.StringSliceVar(&o.Languages, "languages", []string{"pl", "en"}, `keys of the shop's languages, the main one first; Ukrainian is "ua"`)
	flags.DurationVar(&o.WebhookDelay, "webhook-delay", time.Second, "time from an event to its webhook; the service takes up to 5m")
	b.addFlags(flags)
	return cmd
}

func roappCommand() *cobra.Command {
	var listen string
	var o roapp.Options
	var b behaviour
	cmd := &cobra.Command{
		Use:          "roapp",
		Short:        "Run the stand-in of one RO App account alone",
		Args:         cobra.NoArgs,
		SilenceUsage: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			stand, err := openRoapp(o, b)
			if err != nil {
				return err
			}
			defer stand.Close()
			return listenAndServe(cmd, listen, "RO App's stand-in", stand)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&listen, "listen", ":8082", "address of the account's API and of the sandbox's own requests")
	flags.StringVar(&o.APIKey, "key", roappKey, "the account's API key")
	flags.StringVar(&o.Currency, "currency", "PLN", "the account's currency, ISO 4217")
	flags.BoolVar(&o.CustomFields, "custom-fields", true, "whether orders have the custom fields Shop, External ID, Created and Last updated")
	flags.StringVar(&o.WebhookURL, "webhook-url", "", "URL that gets the account's webhooks; empty: none are sent")
	flags.StringVar(&o.WebhookSecret, "webhook-secret", "", "key of the webhooks' signature, as in the settings' webhook_secret")
	b.addFlags(flags)
	return cmd
}
