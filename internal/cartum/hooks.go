package cartum

import (
	"bytes"
	"cmp"
	"context"
	"net/http"
	"strings"
)

// Answers of hooks/* are bare objects with a meaningful HTTP code, so no envelope
// is a success (docs/reference/cartum.md#subscriptions).
var (
	hooksSubscribe   = function{name: "hooks/subscribe", writes: true}
	hooksUnsubscribe = function{name: "hooks/unSubscribe", writes: true}
)

// Subscribe asks the shop to call targetURL at an event, such as "order_created", and gives the subscription's id. The id
// must be kept: the API has no list of subscriptions. A shop allows 5 for an event; one more is of kind Rejected.
func (c *Client) Subscribe(ctx context.Context, event, targetURL string) (int64, error) {
	var id int64
	read := func(f function, a answer) (reply, *Error) {
		var failure *Error
		id, failure = readSubscription(f, a)
		return reply{}, failure
	}
	if _, err := c.call(ctx, hooksSubscribe, map[string]any{"event": event, "target_url": targetURL}, read); err != nil {
		return 0, err
	}
	return id, nil
}

// Unsubscribe ends a subscription; id and targetURL are those of Subscribe.
func (c *Client) Unsubscribe(ctx context.Context, id int64, targetURL string) error {
	_, err := c.call(ctx, hooksUnsubscribe, map[string]any{"id": id, "target_url": targetURL}, readUnsubscribed)
	return err
}

// readSubscription expects HTTP 201 and {"id": 1}.
func readSubscription(f function, a answer) (int64, *Error) {
	if a.code != http.StatusCreated {
		return 0, hookFailure(f, a)
	}
	fields, _ := asObject(bytes.TrimPrefix(a.body, byteOrderMark))
	if _, given := fields["id"]; !given {
		return 0, hookFailure(f, a)
	}
	var noted flaws
	id := object{fields: fields, flaws: &noted}.id("id")
	if bad := noted.serious(); bad != nil {
		return 0, f.malformed(bad.Field, bad.reason())
	}
	return id, nil
}

// readUnsubscribed expects HTTP 410 and {"status": "OK"}.
func readUnsubscribed(f function, a answer) (reply, *Error) {
	fields, _ := asObject(bytes.TrimPrefix(a.body, byteOrderMark))
	if a.code == http.StatusGone && strings.EqualFold(asString(fields["status"]), statusOK) {
		return reply{}, nil
	}
	return reply{}, hookFailure(f, a)
}

// hookFailure judges an answer that is no success. The shape of a refusal is
// unknown, so the one that is documented, too many subscriptions, is known by its
// words, wherever they are.
func hookFailure(f function, a answer) *Error {
	if strings.Contains(strings.ToLower(string(a.body)), "subscriptions limit") {
		failure := f.failure(Rejected, a, nil)
		failure.Message = cmp.Or(failure.Message, string(a.body))
		return failure
	}
	_, failure := readEnvelope(f, a)
	return failure
}
