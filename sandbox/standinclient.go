package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/cartumsync/cartumsync/workflows"
)

// fields are a JSON object in a service's own shape.
type fields map[string]any

// standIn speaks a fake's own requests, which no service has.
type standIn struct{ url string }

func (s standIn) call(ctx context.Context, method, path string, body, into any) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, s.url+"/sandbox"+path, bytes.NewReader(data))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("%s %s: %s: %s", method, req.URL, resp.Status, bytes.TrimSpace(answer))
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("%s %s: %w", method, req.URL, err)
	}
	return nil
}

func (s standIn) get(ctx context.Context, path string, into any) error {
	return s.call(ctx, http.MethodGet, path, nil, into)
}

// feedEntry is one line of a fake's feed.
type feedEntry struct {
	Seq  int       `json:"seq"`
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

func (s standIn) feed(ctx context.Context, after int) (entries []feedEntry, err error) {
	err = s.get(ctx, "/feed?after="+strconv.Itoa(after), &entries)
	return entries, err
}

// cartumStandIn is a shop as its staff and buyers use it.
type cartumStandIn struct{ standIn }

func (s cartumStandIn) put(ctx context.Context, number int64, order fields) error {
	return s.call(ctx, http.MethodPut, fmt.Sprintf("/orders/%d", number), order, nil)
}

func (s cartumStandIn) putProduct(ctx context.Context, article string, product fields) error {
	return s.call(ctx, http.MethodPut, "/products/"+url.PathEscape(article), product, nil)
}

// highest is the number of the shop's last order, 0 where it has none.
func (s cartumStandIn) highest(ctx context.Context) (int64, error) {
	var orders []struct {
		Number json.Number `json:"order_id"`
	}
	if err := s.get(ctx, "/orders", &orders); err != nil {
		return 0, err
	}
	var highest int64
	for _, o := range orders {
		if number, err := o.Number.Int64(); err == nil {
			highest = max(highest, number)
		}
	}
	return highest, nil
}

// subscribed reports whether the starter wants to know of all the shop's events.
func (s cartumStandIn) subscribed(ctx context.Context) error {
	var subscriptions []struct {
		Event string `json:"event"`
	}
	if err := s.get(ctx, "/subscriptions", &subscriptions); err != nil {
		return err
	}
	missing := slices.Clone(workflows.Events)
	for _, one := range subscriptions {
		missing = slices.DeleteFunc(missing, func(event string) bool { return event == one.Event })
	}
	if len(missing) > 0 {
		return fmt.Errorf("%s: nobody is subscribed to %s", s.url, strings.Join(missing, ", "))
	}
	return nil
}

// roappStandIn is an account as its staff use it.
type roappStandIn struct{ standIn }

// make creates a record as an employee would, unless an earlier run has created
// one of this name.
func (s roappStandIn) make(ctx context.Context, kind, name string, record fields) error {
	existing, err := s.records(ctx, kind)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(existing, func(one named) bool { return one.called(name) }) {
		return nil
	}
	return s.call(ctx, http.MethodPost, "/"+kind, record, nil)
}

// roappOrder is an order as staff see it.
type roappOrder struct {
	Order struct {
		Number string          `json:"number"`
		Total  decimal.Decimal `json:"total"`
	} `json:"order"`
	Items []struct {
		Quantity decimal.Decimal `json:"quantity"`
		Entity   struct {
			SKU string `json:"sku"`
		} `json:"entity"`
	} `json:"items"`
	Feed []struct {
		Comment string `json:"comment"`
	} `json:"feed"`
}

func (s roappStandIn) order(ctx context.Context, id int64) (o roappOrder, err error) {
	err = s.get(ctx, fmt.Sprintf("/orders/%d", id), &o)
	return o, err
}

// setStatus changes an order's status as staff do. Staff do not share the API's limit of requests.
func (s roappStandIn) setStatus(ctx context.Context, id, status int64) error {
	body := fields{"status_id": status, "comment": "wysłane"}
	return s.call(ctx, http.MethodPost, fmt.Sprintf("/orders/%d/status", id), body, nil)
}

// createOrder creates an order as staff do, unless the account has one with these notes.
func (s roappStandIn) createOrder(ctx context.Context, o staffOrder) error {
	var orders []struct {
		Order struct {
			Notes string `json:"manager_notes"`
		} `json:"order"`
	}
	if err := s.get(ctx, "/orders", &orders); err != nil {
		return err
	}
	for _, one := range orders {
		if one.Order.Notes == o.notes {
			return nil
		}
	}
	client, err := s.find(ctx, "people", o.client)
	if err != nil {
		return err
	}
	product, err := s.find(ctx, "products", o.product)
	if err != nil {
		return err
	}
	var created struct {
		ID int64 `json:"id"`
	}
	body := fields{"branch_id": locationID, "order_type_id": orderTypeID, "client_id": client, "manager_notes": o.notes}
	if err := s.call(ctx, http.MethodPost, "/orders", body, &created); err != nil {
		return err
	}
	item := fields{
		"entity_id": product, "assignee_id": managerID, "quantity": 1, "price": json.Number(o.price), "cost": 0,
		"discount": fields{"type": "percentage", "percentage": 0, "amount": 0, "sponsor": "staff"},
		"warranty": fields{"period": "0", "periodUnits": "days"},
	}
	return s.call(ctx, http.MethodPost, fmt.Sprintf("/orders/%d/items", created.ID), item, nil)
}

// find gives the id of a record by its name.
func (s roappStandIn) find(ctx context.Context, kind, name string) (int64, error) {
	records, err := s.records(ctx, kind)
	if err != nil {
		return 0, err
	}
	for _, one := range records {
		if one.called(name) {
			return one.ID, nil
		}
	}
	return 0, fmt.Errorf("%s: no %s are called %s", s.url, kind, name)
}

// named is a contact or a product.
type named struct {
	ID    int64  `json:"id"`
	Name  string `json:"name"`
	First string `json:"first_name"`
	Last  string `json:"last_name"`
	Title string `json:"title"`
}

func (r named) called(name string) bool {
	return slices.Contains([]string{r.Name, r.Title, strings.TrimSpace(r.First + " " + r.Last)}, name)
}

func (s roappStandIn) records(ctx context.Context, kind string) (records []named, err error) {
	err = s.get(ctx, "/"+kind, &records)
	return records, err
}
