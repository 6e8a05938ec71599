package roapp

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/cartumsync/cartumsync/sandbox/described"
)

// Switch names one open question about RO App's behaviour.
type Switch string

// The switches, in the order of [Switches].
const (
	SearchLag                Switch = "search-lag"
	Phones                   Switch = "phones"
	ContactPhones            Switch = "contact-phones"
	PhoneFormat              Switch = "phone-format"
	DuplicatePhone           Switch = "duplicate-phone"
	DuplicateArticle         Switch = "duplicate-article"
	WriteOffLeavesModifiedAt Switch = "write-off-leaves-modified-at"
	WriteOffLeavesFlag       Switch = "write-off-leaves-flag"
	DeductOnAdd              Switch = "deduct-on-add"
	MissingRight             Switch = "missing-right"
	ForbiddenTransitions     Switch = "forbidden-transitions"
	StatusComment            Switch = "status-comment"
	ClosingUnpaid            Switch = "closing-unpaid"
	ClosingUndeducted        Switch = "closing-undeducted"
	ProductCreate            Switch = "product-create"
	CategoryCreate           Switch = "category-create"
	QuantityZero             Switch = "quantity-zero"
	PatchWrittenOff          Switch = "patch-written-off"
	PatchCustomFields        Switch = "patch-custom-fields"
	CreateAnswer             Switch = "create-answer"
	CommentLimit             Switch = "comment-limit"
	RetryAfter               Switch = "retry-after"
	LimitWindow              Switch = "limit-window"
	ErrorBody                Switch = "error-body"
	UnknownOrder             Switch = "unknown-order"
	CompanyCurrency          Switch = "company-currency"
	CompanyLists             Switch = "company-lists"
	CategoriesList           Switch = "categories-list"
	PublicURL                Switch = "public-url"
	TrailingSlash            Switch = "trailing-slash"
	LegacyCatalogue          Switch = "legacy-catalogue"
	V2Catalogue              Switch = "v2-catalogue"
	RequiredContactField     Switch = "required-contact-field"
	RequiredOrderField       Switch = "required-order-field"
	ClientFilter             Switch = "client-filter"
	OrganizationFilter       Switch = "organization-filter"
	ArchivedProducts         Switch = "archived-products"
	WebhookID                Switch = "webhook-id"
)

// maxSearchLag bounds how long superseded versions of a record are kept.
const maxSearchLag = time.Hour

type switchRule struct {
	name       Switch
	documented string
	flipped    string
	values     values
	about      string
}

// values are what a switch takes.
type values struct {
	words string
	check func(value string) error
}

func choice(all ...string) values { return values{strings.Join(all, ", "), oneOf(all...)} }

