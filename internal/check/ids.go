package check

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/cartumsync/cartumsync/internal/cartum"
	"github.com/cartumsync/cartumsync/internal/roapp"
)

// withoutSettings lists the ids of services whose address and key are all that
// is known.
func (c *checker) withoutSettings(ctx context.Context) error {
	if c.Account != "" || c.Shop != "" {
		return errors.New("--account and --shop choose from the settings; --roapp-url and --cartum-url do without")
	}
	keys, err := c.credentials("--roapp-url", c.RoappURL, "ROAPP_API_KEY")
	if err != nil {
		return err
	}
	logins, err := c.credentials("--cartum-url", c.CartumURL, "CARTUM_LOGIN", "CARTUM_PASSWORD")
	if err != nil {
		return err
	}
	if keys != nil {
		says := AskAccount(ctx, roapp.New(roapp.Config{URL: c.RoappURL, APIKey: keys[0], Timeout: serviceTimeout}))
		c.add(Words{}.AccountAlone(c.RoappURL, "--roapp-url", "ROAPP_API_KEY", says))
	}
	if logins != nil {
		says := AskShop(ctx, cartum.New(cartum.Config{URL: c.CartumURL, Login: logins[0], Password: logins[1], Timeout: serviceTimeout}), time.UTC)
		c.add(Words{}.ShopAlone(c.CartumURL, "--cartum-url", "CARTUM_LOGIN, CARTUM_PASSWORD", says))
	}
	return nil
}

// credentials are the variables that go with an address, nil without one.
func (c *checker) credentials(flag, address string, variables ...string) ([]string, error) {
	if address == "" {
		return nil, nil
	}
	if !safeAddress(address) {
		return nil, fmt.Errorf("%s: must be https:// and a host, with no path, query or login after it (http:// only for this machine)", flag)
	}
	values := make([]string, 0, len(variables))
	for _, name := range variables {
		value, _ := c.Env(name)
		if value == "" {
			return nil, fmt.Errorf("%s needs the environment variable %s", flag, name)
		}
		values = append(values, value)
	}
	return values, nil
}

// safeAddress accepts plain http only where a key does not leave the machine.
func safeAddress(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.Scheme+"://"+u.Host != strings.TrimSuffix(address, "/") {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}
