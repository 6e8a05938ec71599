package cartum

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cartumsync/cartumsync/sandbox/described"
)

// Switch is the name of one switch: a question about the service that public
// sources leave open, or a way in which a shop may fail.
//
// The default is the less comfortable reading that a client can still live
// with. The profile "flipped" takes the other reading of each open question
// and leaves out what no client can live with, such as an API that is off.
// [Switches] describes each.
type Switch string

// The switches, in the order of [Switches].
const (
	SwitchOrderUpdate        Switch = "order_update"
	SwitchOrderUpdateBody    Switch = "order_update_body"
	SwitchWebhookNumber      Switch = "webhook_number"
	SwitchWebhookDelivery    Switch = "webhook_delivery"
	SwitchWebhookContentType Switch = "webhook_content_type"
	SwitchHookEvents         Switch = "hook_events"
	SwitchSubscribeTwice     Switch = "subscribe_twice"
	SwitchHooksRefusal       Switch = "hooks_refusal"
	SwitchDeletedOrder       Switch = "deleted_order"
	SwitchTotalSum           Switch = "total_sum"
	SwitchOrdersSort         Switch = "orders_sort"
	SwitchOrdersDefaultLimit Switch = "orders_default_limit"
	SwitchOrdersMaxLimit     Switch = "orders_max_limit"
	SwitchEmptyResponse      Switch = "empty_response"
	SwitchTitles             Switch = "titles"
	SwitchTimeZone           Switch = "time_zone"
	SwitchMoney              Switch = "money"
	SwitchProducts           Switch = "products"
	SwitchEntities           Switch = "entities"
	SwitchDeliveryData       Switch = "delivery_data"
	SwitchUTMCampaign        Switch = "utm_campaign"
	SwitchAdditionalData     Switch = "additional_data"
	SwitchTokens             Switch = "tokens"
	SwitchTokenLife          Switch = "token_life"
	SwitchExpiredToken       Switch = "expired_token"
	SwitchLoginLockout       Switch = "login_lockout"
	SwitchUpdateLog          Switch = "update_log"
	SwitchPaidKey            Switch = "paid_key"
	SwitchStatusUpdate       Switch = "status_update"
	SwitchStatus4            Switch = "status_4"
	SwitchExtraStatus        Switch = "extra_status"
	SwitchFlags              Switch = "flags"
	SwitchDisabledOptions    Switch = "disabled_options"
	SwitchArticleFilter      Switch = "article_filter"
	SwitchAPI                Switch = "api"
)

// switchRule is one switch: its first value is the default.
type switchRule struct {
	name    Switch
	values  []string
	flipped string
	// also accepts values that are not listed, which are those in words.
	also  func(string) bool
	words string
	about string
}

