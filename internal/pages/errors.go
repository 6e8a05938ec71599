package pages

import (
	"context"
	"errors"
	"net/http"

	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/internal/exchange"
)

// statuses are what the errors of the service are in HTTP. The text of each is
// "failed." and its code.
var statuses = map[exchange.Code]int{
	exchange.Unanswered:   http.StatusServiceUnavailable,
	exchange.NotConnected: http.StatusServiceUnavailable,
	exchange.NotLookedUp:  http.StatusServiceUnavailable,
	exchange.NotRead:      http.StatusServiceUnavailable,
	exchange.StillReading: http.StatusServiceUnavailable,
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

// failed answers with a page that says why the service did not do something. A
// browser that has gone to another page is nobody's fault.
func (p *pages) failed(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(r.Context().Err(), context.Canceled) {
		return
	}
	known := exchange.As(err)
	text, pairs := p.failure(r, known)
	p.fail(w, r, statuses[known.Code], text, pairs...)
}

// problemOf says in the person's language why the service did not do something,
// "" where it did.
func (p *pages) problemOf(r *http.Request, err error) string {
	if err == nil {
		return ""
	}
	text, pairs := p.failure(r, exchange.As(err))
	return p.text(r, text, pairs...)
}

// failure is the text of an error, with pairs for its places. What no person is
// to blame for is logged.
func (p *pages) failure(r *http.Request, err *exchange.Error) (text string, pairs []any) {
	if statuses[err.Code] >= http.StatusInternalServerError && err.Code != exchange.StillReading {
		p.Logger.Error("a page could not be answered", zap.String("path", r.URL.Path), zap.Error(err))
	}
	why := err.Text
	switch {
	case err.Code == exchange.Unfit:
		why = p.words(r).WhyUndecided(err.Unfit, err.Params)
	case err.Code == exchange.Closed && err.Why != nil:
		why = p.words(r).Message(*err.Why)
	case err.Code == exchange.Closed:
		why = ""
	}
	return "failed." + string(err.Code), []any{"Why", why}
}
