package pages

import (
	"context"
	"errors"
	"net/http"

	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/internal/service"
)

// statuses are what the errors of the service are in HTTP. The text of each is
// "failed." and its code.
var statuses = map[service.Code]int{
	service.Unanswered:   http.StatusServiceUnavailable,
	service.NotConnected: http.StatusServiceUnavailable,
	service.LookupFailed: http.StatusServiceUnavailable,
	service.NotRead:      http.StatusServiceUnavailable,
	service.StillReading: http.StatusServiceUnavailable,
	service.Invalid:      http.StatusUnprocessableEntity,
	service.NoShop:       http.StatusNotFound,
	service.NoAccount:    http.StatusNotFound,
	service.NoOrder:      http.StatusNotFound,
	service.NotInShop:    http.StatusNotFound,
	service.NoRefresh:    http.StatusNotFound,
	service.ShopOff:      http.StatusConflict,
	service.NotImported:  http.StatusConflict,
	service.Closed:       http.StatusConflict,
	service.Unfit:        http.StatusConflict,
	service.ImportRuns:   http.StatusConflict,
}

// failed answers with a page that says why the service did not do something. A
// browser that has gone to another page is nobody's fault.
func (p *pages) failed(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(r.Context().Err(), context.Canceled) {
		return
	}
	known := service.As(err)
	text, pairs := p.failure(r, known)
	p.fail(w, r, statuses[known.Code], text, pairs...)
}

// problemOf says in the person's language why the service did not do something,
// "" where it did.
func (p *pages) problemOf(r *http.Request, err error) string {
	if err == nil {
		return ""
	}
	text, pairs := p.failure(r, service.As(err))
	return p.text(r, text, pairs...)
}

// failure is the text of an error, with pairs for its places. What no person is
// to blame for is logged.
func (p *pages) failure(r *http.Request, err *service.Error) (text string, pairs []any) {
	if statuses[err.Code] >= http.StatusInternalServerError && err.Code != service.StillReading {
		p.Logger.Error("a page could not be answered", zap.String("path", r.URL.Path), zap.Error(err))
	}
	why := err.Text
	switch {
	case err.Code == service.Unfit:
		why = p.words(r).WhyUndecided(err.Unfit, err.Params)
	case err.Code == service.Closed && err.Why != nil:
		why = p.words(r).Message(*err.Why)
	case err.Code == service.Closed:
		why = ""
	}
	return "failed." + string(err.Code), []any{"Why", why}
}
