package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cartumsync/cartumsync/internal/facts"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/roapp"
	"github.com/cartumsync/cartumsync/internal/settings"
)

// accountNames are what findings about an account call it and its keys.
type accountNames struct{ title, url, key string }

// Account judges an account's own settings by what the account says.
func Account(id string, a settings.Account, says facts.Account) Section {
	at := "accounts." + id
	s := Section{Title: fmt.Sprintf("RO App account %s, %s", id, a.URL)}
	names := accountNames{title: titleOfAccount(id), url: at + ".url", key: at + ".api_key"}
	if !s.company(names, says) {
		return s
	}
	s.accountCurrency(at+".currency", a.Currency, says.Company)
	if a.WebhookSecret.Reveal() == "" {
		s.Find(Remark, at+".webhook_secret", "none: RO App's webhooks are not accepted, and changes are seen by asking alone")
	}
	s.failures(names, says)
	s.id(at+".piece_unit", says.Lists[facts.Units], a.PieceUnit, names.title)
	s.id(at+".fallback_category", says.Lists[facts.Categories], a.FallbackCategory, names.title)
	s.customFields(at+".fields.", a.Fields, names.title, says.Lists[facts.CustomFields])
	s.accountLists(says)
	return s
}

func titleOfAccount(id string) string { return "account " + id }

// AccountAlone lists the ids of an account that is not in the settings: url is
// where it is, and the flag and the variable are what the address and the key
// were given by.
func AccountAlone(url, flag, variable string, says facts.Account) Section {
	s := Section{Title: "RO App, " + url}
	names := accountNames{title: url, url: flag, key: variable}
	if !s.company(names, says) {
		return s
	}
	if says.Company.Currency != "" {
		s.Find(Fine, "currency", "%s", says.Company.Currency)
	}
	s.failures(names, says)
	s.accountLists(says)
	return s
}

// company tells whether address and key are good.
func (s *Section) company(names accountNames, says facts.Account) bool {
	if failure := says.Company.Failure; failure != nil {
		s.roappFailed(names, "the company", *failure)
	}
	if !says.Reached() {
		return false
	}
	text := "accepted"
	if name := says.Company.Name; name != "" {
		text = fmt.Sprintf("accepted; the company is %q", name)
	}
	s.Find(Fine, names.key, "%s", text)
	return true
}

// failures tells of the lists that could not be read.
func (s *Section) failures(names accountNames, says facts.Account) {
	for _, kind := range facts.AccountLists() {
		if failure := says.Lists[kind].Failure; failure != nil {
			s.roappFailed(names, string(kind), *failure)
		}
	}
}

// roappFailed names the settings' key that is to be mended.
func (s *Section) roappFailed(names accountNames, what string, f facts.Failure) {
	switch roapp.Kind(f.Kind) {
	case roapp.Credentials:
		s.Find(Problem, names.key, "RO App refuses the key: %s; copy it from RO App, Settings > API, into the variable that the settings name", f.Text)
	case roapp.Forbidden:
		s.Find(Problem, names.key, "the key may not read %s: %s; give its employee the right in RO App", what, f.Text)
	case roapp.Throttled:
		s.Find(Problem, names.key, "RO App's limit of requests is used up by others: %s; check again in a minute, or look who else uses the key", f.Text)
	case roapp.NotFound, roapp.Unavailable:
		s.Find(Problem, names.url, "RO App does not answer for %s: %s; check the address and the network", what, f.Text)
	default:
		s.Find(Problem, names.url, "%s cannot be read: %s", what, f.Text)
	}
}

func (s *Section) accountCurrency(key, configured string, company facts.Company) {
	switch {
	case company.Currency == "":
		s.Find(Remark, key, "%s; RO App's API does not tell the account's currency, so compare it by hand", configured)
	case strings.EqualFold(company.Currency, configured):
		s.Find(Fine, key, "%s, as in RO App", configured)
	default:
		s.Find(Problem, key, "RO App's account is in %s, the settings say %s; write %s", company.Currency, configured, company.Currency)
	}
}

func (s *Section) accountLists(says facts.Account) {
	for _, kind := range facts.AccountLists() {
		s.list(says.Lists[kind])
	}
}

// customFields finds each configured field by id or by title, as the import
// does, and whether it can hold what it is for
// (docs/reference/roapp.md#custom-fields).
func (s *Section) customFields(at string, f settings.CustomFields, account string, fields facts.Directory) {
	const text, number, moment = "text", "number", "time"
	for _, field := range []struct {
		key, configured string
		holds           []string
		without         string
	}{
		{"shop", f.Shop, []string{text}, "the shop's name is not shown on orders"},
		{"external_id", f.ExternalID, []string{text, number}, "Cartum's number goes into the manager's notes"},
		{"created", f.Created, []string{text, moment}, "the time of creation in Cartum is not shown on orders"},
		{"last_updated", f.LastUpdated, []string{text, moment}, "the time of the last sync is not shown on orders"},
	} {
		key := at + field.key
		switch found, ok := fieldOf(fields, field.configured); {
		case field.configured == "":
			s.Find(Remark, key, "none: %s", field.without)
		case !fields.Read: // that they could not be listed is a finding of its own
		case !ok:
			s.Find(Problem, key, "%s has no custom field of orders with the id or title %q; make one in RO App, or write one of its list", account, field.configured)
		case unfitting(found, field.holds):
			s.Find(Problem, key, "%s %q is a field of the type %s; choose one for %s", found.ID, found.Name, typeOf(found), strings.Join(field.holds, " or "))
		default:
			s.Find(Fine, key, "%s is %q", found.ID, found.Name)
		}
	}
}

func fieldOf(d facts.Directory, configured string) (facts.Record, bool) {
	i := slices.IndexFunc(d.Records, func(r facts.Record) bool { return r.ID == configured || order.SameText(r.Name, configured) })
	if i < 0 {
		return facts.Record{}, false
	}
	return d.Records[i], true
}

// typeOf is a custom field's type in words.
func typeOf(field facts.Record) string { return strings.Join(field.More, " ") }

// unfitting leaves types that are not known in peace.
func unfitting(field facts.Record, holds []string) bool {
	return !strings.HasPrefix(typeOf(field), "?") && !slices.Contains(holds, typeOf(field))
}
