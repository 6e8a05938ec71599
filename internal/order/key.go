// Package order is the domain: what an order of a shop is, what the account
// knows of it, and the rules that decide what is done next. It talks to nobody
// and knows neither HTTP nor Temporal.
package order

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Key names one order of one shop for ever: its workflow's id is made of it.
type Key struct {
	Shop   string // the shop's id in the settings, never its name
	Number int64  // Cartum's order number, what staff know as External ID
}

const workflowPrefix = "order:"

// ErrKey says that a text is no workflow id of an order.
var ErrKey = errors.New("not an order's workflow id, which reads order:{shop}:{number}")

// shopID is what a shop or an account may be called: it stands in workflow ids,
// queue names and URLs, so it takes nothing that needs escaping there.
var shopID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// ValidID reports whether a text may be the id of a shop or of an account: up to
// 40 small letters, digits and hyphens.
func ValidID(id string) bool { return shopID.MatchString(id) }

// WorkflowID is the id of the order's workflow, such as "order:kwiaty:115".
func (k Key) WorkflowID() string {
	return workflowPrefix + k.Shop + ":" + strconv.FormatInt(k.Number, 10)
}

func (k Key) String() string { return k.Shop + " #" + strconv.FormatInt(k.Number, 10) }

// ParseWorkflowID is the inverse of [Key.WorkflowID].
func ParseWorkflowID(id string) (Key, error) {
	rest, found := strings.CutPrefix(id, workflowPrefix)
	shop, digits, ok := strings.Cut(rest, ":")
	if !found || !ok || !ValidID(shop) {
		return Key{}, fmt.Errorf("%q: %w", id, ErrKey)
	}
	number, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || number <= 0 {
		return Key{}, fmt.Errorf("%q: %w", id, ErrKey)
	}
	return Key{Shop: shop, Number: number}, nil
}
