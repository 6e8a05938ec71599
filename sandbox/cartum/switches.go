package cartum

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Switch is the name of one switch: a question about the service that public
// sources leave open, or a way in which a shop may fail.
//
// The default is the less comfortable reading that a client can still live
// with. The profile "flipped" takes the other reading of each open question
// and leaves out what no client can live with, such as an API that is off. In
// the table, * marks the default and + what "flipped" sets where that differs.
//
//	order_update          silent* | always+ | panel-only
//	                      whether a status that becomes anything but 1 fires the event: never; always, also
//	                      for a change by the API; only for changes in the shop's panel. Unknown: silent means
//	                      that only reading the orders again shows a change.
//	order_update_body     small* | full+
//	                      {order_id, user, stat_status} or the whole order. The body is unknown.
//	webhook_number        except-update* | always+ | never
//	                      which webhook bodies carry order_id. Known for order_created and order_paid.
//	webhook_delivery      once* | twice+ | never
//	                      each event's delivery; twice: duplicates must be expected; never: a tariff on which
//	                      subscriptions register and never fire.
//	webhook_content_type  form* | json+ | none
//	                      the Content-Type header of a delivery, whose body is JSON all the same; form is what
//	                      PHP's HTTP client sends unless told otherwise.
//	hook_events           all* | basic
//	                      basic: order_paid, order_update and other newer events are refused, as on a shop of an
//	                      older version.
//	subscribe_twice       allowed* | refused+ | same-id
//	                      a second subscription of the same URL to the same event: a second one, which doubles
//	                      the deliveries; an error; the first one's id.
//	hooks_refusal         envelope* | http+
//	                      how the hooks functions refuse, also a bad token: HTTP 200 with the common envelope, or
//	                      {"error"} with 401 for tokens and 400 for the rest.
//	deleted_order         vanishes* | stays+
//	                      an order deleted in the panel is no longer returned; or it is returned for ever as it
//	                      was last and can no longer be updated.
//	total_sum             goods* | with-delivery+
//	                      whether total_sum has a delivery_price above 0 added. Documented and measured without;
//	                      measured only on orders without a fixed delivery price.
//	orders_sort           unsorted* | newest-first+ | oldest-first | newest-first-loose
//	                      unsorted: a fixed order that says nothing about age, so a new order lands anywhere;
//	                      loose: orders of one second change places from request to request.
//	orders_default_limit  20* | none+ | any number above 0
//	                      rows of orders/get where no limit is given, also with ids.
//	orders_max_limit      100* | none+ | any number above 0
//	                      what a larger limit is lowered to, without a warning. 100 is known to work.
//	empty_response        list* | object+
//	                      response of EMPTY: [] or the usual object with an empty list.
//	titles                others-missing* | complete+ | others-blank | main-missing
//	                      languages of the titles of statuses, deliveries and payments. Goods are as they were put.
//	time_zone             set* | name of a zone
//	                      the zone of stat_created, from and to: the shop's, or another than everybody thinks.
//	money                 number* | string+ | binary
//	                      amounts of orders, where they are numbers: as numbers; as texts such as "12.50"; with the
//	                      noise of binary fractions that PHP writes with 17 figures, such as 2.1099999999999999.
//	products              list* | object+
//	                      the lines of an order: a list, or the object that PHP makes of a list with gaps.
//	entities              plain* | escaped+
//	                      texts of orders and products: as they were put, or with HTML entities for quotes,
//	                      ampersands and angles.
//	delivery_data         flat* | by-carrier+
//	                      the carrier's data of an order: in delivery_data itself, or below the carrier's name.
//	utm_campaign          number* | text+
//	                      number: a campaign that looks like a number is one.
//	additional_data       list* | object+
//	                      an empty additional_data: [] or {}.
//	tokens                one* | several+
//	                      whether a new login ends the older token.
//	token_life            fixed* | sliding+
//	                      whether use prolongs a token.
//	expired_token         unauthorized* | http-401+ | error
//	                      the answer to a token that was good once: UNAUTHORIZED; the same with HTTP 401, as
//	                      older versions did; ERROR with a message that names the token.
//	login_lockout         10* | none+ | any number above 0
//	                      wrong logins in a row that lock the login for ten minutes.
//	update_log            messages* | message+ | message-reversed
//	                      orders/update's log: "messages" without order_id in the order of the request; "message"
//	                      with order_id; the latter in reversed order.
//	paid_key              payed* | both+ | paid
//	                      the key of the payment flag in orders/update; the other one is ignored without a word.
//	status_update         saved* | lost
//	                      lost: orders/update says UPDATED and does not save the status.
//	status_4              locked* | locked-silently | open+
//	                      whether an order in status 4 refuses every update with an error, says UPDATED and saves
//	                      nothing, or takes it.
//	extra_status          none* | paid+
//	                      paid: the shop has a status 8 of its own.
//	flags                 number* | bool+
//	                      JSON type of by_carrier, enabled and is_simple.
//	disabled_options      hidden* | listed+
//	                      whether deliveries and payments that are switched off are exported.
//	article_filter        ignores-case* | exact+ | ignored
//	                      catalog/export's expr.article: compared as a database without regard to case does it;
//	                      exactly; not known to the shop's version, so that all goods come.
//	api                   on* | off
//	                      off: the API is not enabled, 404 for every function.
type Switch string

