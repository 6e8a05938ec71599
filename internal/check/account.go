package check

import (
	"maps"
	"slices"
	"strings"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/refdata"
	"github.com/cartumsync/cartumsync/internal/roapp"
	"github.com/cartumsync/cartumsync/internal/settings"
)

// accountNames are what findings about an account call it and its keys.
type accountNames struct{ title, url, key string }

// Account judges an account's own settings by what the account says.
func (w Words) Account(id string, a settings.Account, says refdata.Account) Section {
	at := "accounts." + id
	s := w.section("RO App account %s, %s", id, a.URL)
	names := accountNames{title: w.account(id), url: at + ".url", key: at + ".api_key"}
	if !s.company(names, says) {
		return s
	}
	s.accountCurrency(at+".currency", a.Currency, says.Company)
	if a.WebhookSecret.Reveal() == "" {
		s.Find(Remark, at+".webhook_secret", "none: RO App's webhooks are not accepted, and changes are seen by polling alone")
	}
	s.failures(names, says)
	s.catalogue(at, a, says)
	if says.Lists[refdata.Organizations].Unfiltered {
		s.Find(Remark, "organizations", "RO App does not search its organizations by phone: only its first page of them is compared, so a company may get a second contact, a person")
	}
	s.id(at+".piece_unit", says.Lists[refdata.Units], a.PieceUnit, names.title)
	s.id(at+".fallback_category", says.Lists[refdata.Categories], a.FallbackCategory, names.title)
	s.customFields(at+".fields.", a.Fields, names.title, says.Lists[refdata.CustomFields])
	ours := []string{a.Fields.Shop, a.Fields.ExternalID, a.Fields.Created, a.Fields.LastUpdated}
	s.givenFields(at+".order_fields", s.words.one(refdata.CustomFields), a.OrderFields, ours, names.title, says.Lists[refdata.CustomFields])
	s.givenFields(at+".contact_fields", s.words.one(refdata.PeopleFields), a.ContactFields, nil, names.title, says.Lists[refdata.PeopleFields])
	s.accountLists(says)
	return s
}

// catalogue tells which of RO App's catalogues is used, and of what type new
// products are there.
func (s *Section) catalogue(at string, a settings.Account, says refdata.Account) {
	products, types := says.Lists[refdata.Products], says.Lists[refdata.ProductTypes]
	if !products.Read {
		return // that they cannot be read is a finding of its own
	}
	if products.Catalogue == a.Catalog {
		s.Find(Fine, at+".catalog", "the %s catalogue answers", a.Catalog)
	} else {
		s.Find(Fine, at+".catalog", "%s: the %s catalogue is used", a.Catalog, products.Catalogue)
	}
	if products.Catalogue == string(roapp.CatalogueLegacy) {
		s.Find(Remark, at+".catalog", "RO App announced the end of its legacy catalogue; with auto the v2 catalogue is used afterwards")
	}
	switch {
	case !types.Read:
	case a.ProductType != 0:
		s.id(at+".product_type_id", types, a.ProductType, s.words.account(strings.TrimPrefix(at, "accounts.")))
	case len(types.Records) == 0:
		s.Find(Problem, at+".product_type_id", "the account has no product type, so no product can be created; add one in RO App")
	default:
		s.Find(Remark, at+".product_type_id", "none: new products get the first type, %s %q", types.Records[0].ID, types.Records[0].Name)
	}
}

// givenFields checks the values that the settings give new records, and whether
// the fields that the account requires have one.
func (s *Section) givenFields(key, of string, given map[string]string, ours []string, account string, fields refdata.Directory) {
	if !fields.Read {
		return
	}
	for _, configured := range slices.Sorted(maps.Keys(given)) {
		if found, ok := fieldOf(fields, configured); ok {
			s.Find(Fine, key+"."+configured, "%s is %q", found.ID, found.Name)
		} else {
			s.Find(Problem, key+"."+configured, "%s has no %s %q; use an id or a title of its list", account, of, configured)
		}
	}
	for _, field := range fields.Records {
		if Required(field) && !Given(field, given, ours) {
			s.Find(Problem, key, "%s requires the %s %s %q; give it a value, for example %s: {%s: \"\"}", account, of, field.ID, field.Name, lastPart(key), field.ID)
		}
	}
}

// Required tells whether new records must have the custom field.
func Required(field refdata.Record) bool { return slices.Contains(field.More, requiredText) }

// Given tells whether new records get the custom field: the settings give it a value, or it is one that the exchange fills.
func Given(field refdata.Record, given map[string]string, ours []string) bool {
	is := func(name string) bool { return name == field.ID || order.SameText(name, field.Name) }
	return slices.ContainsFunc(slices.Collect(maps.Keys(given)), is) || slices.ContainsFunc(ours, is)
}

func lastPart(key string) string { return key[strings.LastIndex(key, ".")+1:] }

func (w Words) account(id string) string { return w.Sprintf("account %s", id) }

