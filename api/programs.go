package api

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"
	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/internal/exchange"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/settings"
)

// programAPI is what programs with a token of the settings may do.
type programAPI struct {
	settings *settings.Store
	orders   func() (*exchange.Orders, bool) // false while Temporal is not connected
	logger   *zap.Logger
}

// programName is the context's key of the token's name.
type programName struct{}

// authorized lets requests with a known token through.
func (a *programAPI) authorized(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		name := a.nameOf(token)
		if !strings.EqualFold(scheme, "Bearer") || name == "" {
			w.Header().Set("WWW-Authenticate", "Bearer")
			writeProblem(w, http.StatusUnauthorized, "send a token whose SHA-256 stands in the settings' api_tokens, as Authorization: Bearer <token>")
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), programName{}, name)))
	})
}

// nameOf is whose token it is, "" for nobody's. All are compared, in constant
// time.
func (a *programAPI) nameOf(token string) (name string) {
	got := sha256.Sum256([]byte(token))
	for _, known := range a.settings.Current().APITokens {
		want, err := hex.DecodeString(known.SHA256)
		if subtle.ConstantTimeCompare(got[:], want) == 1 && err == nil {
			name = known.Name
		}
	}
	return name
}

// writtenOff takes the news that an order's goods were taken from stock in RO
// App: from here on its quantities are frozen. Twice is as good as once.
func (a *programAPI) writtenOff(w http.ResponseWriter, r *http.Request) {
	key, known := a.orderOf(r)
	if !known {
		writeProblem(w, http.StatusNotFound, "there is no such order")
		return
	}
	by, _ := r.Context().Value(programName{}).(string)
	err := withOrders(r.Context(), a.orders, func(ctx context.Context, orders *exchange.Orders) error { return orders.WrittenOff(ctx, key, by) })
	log := a.logger.With(zap.String("shop", key.Shop), zap.Int64("order", key.Number), zap.String("by", by))
	switch {
	case err == nil:
		log.Info("told that the order's goods were written off")
		w.WriteHeader(http.StatusAccepted)
	case errors.Is(err, exchange.ErrNoOrder):
		writeProblem(w, http.StatusNotFound, "there is no such order")
	case errors.Is(err, exchange.ErrNotImported):
		writeProblem(w, http.StatusConflict, "the order is not imported into RO App yet, so none of its goods can be written off")
	default:
		log.Error("a write-off could not be handed to its order", zap.Error(err))
		writeProblem(retryLater(w), http.StatusServiceUnavailable, sendAgain)
	}
}

// orderOf is the order that the URL names, and whether its shop is known.
func (a *programAPI) orderOf(r *http.Request) (order.Key, bool) {
	shop := chi.URLParam(r, "shop")
	number, err := strconv.ParseUint(chi.URLParam(r, "number"), 10, 63)
	_, known := a.settings.Current().Shops[shop]
	return order.Key{Shop: shop, Number: int64(number)}, known && err == nil && number > 0
}
