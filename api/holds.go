package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/wording"
)

type holdChoice struct {
	ID           int64  `json:"id"`
	Organization bool   `json:"organization,omitempty"`
	Title        string `json:"title"`
}

// heldOrder is an order on hold.
type heldOrder struct {
	OrderName
	Reason     order.HoldReason     `json:"reason"`
	Since      *time.Time           `json:"since,omitempty"`
	NextRetry  *time.Time           `json:"next_retry,omitempty" doc:"When the cause is looked at again by itself; without it only a person ends it"`
	Text       string               `json:"text,omitempty" doc:"What happened"`
	Remedy     string               `json:"remedy,omitempty" doc:"What to do"`
	Note       string               `json:"note,omitempty" doc:"What came of the last answer, where nothing did"`
	ProductKey order.ProductKey     `json:"product_key,omitempty" doc:"The product that it is about"`
	Choices    []holdChoice         `json:"choices,omitempty" doc:"The records to choose between"`
	Answers    []order.DecisionKind `json:"answers,omitempty" doc:"The kinds of decision that it offers"`
	Problem    string               `json:"problem,omitempty" doc:"Set where the order did not answer, or has just gone on"`
}

type holdsAnswer struct {
	Holds    []heldOrder `json:"holds"`
	Next     string      `json:"next,omitempty" doc:"The cursor of the part after this one"`
	Problems []string    `json:"problems,omitempty" doc:"What is missing here"`
}

func (a *v1) registerHolds(doc huma.API) {
	operation := read("/holds", "list-holds", "The orders on hold, newest first")
	operation.Description = "What they wait for is asked of each order now; which they are may lag a moment behind."
	huma.Register(doc, operation, connected(a, a.holds))
}

func (a *v1) holds(ctx context.Context, orders *service.Orders, in *struct {
	Shop   string           `query:"shop" doc:"The shop's id; all shops without it"`
	Reason order.HoldReason `query:"reason" doc:"What they wait for; anything without it" example:"ambiguous-contact"`
	Cursor string           `query:"cursor" maxLength:"4000" doc:"next of the part before"`
	Limit  int              `query:"limit" minimum:"1" maximum:"50" default:"20"`
},
) (*answer[holdsAnswer], error) {
	page, err := orders.Holds(ctx, service.Filter{Shop: in.Shop, Reason: in.Reason}, in.Cursor, in.Limit)
	if err != nil {
		return nil, a.notListed("the orders on hold", err)
	}
	return &answer[holdsAnswer]{holdsAnswer{Holds: each(page.Orders, a.heldOrder), Next: page.Next, Problems: page.Problems}}, nil
}

func (a *v1) heldOrder(one service.Held) heldOrder {
	out := heldOrder{OrderName: nameOf(one.Key), Reason: one.Reason, Since: known(one.HeldSince)}
	hold := one.View.State.Hold
	switch {
	case one.Err != nil:
		a.Logger.Warn("an order on hold could not be asked", zap.String("shop", one.Key.Shop), zap.Int64("order", one.Key.Number), zap.Error(one.Err))
		out.Problem = "the order did not answer"
		return out
	case hold == nil:
		out.Problem = "it has just gone on"
		return out
	}
	out.Reason, out.Since, out.NextRetry = hold.Reason, known(hold.Since), known(hold.NextRetry)
	say := wording.English()
	out.Text, out.Remedy = say.Hold(*hold)
	out.Note, out.ProductKey, out.Answers = say.Note(*hold), hold.ProductKey, one.View.State.Answers()
	out.Choices = each(hold.Choices, func(c order.Choice) holdChoice { return holdChoice(c) })
	return out
}
