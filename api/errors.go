package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/internal/service"
)

// failed is the problem of an error of an action, whose fields are the body's.
func (a *v1) failed(what string, err error) error { return a.problem("body.", what, err) }

// notListed is the problem of an error of a list, whose fields are the query's.
func (a *v1) notListed(what string, err error) error { return a.problem("query.", what, err) }

// problem is that of an error of the service, nil for none. What went wrong where no caller is
// to blame is logged, not shown.
func (a *v1) problem(fields, what string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	known := service.As(err)
	status := known.Code.Status()
	switch {
	case status == http.StatusServiceUnavailable:
		if known.Code != service.NotConnected {
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
	if service.As(err).Code.Status() >= http.StatusInternalServerError {
		_ = a.failed(what, err) // logs it
		return service.As(err).Text + "; try again"
	}
	return service.As(err).Text
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