var switchRules = []switchRule{
	{
		SearchLag, "2s", "0s",
		values{"a duration up to 1h", lagDuration},
		`How old the state is that lists of contacts, orders, products and categories show; reads by id and an order's items do not lag.`,
	},
	{
		Phones, "exact-digits", "suffix", choice("exact-digits", "suffix", "as-stored", "ignored"),
		`How the filters phones and client_phones compare; as-stored and ignored are harsher, but no search could find what staff typed, or would return every contact.`,
	},
	{
		ContactPhones, "phones-objects", "phone-strings", choice("phones-objects", "phone-strings"),
		`A contact's phones when read: objects under phones, or texts under phone.`,
	},
	{
		PhoneFormat, "digits", "any", choice("digits", "any"),
		`What a phone must look like that the API writes; digits demands 7 to 15 digits, with or without +; staff write what they like.`,
	},
	{
		DuplicatePhone, "accepted", "refused", choice("accepted", "refused"),
		`Whether a phone that another contact has is accepted; accepted makes duplicates in silence.`,
	},
	{
		DuplicateArticle, "accepted", "refused", choice("accepted", "refused"),
		`Whether a product's article or code that another product has is accepted; accepted makes duplicates in silence.`,
	},
	{
		WriteOffLeavesModifiedAt, "yes", "no", choice("yes", "no"),
		`Whether a write-off leaves modified_at as it was.`,
	},
	{
		WriteOffLeavesFlag, "yes", "no", choice("yes", "no"),
		`Whether a write-off leaves is_deduction_required of the order and of its items true, so that only write_offs shows it.`,
	},
	{
		DeductOnAdd, "no", "no", choice("yes", "no"),
		`Whether a product that is added is written off at once; no, because with yes nothing may be imported at all.`,
	},
	{
		MissingRight, "none", "none", choice("none", "403", "400"),
		`How POST of an item refuses a product when the key's employee lacks "Can add products without deduction"; none, because otherwise nothing may be imported at all.`,
	},
	{
		ForbiddenTransitions, "", "",
		values{"nothing, or pairs such as 101>104,102>101", transitionList},
		`Status changes that are refused; empty, as which ones is each account's own choice.`,
	},
	{
		StatusComment, "all", "none",
		values{"all, none, or ids such as 104,105", statusList},
		`Statuses that demand a comment.`,
	},
	{
		ClosingUnpaid, "allowed", "allowed", choice("allowed", "refused"),
		`Whether an order may be closed while payed is less than total; allowed, as the API takes no payments and could never close one otherwise.`,
	},
	{
		ClosingUndeducted, "allowed", "allowed", choice("allowed", "refused"),
		`Whether an order may be closed while its stock is not written off; allowed, as only staff can write off.`,
	},
	{
		ProductCreate, "yes", "yes", choice("yes", "403", "404"),
		`POST of a product in either catalogue; yes, since with a refusal no order with a new product can be imported.`,
	},
	{
		CategoryCreate, "404", "yes", choice("yes", "403", "404"),
		`POST of a category in either catalogue, which nothing documents.`,
	},
	{
		QuantityZero, "refused", "accepted", choice("accepted", "refused"),
		`PATCH of an item's quantity to 0.`,
	},
	{
		PatchWrittenOff, "accepted", "refused", choice("accepted", "refused"),
		`Whether an item whose stock is written off can be changed; accepted lets a careless client damage it.`,
	},
	{
		PatchCustomFields, "replace", "merge", choice("replace", "merge"),
		`Whether a PATCH of an order with some custom fields empties the others.`,
	},
	{
		CreateAnswer, "id", "number", choice("id", "data-id", "number", "empty"),
		`What a create answers: {"id":1}, {"data":{"id":1}}, a bare 1, or 200 without a body; id, because with empty a client finds what it created only by searching.`,
	},
	{
		CommentLimit, "2000", "0",
		values{"a number of characters, 0 for no limit", characterCount},
		`How long a comment may be.`,
	},
	{
		RetryAfter, "absent", "seconds", choice("absent", "seconds"),
		`The header on 429.`,
	},
	{
		LimitWindow, "sliding", "calendar", choice("sliding", "calendar"),
		`The window of the request limit.`,
	},
	{
		ErrorBody, "message", "old", choice("message", "error", "detail", "old"),
		`Form of errors of /v2; the unversioned API always has the old form.`,
	},
	{
		UnknownOrder, "404", "404", choice("404", "400"),
		`404 is documented for contacts only; 404 here, since a bare 400 would not distinguish a deleted order from a mistake.`,
	},
	{
		CompanyCurrency, "absent", "present", choice("absent", "present"),
		`Whether GET /v2/company names the currency.`,
	},
	{
		CompanyLists, "bare", "data", choice("bare", "data"),
		`Locations and employees as [..] or {"data":[..]}.`,
	},
	{
		CategoriesList, "paged", "array", choice("paged", "array"),
		`GET /v2/catalog/products/categories.`,
	},
	{
		PublicURL, "object", "string", choice("object", "string"),
		`{"url":".."} or "..".`,
	},
	{
		TrailingSlash, "documented", "any", choice("documented", "any"),
		`/products/, /warehouse/categories/ and /margins/ with, all others without; else 404.`,
	},
	{
		LegacyCatalogue, "yes", "404", choice("yes", "404", "405", "410"),
		`How /products/, /warehouse/categories/, /catalogs/uoms and /margins/ answer; yes, as they are documented.`,
	},
	{
		V2Catalogue, "yes", "yes", choice("yes", "404", "405", "410"),
		`How /v2/catalog/... answers; yes, since nothing can be imported with both gone.`,
	},
	{
		RequiredContactField, "no", "yes", choice("no", "yes"),
		`Whether people must be created with f201, Source; an empty text will do; no, as an account has to configure it.`,
	},
	{
		RequiredOrderField, "no", "yes", choice("no", "yes"),
		`Whether orders must be created with f106, Channel; an empty text will do; no, as an account has to configure it.`,
	},
	{
		ClientFilter, "clients_ids", "client_ids", choice("clients_ids", "client_ids"),
		`The name of the filter of orders by client; the other name is an unknown key.`,
	},
	{
		OrganizationFilter, "ignored", "honoured", choice("ignored", "honoured"),
		`Whether names and phones filter the list of organizations, which documents no query parameter.`,
	},
	{
		ArchivedProducts, "shown", "hidden", choice("shown", "hidden"),
		`Whether lists show archived products, with is_archived.`,
	},
	{
		WebhookID, "header", "absent", choice("header", "absent", "different"),
		`The header X-Webhook-Id; header, as it was seen; the signature always covers the body's id.`,
	},
}

