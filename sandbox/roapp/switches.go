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
)

// Switch names one open question about RO App's behaviour. The package's
// documentation lists the values of each.
type Switch string

// The switches, in the order of the table in the package's documentation.
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
	check      func(value string) error
}

var switchRules = []switchRule{
	{SearchLag, "2s", "0s", lagDuration},
	{Phones, "exact-digits", "suffix", oneOf("exact-digits", "suffix", "as-stored", "ignored")},
	{ContactPhones, "phones-objects", "phone-strings", oneOf("phones-objects", "phone-strings")},
	{PhoneFormat, "digits", "any", oneOf("digits", "any")},
	{DuplicatePhone, "accepted", "refused", oneOf("accepted", "refused")},
	{DuplicateArticle, "accepted", "refused", oneOf("accepted", "refused")},
	{WriteOffLeavesModifiedAt, "yes", "no", oneOf("yes", "no")},
	{WriteOffLeavesFlag, "yes", "no", oneOf("yes", "no")},
	{DeductOnAdd, "no", "no", oneOf("yes", "no")},
	{MissingRight, "none", "none", oneOf("none", "403", "400")},
	{ForbiddenTransitions, "", "", transitionList},
	{StatusComment, "all", "none", statusList},
	{ClosingUnpaid, "allowed", "allowed", oneOf("allowed", "refused")},
	{ClosingUndeducted, "allowed", "allowed", oneOf("allowed", "refused")},
	{ProductCreate, "yes", "yes", oneOf("yes", "403", "404")},
	{CategoryCreate, "404", "yes", oneOf("yes", "403", "404")},
	{QuantityZero, "refused", "accepted", oneOf("accepted", "refused")},
	{PatchWrittenOff, "accepted", "refused", oneOf("accepted", "refused")},
	{PatchCustomFields, "replace", "merge", oneOf("replace", "merge")},
	{CreateAnswer, "id", "number", oneOf("id", "data-id", "number", "empty")},
	{CommentLimit, "2000", "0", characterCount},
	{RetryAfter, "absent", "seconds", oneOf("absent", "seconds")},
	{LimitWindow, "sliding", "calendar", oneOf("sliding", "calendar")},
	{ErrorBody, "message", "old", oneOf("message", "error", "detail", "old")},
	{UnknownOrder, "404", "404", oneOf("404", "400")},
	{CompanyCurrency, "absent", "present", oneOf("absent", "present")},
	{CompanyLists, "bare", "data", oneOf("bare", "data")},
	{CategoriesList, "paged", "array", oneOf("paged", "array")},
	{PublicURL, "object", "string", oneOf("object", "string")},
	{TrailingSlash, "documented", "any", oneOf("documented", "any")},
	{LegacyCatalogue, "yes", "404", oneOf("yes", "404", "405", "410")},
	{V2Catalogue, "yes", "yes", oneOf("yes", "404", "405", "410")},
	{RequiredContactField, "no", "yes", oneOf("no", "yes")},
	{RequiredOrderField, "no", "yes", oneOf("no", "yes")},
	{ClientFilter, "clients_ids", "client_ids", oneOf("clients_ids", "client_ids")},
	{OrganizationFilter, "ignored", "honoured", oneOf("ignored", "honoured")},
	{ArchivedProducts, "shown", "hidden", oneOf("shown", "hidden")},
	{WebhookID, "header", "absent", oneOf("header", "absent", "different")},
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
		if err := rule.check(value); err != nil {
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