// The switches, see Switch.
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

// switchRule is one row of the table: the first value is the default.
type switchRule struct {
	values  []string
	flipped string
	// also accepts values that are not listed.
	also func(string) bool
}

var switchRules = map[Switch]switchRule{
	SwitchOrderUpdate:        {values: []string{"silent", "always", "panel-only"}, flipped: "always"},
	SwitchOrderUpdateBody:    {values: []string{"small", "full"}, flipped: "full"},
	SwitchWebhookNumber:      {values: []string{"except-update", "always", "never"}, flipped: "always"},
	SwitchWebhookDelivery:    {values: []string{"once", "twice", "never"}, flipped: "twice"},
	SwitchWebhookContentType: {values: []string{"form", "json", "none"}, flipped: "json"},
	SwitchHookEvents:         {values: []string{"all", "basic"}, flipped: "all"},
	SwitchSubscribeTwice:     {values: []string{"allowed", "refused", "same-id"}, flipped: "refused"},
	SwitchHooksRefusal:       {values: []string{"envelope", "http"}, flipped: "http"},
	SwitchDeletedOrder:       {values: []string{"vanishes", "stays"}, flipped: "stays"},
	SwitchTotalSum:           {values: []string{"goods", "with-delivery"}, flipped: "with-delivery"},
	SwitchOrdersSort: {
		values:  []string{"unsorted", "newest-first", "oldest-first", "newest-first-loose"},
		flipped: "newest-first",
	},
	SwitchOrdersDefaultLimit: {values: []string{"20", "none"}, flipped: "none", also: isCount},
	SwitchOrdersMaxLimit:     {values: []string{"100", "none"}, flipped: "none", also: isCount},
	SwitchEmptyResponse:      {values: []string{"list", "object"}, flipped: "object"},
	SwitchTitles: {
		values:  []string{"others-missing", "complete", "others-blank", "main-missing"},
		flipped: "complete",
	},
	SwitchTimeZone:        {values: []string{"set"}, flipped: "set", also: isZone},
	SwitchMoney:           {values: []string{"number", "string", "binary"}, flipped: "string"},
	SwitchProducts:        {values: []string{"list", "object"}, flipped: "object"},
	SwitchEntities:        {values: []string{"plain", "escaped"}, flipped: "escaped"},
	SwitchDeliveryData:    {values: []string{"flat", "by-carrier"}, flipped: "by-carrier"},
	SwitchUTMCampaign:     {values: []string{"number", "text"}, flipped: "text"},
	SwitchAdditionalData:  {values: []string{"list", "object"}, flipped: "object"},
	SwitchTokens:          {values: []string{"one", "several"}, flipped: "several"},
	SwitchTokenLife:       {values: []string{"fixed", "sliding"}, flipped: "sliding"},
	SwitchExpiredToken:    {values: []string{"unauthorized", "http-401", "error"}, flipped: "http-401"},
	SwitchLoginLockout:    {values: []string{"10", "none"}, flipped: "none", also: isCount},
	SwitchUpdateLog:       {values: []string{"messages", "message", "message-reversed"}, flipped: "message"},
	SwitchPaidKey:         {values: []string{"payed", "both", "paid"}, flipped: "both"},
	SwitchStatusUpdate:    {values: []string{"saved", "lost"}, flipped: "saved"},
	SwitchStatus4:         {values: []string{"locked", "locked-silently", "open"}, flipped: "open"},
	SwitchExtraStatus:     {values: []string{"none", "paid"}, flipped: "paid"},
	SwitchFlags:           {values: []string{"number", "bool"}, flipped: "bool"},
	SwitchDisabledOptions: {values: []string{"hidden", "listed"}, flipped: "listed"},
	SwitchArticleFilter:   {values: []string{"ignores-case", "exact", "ignored"}, flipped: "exact"},
	SwitchAPI:             {values: []string{"on", "off"}, flipped: "on"},
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
	for name, rule := range switchRules {
		profile[string(name)] = value(rule)
	}
	return profile, nil
}

func defaultSwitches() map[Switch]string {
	switches := make(map[Switch]string, len(switchRules))
	for name, rule := range switchRules {
		switches[name] = rule.values[0]
	}
	return switches
}

// setSwitches sets all of them, or none where one does not exist. It takes
// the lock.
func (s *Server) setSwitches(values map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		rule, ok := switchRules[Switch(name)]
		if !ok {
			return fmt.Errorf("no switch %q", name)
		}
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
			s.tell("switch %s: %s", name, values[name])
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
