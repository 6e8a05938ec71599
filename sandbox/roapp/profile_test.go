package roapp_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cartumsync/cartumsync/sandbox/roapp"
)

// A client that reads the ids of answers in both forms, sends comments with
// statuses, and waits for search gets an order through in either profile.
func TestOrderInBothProfiles(t *testing.T) {
	t.Parallel()
	for _, profile := range []string{"documented", "flipped"} {
		a := with(t, roapp.Profile(profile))
		made := func(path, body string) int64 {
			got := a.post(path, body)
			if number, err := strconv.ParseInt(strings.TrimSpace(got.raw), 10, 64); err == nil {
				return number
			}
			return max(got.id("id"), got.id("data.id"))
		}
		client := made("/v2/contacts/people", `{"first_name":"Jan","phones":[{"phone":"+48501234567"}],"custom_fields":{"f201":""}}`)
		product := made("/v2/catalog/products", `{"title":"Rose","sku":"A-12","category_id":7,"uom_id":1,"product_type_id":1}`)
		order := made("/v2/orders", fmt.Sprintf(`{"branch_id":12,"order_type_id":34,"client_id":%d,
			"custom_fields":{"f101":"Kwiaty","f102":"1003","f106":""}}`, client))
		made(itemsOf(order), line(product, nil))
		a.post(orderPath(order)+"/status", `{"status_id":102,"comment":"by the shop"}`)
		a.post(orderPath(order)+"/comments", `{"comment":"Delivery","is_private":true}`)
		a.clock.advance(2 * time.Second)
		check(t, a.get("/v2/contacts/people?phones=%2B48501234567"), map[string]string{"data.0.id": fmt.Sprint(client)})
		check(t, a.get("/v2/catalog/products?q=A-12"), map[string]string{"data.0.id": fmt.Sprint(product)})
		check(t, a.get("/v2/orders"), map[string]string{
			"data.0.id": fmt.Sprint(order), "data.0.total": "20.00", "data.0.status.id": "102",
		})
	}
}
