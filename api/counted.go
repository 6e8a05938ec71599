package api

import (
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
)

// WebhookCounter counts webhooks by service, shop or account, and outcome.
type WebhookCounter interface {
	Webhook(service, id, outcome string)
}

// counted counts what comes of a service's webhooks. The parameter of the path
// is the id of a shop or an account; one that the settings do not have is not
// counted by itself.
func (o Options) counted(service, parameter string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		if o.Webhooks == nil {
			return next
		}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answer := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
			next.ServeHTTP(answer, r)
			id, s := chi.URLParam(r, parameter), o.Settings.Current()
			_, shop := s.Shops[id]
			if _, account := s.Accounts[id]; !shop && !account {
				id = ""
			}
			o.Webhooks.Webhook(service, id, webhookOutcome(answer.Status()))
		})
	}
}

func webhookOutcome(status int) string {
	switch {
	case status == http.StatusNotFound || status == http.StatusUnauthorized || status == http.StatusForbidden:
		return "stranger" // no such shop or account, or not its secret
	case status == http.StatusTooManyRequests:
		return "throttled"
	case status >= http.StatusInternalServerError:
		return "failed" // and sent again
	case status >= http.StatusBadRequest:
		return "rejected"
	default:
		return "taken"
	}
}
