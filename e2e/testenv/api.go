package testenv

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/cartumsync/cartumsync/api"
	"github.com/cartumsync/cartumsync/internal/order"
)

// Order is an order as the API shows it.
type Order = api.OrderDetail

// call sends a request to the API as the program "warehouse". Its error is the
// problem that the API answers.
func (w *Env) call(method, path string, body, into any) error {
	w.T.Helper()
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		w.must(err)
		content = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(w.T.Context(), method, w.StarterURL+path, content)
	w.must(err)
	request.Header.Set("Authorization", "Bearer "+APIToken)
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode >= http.StatusBadRequest {
		problem := &huma.ErrorModel{}
		if err := json.Unmarshal(text, problem); err != nil {
			return fmt.Errorf("%s %s: %s: %s", method, path, answer.Status, text)
		}
		return problem
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(text, into)
}

// Lookup is the order as the API shows it now.
func (w *Env) Lookup(number int64) (Order, error) {
	w.T.Helper()
	if err := w.countAsChecked(w.T.Context()); err != nil {
		return Order{}, err
	}
	var detail Order
	err := w.call(http.MethodGet, w.pathOf(number), nil, &detail)
	return detail, err
}

// Order is the order as the API shows it now; that must succeed.
func (w *Env) Order(number int64) Order {
	w.T.Helper()
	detail, err := w.Lookup(number)
	w.must(err)
	return detail
}

// Known reports whether the API knows an order.
func (w *Env) Known(number int64) bool {
	w.T.Helper()
	_, err := w.Lookup(number)
	if problem := (*huma.ErrorModel)(nil); errors.As(err, &problem) && problem.Status == http.StatusNotFound {
		return false
	}
	w.must(err)
	return true
}

func (w *Env) pathOf(number int64) string { return fmt.Sprintf("/v1/orders/%s/%d", w.Shop, number) }

// Decide answers a hold.
func (w *Env) Decide(number int64, d order.Decision) {
	w.T.Helper()
	fields := J{"kind": d.Kind}
	for name, value := range map[string]int64{"contact": d.ContactID, "product": d.ProductID, "roapp_order": d.OrderID} {
		if value != 0 {
			fields[name] = value
		}
	}
	for name, value := range map[string]string{"product_key": string(d.ProductKey), "reason": d.Reason} {
		if value != "" {
			fields[name] = value
		}
	}
	fields["organization"], fields["confirm_other_phone"] = d.Organization, d.Confirmed
	w.must(w.call(http.MethodPost, w.pathOf(number)+"/decisions", fields, nil))
}

// Await waits until the order is as the condition wants it: "" or what is missing.
func (w *Env) Await(number int64, condition func(Order) string) Order {
	w.T.Helper()
	var detail Order
	w.Eventually(Patience, func() string {
		var err error
		if detail, err = w.Lookup(number); err != nil {
			return fmt.Sprintf("order %d: %v", number, err)
		}
		if text := condition(detail); text != "" {
			return fmt.Sprintf("order %d: %s; it is %s, runs %v, pending %v, holds %+v, timeline %v",
				number, text, detail.State, detail.Running, detail.Pending, detail.Hold, detail.Timeline)
		}
		return ""
	})
	return detail
}

// AwaitSynced waits until the order is imported, and gives it as RO App has it.
func (w *Env) AwaitSynced(number int64) (Order, RoappOrder) {
	w.T.Helper()
	detail := w.Await(number, func(o Order) string {
		if o.State != order.SyncSynced {
			return "not imported"
		}
		return ""
	})
	return detail, w.Roapp.Order(detail.Roapp.ID)
}

// AwaitHeld waits until the order is held for a reason.
func (w *Env) AwaitHeld(number int64, reason order.HoldReason) Order {
	w.T.Helper()
	return w.Await(number, func(o Order) string {
		if o.Hold == nil || o.Hold.Reason != reason {
			return "not held for " + string(reason)
		}
		return ""
	})
}

// AwaitClosed waits until the order's workflow is done.
func (w *Env) AwaitClosed(number int64) Order {
	w.T.Helper()
	return w.Await(number, func(o Order) string {
		if o.State != order.SyncClosed {
			return "not closed"
		}
		return ""
	})
}

// AwaitMark waits until the order's row warns of something, and gives the
// warning.
func (w *Env) AwaitMark(number int64, code string) (warning api.MessageDetail) {
	w.T.Helper()
	w.Await(number, func(o Order) string {
		for _, warning = range o.Warnings {
			if warning.Code == code {
				return ""
			}
		}
		return "no warning " + code
	})
	return warning
}