var switchRules = []switchRule{
	{
		name: SwitchOrderUpdate, values: []string{"silent", "always", "panel-only"}, flipped: "always",
		about: `Whether a status that becomes anything but 1 fires the event: never; always, also for a change by the API; only for changes in the shop's panel. Unknown: silent means that only reading the orders again shows a change.`,
	},
	{
		name: SwitchOrderUpdateBody, values: []string{"small", "full"}, flipped: "full",
		about: `The body of the event order_update: {order_id, user, stat_status}, or the whole order.`,
	},
	{
		name: SwitchWebhookNumber, values: []string{"except-update", "always", "never"}, flipped: "always",
		about: `Which webhook bodies carry order_id. Known for order_created and order_paid.`,
	},
	{
		name: SwitchWebhookDelivery, values: []string{"once", "twice", "never"}, flipped: "twice",
		about: `Each event's delivery; twice: duplicates must be expected; never: a tariff on which subscriptions register and never fire.`,
	},
	{
		name: SwitchWebhookContentType, values: []string{"form", "json", "none"}, flipped: "json",
		about: `The Content-Type header of a delivery, whose body is JSON all the same; form is what PHP's HTTP client sends by default.`,
	},
	{
		name: SwitchHookEvents, values: []string{"all", "basic"}, flipped: "all",
		about: `Basic: order_paid, order_update and other newer events are refused, as on a shop of an older version.`,
	},
	{
		name: SwitchSubscribeTwice, values: []string{"allowed", "refused", "same-id"}, flipped: "refused",
		about: `A second subscription of the same URL to the same event: a second one, which doubles the deliveries; an error; the first one's id.`,
	},
	{
		name: SwitchHooksRefusal, values: []string{"envelope", "http"}, flipped: "http",
		about: `How the hooks functions refuse, also a bad token: HTTP 200 with the common envelope, or {"error"} with 401 for tokens and 400 for the rest.`,
	},
	{
		name: SwitchDeletedOrder, values: []string{"vanishes", "stays"}, flipped: "stays",
		about: `An order deleted in the panel is no longer returned; or it is returned for ever as it was last and can no longer be updated.`,
	},
	{
		name: SwitchTotalSum, values: []string{"goods", "with-delivery"}, flipped: "with-delivery",
		about: `Whether total_sum has a delivery_price above 0 added. Documented and measured without; measured only on orders without a fixed delivery price.`,
	},
	{
		name: SwitchOrdersSort, values: []string{"unsorted", "newest-first", "oldest-first", "newest-first-loose"}, flipped: "newest-first",
		about: `Unsorted: a fixed order that says nothing about age, so a new order lands anywhere; loose: orders of one second change places from request to request.`,
	},
	{
		name: SwitchOrdersDefaultLimit, values: []string{"20", "none"}, flipped: "none", also: isCount, words: "any number above 0",
		about: `Rows of orders/get where no limit is given, also with ids.`,
	},
	{
		name: SwitchOrdersMaxLimit, values: []string{"100", "none"}, flipped: "none", also: isCount, words: "any number above 0",
		about: `What a larger limit is lowered to, without a warning. 100 is known to work.`,
	},
	{
		name: SwitchEmptyResponse, values: []string{"list", "object"}, flipped: "object",
		about: `Response of EMPTY: [] or the usual object with an empty list.`,
	},
	{
		name: SwitchTitles, values: []string{"others-missing", "complete", "others-blank", "main-missing"}, flipped: "complete",
		about: `Languages of the titles of statuses, deliveries and payments. Goods are as they were put.`,
	},
	{
		name: SwitchTimeZone, values: []string{"set"}, flipped: "set", also: isZone, words: "the name of a zone",
		about: `The zone of stat_created, from and to: the shop's, or another than everybody thinks.`,
	},
	{
		name: SwitchMoney, values: []string{"number", "string", "binary"}, flipped: "string",
		about: `Amounts of orders that are numbers: as numbers; as texts such as "12.50"; with the noise of binary fractions that PHP writes with 17 figures, such as 2.1099999999999999.`,
	},
	{
		name: SwitchProducts, values: []string{"list", "object"}, flipped: "object",
		about: `The lines of an order: a list, or the object with numbers for keys that PHP makes of a list with gaps.`,
	},
	{
		name: SwitchEntities, values: []string{"plain", "escaped"}, flipped: "escaped",
		about: `Texts of orders and products: as they were put, or with HTML entities for quotes, ampersands and angles.`,
	},
	{
		name: SwitchDeliveryData, values: []string{"flat", "by-carrier"}, flipped: "by-carrier",
		about: `The carrier's data of an order: in delivery_data itself, or below the carrier's name.`,
	},
	{
		name: SwitchUTMCampaign, values: []string{"number", "text"}, flipped: "text",
		about: `Number: a campaign that looks like a number is one.`,
	},
	{
		name: SwitchAdditionalData, values: []string{"list", "object"}, flipped: "object",
		about: `How an empty additional_data is written: [] or {}.`,
	},
	{
		name: SwitchTokens, values: []string{"one", "several"}, flipped: "several",
		about: `Whether a new login ends the older token.`,
	},
	{
		name: SwitchTokenLife, values: []string{"fixed", "sliding"}, flipped: "sliding",
		about: `Whether use prolongs a token.`,
	},
	{
		name: SwitchExpiredToken, values: []string{"unauthorized", "http-401", "error"}, flipped: "http-401",
		about: `The answer to a token that was good once: UNAUTHORIZED; the same with HTTP 401, as older versions did; ERROR with a message that names the token.`,
	},
	{
		name: SwitchLoginLockout, values: []string{"10", "none"}, flipped: "none", also: isCount, words: "any number above 0",
		about: `Wrong logins in a row that lock the login for ten minutes.`,
	},
	{
		name: SwitchUpdateLog, values: []string{"messages", "message", "message-reversed"}, flipped: "message",
		about: `Orders/update's log: "messages" without order_id in the order of the request; "message" with order_id; the latter in reversed order.`,
	},
	{
		name: SwitchPaidKey, values: []string{"payed", "both", "paid"}, flipped: "both",
		about: `The key of the payment flag in orders/update; the other one is ignored without a word.`,
	},
	{
		name: SwitchStatusUpdate, values: []string{"saved", "lost"}, flipped: "saved",
		about: `Lost: orders/update says UPDATED and does not save the status.`,
	},
	{
		name: SwitchStatus4, values: []string{"locked", "locked-silently", "open"}, flipped: "open",
		about: `Whether an order in status 4 refuses every update with an error, says UPDATED and saves nothing, or takes it.`,
	},
	{
		name: SwitchExtraStatus, values: []string{"none", "paid"}, flipped: "paid",
		about: `Paid: the shop has a status 8 of its own.`,
	},
	{
		name: SwitchFlags, values: []string{"number", "bool"}, flipped: "bool",
		about: `JSON type of by_carrier, enabled and is_simple.`,
	},
	{
		name: SwitchDisabledOptions, values: []string{"hidden", "listed"}, flipped: "listed",
		about: `Whether deliveries and payments that are switched off are exported.`,
	},
	{
		name: SwitchArticleFilter, values: []string{"ignores-case", "exact", "ignored"}, flipped: "exact",
		about: `Catalog/export's expr.article: compared as a database without regard to case does it; exactly; not known to the shop's version, so that all products come.`,
	},
	{
		name: SwitchAPI, values: []string{"on", "off"}, flipped: "on",
		about: `Off: the API is not enabled, 404 for every function.`,
	},
}

