package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/order"
)

// RecordKind is the kind of a record that a person named by its id.
type RecordKind string

// The kinds of records.
const (
	RecordPerson       RecordKind = "person"
	RecordOrganization RecordKind = "organization"
	RecordProduct      RecordKind = "product"
	RecordOrder        RecordKind = "order"
	RecordShopOrder    RecordKind = "shop-order" // in Cartum, by its number
)

// LookupInput names one record of an account, or an order of a shop.
type LookupInput struct {
	Owner
	Kind RecordKind
	ID   int64
}

// LookupID is the id of the workflow that looks a record up.
func LookupID(in LookupInput) string {
	return fmt.Sprintf("lookup:%s:%s:%d", in.Owner, in.Kind, in.ID)
}

// LookupResult is what the service has of a record.
type LookupResult struct {
	Found    bool
	Title    string   `json:",omitempty"` // the name of a contact, the title of a product, the number of an order
	Phones   []string `json:",omitempty"` // of a contact, as written in RO App
	Email    string   `json:",omitempty"` // of a contact
	SKU      string   `json:",omitempty"` // of a product
	UnitID   int64    `json:",omitempty"` // of a product: its unit of stock, 0 where RO App does not say
	Archived bool     `json:",omitempty"` // of a product: no order can have it
}

// lookupWait is how long a lookup may wait for its slot: the person who wanted it
// has gone by then.
const lookupWait = 20 * time.Second

// Lookup reads one record by its id: one request, as urgent as a person's wish.
func Lookup(ctx workflow.Context, in LookupInput) (LookupResult, error) {
	queue := engine.RoappQueue(in.Account)
	if in.Shop != "" {
		queue = engine.CartumQueue(in.Shop)
	}
	options := requestOptions(queue, "Look up the "+string(in.Kind), order.UrgencyPerson, 15*time.Second, time.Second)
	options.ScheduleToCloseTimeout = lookupWait
	return execute[LookupResult](workflow.WithActivityOptions(ctx, options), ActivityLookup, in)
}