// AccountAlone lists the ids of an account that is not in the settings: url is
// where it is, and the flag and the variable are what the address and the key
// were given by.
func (w Words) AccountAlone(url, flag, variable string, says refdata.Account) Section {
	s := w.section("RO App, %s", url)
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
func (s *Section) company(names accountNames, says refdata.Account) bool {
	failure := says.Company.Failure
	switch {
	case failure != nil && failure.Kind == string(roapp.Missing) && !says.Reached():
		s.Find(Problem, names.url, "there is no RO App API at this address: %s, and so all others; it is https://api.roapp.io as a rule", failure.Text)
	case failure != nil:
		s.roappFailed(names, s.words.Sprintf("the company"), *failure)
	}
	if !says.Reached() {
		return false
	}
	if name := says.Company.Name; name != "" {
		s.Find(Fine, names.key, "accepted; the company is %q", name)
	} else {
		s.Find(Fine, names.key, "accepted")
	}
	return true
}

// failures tells of the lists that could not be read.
func (s *Section) failures(names accountNames, says refdata.Account) {
	told := map[string]bool{}
	for _, kind := range refdata.AccountReads() {
		failure := says.Lists[kind].Failure
		if failure == nil || told[failure.Text] {
			continue // one endpoint that several need is one finding
		}
		told[failure.Text] = true
		s.roappFailed(names, s.words.kind(kind), *failure)
	}
}

// roappFailed names the settings' key that is to be fixed.
func (s *Section) roappFailed(names accountNames, what string, f refdata.Failure) {
	switch roapp.Kind(f.Kind) {
	case roapp.Credentials:
		s.Find(Problem, names.key, "RO App refuses the key: %s; copy it from RO App, Settings > API, into the variable that the settings name", f.Text)
	case roapp.Forbidden:
		s.Find(Problem, names.key, "the key may not read %s: %s; give its employee the right in RO App", what, f.Text)
	case roapp.Throttled:
		s.Find(Problem, names.key, "RO App's limit of requests is used up by others: %s; check again in a minute, or look who else uses the key", f.Text)
	case roapp.Missing:
		s.Find(Problem, names.url, "RO App does not offer %s: %s; the address is right, since other requests are answered; orders wait for this one", what, f.Text)
	case roapp.NotFound, roapp.Unavailable:
		s.Find(Problem, names.url, "RO App does not answer for %s: %s; check the address and the network", what, f.Text)
	default:
		s.Find(Problem, names.url, "%s cannot be read: %s", what, f.Text)
	}
}

func (s *Section) accountCurrency(key, configured string, company refdata.Company) {
	switch {
	case company.Currency == "":
		s.Find(Remark, key, "%s; RO App's API does not give the account's currency, so compare it by hand", configured)
	case strings.EqualFold(company.Currency, configured):
		s.Find(Fine, key, "%s, as in RO App", configured)
	default:
		s.Find(Problem, key, "RO App's account is in %s, the settings say %s; write %s", company.Currency, configured, company.Currency)
	}
}

func (s *Section) accountLists(says refdata.Account) {
	for _, kind := range refdata.AccountLists() {
		s.list(says.Lists[kind])
	}
}

// customFields finds each configured field by id or by title, as the import
// does, and whether it can hold what it is for
// (docs/reference/roapp.md#custom-fields).
func (s *Section) customFields(at string, f settings.CustomFields, account string, fields refdata.Directory) {
	const text, number, moment = "text", "number", "time"
	for _, field := range []struct {
		key, configured string
		holds           []string
		without         string
	}{
		{"shop", f.Shop, []string{text}, "none: the shop's name is not shown on orders"},
		{"external_id", f.ExternalID, []string{text, number}, "none: Cartum's number goes into the manager's notes"},
		{"created", f.Created, []string{text, moment}, "none: the time of creation in Cartum is not shown on orders"},
		{"last_updated", f.LastUpdated, []string{text, moment}, "none: the time of the last sync is not shown on orders"},
	} {
		key := at + field.key
		switch found, ok := fieldOf(fields, field.configured); {
		case field.configured == "":
			s.Find(Remark, key, "%s", s.words.text(field.without))
		case !fields.Read: // that they could not be listed is a finding of its own
		case !ok:
			s.Find(Problem, key, "%s has no %s %q; create it in RO App, or use an id or a title of its list", account, s.words.one(refdata.CustomFields), field.configured)
		case unfitting(found, field.holds):
			s.Find(Problem, key, "%s %q is a field of the type %s; choose one of these types: %s", found.ID, found.Name, typeOf(found), strings.Join(field.holds, ", "))
		default:
			s.Find(Fine, key, "%s is %q", found.ID, found.Name)
		}
	}
}

func fieldOf(d refdata.Directory, configured string) (refdata.Record, bool) {
	i := slices.IndexFunc(d.Records, func(r refdata.Record) bool { return r.ID == configured || order.SameText(r.Name, configured) })
	if i < 0 {
		return refdata.Record{}, false
	}
	return d.Records[i], true
}

// typeOf is a custom field's type in words.
func typeOf(field refdata.Record) string {
	if len(field.More) == 0 {
		return ""
	}
	return field.More[0]
}

// unfitting leaves types that are not known in peace.
func unfitting(field refdata.Record, holds []string) bool {
	return !strings.HasPrefix(typeOf(field), "?") && !slices.Contains(holds, typeOf(field))
}
