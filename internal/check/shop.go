package check

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/cartumsync/cartumsync/internal/cartum"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/refdata"
	"github.com/cartumsync/cartumsync/internal/settings"
)

// shopNames are what findings about a shop call its keys.
type shopNames struct{ url, login string }

// Shop judges a shop's settings by what the shop and its account say. Currency
// is the account's.
func (w Words) Shop(id string, set settings.Shop, currency string, says refdata.Shop, account refdata.Account) Section {
	at := "shops." + id
	s := w.section("Shop %s, %s, %s", id, set.Name, set.URL)
	if !set.Enabled {
		s.Find(Remark, at+".enabled", "the shop is switched off: it is not polled for changes, its webhooks are refused, and its orders wait")
	}
	names := shopNames{url: at + ".url", login: at + ".login, " + at + ".password"}
	read := s.logIn(names, says)
	if read {
		s.shopCurrency(at+".account", currency, says.Currencies)
		read = s.statusesRead(names, says)
		s.cartumFailed(names, s.words.Sprintf("its orders"), says.OrdersFailure)
		s.cartumFailed(names, s.words.Sprintf("its catalogue"), says.CatalogueFailure)
	}
	if set.WebhookKey.Reveal() == "" {
		s.Find(Remark, at+".webhook_key", "none: Cartum's webhooks are refused, and orders are found by polling alone")
	}
	owner := w.account(set.Account)
	if !account.Reached() {
		s.Find(Remark, at+".account", "the ids of %s are not checked, since it did not answer", owner)
	}
	s.id(at+".location", account.Lists[refdata.Locations], set.Location, owner)
	s.id(at+".order_type", account.Lists[refdata.OrderTypes], set.OrderType, owner)
	for i, manager := range set.Managers {
		s.id(fmt.Sprintf("%s.managers[%d]", at, i), account.Lists[refdata.Employees], manager, owner)
	}
	mapped := mappings{shop: w.shopDirectory(says.Statuses, set.Language, read), account: account.Lists[refdata.Statuses], owner: owner}
	s.mappings(at+".statuses.", set.Statuses, mapped)
	s.final(at+".final.", set, mapped)
	if read {
		s.showMappings(at, says.Statuses, set, mapped)
	}
	return s
}

// mappings are the statuses of both sides, and what the account is called.
type mappings struct {
	shop, account refdata.Directory
	owner         string
}

// ShopAlone lists the ids of a shop that is not in the settings; the flag and
// the variables are what it was given by.
func (w Words) ShopAlone(url, flag, variables string, says refdata.Shop) Section {
	s := w.section("Shop, %s", url)
	names := shopNames{url: flag, login: variables}
	if !s.logIn(names, says) {
		return s
	}
	if len(says.Currencies) > 0 {
		s.Find(Fine, "currencies", "%s", strings.Join(says.Currencies, ", "))
	}
	if s.statusesRead(names, says) {
		s.list(w.shopDirectory(says.Statuses, "", true))
	}
	return s
}

func (s *Section) logIn(names shopNames, says refdata.Shop) bool {
	if says.Login != nil {
		s.cartumFailed(names, s.words.Sprintf("the login"), says.Login)
		return false
	}
	s.Find(Fine, names.login, "accepted")
	return true
}

func (s *Section) statusesRead(names shopNames, says refdata.Shop) bool {
	s.cartumFailed(names, s.words.Sprintf("its statuses"), says.StatusesFailure)
	return says.StatusesFailure == nil
}

// cartumFailed names the settings' key that is to be fixed, if anything failed.
func (s *Section) cartumFailed(names shopNames, what string, f *refdata.Failure) {
	if f == nil {
		return
	}
	switch cartum.Kind(f.Kind) {
	case cartum.Credentials:
		s.Find(Problem, names.login, "the shop refuses them: %s; create a user in Cartum's panel, Settings > Users, and put its login and password into the variables that the settings name", f.Text)
	case cartum.Unavailable:
		s.Find(Problem, names.url, "the shop does not answer for %s: %s; check the address, and that the shop's plan includes the API", what, f.Text)
	default:
		s.Find(Problem, names.url, "the shop does not give %s: %s", what, f.Text)
	}
}

// shopCurrency compares what the shop sells in with the account's currency:
// orders in another one are held.
func (s *Section) shopCurrency(key, want string, isos []string) {
	switch {
	case len(isos) == 0:
		s.Find(Remark, key, "the shop does not list its currencies; its orders must be in %s, the account's", want)
	case !slices.Contains(isos, want):
		s.Find(Problem, key, "the shop sells in %s, the account is in %s, so every order would be held; choose an account in the shop's currency, or change the shop's", strings.Join(isos, ", "), want)
	case len(isos) > 1:
		s.Find(Remark, key, "the shop sells in %s; orders that are not in %s, the account's, are held", strings.Join(isos, ", "), want)
	default:
		s.Find(Fine, key, "the shop sells in %s, the account's currency", want)
	}
}

