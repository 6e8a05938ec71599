package api

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/internal/exchange"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/wording"
)

// OrderPath names an order in a URL.
type OrderPath struct {
	Shop   string `path:"shop" doc:"The shop's id in the settings"`
	Number string `path:"number" doc:"Cartum's order number, the External ID" example:"115"`
}

// key is the order that a URL names. What is no number is no order either.
func (a *v1) key(path OrderPath) (order.Key, error) {
	number, err := strconv.ParseInt(path.Number, 10, 64)
	_, known := a.Settings.Current().Shops[path.Shop]
	if !known || err != nil || number <= 0 {
		return order.Key{}, noOrder()
	}
	return order.Key{Shop: path.Shop, Number: number}, nil
}

func noOrder() error { return huma.Error404NotFound("there is no such order") }

// OrderName names an order in a body.
type OrderName struct {
	Shop   string `json:"shop" doc:"The shop's id in the settings"`
	Number int64  `json:"number" minimum:"1" doc:"Cartum's order number, the External ID"`
}

func nameOf(key order.Key) OrderName { return OrderName{key.Shop, key.Number} }

func keysOf(names []OrderName) []order.Key {
	keys := make([]order.Key, 0, len(names))
	for _, name := range names {
		keys = append(keys, order.Key(name))
	}
	return keys
}

// refused is the problem that an action's error is.
func (a *v1) refused(what string, err error) error {
	var closed *exchange.ClosedError
	var unfit *exchange.UnfitError
	var lookup *exchange.LookupError
	switch {
	case errors.Is(err, exchange.ErrNoOrder):
		return noOrder()
	case errors.Is(err, exchange.ErrNoRefresh):
		return huma.Error404NotFound("there is no such refresh, or a later one has taken its place")
	case errors.Is(err, exchange.ErrNotImported):
		return huma.Error409Conflict("the order is not imported into RO App yet, so none of its goods can be written off")
	case errors.As(err, &unfit) && unfit.Field != "":
		return huma.Error409Conflict(err.Error(), &huma.ErrorDetail{
			Location: "body." + unfit.Field, Message: wording.English().WhyUndecided(unfit.Why, unfit.Params),
		})
	case errors.As(err, &lookup):
		a.Logger.Error("what a decision names could not be looked up", zap.String("asked", what), zap.Error(err))
		return later("RO App did not say whether the record exists, so nothing was decided")
	case errors.As(err, &closed), errors.As(err, &unfit):
		return huma.Error409Conflict(err.Error())
	default:
		return a.unanswered(what, err)
	}
}

// until is how long to wait for a moment; it is over at once where it has passed.
func until(at time.Time) http.Header { return retryAfter(time.Until(at)) }

// errorsOf adds to the errors that an operation's description names.
func errorsOf(operation huma.Operation, codes ...int) huma.Operation {
	operation.Errors = append(operation.Errors, codes...)
	return operation
}
