package settings

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/go-playground/validator/v10"
	"github.com/nyaruka/phonenumbers"

	"github.com/cartumsync/cartumsync/internal/order"
)

// remedies say for each rule of the struct tags what is wrong and what helps;
// {value} is what stands in the file, {param} the rule's parameter.
var remedies = map[string]string{
	"alert_url":      "must be a whole address that begins with https:// or http://",
	"base_url":       "must be https:// and a host, with no path, query or login after it (http:// only for localhost and names without a dot)",
	"bcrypt_hash":    `is no bcrypt hash of a cost from 10 to 15; make it with: starter password`,
	"callback_url":   "must be the starter's address as browsers reach it, with /login/oidc/callback at its end",
	"cidr":           "{value} is no network; write for example 10.0.0.5/32",
	"encryption_key": "is not the base64 of 32 bytes; make one with: openssl rand -base64 32",
	"header_name":    "{value} is no name of a header; write for example X-Forwarded-User",
	"held_after":     "must be from 1s to 24h, not {value}",
	"id":             `is no id; use up to 40 small letters, digits and hyphens, such as "kwiaty-2"`,
	"import_days":    "must be from 0 to 365 days, not {value}",
	"interval":       "must be from 10s to 1h, not {value}",
	"iso4217":        "{value} is no currency; write its ISO 4217 code, such as PLN",
	"issuer_url":     "must be https:// and a host, as the provider names itself, with no query after it (http:// only for localhost and names without a dot)",
	"link_url":       "must be a whole address, such as https://kwiaty.example/edit/, without a login in it",
	"long_secret":    "is shorter than 16 characters; make one with: openssl rand -hex 32",
	"max":            "is longer than {param} characters; shorten it",
	"min":            "is empty; write for example {example}",
	"oneof":          "{value} is not known; write one of: {param}",
	"pause":          "must be from 0s to 10m, not {value}",
	"rate":           "must be above 0 and at most 1000, not {value}",
	"recent_days":    "must be from 1 to 60 days, not {value}",
	"record_id":      `{value} is no id; ids are whole numbers above 0, and "starter check" lists them`,
	"record_key":     `the key is no id; ids are whole numbers above 0, and "starter check" lists them`,
	"region":         "{value} is no country; write its ISO 3166 code of two capital letters, such as PL",
	"session_secret": "is shorter than 32 characters; make one with: openssl rand -hex 32",
	"sha256_hex":     "is no SHA-256 in 64 hexadecimal digits; make it with: printf %s \"$TOKEN\" | sha256sum",
	"timeout":        "must be above 0s and at most 10m, not {value}",
	"timezone":       "{value} is no time zone; write its IANA name, such as Europe/Warsaw",
	"url_secret":     "must be at least 16 letters, digits, hyphens or underscores; make one with: openssl rand -hex 32",
	"window_days":    "must be from 1 to 365 days, not {value}",
}

// aliases are rules made of the validator's own.
var aliases = map[string]string{
	"held_after":     "gte=1s,lte=24h",
	"import_days":    "gte=0,lte=365",
	"interval":       "gte=10s,lte=1h",
	"long_secret":    "min=16",
	"pause":          "gte=0,lte=10m",
	"rate":           "gt=0,lte=1000",
	"recent_days":    "gte=1,lte=60",
	"record_id":      "gt=0",
	"record_key":     "gt=0",
	"session_secret": "min=32",
	"sha256_hex":     "len=64,hexadecimal",
	"timeout":        "gt=0,lte=10m",
	"window_days":    "gte=1,lte=365",
}

var urlSecret = regexp.MustCompile(`^[A-Za-z0-9_-]{16,}$`)

// texts are rules for a single text.
var texts = map[string]func(string) bool{
	"alert_url":      isAlertURL,
	"base_url":       isBaseURL,
	"bcrypt_hash":    isBcryptHash,
	"callback_url":   isCallbackURL,
	"encryption_key": func(key string) bool { _, err := EncryptionKey{Key: NewSecret(key)}.Bytes(); return err == nil },
	"header_name":    headerName.MatchString,
	"id":             order.ValidID,
	"issuer_url":     isIssuerURL,
	"link_url":       isLinkURL,
	"region":         func(region string) bool { return phonenumbers.GetSupportedRegions()[region] },
	"url_secret":     urlSecret.MatchString,
}

