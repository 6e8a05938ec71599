package api

import (
	"context"
	"time"

	"github.com/shopspring/decimal"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/order/flow"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/wording"
)

// OrderDetail is one order with both sides by each other. Amounts are decimals in
// its currency.
type OrderDetail struct {
	Shop        string           `json:"shop"`
	Number      int64            `json:"number" doc:"Cartum's order number, the External ID"`
	ShopName    string           `json:"shop_name"`
	State       order.SyncState  `json:"state" enum:"importing,held,synced,closed,failed"`
	Currency    string           `json:"currency,omitempty"`
	Origin      order.Origin     `json:"origin" enum:"webhook,hand,sweep,initial-import" doc:"Who first asked for it"`
	Started     time.Time        `json:"started" doc:"When cartumsync first heard of it"`
	Updated     *time.Time       `json:"updated,omitempty" doc:"When both sides were last compared"`
	Refreshing  bool             `json:"refreshing,omitempty" doc:"It is being compared now"`
	NextRefresh *time.Time       `json:"next_refresh,omitempty" doc:"From when on it may be compared again by wish"`
	Closed      *MessageDetail   `json:"closed,omitempty" doc:"Why it is done"`
	Running     []string         `json:"running,omitempty" doc:"Steps in progress"`
	Pending     []order.Pending  `json:"pending,omitempty" enum:"read-cartum,read-roapp,compare" doc:"What is to be done after them; an order with neither is up to date"`
	Hold        *HoldDetail      `json:"hold,omitempty"`
	Cartum      *CartumDetail    `json:"cartum,omitempty" doc:"Left out while nobody has read it"`
	Roapp       *RoappDetail     `json:"roapp,omitempty" doc:"Left out while it does not exist there"`
	Lines       []LineDetail     `json:"lines"`
	Amount      *AmountDetail    `json:"amount,omitempty"`
	Warnings    []MessageDetail  `json:"warnings,omitempty"`
	Timeline    []TimelineDetail `json:"timeline" doc:"Newest first"`
	ShopURL     string           `json:"shop_url,omitempty"`
	Workflow    string           `json:"workflow" doc:"The workflow's id in Temporal"`
}

// HoldDetail is what the order waits for.
type HoldDetail struct {
	Reason     order.HoldReason     `json:"reason"`
	Text       string               `json:"text" doc:"What happened"`
	Remedy     string               `json:"remedy" doc:"What a person can do"`
	Note       *MessageDetail       `json:"note,omitempty" doc:"Why the last answer had no effect"`
	Field      string               `json:"field,omitempty" doc:"The value that causes it, as its service calls it"`
	ProductKey string               `json:"product_key,omitempty" doc:"The product that it is about, as decisions name it"`
	Choices    []ChoiceDetail       `json:"choices,omitempty"`
	Since      time.Time            `json:"since"`
	Answers    []order.DecisionKind `json:"answers,omitempty" doc:"Decisions that may end it"`
	Retries    int                  `json:"retries,omitempty" doc:"How often its cause was checked again"`
	NextRetry  *time.Time           `json:"next_retry,omitempty" doc:"When its cause is checked again; left out where only a person ends it"`
}

// ChoiceDetail is one record that fits.
type ChoiceDetail struct {
	ID           int64  `json:"id"`
	Title        string `json:"title"`
	Organization bool   `json:"organization,omitempty"`
}

// CartumDetail is the order as the shop has it.
type CartumDetail struct {
	Created        *time.Time     `json:"created,omitempty"`
	Read           *time.Time     `json:"read,omitempty"`
	Status         int            `json:"status"`
	StatusName     string         `json:"status_name"`
	Customer       PersonDetail   `json:"customer"`
	Delivery       DeliveryDetail `json:"delivery"`
	PaymentMethod  string         `json:"payment_method,omitempty"`
	Paid           bool           `json:"paid"`
	BuyerComment   string         `json:"buyer_comment,omitempty"`
	ManagerComment string         `json:"manager_comment,omitempty"`
	DoNotCall      bool           `json:"do_not_call,omitempty"`
}

// PersonDetail is the shop's customer.
type PersonDetail struct {
	Name  string `json:"name"`
	Phone string `json:"phone,omitempty"`
	Email string `json:"email,omitempty"`
}

