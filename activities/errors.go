package activities

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/cartumsync/cartumsync/internal/cartum"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/roapp"
	"github.com/cartumsync/cartumsync/workflows"
)

// purpose says what a request was for, as far as the same answer means
// different things.
type purpose int

const (
	asks          purpose = iota // a search or a directory
	touchesOurs                  // a record that we made: not found means it is gone
	addsItem                     // an item: a refusal is a missing right
	makesRecords                 // a contact: the key's employee may not be allowed to
	makesProducts                // the same of a product, which the API may not offer at all
)

// failed makes the error that a workflow understands: typed, retryable or not,
// with the pause the service asked for. Refusals are expected and page nobody.
func failed(ctx context.Context, side order.Side, failure order.Failure, retryAfter time.Duration, cause error) error {
	failure.Side = side
	options := temporal.ApplicationErrorOptions{Details: []any{failure}}
	switch failure.Kind {
	case order.FailUnreachable:
	case order.FailThrottled:
		options.NextRetryDelay = throttlePause(ctx, retryAfter)
		options.Category = temporal.ApplicationErrorCategoryBenign
	default:
		options.NonRetryable = true
		options.Category = temporal.ApplicationErrorCategoryBenign
	}
	// The error's own text stands in logs, so the service's words, which may
	// repeat personal data, travel in the details only.
	text := failure.Text
	if cause != nil {
		text = cause.Error()
	}
	return temporal.NewApplicationErrorWithOptions(text, string(failure.Kind), options)
}

// throttlePause is what the service asked for, else 1 s growing with the attempts.
func throttlePause(ctx context.Context, asked time.Duration) time.Duration {
	if asked > 0 {
		return asked
	}
	return time.Duration(activity.GetInfo(ctx).Attempt) * time.Second
}

// roappFailed is the table for RO App. Looked tells that this attempt has looked
// for what an earlier one may have made.
func (acc *account) roappFailed(ctx context.Context, err error, why purpose, looked bool) error {
	var refusal *roapp.Error
	if !errors.As(err, &refusal) {
		return err // the activity's own end
	}
	failure := order.Failure{Text: words(refusal.Message, refusal.Error())}
	firstTry := activity.GetInfo(ctx).Attempt == 1 || onlyRefused(ctx)
	failure.Definite = !refusal.MayHaveCommitted && (firstTry || looked)
	switch refusal.Kind {
	case roapp.Unavailable:
		failure.Kind = order.FailUnreachable
	case roapp.Throttled:
		failure.Kind = order.FailThrottled
		if failure.Definite {
			noteRefusal(ctx)
		}
	case roapp.Credentials:
		failure.Kind = order.FailCredentials
		acc.breaker.refused(time.Now(), err)
	case roapp.Forbidden:
		failure.Kind = acc.forbidden(ctx, why)
	case roapp.Missing:
		if why != makesProducts || !refusal.Writes() {
			return acc.endpointMissing(ctx, refusal, failure)
		}
		failure.Kind = order.FailNotCreatable // the catalogue itself was read a moment ago
	case roapp.NotFound:
		failure.Kind = notFound(why)
	case roapp.Rejected:
		failure.Kind = rejected(why, refusal)
		if strings.HasPrefix(refusal.Field, "custom_fields") {
			failure.Field = refusal.Field
			failure.Text += acc.fieldAdvice(refusal)
		}
	case roapp.Malformed:
		failure.Kind = order.FailMalformed
		if refusal.MayHaveCommitted {
			failure.Kind = order.FailUnreachable // the next attempt looks for what was made
		}
	}
	return failed(ctx, order.SideRoapp, failure, refusal.RetryAfter, err)
}

// endpointMissing is the failure of a request to an endpoint that RO App does
// not offer. It is an outage of the account: the order waits and is tried again,
// and the account's health says why.
func (acc *account) endpointMissing(ctx context.Context, refusal *roapp.Error, failure order.Failure) error {
	acc.reportMissing(ctx, refusal.Endpoint)
	failure.Kind, failure.Side, failure.Text = order.FailUnreachable, order.SideRoapp, workflows.NoLongerOffered(refusal.Endpoint)
	return temporal.NewApplicationErrorWithOptions(failure.Text, string(workflows.FailEndpointMissing), temporal.ApplicationErrorOptions{
		NonRetryable: true, Details: []any{failure}, Category: temporal.ApplicationErrorCategoryBenign,
	})
}

// fieldAdvice says which setting gives new records the custom fields that RO App
// demands.
func (acc *account) fieldAdvice(refusal *roapp.Error) string {
	key := "order_fields"
	if strings.HasSuffix(refusal.Path(), "/people") {
		key = "contact_fields"
	}
	return fmt.Sprintf(" (give new records a value in the settings: accounts.%s.%s)", acc.id, key)
}

// forbidden asks for something that every key may read: refused too, it is the
// key; else it is this one thing.
func (acc *account) forbidden(ctx context.Context, why purpose) order.FailureKind {
	_, err := acc.client.Company(ctx)
	switch roapp.KindOf(err) {
	case roapp.Forbidden, roapp.Credentials:
		acc.breaker.refused(time.Now(), err)
		return order.FailCredentials
	case roapp.Unavailable, roapp.Throttled:
		return order.FailUnreachable
	default:
	}
	switch why {
	case addsItem:
		return order.FailMissingRight
	case makesRecords, makesProducts:
		return order.FailNotCreatable
	default:
		return order.FailRejected
	}
}

func notFound(why purpose) order.FailureKind {
	switch why {
	case touchesOurs, addsItem:
		return order.FailGone
	case makesRecords, makesProducts:
		return order.FailNotCreatable
	default:
		return order.FailRejected
	}
}

// rejected tells a missing right by the words: which code RO App gives is not
// documented (docs/reference/roapp.md#deduction).
func rejected(why purpose, err *roapp.Error) order.FailureKind {
	said := strings.ToLower(err.Message)
	if why == addsItem && (strings.Contains(said, "deduct") || strings.Contains(said, "permission") || strings.Contains(said, "write-off")) {
		return order.FailMissingRight
	}
	return order.FailRejected
}

// cartumFailed is the table for Cartum.
func (s *shop) cartumFailed(ctx context.Context, err error) error {
	var refusal *cartum.Error
	if !errors.As(err, &refusal) {
		return err
	}
	failure := order.Failure{Text: words(refusal.Message, refusal.Error()), Field: refusal.Field, Definite: !refusal.MayHaveCommitted}
	switch refusal.Kind {
	case cartum.Unavailable:
		failure.Kind = order.FailUnreachable
	case cartum.Throttled:
		failure.Kind = order.FailThrottled
	case cartum.Credentials:
		failure.Kind = order.FailCredentials
		s.breaker.refused(time.Now(), err)
	case cartum.NotFound:
		failure.Kind = order.FailGone
	case cartum.Rejected:
		failure.Kind = order.FailRejected
	case cartum.Malformed:
		failure.Kind = order.FailMalformed
	}
	wordless := *refusal
	wordless.Message = ""
	return failed(ctx, order.SideCartum, failure, refusal.RetryAfter, &wordless)
}

// words prefers what the service said.
func words(said, ours string) string {
	if said = strings.TrimSpace(said); said != "" {
		return said
	}
	return ours
}
