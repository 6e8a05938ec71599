package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/cartumsync/cartumsync/internal/cartum"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/settings"
)

// shopNames are what findings about a shop call its keys.
type shopNames struct{ url, login string }

// checkShop tests the login, the ids of both sides and the currency. Currency is
// the account's, d its lists.
func (c *checker) checkShop(ctx context.Context, id string, s settings.Shop, currency string, d directories) {
	at := "shops." + id
	c.report.section("Shop %s, %s, %s", id, s.Name, s.URL)
	if !s.Enabled {
		c.report.find(remark, at+".enabled", "the shop is switched off: it is not asked for changes, its webhooks are refused, and its orders wait")
	}
	client := cartum.New(cartum.Config{
		URL: s.URL, Login: s.Login.Reveal(), Password: s.Password.Reveal(), RequestsPerSecond: s.RequestsPerSecond, Timeout: serviceTimeout,
	})
	names := shopNames{url: at + ".url", login: at + ".login, " + at + ".password"}
	var statuses []cartum.Status
	read := c.logIn(ctx, names, client)
	if read {
		c.shopCurrency(ctx, id, currency, client)
		statuses, read = c.shopStatuses(ctx, names, client)
	}
	if s.WebhookKey.Reveal() == "" {
		c.report.find(remark, at+".webhook_key", "none: Cartum's webhooks are not taken, and orders are seen by sweeps alone")
	}
	if !d.reached {
		c.report.find(remark, at+".account", "the ids of %s are not checked, for it did not answer", d.account)
	}
	c.report.id(at+".location", d.locations, s.Location, d.account)
	c.report.id(at+".order_type", d.types, s.OrderType, d.account)
	for i, manager := range s.Managers {
		c.report.id(fmt.Sprintf("%s.managers[%d]", at, i), d.employees, manager, d.account)
	}
	c.checkMappings(at+".statuses.", s.Statuses, shopDirectory(statuses, s.Language, read), d)
	c.checkFinal(at+".final.", s, shopDirectory(statuses, s.Language, read), d)
	if read {
		c.showMappings(at, statuses, s, d)
	}
}

// checkFinal tests the final statuses that the mappings, which are tested
// already, do not name.
func (c *checker) checkFinal(at string, s settings.Shop, shop directory, d directories) {
	for i, id := range s.Final.Shop {
		if _, mapped := s.Statuses.Import[id]; !mapped {
			c.report.id(fmt.Sprintf("%sshop[%d]", at, i), shop, id, "the shop")
		}
	}
	imported := slices.Collect(maps.Values(s.Statuses.Import))
	for i, id := range s.Final.Roapp {
		if _, exported := s.Statuses.Export[id]; !exported && !slices.Contains(imported, id) {
			c.report.id(fmt.Sprintf("%sroapp[%d]", at, i), d.statuses, id, d.account)
		}
	}
	if len(s.Final.Shop) == 0 || len(s.Final.Roapp) == 0 {
		c.report.find(remark, strings.TrimSuffix(at, "."), "one side has no final status, so each order is watched for half a year")
	}
}

// listShop lists the ids of a shop that is not in the settings.
func (c *checker) listShop(ctx context.Context, login, password string) {
	c.report.section("Shop, %s", c.cartumURL)
	client := cartum.New(cartum.Config{URL: c.cartumURL, Login: login, Password: password, Timeout: serviceTimeout})
	names := shopNames{url: "--cartum-url", login: "CARTUM_LOGIN, CARTUM_PASSWORD"}
	if !c.logIn(ctx, names, client) {
		return
	}
	if isos, err := currencies(ctx, client); err == nil {
		c.report.find(fine, "currencies", "%s", strings.Join(isos, ", "))
	}
	if statuses, read := c.shopStatuses(ctx, names, client); read {
		c.report.directory(shopDirectory(statuses, "", true))
	}
}

func (c *checker) logIn(ctx context.Context, names shopNames, client *cartum.Client) bool {
	if err := client.Login(ctx); err != nil {
		c.cartumFailed(names, "the login", err)
		return false
	}
	c.report.find(fine, names.login, "accepted")
	return true
}

func (c *checker) shopStatuses(ctx context.Context, names shopNames, client *cartum.Client) ([]cartum.Status, bool) {
	statuses, err := client.Statuses(ctx)
	if err != nil {
		c.cartumFailed(names, "its statuses", err)
		return nil, false
	}
	return statuses, true
}

// cartumFailed names the settings' key that is to be mended.
func (c *checker) cartumFailed(names shopNames, what string, err error) {
	switch cartum.KindOf(err) {
	case cartum.Credentials:
		c.report.find(problem, names.login, "the shop refuses them: %v; make a user in Cartum's panel, Settings > Users, and put its login and password into the variables that the settings name", err)
	case cartum.Unavailable:
		c.report.find(problem, names.url, "the shop does not answer for %s: %v; check the address, and that the shop's plan includes the API", what, err)
	default:
		c.report.find(problem, names.url, "the shop does not give %s: %v", what, err)
	}
}

