package cartum

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
)

// lockedStatus is the status that ends an order for ever
// (docs/reference/cartum.md#update-orders).
const lockedStatus = "4"

// updateResult is one entry of the log of orders/update.
type updateResult struct {
	number any // order_id as it was sent
	ok     bool
	text   string
}

// ordersUpdate answers orders/update (docs/reference/cartum.md#update-orders).
// Every order is updated or refused by itself.
func (s *Server) ordersUpdate(p params) answer {
	list := p.list("orders")
	if len(list) == 0 {
		return failure(statusError, "orders is not defined or defined incorrectly")
	}
	results := make([]updateResult, 0, len(list))
	word := statusOK
	for _, value := range list {
		entry, _ := value.(map[string]any)
		result := updateResult{number: entry["order_id"], ok: true, text: "UPDATED"}
		if refusal := s.updateOrder(entry); refusal != "" {
			result.ok, result.text = false, refusal
			word = statusWarning
		}
		results = append(results, result)
	}
	return envelope(word, map[string]any{"log": s.updateLog(results)})
}

func (s *Server) updateLog(results []updateResult) []map[string]any {
	log := make([]map[string]any, 0, len(results))
	for _, r := range results {
		word := statusOK
		if !r.ok {
			word = statusError
		}
		if s.is(SwitchUpdateLog, "messages") {
			log = append(log, map[string]any{"status": word, "messages": r.text})
			continue
		}
		log = append(log, map[string]any{"order_id": r.number, "status": word, "message": r.text})
	}
	if s.is(SwitchUpdateLog, "message-reversed") {
		slices.Reverse(log)
	}
	return log
}

// updateOrder carries one entry out, whole or not at all, and says why not.
func (s *Server) updateOrder(entry params) (refusal string) {
	number, err := entry.number("order_id")
	o := s.orders[number]
	if err != nil || o == nil || o.deleted {
		return "order is not found"
	}
	if o.status() == lockedStatus {
		switch s.switches[SwitchStatus4] {
		case "locked":
			return "order is cancelled and can not be changed"
		case "locked-silently":
			return ""
		}
	}
	changes, refusal := s.updateChanges(o, entry)
	if refusal != "" {
		return refusal
	}
	before := orderMarks(o)
	fields := maps.Clone(o.fields)
	maps.Copy(fields, changes)
	o.fields = fields
	s.orderChanged(o, before, byAPI)
	return ""
}

// updateChanges are the fields that an entry sets. Other keys have no effect:
// lines, recipient and comments cannot be changed by the API.
func (s *Server) updateChanges(o *order, entry params) (changes map[string]any, refusal string) {
	changes = map[string]any{}
	if _, set := entry["status"]; set {
		id, err := entry.number("status")
		if err != nil || !s.statusExists(id) {
			return nil, "status is not defined or defined incorrectly"
		}
		if s.is(SwitchStatusUpdate, "saved") {
			changes["stat_status"] = jsonNumber(id)
		}
	}
	for _, key := range s.paidKeys() {
		if _, set := entry[key]; !set {
			continue
		}
		paid, err := entry.number(key)
		if err != nil || paid > 1 {
			return nil, key + " is defined incorrectly"
		}
		changes["payed"] = jsonNumber(paid)
	}
	if entry.given("tracking_code") {
		changes["additional_data"] = withTrackingCode(o.fields["additional_data"], entry.text("tracking_code"))
	}
	return changes, ""
}

// withTrackingCode keeps the code where additionalData is documented to show
// tracking numbers.
func withTrackingCode(stored any, code string) map[string]any {
	data := map[string]any{}
	if former, ok := stored.(map[string]any); ok {
		maps.Copy(data, former)
	}
	data["tracking_code"] = code
	return data
}

func (s *Server) paidKeys() []string {
	if s.is(SwitchPaidKey, "both") {
		return []string{"payed", "paid"}
	}
	return []string{s.switches[SwitchPaidKey]}
}

func jsonNumber(n int) json.Number { return json.Number(strconv.Itoa(n)) }

// changeSource is who changed an order.
type changeSource string

const (
	byAPI   changeSource = "API"
	byPanel changeSource = "panel"
)

// marks are the parts of an order whose change is an event.
type marks struct {
	status string
	paid   bool
}

func orderMarks(o *order) marks { return marks{status: o.status(), paid: o.paid()} }

// orderChanged reports a change and fires its webhooks: order_update when the
// status becomes anything but 1, order_paid when the order becomes paid
// (docs/reference/cartum.md#events).
func (s *Server) orderChanged(o *order, before marks, source changeSource) {
	after := orderMarks(o)
	if after.status != before.status {
		s.tell("order %d: status %s to %s (%s)", o.number, before.status, after.status, source)
		if after.status != "1" && s.firesOrderUpdate(source) {
			s.fire(eventOrderUpdate, o)
		}
	}
	if after.paid && !before.paid {
		s.tell("order %d: paid (%s)", o.number, source)
		s.fire(eventOrderPaid, o)
	}
}

func (s *Server) firesOrderUpdate(source changeSource) bool {
	return s.is(SwitchOrderUpdate, "always") || s.is(SwitchOrderUpdate, "panel-only") && source == byPanel
}
