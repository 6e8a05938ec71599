package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/service"
)

// OrderPath names an order in a URL.
type OrderPath struct {
	Shop   string `path:"shop" doc:"The shop's id in the settings"`
	Number string `path:"number" doc:"Cartum's order number, the External ID" example:"115"`
}

// ofOrder is the order that a URL names, and the way to it. What is no number is no order either.
func (a *v1) ofOrder(path OrderPath) (order.Key, *service.Orders, error) {
	number, err := strconv.ParseInt(path.Number, 10, 64)
	_, known := a.Settings.Current().Shops[path.Shop]
	if !known || err != nil || number <= 0 {
		return order.Key{}, nil, huma.Error404NotFound("there is no such order")
	}
	orders, err := a.orders()
	return order.Key{Shop: path.Shop, Number: number}, orders, err
}

// OrderName names an order in a body.
type OrderName struct {
	Shop   string `json:"shop" doc:"The shop's id in the settings"`
	Number int64  `json:"number" minimum:"1" doc:"Cartum's order number, the External ID"`
}

func nameOf(key order.Key) OrderName { return OrderName{key.Shop, key.Number} }

func keysOf(names []OrderName) []order.Key {
	return each(names, func(name OrderName) order.Key { return order.Key(name) })
}

// until is how long to wait for a moment; it is over at once where it has passed.
func until(at time.Time) http.Header { return retryAfter(time.Until(at)) }