// DeliveryDetail is how the order gets to its recipient.
type DeliveryDetail struct {
	Method         string           `json:"method,omitempty"`
	Price          *decimal.Decimal `json:"price,omitempty"`
	AtCarrierRates bool             `json:"at_carrier_rates,omitempty" doc:"The price is not known"`
	Recipient      string           `json:"recipient,omitempty"`
	Phone          string           `json:"phone,omitempty"`
	City           string           `json:"city,omitempty"`
	Address        string           `json:"address,omitempty"`
	Branch         string           `json:"branch,omitempty"`
	Tracking       string           `json:"tracking,omitempty"`
}

// RoappDetail is the order as RO App has it, as far as it was seen.
type RoappDetail struct {
	RoappRef
	Account    string           `json:"account"`
	Contact    int64            `json:"contact" doc:"The id of the order's customer"`
	Total      *decimal.Decimal `json:"total,omitempty"`
	WrittenOff bool             `json:"written_off" doc:"Quantities, prices and lines are frozen"`
	Linked     bool             `json:"linked,omitempty" doc:"It stood there before"`
	Seen       *time.Time       `json:"seen,omitempty"`
	Written    *time.Time       `json:"written,omitempty"`
}

// LineDetail is one line on both sides.
type LineDetail struct {
	Line       string        `json:"line" doc:"The article, or the title of a line without one"`
	Title      string        `json:"title,omitempty"`
	Cartum     *ValuesDetail `json:"cartum,omitempty"`
	Roapp      *ValuesDetail `json:"roapp,omitempty"`
	Difference string        `json:"difference,omitempty" enum:"new,removed,values" doc:"A change of the shop that is not synced"`
	ByStaff    bool          `json:"by_staff,omitempty" doc:"Staff changed it in RO App, or took it out"`
}

// ValuesDetail are a line's values on one side, the price for one piece.
type ValuesDetail struct {
	Quantity decimal.Decimal `json:"quantity"`
	Price    decimal.Decimal `json:"price"`
}

// AmountDetail explains the shop's total: goods - discounts + remainder, and what
// is included of delivery and fee.
type AmountDetail struct {
	Items            decimal.Decimal  `json:"items"`
	Discounts        []DiscountDetail `json:"discounts,omitempty"`
	Delivery         *decimal.Decimal `json:"delivery,omitempty"`
	DeliveryIncluded bool             `json:"delivery_included,omitempty"`
	Fee              decimal.Decimal  `json:"payment_fee"`
	FeeIncluded      bool             `json:"payment_fee_included,omitempty"`
	Remainder        decimal.Decimal  `json:"remainder" doc:"What nothing explains, usually rounding"`
	Total            decimal.Decimal  `json:"total"`
	ToCollect        decimal.Decimal  `json:"to_collect"`
	Roapp            string           `json:"roapp,omitempty" doc:"How RO App's total compares"`
	Agrees           bool             `json:"agrees" doc:"RO App's total is explained, or was not seen yet"`
}

// DiscountDetail is one discount of the shop's order.
type DiscountDetail struct {
	Kind    string          `json:"kind" enum:"coupon,manager,order"`
	Title   string          `json:"title,omitempty"`
	Percent decimal.Decimal `json:"percent"`
	Value   decimal.Decimal `json:"value"`
}

// MessageDetail is a code with its parameters, and the same in English.
type MessageDetail struct {
	Code   string            `json:"code"`
	Params map[string]string `json:"params,omitempty"`
	Text   string            `json:"text"`
}

// TimelineDetail is one entry of the timeline.
type TimelineDetail struct {
	At time.Time `json:"at"`
	By string    `json:"by,omitempty" doc:"Who; left out for cartumsync itself"`
	MessageDetail
}

func (a *v1) getOrder(ctx context.Context, in *OrderPath) (*answer[OrderDetail], error) {
	key, orders, err := a.ofOrder(*in)
	if err != nil {
		return nil, err
	}
	detail, err := orders.Detail(ctx, key)
	if err != nil {
		return nil, a.failed("show "+key.String(), err)
	}
	return &answer[OrderDetail]{detailOf(detail)}, nil
}