// The profiles.
const (
	// ProfileDocumented is every switch at its default.
	ProfileDocumented = "documented"
	// ProfileFlipped takes the other reading wherever there is one.
	ProfileFlipped = "flipped"
)

// Profile is the full set of switches of a profile, ready for
// Options.Switches or PUT /sandbox/switches.
func Profile(name string) (map[string]string, error) {
	value := map[string]func(switchRule) string{
		ProfileDocumented: func(r switchRule) string { return r.values[0] },
		ProfileFlipped:    func(r switchRule) string { return r.flipped },
	}[name]
	if value == nil {
		return nil, fmt.Errorf("no profile %q: it is %s or %s", name, ProfileDocumented, ProfileFlipped)
	}
	profile := make(map[string]string, len(switchRules))
	for _, rule := range switchRules {
		profile[string(rule.name)] = value(rule)
	}
	return profile, nil
}

// Switches describes all switches.
func Switches() []described.Switch {
	all := make([]described.Switch, 0, len(switchRules))
	for _, rule := range switchRules {
		words := strings.Join(rule.values, ", ")
		if rule.words != "" {
			words += ", " + rule.words
		}
		all = append(all, described.Switch{
			Name: string(rule.name), Values: words, Documented: rule.values[0], Flipped: rule.flipped, About: rule.about,
		})
	}
	return all
}

func defaultSwitches() map[Switch]string {
	switches := make(map[Switch]string, len(switchRules))
	for _, rule := range switchRules {
		switches[rule.name] = rule.values[0]
	}
	return switches
}

// setSwitches sets all of them, or none where one does not exist. It takes
// the lock.
func (s *Server) setSwitches(values map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		i := slices.IndexFunc(switchRules, func(rule switchRule) bool { return string(rule.name) == name })
		if i < 0 {
			return fmt.Errorf("no switch %q", name)
		}
		rule := switchRules[i]
		if !rule.accepts(values[name]) {
			return fmt.Errorf("switch %s has no value %q: it is one of %s",
				name, values[name], strings.Join(rule.values, ", "))
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if s.switches[Switch(name)] != values[name] {
			s.setSwitch(Switch(name), values[name])
			s.note("switch %s: %s", name, values[name])
		}
	}
	return nil
}

func (s *Server) setSwitch(name Switch, value string) {
	s.switches[name] = value
	if name != SwitchTimeZone {
		return
	}
	s.zone = s.opts.TimeZone
	if other, err := time.LoadLocation(value); value != "set" && err == nil {
		s.zone = other
	}
}

func (r switchRule) accepts(value string) bool {
	return slices.Contains(r.values, value) || r.also != nil && r.also(value)
}

func isCount(value string) bool {
	n, err := strconv.Atoi(value)
	return err == nil && n > 0
}

func isZone(value string) bool {
	_, err := time.LoadLocation(value)
	return err == nil && value != ""
}

func (s *Server) is(name Switch, value string) bool { return s.switches[name] == value }

// count is a switch's number, or the fallback where it says none.
func (s *Server) count(name Switch, fallback int) int {
	n, err := strconv.Atoi(s.switches[name])
	if err != nil {
		return fallback
	}
	return n
}
