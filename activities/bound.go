package activities

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/converter"

	"github.com/cartumsync/cartumsync/internal/order"
)

// What travels to an order's workflow is bounded, for Temporal takes no payload
// above 2 MB. Texts are cut to more than is ever written to RO App, in characters.
const (
	longText  = 4000 // remarks
	shortText = 500  // names, addresses, titles
	// snapshotLimit is for the order's items, in bytes: well over a thousand of them.
	snapshotLimit = 400 << 10
	// lineSize is what an item takes besides its texts.
	lineSize = 160
)

// fieldTooLarge is the field of the problem of an order with too many items.
const fieldTooLarge = "products"

// bound cuts a snapshot's texts. An order whose items take too much keeps none of
// them: it is held with a reason, and all others go on.
func bound(s order.Snapshot) order.Snapshot {
	for _, text := range []*string{&s.BuyerComment, &s.ManagerComment} {
		*text = order.Shorten(*text, longText)
	}
	for _, text := range []*string{
		&s.CreatedAsWritten, &s.Currency, &s.Customer.Name, &s.Customer.Phone, &s.Customer.Email,
		&s.Delivery.Method, &s.Delivery.Recipient, &s.Delivery.Phone, &s.Delivery.City, &s.Delivery.Address, &s.Delivery.Branch,
		&s.Delivery.Tracking, &s.Payment.Method, &s.Totals.CouponCode, &s.Totals.ManagerDiscountTitle,
	} {
		*text = order.Shorten(*text, shortText)
	}
	size := 0
	for i := range s.Lines {
		line := &s.Lines[i]
		line.Article, line.Title = order.Shorten(line.Article, shortText), order.Shorten(line.Title, shortText)
		size += lineSize + len(line.Article) + len(line.Title)
	}
	if size > snapshotLimit {
		s.Problems = append(s.Problems, order.Problem{
			Code: order.ProblemTooLarge, Field: fieldTooLarge, Subject: order.SubjectItems,
			Value: fmt.Sprintf("%d items, about %d kB of %d", len(s.Lines), size>>10, snapshotLimit>>10),
		})
		s.Lines = nil
	}
	return s
}

// tooLarge is the problem of an order that is too large, "" of any other.
func tooLarge(s *order.Snapshot) string {
	if s == nil || len(s.Lines) > 0 {
		return ""
	}
	for _, problem := range s.Problems {
		if problem.Field == fieldTooLarge {
			return problem.Value
		}
	}
	return ""
}

// engineRefuses tells that Temporal will never take what it was given for an
// order: it is the order's fault, and no other has to wait for it.
func engineRefuses(ctx context.Context, err error) bool {
	_, invalid := errors.AsType[*serviceerror.InvalidArgument](err)
	return ctx.Err() == nil && (invalid || errors.Is(err, converter.ErrUnableToEncode))
}