var fieldRules = newFieldRules()

// newFieldRules panics on a wrong rule, which every test would meet.
func newFieldRules() *validator.Validate {
	rules := validator.New()
	rules.RegisterTagNameFunc(func(field reflect.StructField) string { return field.Tag.Get("yaml") })
	rules.RegisterCustomTypeFunc(func(value reflect.Value) any { return value.Interface().(Secret).Reveal() }, Secret{})
	for name, tags := range aliases {
		rules.RegisterAlias(name, tags)
	}
	for name, valid := range texts {
		err := rules.RegisterValidation(name, func(field validator.FieldLevel) bool { return valid(field.Field().String()) })
		if err != nil {
			panic(err)
		}
	}
	return rules
}

// checkFields reports what breaks a rule of a single field.
func (d *document) checkFields(settings *Settings) {
	var broken validator.ValidationErrors
	errors.As(fieldRules.Struct(settings), &broken)
	for _, field := range broken {
		if !d.unread(field.Namespace()) {
			place := d.places[field.Namespace()]
			d.report(place, remedy(field, place))
		}
	}
}

func remedy(field validator.FieldError, at place) string {
	if at.absent || field.Tag() == "required" {
		return "is missing; write for example " + at.example
	}
	return strings.NewReplacer(
		"{value}", quote(at.written),
		"{param}", strings.ReplaceAll(field.Param(), " ", ", "),
		"{example}", at.example,
	).Replace(remedies[field.Tag()])
}

// checkReferences reports what does not fit together.
func (d *document) checkReferences(settings *Settings) {
	d.checkAccounts(settings)
	shops, accounts := root.key("shops"), root.key("accounts")
	var urls, keys, ids []claim
	for id, shop := range settings.Shops {
		urls = append(urls, claim{shops.entry(id).key("url"), hostOf(shop.URL)})
		d.checkSweep(shop.Sweep, shops.entry(id).key("sweep"))
		d.checkInitialImport(shops.entry(id).key("initial_import"))
	}
	for id, account := range settings.Accounts {
		at := accounts.entry(id)
		if key := account.APIKey.Reveal(); key != "" {
			keys = append(keys, claim{at.key("api_key"), hostOf(account.URL) + " " + key})
		}
		fields := at.key("fields")
		d.distinct("each custom field holds one thing", []claim{
			{fields.key("shop"), account.Fields.Shop},
			{fields.key("external_id"), account.Fields.ExternalID},
			{fields.key("created"), account.Fields.Created},
			{fields.key("last_updated"), account.Fields.LastUpdated},
		})
		d.checkOrderFields(account, at.key("order_fields"))
	}
	for i, key := range settings.Encryption {
		ids = append(ids, claim{root.key("encryption_keys").item(i).key("id"), key.ID})
	}
	d.distinct("a shop has one id for ever, take one of the two away", urls)
	d.distinct("accounts share no limit of requests, so one RO App account has one id; take one of the two away", keys)
	d.distinct("give each key its own id", ids)
	d.distinct("give each user and each token its own name", names(settings))
	d.checkTokens(settings.APITokens)
	d.checkPeople(settings)
}

// checkOrderFields keeps a field from getting two values.
func (d *document) checkOrderFields(account Account, at path) {
	ours := []string{account.Fields.Shop, account.Fields.ExternalID, account.Fields.Created, account.Fields.LastUpdated}
	for key := range account.OrderFields {
		if slices.Contains(ours, key) {
			d.report(d.places[at.entry(key).namespace], "is one of fields already, which the order exchange fills; take it away here")
		}
	}
}

func (d *document) checkTokens(tokens []APIToken) {
	var hashes []claim
	for i, token := range tokens {
		at := root.key("api_tokens").item(i)
		hashes = append(hashes, claim{at.key("sha256"), strings.ToLower(token.SHA256)})
	}
	d.distinct("give each program a token of its own", hashes)
}

