package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/cartumsync/cartumsync/internal/roapp"
)

// record is one row of a directory, such as a status or an employee.
type record struct {
	id, name string
	more     []string // further columns
}

// directory is one of a service's lists. One that could not be read judges no id.
type directory struct {
	title   string   // "order statuses"
	one     string   // "order status"
	columns []string // after ID and NAME
	records []record
	read    bool
}

func (d directory) name(id string) (string, bool) {
	i := slices.IndexFunc(d.records, func(r record) bool { return r.id == id })
	if i < 0 {
		return "", false
	}
	return d.records[i].name, true
}

// sort orders by id, numbers by their value.
func (d *directory) sort() {
	slices.SortFunc(d.records, func(a, b record) int {
		return cmp.Or(cmp.Compare(len(a.id), len(b.id)), cmp.Compare(a.id, b.id))
	})
}

func (r *report) directory(d directory) {
	if !d.read {
		return
	}
	rows := make([][]string, 0, len(d.records))
	for _, one := range d.records {
		rows = append(rows, append([]string{one.id, one.name}, one.more...))
	}
	r.list(d.title, append([]string{"ID", "NAME"}, d.columns...), rows)
}

// id finds out whether an id of the settings is in the directory.
func (r *report) id(key string, d directory, id any, where string) {
	text := fmt.Sprint(id)
	name, exists := d.name(text)
	switch {
	case !d.read: // that it could not be listed is a finding of its own
	case exists:
		r.find(fine, key, "%s is %q", text, name)
	case len(d.records) == 0:
		r.find(problem, key, "%s has no %s at all; make one there and write its id", where, d.title)
	default:
		r.find(problem, key, "%s has no %s %s; write an id of its list of %s", where, d.one, text, d.title)
	}
}

// withoutSettings lists the ids of services whose address and key are all that
// is known.
func (c *checker) withoutSettings(ctx context.Context) error {
	if c.account != "" || c.shop != "" {
		return errors.New("--account and --shop choose from the settings; --roapp-url and --cartum-url do without")
	}
	var account, shop func()
	if c.roappURL != "" {
		values, err := c.credentials("--roapp-url", c.roappURL, "ROAPP_API_KEY")
		if err != nil {
			return err
		}
		account = func() {
			c.listAccount(ctx, accountNames{title: c.roappURL, url: "--roapp-url", key: "ROAPP_API_KEY"},
				roapp.New(roapp.Config{URL: c.roappURL, APIKey: values[0], Timeout: serviceTimeout}))
		}
	}
	if c.cartumURL != "" {
		values, err := c.credentials("--cartum-url", c.cartumURL, "CARTUM_LOGIN", "CARTUM_PASSWORD")
		if err != nil {
			return err
		}
		shop = func() { c.listShop(ctx, values[0], values[1]) }
	}
	for _, list := range []func(){account, shop} {
		if list != nil {
			list()
		}
	}
	return nil
}

// credentials are the variables that go with an address.
func (c *checker) credentials(flag, address string, variables ...string) ([]string, error) {
	if !safeAddress(address) {
		return nil, fmt.Errorf("%s: must be https:// and a host, with no path, query or login after it (http:// only for this machine)", flag)
	}
	values := make([]string, 0, len(variables))
	for _, name := range variables {
		value, _ := c.env(name)
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
