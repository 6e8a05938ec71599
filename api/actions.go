package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"go.uber.org/zap"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/service"
)

// decisionBody is a person's answer to what an order waits for.
type decisionBody struct {
	Kind         order.DecisionKind `json:"kind" enum:"contact,create-contact,product,create-product,accept,retry,create-again,link,skip,new-order,same-order"`
	Reason       string             `json:"reason,omitempty" maxLength:"500" doc:"Why; the kind skip needs it"`
	Contact      int64              `json:"contact,omitempty" minimum:"1" doc:"RO App's id of the contact, of the kind contact"`
	Organization bool               `json:"organization,omitempty" doc:"The contact is an organization"`
	Product      int64              `json:"product,omitempty" minimum:"1" doc:"RO App's id of the product, of the kind product"`
	ProductKey   order.ProductKey   `json:"product_key,omitempty" maxLength:"300" doc:"What the product is for, such as a:A-12, where not what the order waits for"`
	OtherPhone   bool               `json:"confirm_other_phone,omitempty" doc:"The contact is meant although it has another phone than the order"`
	RoappOrder   int64              `json:"roapp_order,omitempty" minimum:"1" doc:"RO App's id of the order to link"`
}

func (b decisionBody) by(name string) order.Decision {
	return order.Decision{
		Kind: b.Kind, By: name, Reason: b.Reason, ContactID: b.Contact, Organization: b.Organization,
		ProductID: b.Product, ProductKey: b.ProductKey, OrderID: b.RoappOrder, Confirmed: b.OtherPhone,
	}
}

func (a *v1) registerActions(doc huma.API) {
	action := func(path, id, summary, description string) huma.Operation {
		operation := a.act(doc, path, id, summary, http.StatusNotFound, http.StatusConflict)
		operation.Description += " " + description
		operation.DefaultStatus = http.StatusAccepted
		return operation
	}
	huma.Register(doc, action("/orders/{shop}/{number}/decisions", "decide", "Answer what an order waits for",
		"An answer that does not fit is 409 and changes nothing; so is a record that RO App does not have, and, without confirm_other_phone, "+
			"a contact with another phone than the order's. The record is looked up in RO App, which may take seconds."), a.decide)
	huma.Register(doc, action("/orders/{shop}/{number}/import", "import-order", "Import an order, or start a closed one again",
		"It is read from the shop again."), a.importOrder)
	huma.Register(doc, action("/orders/{shop}/{number}/written-off", "written-off", "Report that the items of an order were written off",
		"From here on quantities, prices and lines are frozen."), a.writtenOff)
	many := a.act(doc, "/holds/decisions", "decide-many", "Give several orders one answer")
	many.Description += " Each order answers for itself. Only answers that name no record of one order."
	huma.Register(doc, many, connected(a, a.decideMany))
}

// taken has no body.
type taken struct{}

func (a *v1) decide(ctx context.Context, in *struct {
	OrderPath
	Body decisionBody
},
) (*taken, error) {
	return a.tell(in.OrderPath, "decide", func(orders *service.Orders, key order.Key) error {
		return orders.Decide(ctx, key, in.Body.by(by(ctx)))
	})
}

func (a *v1) importOrder(ctx context.Context, in *OrderPath) (*taken, error) {
	return a.tell(*in, "import", func(orders *service.Orders, key order.Key) error {
		return orders.Import(ctx, key, by(ctx))
	})
}

func (a *v1) writtenOff(ctx context.Context, in *OrderPath) (*taken, error) {
	return a.tell(*in, "written off", func(orders *service.Orders, key order.Key) error {
		return orders.WrittenOff(ctx, key, by(ctx))
	})
}

// tell brings something to one order.
func (a *v1) tell(path OrderPath, what string, bring func(*service.Orders, order.Key) error) (*taken, error) {
	key, orders, err := a.ofOrder(path)
	if err != nil {
		return nil, err
	}
	if err := bring(orders, key); err != nil {
		return nil, a.failed(what+" "+key.String(), err)
	}
	a.Logger.Info("told an order: "+what, zap.String("shop", key.Shop), zap.Int64("order", key.Number))
	return nil, nil
}

type decideManyBody struct {
	Orders   []OrderName  `json:"orders" minItems:"1" maxItems:"100"`
	Decision decisionBody `json:"decision"`
}

// decidedAnswer is what one of several orders answers.
type decidedAnswer struct {
	OrderName
	Taken   bool   `json:"taken"`
	Problem string `json:"problem,omitempty" doc:"Why it was not taken"`
}

type decideManyAnswer struct {
	Answers []decidedAnswer `json:"answers" doc:"In the order of the request"`
}

func (a *v1) decideMany(ctx context.Context, orders *service.Orders, in *struct{ Body decideManyBody }) (*answer[decideManyAnswer], error) {
	decided, err := orders.DecideMany(ctx, keysOf(in.Body.Orders), in.Body.Decision.by(by(ctx)))
	if err != nil {
		return nil, a.failed("decide for several orders", err)
	}
	return &answer[decideManyAnswer]{decideManyAnswer{each(decided, a.decidedAnswer)}}, nil
}

func (a *v1) decidedAnswer(one service.Decided) decidedAnswer {
	answer := decidedAnswer{OrderName: nameOf(one.Key), Taken: one.Err == nil}
	if one.Err != nil {
		answer.Problem = a.problemOf("decide for "+one.Key.String(), one.Err)
	}
	return answer
}