func (d *document) checkSweep(s Sweep, at path) {
	if s.RecentEvery > s.WholeEvery {
		d.notMore(at.key("recent_every"), at.key("whole_every"), "recent orders are polled at least as often as all", s.RecentEvery, s.WholeEvery)
	}
	if s.RecentDays > s.WindowDays {
		d.notMore(at.key("recent_days"), at.key("window_days"), "recent orders are among all that are polled", s.RecentDays, s.WindowDays)
	}
}

// notMore reports two values of which the first must not be the larger one, at
// the one that stands in the file.
func (d *document) notMore(small, large path, why string, is, most any) {
	here, there := d.places[small.namespace], d.places[large.namespace]
	switch {
	case d.unread(small.namespace) || d.unread(large.namespace):
	case here.absent:
		d.report(there, fmt.Sprintf("%v is less than %s, which is %v where nothing else stands; %s", most, lastKey(small), is, why))
	default:
		d.report(here, fmt.Sprintf("%v is more than %s, which is %v; %s", is, lastKey(large), most, why))
	}
}

func lastKey(at path) string { return at.shown[strings.LastIndex(at.shown, ".")+1:] }

// checkInitialImport keeps an initial import from being asked for by a key that does
// not say of what.
func (d *document) checkInitialImport(at path) {
	days := at.key("days")
	place, known := d.places[days.namespace]
	if d.places[at.namespace].absent || !known || !place.absent || d.unread(days.namespace) {
		return
	}
	d.report(place, "is missing; write how many days back the initial import begins, for example "+place.example+", or take initial_import away")
}

func (d *document) checkAccounts(settings *Settings) {
	var accounts []string
	for _, id := range slices.Sorted(maps.Keys(settings.Accounts)) {
		accounts = append(accounts, printable(id))
	}
	for id, shop := range settings.Shops {
		at := root.key("shops").entry(id).key("account")
		_, known := settings.Accounts[shop.Account]
		if known || shop.Account == "" || len(accounts) == 0 {
			continue
		}
		place := d.places[at.namespace]
		d.report(place, "no account "+quote(place.written)+"; accounts are: "+strings.Join(accounts, ", "))
	}
}

// claim is a value that only one key may have; an empty one is no claim.
type claim struct {
	at    path
	value string
}

// distinct reports every claim whose value an earlier line of the file has.
func (d *document) distinct(remedy string, claims []claim) {
	slices.SortFunc(claims, func(a, b claim) int {
		here, there := d.places[a.at.namespace], d.places[b.at.namespace]
		return cmp.Or(cmp.Compare(here.line, there.line), cmp.Compare(here.column, there.column))
	})
	first := map[string]place{}
	for _, claim := range claims {
		here := d.places[claim.at.namespace]
		earlier, taken := first[claim.value]
		switch {
		case claim.value == "":
		case taken:
			d.report(here, "is the same as "+earlier.key+" in line "+strconv.Itoa(earlier.line)+"; "+remedy)
		default:
			first[claim.value] = here
		}
	}
}

// hostOf is what makes two URLs lead to the same service: scheme, the scheme's
// own port, "www." and the spelling do not tell hosts apart.
func hostOf(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return text
	}
	host := strings.TrimSuffix(strings.TrimPrefix(strings.ToLower(u.Hostname()), "www."), ".")
	if port := u.Port(); port != "" && (u.Scheme != "https" || port != "443") && (u.Scheme != "http" || port != "80") {
		host += ":" + port
	}
	return host
}

// isBaseURL accepts plain http only where it leaves neither the machine nor the
// network of containers, whose names have no dot.
func isBaseURL(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.Scheme+"://"+u.Host != strings.TrimSuffix(text, "/") {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && isNear(u.Hostname())
}

func isNear(host string) bool {
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback()
	}
	return !strings.ContainsAny(host, ".:")
}

func isAlertURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != ""
}

func isLinkURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.User == nil
}