// final tests the final statuses that the mappings, which are tested already, do
// not name.
func (s *Section) final(at string, set settings.Shop, m mappings) {
	for i, id := range set.Final.Shop {
		if _, mapped := set.Statuses.Import[id]; !mapped {
			s.id(fmt.Sprintf("%sshop[%d]", at, i), m.shop, id, s.words.Sprintf("the shop"))
		}
	}
	imported := slices.Collect(maps.Values(set.Statuses.Import))
	for i, id := range set.Final.Roapp {
		if _, exported := set.Statuses.Export[id]; !exported && !slices.Contains(imported, id) {
			s.id(fmt.Sprintf("%sroapp[%d]", at, i), m.account, id, m.owner)
		}
	}
	if len(set.Final.Shop) == 0 || len(set.Final.Roapp) == 0 {
		s.Find(Remark, strings.TrimSuffix(at, "."), "one side has no final status, so each order is synced for half a year")
	}
}

// shopDirectory is the shop's statuses with their titles in a language; in all
// languages where none is given.
func (w Words) shopDirectory(statuses []refdata.Status, language string, read bool) refdata.Directory {
	d := refdata.Directory{Kind: refdata.ShopStatuses, Read: read}
	for _, one := range statuses {
		d.Records = append(d.Records, numbered(int64(one.ID), TitleOf(one.Titles, language), w.yes(one.Successful)))
	}
	return d
}

func (w Words) yes(is bool) string {
	if is {
		return w.Sprintf("yes")
	}
	return ""
}

// TitleOf takes a status's title in the language, else all that there are.
// Cartum calls Ukrainian "ua" (docs/reference/cartum.md#statuses).
func TitleOf(titles map[string]string, language string) string {
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

// mappings tests the status ids of both maps on both sides.
func (s *Section) mappings(at string, set settings.Statuses, m mappings) {
	for _, from := range slices.Sorted(maps.Keys(set.Import)) {
		s.mapping(fmt.Sprintf("%simport.%d", at, from), m.shop, m.account, from, set.Import[from], s.words.Sprintf("the shop"), m.owner)
	}
	for _, from := range slices.Sorted(maps.Keys(set.Export)) {
		key := fmt.Sprintf("%sexport.%d", at, from)
		s.mapping(key, m.account, m.shop, from, set.Export[from], m.owner, s.words.Sprintf("the shop"))
		if set.Export[from] == order.CancelledStatus {
			s.Find(Remark, key, "status %s locks an order in Cartum forever", strconv.Itoa(order.CancelledStatus))
		}
	}
}

// mapping tells one entry of a map by its names, or which of its sides is not
// there.
func (s *Section) mapping(key string, fromIn, toIn refdata.Directory, from, to any, fromOwner, toOwner string) {
	fromName, fromExists := fromIn.Name(fmt.Sprint(from))
	toName, toExists := toIn.Name(fmt.Sprint(to))
	if fromExists && toExists {
		s.Find(Fine, key, "%s %q becomes %s %q", fmt.Sprint(from), fromName, fmt.Sprint(to), toName)
		return
	}
	if !fromExists {
		s.id(key, fromIn, from, fromOwner)
	}
	if !toExists {
		s.id(key, toIn, to, toOwner)
	}
}

// showMappings lists the statuses of both sides with what becomes of each.
func (s *Section) showMappings(at string, statuses []refdata.Status, set settings.Shop, m mappings) {
	rows := make([][]string, 0, len(m.shop.Records))
	var unmapped []string
	for i, one := range m.shop.Records {
		to, mapped := set.Statuses.Import[statuses[i].ID]
		if !mapped {
			unmapped = append(unmapped, one.ID+" "+one.Name)
		}
		rows = append(rows, []string{one.ID, one.Name, one.More[0], s.becomes(mapped, strconv.FormatInt(to, 10), m.account)})
	}
	if len(unmapped) > 0 {
		s.Find(Remark, at+".statuses.import", "not mapped: %s; orders in such a status keep theirs in RO App, and their rows warn", strings.Join(unmapped, ", "))
	}
	s.Lists = append(s.Lists, List{s.words.kind(refdata.ShopStatuses), s.words.columns("ID", "NAME", "SUCCESSFUL", "BECOMES IN RO APP"), rows})
	if !m.account.Read {
		return
	}
	rows = nil
	for _, one := range m.account.Records {
		id, _ := strconv.ParseInt(one.ID, 10, 64)
		to, mapped := set.Statuses.Export[id]
		rows = append(rows, []string{one.ID, one.Name, one.More[0], s.becomes(mapped, strconv.Itoa(to), m.shop)})
	}
	s.Lists = append(s.Lists, List{s.words.Sprintf("statuses of %s", m.owner), s.words.columns("ID", "NAME", "GROUP", "BECOMES IN CARTUM"), rows})
}

func (s *Section) becomes(mapped bool, to string, in refdata.Directory) string {
	if !mapped {
		return s.words.Sprintf("(not mapped: changes nothing)")
	}
	name, _ := in.Name(to)
	return strings.TrimSpace(to + " " + name)
}
