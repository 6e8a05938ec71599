package e2e

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/api"
	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// Endpoints of RO App's API, as the fake counts them.
const (
	createOrder = "POST /v2/orders"
	addItem     = "POST /v2/orders/{id}/items"
	readItems   = "GET /v2/orders/{id}/items"
	setStatus   = "POST /v2/orders/{id}/status"
	postComment = "POST /v2/orders/{id}/comments"
	findPeople  = "GET /v2/contacts/people"
)

// unhurried is a test environment in which the limits of requests are not the point.
func unhurried(t *testing.T, o testenv.Options) *testenv.Env {
	t.Helper()
	o.Unlimited = true
	return testenv.New(t, o)
}

// lines are an order's products.
func lines(all ...testenv.J) testenv.J { return testenv.J{"products": all} }

// with adds fields to an order's or a line's.
func with(base, more testenv.J) testenv.J {
	merged := testenv.J{}
	for _, fields := range []testenv.J{base, more} {
		for name, value := range fields {
			merged[name] = value
		}
	}
	return merged
}

// null is JSON's null, where a field that is left out would be another matter.
var null = json.RawMessage("null")

// imported is a line as RO App has it: what, how many, for how much.
type imported struct{ SKU, Title, Quantity, Price string }

// importedLines are an order's items, sorted by SKU, title and price.
func importedLines(o testenv.RoappOrder) []imported {
	all := make([]imported, 0, len(o.Items))
	for _, item := range o.Items {
		all = append(all, imported{item.Entity.SKU, item.Entity.Title, item.Quantity.String(), item.Price.String()})
	}
	slices.SortFunc(all, func(a, b imported) int {
		return slices.Compare([]string{a.SKU, a.Title, a.Price}, []string{b.SKU, b.Title, b.Price})
	})
	return all
}

// theComment is the order's only comment in the event feed.
func theComment(t *testing.T, o testenv.RoappOrder) string {
	t.Helper()
	require.Len(t, o.Feed, 1)
	assert.True(t, o.Feed[0].IsPrivate, "a comment with an address is for staff only")
	return o.Feed[0].Comment
}

// theProduct is the account's only product.
func theProduct(t *testing.T, w *testenv.Env) testenv.RoappProduct {
	t.Helper()
	products := w.Roapp.Products()
	require.Len(t, products, 1)
	return products[0]
}

// numbers are the External IDs of all orders in RO App, sorted.
func numbers(w *testenv.Env) []string {
	var all []string
	for _, o := range w.Roapp.Orders() {
		all = append(all, o.CustomFields["f102"])
	}
	slices.Sort(all)
	return all
}

func markCodes(v testenv.Order) []string {
	codes := []string{}
	for _, mark := range v.Warnings {
		codes = append(codes, mark.Code)
	}
	return codes
}

func choiceIDs(h *api.HoldDetail) []int64 {
	var ids []int64
	for _, choice := range h.Choices {
		ids = append(ids, choice.ID)
	}
	slices.Sort(ids)
	return ids
}

func itoa(id int64) string { return strconv.FormatInt(id, 10) }

// timelineText is the order's timeline as one text, by code and parameters, oldest
// entry first.
func timelineText(v testenv.Order) string {
	var text strings.Builder
	for _, entry := range slices.Backward(v.Timeline) {
		text.WriteString(shown(entry.MessageDetail) + "\n")
	}
	return text.String()
}

// textOf writes messages as "code name=value name=value", names sorted, with "; "
// between them.
func textOf(messages ...flow.Message) string {
	texts := make([]string, 0, len(messages))
	for _, m := range messages {
		text := m.Code
		for _, name := range slices.Sorted(maps.Keys(m.Params)) {
			text += " " + name + "=" + m.Params[name]
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, "; ")
}

// shown writes messages of the API as textOf does.
func shown(messages ...api.MessageDetail) string {
	texts := make([]string, 0, len(messages))
	for _, m := range messages {
		texts = append(texts, textOf(flow.Message{Code: m.Code, Params: m.Params}))
	}
	return strings.Join(texts, "; ")
}

// lastComment is what stands last in an order's event feed.
func lastComment(o testenv.RoappOrder) string { return o.Feed[len(o.Feed)-1].Comment }