func detailOf(d service.Detail) OrderDetail {
	say := wording.In("en", d.Names)
	message := func(m flow.Message) MessageDetail { return messageOf(m, say) }
	return OrderDetail{
		Shop: d.Key.Shop, Number: d.Key.Number, ShopName: d.ShopName, State: d.State, Currency: d.Currency, Origin: d.Origin,
		Started: d.Started.UTC(), Updated: known(d.Compared), Refreshing: d.Refreshing, NextRefresh: known(d.NextRefresh),
		Running: d.Running, Pending: d.Pending, Hold: holdOf(d), Cartum: cartumOf(d.Shop), Roapp: roappOf(d.Roapp, d.Links.Order), Amount: amountOf(d.Amount),
		ShopURL: d.Links.Shop, Workflow: d.Workflow, Closed: maybe(d.Closed, say), Warnings: each(d.Warnings, message),
		Lines: each(d.Lines, func(line order.LinePair) LineDetail {
			return LineDetail{
				Line: line.Label(), Title: line.Title, Cartum: valuesOf(line.Shop), Roapp: valuesOf(line.Account),
				Difference: string(line.Difference), ByStaff: line.ByStaff,
			}
		}),
		Timeline: each(d.Timeline, func(entry order.Entry) TimelineDetail {
			return TimelineDetail{At: entry.At.UTC(), By: entry.By, MessageDetail: message(entry.Message)}
		}),
	}
}

func messageOf(m flow.Message, say wording.Words) MessageDetail {
	return MessageDetail{m.Code, m.Params, say.Message(m)}
}

// maybe leaves out a message that there is not.
func maybe(m *flow.Message, say wording.Words) *MessageDetail {
	if m == nil {
		return nil
	}
	detail := messageOf(*m, say)
	return &detail
}

func holdOf(d service.Detail) *HoldDetail {
	hold := d.Hold
	if hold == nil {
		return nil
	}
	say := wording.In("en", d.Names)
	text, remedy := say.Hold(*hold)
	return &HoldDetail{
		Reason: hold.Reason, Text: text, Remedy: remedy, Note: maybe(hold.Note, say), Field: hold.Field, ProductKey: string(hold.ProductKey),
		Since: hold.Since.UTC(), Retries: hold.Retries, NextRetry: known(hold.NextRetry), Answers: d.Answers,
		Choices: each(hold.Choices, func(c order.Choice) ChoiceDetail {
			return ChoiceDetail{ID: c.ID, Title: c.Title, Organization: c.Organization}
		}),
	}
}

func cartumOf(side *service.ShopSide) *CartumDetail {
	if side == nil {
		return nil
	}
	return &CartumDetail{
		Created: known(side.Placed), Read: known(side.Read), Status: side.Status, StatusName: side.StatusName,
		Customer: PersonDetail(side.Customer), Delivery: DeliveryDetail(side.Delivery),
		PaymentMethod: side.Payment.Method, Paid: side.Payment.Paid,
		BuyerComment: side.BuyerComment, ManagerComment: side.ManagerComment, DoNotCall: side.DoNotCall,
	}
}

func roappOf(side *service.RoappSide, url string) *RoappDetail {
	if side == nil {
		return nil
	}
	return &RoappDetail{
		RoappRef: RoappRef{ID: side.ID, Number: side.Number, Status: side.Status, StatusName: side.StatusName, URL: url},
		Account:  side.Account, Contact: side.Contact, Total: side.Total, WrittenOff: side.WrittenOff, Linked: side.Linked,
		Seen: known(side.Seen), Written: known(side.Wrote),
	}
}

func valuesOf(values *order.ItemValues) *ValuesDetail {
	if values == nil {
		return nil
	}
	return &ValuesDetail{values.Quantity, values.Price}
}

func amountOf(a *service.AmountDetail) *AmountDetail {
	if a == nil {
		return nil
	}
	detail := &AmountDetail{
		Discounts: each(a.Discounts, func(d order.Discount) DiscountDetail {
			return DiscountDetail{string(d.Kind), d.Title, d.Percent, d.Value}
		}),
		Items: a.Items, Delivery: a.Delivery, DeliveryIncluded: a.DeliveryIncluded, Fee: a.PaymentFee, FeeIncluded: a.PaymentFeeIncluded,
		Remainder: a.Remainder, Total: a.Sum, ToCollect: a.ToCollect, Agrees: true,
	}
	if a.Roapp != nil {
		detail.Roapp, detail.Agrees = wording.English().Message(a.Roapp.Message()), a.Roapp.Kind != order.AmountDiffers
	}
	return detail
}