// Profile returns the value of every switch in the profile "documented" (the
// defaults) or "flipped". It returns nil for any other name.
func Profile(name string) map[string]string {
	if name != "documented" && name != "flipped" {
		return nil
	}
	values := make(map[string]string, len(switchRules))
	for _, rule := range switchRules {
		values[string(rule.name)] = rule.documented
		if name == "flipped" {
			values[string(rule.name)] = rule.flipped
		}
	}
	return values
}

// Switches describes all switches.
func Switches() []described.Switch {
	all := make([]described.Switch, 0, len(switchRules))
	for _, rule := range switchRules {
		all = append(all, described.Switch{
			Name: string(rule.name), Values: rule.values.words, Documented: rule.documented, Flipped: rule.flipped, About: rule.about,
		})
	}
	return all
}

// CheckSwitches says which name or value is unknown, and which ones there are.
func CheckSwitches(values map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if err := checkSwitch(name, values[name]); err != nil {
			return err
		}
	}
	return nil
}

func checkSwitch(name, value string) error {
	for _, rule := range switchRules {
		if string(rule.name) != name {
			continue
		}
		if err := rule.values.check(value); err != nil {
			return fmt.Errorf("switch %s: %w", name, err)
		}
		return nil
	}
	return fmt.Errorf("unknown switch %q", name)
}

// switchboard holds the switches' present values.
type switchboard struct {
	mu     sync.RWMutex
	values map[string]string
}

func newSwitchboard(values map[string]string) *switchboard {
	board := &switchboard{values: Profile("documented")}
	maps.Copy(board.values, values)
	return board
}

// set changes all the given switches, or none when one of them is unknown.
func (b *switchboard) set(values map[string]string) error {
	if err := CheckSwitches(values); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	maps.Copy(b.values, values)
	return nil
}

func (b *switchboard) all() map[string]string {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return maps.Clone(b.values)
}

func (b *switchboard) value(name Switch) string {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.values[string(name)]
}

func (b *switchboard) is(name Switch, value string) bool { return b.value(name) == value }

func (b *switchboard) searchLag() time.Duration {
	lag, _ := time.ParseDuration(b.value(SearchLag)) // checked when set
	return lag
}

func (b *switchboard) commentTooLong(comment string) bool {
	limit, _ := strconv.Atoi(b.value(CommentLimit)) // checked when set
	return limit > 0 && utf8.RuneCountInString(comment) > limit
}

func (b *switchboard) forbids(from, to int64) bool {
	pair := fmt.Sprintf("%d>%d", from, to)
	return slices.Contains(strings.Split(b.value(ForbiddenTransitions), ","), pair)
}

func (b *switchboard) demandsComment(status int64) bool {
	switch value := b.value(StatusComment); value {
	case "all":
		return true
	case "none":
		return false
	default:
		return slices.Contains(strings.Split(value, ","), strconv.FormatInt(status, 10))
	}
}

func oneOf(values ...string) func(string) error {
	return func(value string) error {
		if slices.Contains(values, value) {
			return nil
		}
		return fmt.Errorf("unknown value %q, want one of %s", value, strings.Join(values, ", "))
	}
}

func lagDuration(value string) error {
	lag, err := time.ParseDuration(value)
	if err != nil || lag < 0 || lag > maxSearchLag {
		return fmt.Errorf("unknown value %q, want a duration from 0s to %s", value, maxSearchLag)
	}
	return nil
}

func characterCount(value string) error {
	if count, err := strconv.Atoi(value); err != nil || count < 0 {
		return fmt.Errorf("unknown value %q, want a number of characters, 0 for no limit", value)
	}
	return nil
}

func transitionList(value string) error {
	if value == "" {
		return nil
	}
	for pair := range strings.SplitSeq(value, ",") {
		from, to, _ := strings.Cut(pair, ">")
		if !isID(from) || !isID(to) {
			return fmt.Errorf("unknown value %q, want status pairs such as 101>104,102>101", value)
		}
	}
	return nil
}

func statusList(value string) error {
	if value == "all" || value == "none" {
		return nil
	}
	for status := range strings.SplitSeq(value, ",") {
		if !isID(status) {
			return fmt.Errorf("unknown value %q, want all, none or status ids such as 104,105", value)
		}
	}
	return nil
}

func isID(text string) bool {
	id, err := strconv.ParseInt(text, 10, 64)
	return err == nil && id > 0
}
