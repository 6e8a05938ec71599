package pages

import (
	"context"
	"errors"
	"net/http"

	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/internal/service"
)

// failed answers with a page that says why the service did not do something; the
// text of each code is "failed." and the code. A
// browser that has gone to another page is nobody's fault.
func (p *pages) failed(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(r.Context().Err(), context.Canceled) {
		return
	}
	known := service.As(err)
	text, pairs := p.failure(r, known)
	p.fail(w, r, known.Code.Status(), text, pairs...)
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
	if err.Code.Status() >= http.StatusInternalServerError && err.Code != service.StillReading {
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
