package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/internal/exchange"
)

// statuses are what the errors of the service are in HTTP.
var statuses = map[exchange.Code]int{
	exchange.Unanswered:   http.StatusServiceUnavailable,
	exchange.NotConnected: http.StatusServiceUnavailable,
	exchange.NotLookedUp:  http.StatusServiceUnavailable,
	exchange.StillReading: http.StatusServiceUnavailable,
	exchange.NotRead:      http.StatusBadGateway,
	exchange.Invalid:      http.StatusUnprocessableEntity,
	exchange.NoShop:       http.StatusNotFound,
	exchange.NoAccount:    http.StatusNotFound,
	exchange.NoOrder:      http.StatusNotFound,
	exchange.NotInShop:    http.StatusNotFound,
	exchange.NoRefresh:    http.StatusNotFound,
	exchange.ShopOff:      http.StatusConflict,
	exchange.NotImported:  http.StatusConflict,
	exchange.Closed:       http.StatusConflict,
	exchange.Unfit:        http.StatusConflict,
	exchange.ImportRuns:   http.StatusConflict,
}

// failed is the problem of an error of an action, whose fields are the body's.
func (a *v1) failed(what string, err error) error { return a.problem("body.", what, err) }

// notListed is the problem of an error of a list, whose fields are the query's.
func (a *v1) notListed(what string, err error) error { return a.problem("query.", what, err) }

// problem is that of an error of the service. What went wrong where no caller is
// to blame is logged, not shown.
func (a *v1) problem(fields, what string, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	known := exchange.As(err)
	status := statuses[known.Code]
	switch {
	case status == http.StatusServiceUnavailable:
		if known.Code != exchange.NotConnected {
			a.Logger.Error("the API could not answer", zap.String("asked", what), zap.Error(err))
		}
		return later(known.Text)
	case known.Field != "":
		return huma.NewError(status, known.Text, &huma.ErrorDetail{Location: fields + known.Field, Message: known.Text})
	default:
		return huma.NewError(status, known.Text)
	}
}

// problemOf says why one of several orders did not accept something.
func (a *v1) problemOf(what string, err error) string {
	if statuses[exchange.As(err).Code] >= http.StatusInternalServerError {
		_ = a.failed(what, err) // logs it
		return exchange.As(err).Text + "; try again"
	}
	return exchange.As(err).Text
}

// later is an error that passes: send it again.
func later(text string) error {
	return huma.ErrorWithHeaders(huma.Error503ServiceUnavailable(text+"; send it again"), retryAfter(time.Minute))
}

// retryAfter says when to send it again, in whole seconds.
func retryAfter(wait time.Duration) http.Header {
	seconds := max(1, int64((wait+time.Second-1)/time.Second))
	return http.Header{"Retry-After": {strconv.FormatInt(seconds, 10)}}
}
