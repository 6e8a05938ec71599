package api

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/order/flow"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/wording"
)

// refreshAnswer is what came of the wish to update an order.
type refreshAnswer struct {
	OrderName
	State   string     `json:"state" enum:"done,failed,running,too-soon,closed,unknown,unanswered" doc:"done and failed have ended; running goes on; of the others nothing was done"`
	ID      string     `json:"id,omitempty" doc:"Names the refresh, to ask for its end"`
	Changed []string   `json:"changed,omitempty" doc:"What was found and done; nothing changed where a refresh is done without it"`
	Problem string     `json:"problem,omitempty" doc:"Why it failed or was not started"`
	Waits   []string   `json:"waits,omitempty" doc:"The steps in progress while it runs"`
	Next    *time.Time `json:"next,omitempty" doc:"From when on the order may be updated again"`
}

type refreshOutput struct {
	Status   int
	Location string `header:"Location" doc:"Where to ask for the end of a refresh that runs"`
	Body     refreshAnswer
}

func (a *v1) registerRefreshes(doc huma.API) {
	one := a.act(doc, "/orders/{shop}/{number}/refresh", "refresh-order", "Compare both sides of an order now", http.StatusNotFound, http.StatusConflict)
	one.Description += " Once in 10 minutes: too soon is 429 with Retry-After. 202 means that it goes on; Location tells its end."
	huma.Register(doc, one, a.refresh)
	answers := doc.OpenAPI().Paths[one.Path].Post.Responses
	goesOn := *answers["200"]
	goesOn.Description = "It goes on"
	answers["202"] = &goesOn
	huma.Register(doc, read("/orders/{shop}/{number}/refreshes/{id}", "get-refresh", "How far a refresh is", http.StatusNotFound, http.StatusConflict), a.refreshEnd)
	many := a.act(doc, "/orders/refresh", "refresh-orders", "Compare both sides of several orders now")
	many.Description += " Each order answers for itself."
	huma.Register(doc, many, connected(a, a.refreshMany))
}

func (a *v1) refresh(ctx context.Context, in *OrderPath) (*refreshOutput, error) {
	key, orders, err := a.ofOrder(*in)
	if err != nil {
		return nil, err
	}
	answer, err := orders.StartRefresh(ctx, key, by(ctx))
	if err != nil {
		return nil, a.failed("refresh "+key.String(), err)
	}
	if answer.State == service.RefreshTooSoon {
		text := "the order was updated a moment ago; again from " + answer.Next.UTC().Format(time.RFC3339)
		return nil, huma.ErrorWithHeaders(huma.Error429TooManyRequests(text), until(answer.Next))
	}
	out := &refreshOutput{Status: http.StatusOK, Body: refreshAnswerOf(key, answer)}
	if answer.State == service.RefreshRunning {
		out.Status = http.StatusAccepted
		out.Location = fmt.Sprintf("/v1/orders/%s/%d/refreshes/%s", key.Shop, key.Number, url.PathEscape(answer.ID))
	}
	return out, nil
}

func (a *v1) refreshEnd(ctx context.Context, in *struct {
	OrderPath
	ID string `path:"id" maxLength:"40" example:"refresh:3"`
},
) (*answer[refreshAnswer], error) {
	key, orders, err := a.ofOrder(in.OrderPath)
	if err != nil {
		return nil, err
	}
	end, err := orders.RefreshEnd(ctx, key, in.ID)
	if err != nil {
		return nil, a.failed("how far a refresh of "+key.String()+" is", err)
	}
	return &answer[refreshAnswer]{refreshAnswerOf(key, end)}, nil
}

type refreshManyBody struct {
	Orders []OrderName `json:"orders" minItems:"1" maxItems:"100"`
}

type refreshManyAnswer struct {
	Answers []refreshAnswer `json:"answers" doc:"In the order of the request"`
}

func (a *v1) refreshMany(ctx context.Context, orders *service.Orders, in *struct{ Body refreshManyBody }) (*answer[refreshManyAnswer], error) {
	began, err := orders.StartRefreshes(ctx, keysOf(in.Body.Orders), by(ctx))
	if err != nil {
		return nil, a.failed("refresh several orders", err)
	}
	return &answer[refreshManyAnswer]{refreshManyAnswer{each(began, a.begunAnswer)}}, nil
}

// begunAnswer is what one of several orders answers.
func (a *v1) begunAnswer(one service.StartedRefresh) refreshAnswer {
	if one.Err == nil {
		return refreshAnswerOf(one.Key, one.Refreshed)
	}
	answer := refreshAnswer{OrderName: nameOf(one.Key), State: "unanswered", Problem: a.problemOf("refresh "+one.Key.String(), one.Err)}
	switch service.As(one.Err).Code {
	case service.NoOrder:
		answer.State = "unknown"
	case service.Closed:
		answer.State = "closed"
	default:
	}
	return answer
}

func refreshAnswerOf(key order.Key, answer service.Refreshed) refreshAnswer {
	return refreshAnswer{
		OrderName: nameOf(key), State: string(answer.State), ID: answer.ID,
		Changed: each(answer.Changed, wording.English().Message), Problem: english(answer.Problem), Waits: answer.Waits, Next: known(answer.Next),
	}
}

// english puts a message into words, "" for none.
func english(m *flow.Message) string {
	if m == nil {
		return ""
	}
	return wording.English().Message(*m)
}
