package cartum

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// orderMarkup and productMarkup are the texts that people write, in which a
// template may escape what HTML has a meaning for.
var (
	orderMarkup = []string{
		"delivery_name", "delivery_city", "delivery_address", "comment", "manager_comment", "manager_discount_title", "coupon_code",
		"delivery_type", "payment_type", "products",
	}
	productMarkup = []string{"title", "mod_title", "parent"}
)

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#039;")

// escapeTexts writes entities into texts, as PHP's htmlspecialchars does.
func escapeTexts(fields map[string]any, names []string) {
	for _, name := range names {
		if value, ok := fields[name]; ok {
			fields[name] = escaped(value)
		}
	}
}

func escaped(value any) any {
	switch value := value.(type) {
	case string:
		return escaper.Replace(value)
	case []any:
		list := slices.Clone(value)
		for i := range list {
			list[i] = escaped(list[i])
		}
		return list
	case map[string]any:
		object := maps.Clone(value)
		for name := range object {
			object[name] = escaped(object[name])
		}
		return object
	default:
		return value
	}
}

// carrierFields are those of delivery_data that stand beside the carrier's own.
var carrierFields = []string{"deliveryOperatorType"}

// byCarrier moves the carrier's data below its name.
func byCarrier(fields map[string]any) {
	flat, ok := fields["delivery_data"].(map[string]any)
	if !ok || len(flat) == 0 {
		return
	}
	own, carriers := map[string]any{}, map[string]any{}
	for name, value := range flat {
		if slices.Contains(carrierFields, name) {
			own[name] = value
		} else {
			carriers[name] = value
		}
	}
	own["nova_poshta"] = carriers
	fields["delivery_data"] = own
}

// linesAsObject numbers the lines as a list does from which one was taken out.
func linesAsObject(fields map[string]any) {
	lines, ok := fields["products"].([]any)
	if !ok || len(lines) == 0 {
		return
	}
	object := make(map[string]any, len(lines))
	for i, line := range lines {
		object[strconv.Itoa(2*i)] = line
	}
	fields["products"] = object
}
