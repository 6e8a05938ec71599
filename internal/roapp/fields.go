package roapp

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
)

// fieldsPatch is what is known of a PATCH that names some custom fields of an order: whether the others keep their
// values, which no document says. It is found out once for each client.
type fieldsPatch struct{ found atomic.Int32 }

const (
	patchUnknown int32 = iota
	patchKeeps         // the others
	patchEmpties       // the others
)

// LearnFieldsPatch finds out on an order that was just created, and so has no values but the given ones, what a PATCH
// does to the custom fields that it does not name. It costs two requests, once; probe is the key that it leaves out
// for a moment, "" to find out nothing.
func (c *Client) LearnFieldsPatch(ctx context.Context, orderID int64, values map[string]string, probe string) error {
	if c.fields.found.Load() != patchUnknown || values[probe] == "" || len(values) < 2 {
		return nil
	}
	return c.probeFields(ctx, orderID, toAny(values), values, probe)
}

// FieldsPatchKeeps reports whether a PATCH keeps the custom fields that it does
// not name, and whether that is known yet.
func (c *Client) FieldsPatchKeeps() (keeps, known bool) {
	found := c.fields.found.Load()
	return found == patchKeeps, found != patchUnknown
}

// UpdateFields sets custom fields of an order, by key ("f101"), and loses none of
// the others: where a PATCH keeps what it does not name, it sends the given ones
// alone, one request. Where a PATCH empties the others, all are read, sent at once
// afterwards, and read again. Which it is, is found out with the first order;
// probe is the key of the given ones that may be missing for a moment meanwhile,
// "" for none.
func (c *Client) UpdateFields(ctx context.Context, orderID int64, values map[string]string, probe string) error {
	if c.fields.found.Load() == patchKeeps {
		return c.patchFields(ctx, orderID, toAny(values))
	}
	ctx, release, err := c.reserve(ctx, 2)
	if err != nil {
		return neverSent(request{method: http.MethodPatch, path: orderPath}, err)
	}
	defer release()
	before, err := c.readFields(ctx, orderID)
	if err != nil {
		return err
	}
	if c.fields.found.Load() == patchUnknown && values[probe] != "" {
		return c.probeFields(ctx, orderID, before, values, probe)
	}
	return c.replaceFields(ctx, orderID, before, values)
}

// probeFields sends all values but one and reads whether that one is still there.
func (c *Client) probeFields(ctx context.Context, orderID int64, before map[string]any, values map[string]string, probe string) error {
	sent := merged(before, values)
	delete(sent, probe)
	if err := c.patchFields(ctx, orderID, sent); err != nil {
		return err
	}
	after, err := c.readFields(ctx, orderID)
	if err != nil {
		return err
	}
	was, is := anyText(before[probe]), anyText(after[probe])
	switch {
	case is == "" && was != "":
		c.fields.found.Store(patchEmpties)
	case is != "":
		c.fields.found.Store(patchKeeps)
		if is == values[probe] {
			return nil
		}
		return c.patchFields(ctx, orderID, map[string]any{probe: values[probe]})
	}
	return c.replaceFields(ctx, orderID, after, values)
}

// replaceFields sends all values and reads them back: one that was there and does not come back is sent once more.
func (c *Client) replaceFields(ctx context.Context, orderID int64, before map[string]any, values map[string]string) error {
	all := merged(before, values)
	for try := 1; ; try++ {
		if err := c.patchFields(ctx, orderID, all); err != nil {
			return err
		}
		after, err := c.readFields(ctx, orderID)
		if err != nil {
			return err
		}
		lost := lostFields(all, after)
		if len(lost) == 0 {
			return nil
		}
		if try == 2 {
			names := strings.Join(lost, ", ")
			return &Error{
				Kind: Rejected, Endpoint: http.MethodPatch + " " + orderPath, Field: "custom_fields." + lost[0],
				Message: "custom fields do not keep what is written: " + names, Err: errors.New("custom fields were not kept: " + names),
			}
		}
	}
}

const orderPath = "/v2/orders/{id}"

func (c *Client) readFields(ctx context.Context, orderID int64) (map[string]any, error) {
	answer, err := c.do(ctx, request{method: http.MethodGet, path: orderPath, id: orderID})
	if err != nil {
		return nil, err
	}
	record := answer.record()
	record.mustBe(orderID, record.at("id").id())
	fields := record.at("custom_fields").object()
	return fields, answer.check()
}

func (c *Client) patchFields(ctx context.Context, orderID int64, values map[string]any) error {
	return c.write(ctx, request{method: http.MethodPatch, path: orderPath, id: orderID, body: map[string]any{"custom_fields": values}})
}

func toAny(values map[string]string) map[string]any { return merged(nil, values) }

func merged(before map[string]any, values map[string]string) map[string]any {
	all := map[string]any{}
	maps.Copy(all, before)
	for key, value := range values {
		all[key] = value
	}
	return all
}

// lostFields are the keys, sorted, of values that were sent and are empty when read.
func lostFields(sent, read map[string]any) []string {
	var lost []string
	for key, value := range sent {
		if anyText(value) != "" && anyText(read[key]) == "" {
			lost = append(lost, key)
		}
	}
	slices.Sort(lost)
	return lost
}
