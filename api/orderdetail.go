package api

import (
	"context"
	"time"

	"github.com/shopspring/decimal"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/wording"
)

type orderDetailOutput struct{ Body orderDetail }

// orderDetail is one order with both sides by each other. Amounts are decimals in
// its currency.
type orderDetail struct {
	Shop        string           `json:"shop"`
	Number      int64            `json:"number" doc:"Cartum's order number, the External ID"`
	ShopName    string           `json:"shop_name"`
	State       string           `json:"state" enum:"importing,held,synced,closed,failed"`
	Currency    string           `json:"currency,omitempty"`
	Origin      string           `json:"origin" enum:"webhook,hand,sweep,initial-import" doc:"Who first asked for it"`
	Started     time.Time        `json:"started" doc:"When cartumsync first heard of it"`
	Updated     *time.Time       `json:"updated,omitempty" doc:"When both sides were last compared"`
	Refreshing  bool             `json:"refreshing,omitempty" doc:"It is being compared now"`
	NextRefresh *time.Time       `json:"next_refresh,omitempty" doc:"From when on it may be compared again by wish"`
	Closed      string           `json:"closed,omitempty" doc:"Why it is done"`
	Running     []string         `json:"running,omitempty" doc:"Steps in progress"`
	Hold        *holdDetail      `json:"hold,omitempty"`
	Cartum      *cartumDetail    `json:"cartum,omitempty" doc:"Left out while nobody has read it"`
	Roapp       *roappDetail     `json:"roapp,omitempty" doc:"Left out while it does not stand there"`
	Lines       []lineDetail     `json:"lines"`
	Amount      *amountDetail    `json:"amount,omitempty"`
	Warnings    []messageDetail  `json:"warnings,omitempty"`
	Timeline    []timelineDetail `json:"timeline" doc:"Newest first"`
	ShopURL     string           `json:"shop_url,omitempty"`
	Workflow    string           `json:"workflow" doc:"The workflow's id in Temporal"`
}

type holdDetail struct {
	Reason     string               `json:"reason"`
	Text       string               `json:"text" doc:"What happened"`
	Remedy     string               `json:"remedy" doc:"What a person can do"`
	Field      string               `json:"field,omitempty"`
	ProductKey string               `json:"product_key,omitempty" doc:"The product that it is about, as decisions name it"`
	Choices    []choiceDetail       `json:"choices,omitempty"`
	Since      time.Time            `json:"since"`
	Answers    []order.DecisionKind `json:"answers,omitempty" doc:"Decisions that may end it"`
	NextRetry  *time.Time           `json:"next_retry,omitempty" doc:"When its cause is checked again; left out where only a person ends it"`
}

type choiceDetail struct {
	ID           int64  `json:"id"`
	Title        string `json:"title"`
	Organization bool   `json:"organization,omitempty"`
}

type cartumDetail struct {
	Created        *time.Time     `json:"created,omitempty"`
	Read           *time.Time     `json:"read,omitempty"`
	Status         int            `json:"status"`
	StatusName     string         `json:"status_name"`
	Customer       personDetail   `json:"customer"`
	Delivery       deliveryDetail `json:"delivery"`
	PaymentMethod  string         `json:"payment_method,omitempty"`
	Paid           bool           `json:"paid"`
	BuyerComment   string         `json:"buyer_comment,omitempty"`
	ManagerComment string         `json:"manager_comment,omitempty"`
	DoNotCall      bool           `json:"do_not_call,omitempty"`
}

type personDetail struct {
	Name  string `json:"name"`
	Phone string `json:"phone,omitempty"`
	Email string `json:"email,omitempty"`
}

