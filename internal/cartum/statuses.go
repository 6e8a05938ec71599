package cartum

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

var availableStatuses = function{name: "orders/get_available_statuses", accepts: []string{statusOK, statusEmpty}}

// Status is a status that an order of the shop can have; shops make and rename their own (reference, cartum-api 4).
type Status struct {
	ID         int
	Titles     map[string]string // by the shop's language keys
	Successful bool              // the sale is done
}

// Statuses lists the shop's statuses by rising id.
func (c *Client) Statuses(ctx context.Context) ([]Status, error) {
	r, err := c.call(ctx, availableStatuses, map[string]any{}, readEnvelope)
	if err != nil {
		return nil, err
	}
	statuses, failure := decodeStatuses(r)
	if failure != nil {
		return nil, failure
	}
	return statuses, nil
}

func decodeStatuses(r reply) ([]Status, *Error) {
	byPlace, failure := statusRows(r)
	if failure != nil {
		return nil, failure
	}
	statuses := make([]Status, 0, len(byPlace))
	var noted flaws
	for _, place := range slices.Sorted(maps.Keys(byPlace)) {
		o := objectOf(byPlace[place], place, &noted)
		statuses = append(statuses, Status{ID: int(o.id("id")), Titles: o.texts("title"), Successful: o.flag("is_successful")})
	}
	if bad := noted.serious(); bad != nil {
		return nil, availableStatuses.malformed(bad.Field, bad.reason())
	}
	slices.SortFunc(statuses, func(a, b Status) int { return cmp.Compare(a.ID, b.ID) })
	return statuses, nil
}

// statusRows takes the object keyed by id, and the list that PHP makes of it where the keys have no gaps.
func statusRows(r reply) (map[string]json.RawMessage, *Error) {
	byPlace := make(map[string]json.RawMessage)
	response, _ := asObject(r.response)
	if byID, ok := asObject(response["statuses"]); ok {
		for id, row := range byID {
			byPlace["statuses."+id] = row
		}
		return byPlace, nil
	}
	list, failure := rows(availableStatuses, r, "statuses")
	for i, row := range list {
		byPlace[fmt.Sprintf("statuses[%d]", i)] = row
	}
	return byPlace, failure
}
