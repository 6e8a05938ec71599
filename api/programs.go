package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"
	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/internal/exchange"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/problem"
	"github.com/cartumsync/cartumsync/internal/settings"
)

// programAPI is what programs with a token of the settings may do.
type programAPI struct {
	settings *settings.Store
	orders   func() (*exchange.Orders, bool) // false while Temporal is not connected
	logger   *zap.Logger
}

// writtenOff takes the news that an order's goods were taken from stock in RO
// App: from here on its quantities are frozen. Twice is as good as once.
func (a *programAPI) writtenOff(w http.ResponseWriter, r *http.Request) {
	key, known := a.orderOf(r)
	if !known {
		problem.Write(w, http.StatusNotFound, "there is no such order")
		return
	}
	err := withOrders(r.Context(), a.orders, func(ctx context.Context, orders *exchange.Orders) error { return orders.WrittenOff(ctx, key, by(ctx)) })
	log := a.logger.With(zap.String("shop", key.Shop), zap.Int64("order", key.Number), zap.String("by", by(r.Context())))
	switch {
	case err == nil:
		log.Info("told that the order's goods were written off")
		w.WriteHeader(http.StatusAccepted)
	case errors.Is(err, exchange.ErrNoOrder):
		problem.Write(w, http.StatusNotFound, "there is no such order")
	case errors.Is(err, exchange.ErrNotImported):
		problem.Write(w, http.StatusConflict, "the order is not imported into RO App yet, so none of its goods can be written off")
	default:
		log.Error("a write-off could not be handed to its order", zap.Error(err))
		problem.Write(retryLater(w), http.StatusServiceUnavailable, sendAgain)
	}
}

// orderOf is the order that the URL names, and whether its shop is known.
func (a *programAPI) orderOf(r *http.Request) (order.Key, bool) {
	shop := chi.URLParam(r, "shop")
	number, err := strconv.ParseUint(chi.URLParam(r, "number"), 10, 63)
	_, known := a.settings.Current().Shops[shop]
	return order.Key{Shop: shop, Number: int64(number)}, known && err == nil && number > 0
}