type deliveryDetail struct {
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

type roappDetail struct {
	RoappRef
	Account    string           `json:"account"`
	Contact    int64            `json:"contact" doc:"The id of the order's customer"`
	Total      *decimal.Decimal `json:"total,omitempty"`
	WrittenOff bool             `json:"written_off" doc:"Quantities, prices and lines are frozen"`
	Linked     bool             `json:"linked,omitempty" doc:"It stood there before"`
	Seen       *time.Time       `json:"seen,omitempty"`
	Written    *time.Time       `json:"written,omitempty"`
}

type lineDetail struct {
	Line       string        `json:"line" doc:"The article, or the title of a line without one"`
	Title      string        `json:"title,omitempty"`
	Cartum     *valuesDetail `json:"cartum,omitempty"`
	Roapp      *valuesDetail `json:"roapp,omitempty"`
	Difference string        `json:"difference,omitempty" enum:"new,removed,values" doc:"A change of the shop that is not carried over"`
	ByStaff    bool          `json:"by_staff,omitempty" doc:"Staff changed it in RO App, or took it out"`
}

type valuesDetail struct {
	Quantity decimal.Decimal `json:"quantity"`
	Price    decimal.Decimal `json:"price"`
}

// amountDetail explains the shop's total: goods - discounts + remainder, and what
// is included of delivery and fee.
type amountDetail struct {
	Items            decimal.Decimal  `json:"items"`
	Discounts        []discountDetail `json:"discounts,omitempty"`
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

type discountDetail struct {
	Kind    string          `json:"kind" enum:"coupon,manager,order"`
	Title   string          `json:"title,omitempty"`
	Percent decimal.Decimal `json:"percent"`
	Value   decimal.Decimal `json:"value"`
}

// messageDetail is a code with its parameters, and the same in English.
type messageDetail struct {
	Code   string            `json:"code"`
	Params map[string]string `json:"params,omitempty"`
	Text   string            `json:"text"`
}

type timelineDetail struct {
	At time.Time `json:"at"`
	By string    `json:"by,omitempty" doc:"Who; left out for cartumsync itself"`
	// The fields of a messageDetail; the description of the API leaves an embedded one out.
	Code   string            `json:"code"`
	Params map[string]string `json:"params,omitempty"`
	Text   string            `json:"text"`
}

func (a *v1) getOrder(ctx context.Context, in *OrderPath) (*orderDetailOutput, error) {
	key, err := a.key(*in)
	if err != nil {
		return nil, err
	}
	orders, err := a.orders()
	if err != nil {
		return nil, err
	}
	detail, err := orders.Detail(ctx, key)
	if err != nil {
		return nil, a.failed("show "+key.String(), err)
	}
	return &orderDetailOutput{detailOf(detail)}, nil
}

func detailOf(d service.Detail) orderDetail {
	detail := orderDetail{
		Shop: d.Key.Shop, Number: d.Key.Number, ShopName: d.ShopName, State: string(d.State), Currency: d.Currency, Origin: string(d.Origin),
		Started: d.Started.UTC(), Updated: known(d.Compared), Refreshing: d.Refreshing, NextRefresh: known(d.NextRefresh), Closed: closedText(d),
		Running: d.Running, Hold: holdOf(d), Cartum: cartumOf(d.Shop), Roapp: roappOf(d.Roapp, d.Links.Order), Amount: amountOf(d.Amount),
		Lines: make([]lineDetail, 0, len(d.Lines)), Timeline: make([]timelineDetail, 0, len(d.Timeline)), ShopURL: d.Links.Shop, Workflow: d.Workflow,
	}
	for _, line := range d.Lines {
		detail.Lines = append(detail.Lines, lineDetail{
			Line: line.Label(), Title: line.Title, Cartum: valuesOf(line.Shop), Roapp: valuesOf(line.Account),
			Difference: string(line.Difference), ByStaff: line.ByStaff,
		})
	}
	say := wording.In("en", d.Names)
	for _, warning := range d.Warnings {
		detail.Warnings = append(detail.Warnings, messageDetail{warning.Code, warning.Params, say.Message(warning)})
	}
	for _, entry := range d.Timeline {
		detail.Timeline = append(detail.Timeline, timelineDetail{
			At: entry.At.UTC(), By: entry.By, Code: entry.Code, Params: entry.Params, Text: say.Message(entry.Message),
		})
	}
	return detail
}

func closedText(d service.Detail) string {
	if d.Closed == nil {
		return ""
	}
	return wording.In("en", d.Names).Message(*d.Closed)
}

func holdOf(d service.Detail) *holdDetail {
	hold := d.Hold
	if hold == nil {
		return nil
	}
	text, remedy := wording.In("en", d.Names).Hold(*hold)
	detail := &holdDetail{
		Reason: string(hold.Reason), Text: text, Remedy: remedy, Field: hold.Field, ProductKey: string(hold.ProductKey),
		Since: hold.Since.UTC(), NextRetry: known(hold.NextRetry), Answers: d.Answers,
	}
	for _, choice := range hold.Choices {
		detail.Choices = append(detail.Choices, choiceDetail{ID: choice.ID, Title: choice.Title, Organization: choice.Organization})
	}
	return detail
}

func cartumOf(side *service.ShopSide) *cartumDetail {
	if side == nil {
		return nil
	}
	return &cartumDetail{
		Created: known(side.Placed), Read: known(side.Read), Status: side.Status, StatusName: side.StatusName,
		Customer: personDetail(side.Customer), Delivery: deliveryDetail(side.Delivery),
		PaymentMethod: side.Payment.Method, Paid: side.Payment.Paid,
		BuyerComment: side.BuyerComment, ManagerComment: side.ManagerComment, DoNotCall: side.DoNotCall,
	}
}

func roappOf(side *service.RoappSide, url string) *roappDetail {
	if side == nil {
		return nil
	}
	return &roappDetail{
		RoappRef: RoappRef{ID: side.ID, Number: side.Number, Status: side.Status, StatusName: side.StatusName, URL: url},
		Account:  side.Account, Contact: side.Contact, Total: side.Total, WrittenOff: side.WrittenOff, Linked: side.Linked,
		Seen: known(side.Seen), Written: known(side.Wrote),
	}
}

func valuesOf(values *order.ItemValues) *valuesDetail {
	if values == nil {
		return nil
	}
	return &valuesDetail{values.Quantity, values.Price}
}

func amountOf(a *service.AmountDetail) *amountDetail {
	if a == nil {
		return nil
	}
	detail := &amountDetail{
		Items: a.Items, Delivery: a.Delivery, DeliveryIncluded: a.DeliveryIncluded, Fee: a.PaymentFee, FeeIncluded: a.PaymentFeeIncluded,
		Remainder: a.Remainder, Total: a.Sum, ToCollect: a.ToCollect, Agrees: true,
	}
	if a.Roapp != nil {
		detail.Roapp, detail.Agrees = wording.English().Message(a.Roapp.Message()), a.Roapp.Kind != order.AmountDiffers
	}
	for _, discount := range a.Discounts {
		detail.Discounts = append(detail.Discounts, discountDetail{string(discount.Kind), discount.Title, discount.Percent, discount.Value})
	}
	return detail
}