// shopCurrency compares what the shop sells in with the account's currency:
// orders in another one are held.
func (c *checker) shopCurrency(ctx context.Context, id, want string, client *cartum.Client) {
	key := "shops." + id + ".account"
	isos, err := currencies(ctx, client)
	switch {
	case err != nil || len(isos) == 0:
		c.report.find(remark, key, "the shop does not tell its currencies; its orders must be in %s, the account's", want)
	case !slices.Contains(isos, want):
		c.report.find(problem, key, "the shop sells in %s, the account is in %s, so every order would be held; choose an account in the shop's currency, or change the shop's", strings.Join(isos, ", "), want)
	case len(isos) > 1:
		c.report.find(remark, key, "the shop sells in %s; orders that are not in %s, the account's, are held", strings.Join(isos, ", "), want)
	default:
		c.report.find(fine, key, "the shop sells in %s, the account's currency", want)
	}
}

func currencies(ctx context.Context, client *cartum.Client) ([]string, error) {
	list, err := client.Currencies(ctx)
	isos := make([]string, 0, len(list))
	for _, one := range list {
		isos = append(isos, strings.ToUpper(one.ISO))
	}
	slices.Sort(isos)
	return isos, err
}

// shopDirectory is the shop's statuses with their titles in a language; in all
// languages where none is given.
func shopDirectory(statuses []cartum.Status, language string, read bool) directory {
	d := directory{title: "statuses of the shop", one: "status", columns: []string{"SUCCESSFUL"}, read: read}
	for _, s := range statuses {
		d.records = append(d.records, numbered(int64(s.ID), titleOf(s.Titles, language), yes(s.Successful)))
	}
	return d
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return ""
}

// titleOf takes the title in the language, else all that there are. Cartum
// calls Ukrainian "ua" (reference, cartum-api 4).
func titleOf(titles map[string]string, language string) string {
	if language == "uk" {
		language = cmp.Or(titles["ua"], titles["uk"])
	} else {
		language = titles[language]
	}
	if language != "" {
		return language
	}
	var all []string
	for _, key := range slices.Sorted(maps.Keys(titles)) {
		if title := titles[key]; title != "" && !slices.Contains(all, title) {
			all = append(all, title)
		}
	}
	return strings.Join(all, " / ")
}

// checkMappings tests the status ids of both maps on both sides.
func (c *checker) checkMappings(at string, s settings.Statuses, shop directory, d directories) {
	for _, from := range slices.Sorted(maps.Keys(s.Import)) {
		key := fmt.Sprintf("%simport.%d", at, from)
		c.mapping(key, shop, d.statuses, from, s.Import[from], "the shop", d.account)
	}
	for _, from := range slices.Sorted(maps.Keys(s.Export)) {
		key := fmt.Sprintf("%sexport.%d", at, from)
		c.mapping(key, d.statuses, shop, from, s.Export[from], d.account, "the shop")
		if s.Export[from] == order.CancelledStatus {
			c.report.find(remark, key, "status %d locks an order in Cartum for ever", order.CancelledStatus)
		}
	}
}

// mapping tells one entry of a map by its names, or which of its sides is not
// there.
func (c *checker) mapping(key string, fromIn, toIn directory, from, to any, fromOwner, toOwner string) {
	fromName, fromExists := fromIn.name(fmt.Sprint(from))
	toName, toExists := toIn.name(fmt.Sprint(to))
	if fromExists && toExists {
		c.report.find(fine, key, "%v %q becomes %v %q", from, fromName, to, toName)
		return
	}
	if !fromExists {
		c.report.id(key, fromIn, from, fromOwner)
	}
	if !toExists {
		c.report.id(key, toIn, to, toOwner)
	}
}

// showMappings lists the statuses of both sides with what becomes of each.
func (c *checker) showMappings(at string, statuses []cartum.Status, s settings.Shop, d directories) {
	shop := shopDirectory(statuses, s.Language, true)
	rows := make([][]string, 0, len(shop.records))
	var unmapped []string
	for i, one := range shop.records {
		to, mapped := s.Statuses.Import[statuses[i].ID]
		if !mapped {
			unmapped = append(unmapped, one.id+" "+one.name)
		}
		rows = append(rows, []string{one.id, one.name, one.more[0], becomes(mapped, strconv.FormatInt(to, 10), d.statuses)})
	}
	if len(unmapped) > 0 {
		c.report.find(remark, at+".statuses.import", "not mapped: %s; orders in such a status keep theirs in RO App, and their rows warn", strings.Join(unmapped, ", "))
	}
	c.report.list("statuses of the shop", []string{"ID", "NAME", "SUCCESSFUL", "BECOMES IN RO APP"}, rows)
	if !d.statuses.read {
		return
	}
	rows = nil
	for _, one := range d.statuses.records {
		id, _ := strconv.ParseInt(one.id, 10, 64)
		to, mapped := s.Statuses.Export[id]
		rows = append(rows, []string{one.id, one.name, one.more[0], becomes(mapped, strconv.Itoa(to), shop)})
	}
	c.report.list("statuses of "+d.account, []string{"ID", "NAME", "GROUP", "BECOMES IN CARTUM"}, rows)
}

func becomes(mapped bool, to string, in directory) string {
	if !mapped {
		return "(not mapped: changes nothing)"
	}
	name, _ := in.name(to)
	return strings.TrimSpace(to + " " + name)
}
