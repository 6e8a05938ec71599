package workflows

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"
	"go.temporal.io/sdk/workflow"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/order"
)

// RoappOrdersInput asks for one page of an account's own list of orders, newest
// first.
type RoappOrdersInput struct {
	Account string
	Page    int // from 1 on
	// Number wants only orders with this number, as staff see it.
	Number string `json:",omitempty"`
}

// RoappOrdersID is the id of the workflow that reads a page. People type more than
// numbers into a search, so the text is part of the id as a hash with the identity
// key.
func RoappOrdersID(in RoappOrdersInput, identityKey []byte) string {
	if in.Number != "" {
		return fmt.Sprintf("roapp-orders:%s:%s", in.Account, order.KeyedHash(identityKey, "number", in.Number))
	}
	return fmt.Sprintf("roapp-orders:%s:%d", in.Account, in.Page)
}

// RoappOrdersPage is a page of an account's own list of orders.
type RoappOrdersPage struct {
	Orders     []RoappOrder
	Pages      int // of the whole list
	Unreadable int // rows that could not be read
}

// RoappOrder is one order as RO App lists it.
type RoappOrder struct {
	ID         int64
	Number     string
	StatusID   int64
	StatusName string
	Created    time.Time
	Customer   string
	Total      decimal.Decimal
	// Keys are the orders of shops that it may stand for, by its External ID or
	// its marker; of several, none is sure.
	Keys []order.Key `json:",omitempty"`
}

// readWait is how long a list or a search may wait for its slot: its reader has gone by
// then.
const readWait = time.Minute

// RoappOrders reads one page of an account's own list of orders: one request,
// which goes after all work that waits, and not at all where lists and searches
// have had their share of the account's requests.
func RoappOrders(ctx workflow.Context, in RoappOrdersInput) (RoappOrdersPage, error) {
	return execute[RoappOrdersPage](readOptions(ctx, in.Account, "List orders"), ActivityRoappOrders, in)
}

// readOptions are those of a list or a search: the last of an account's queue, tried again until its reader has gone.
func readOptions(ctx workflow.Context, account, summary string) workflow.Context {
	options := requestOptions(engine.RoappQueue(account), summary, order.UrgencyImport, 30*time.Second, 2*time.Second)
	options.ScheduleToCloseTimeout = readWait
	options.RetryPolicy.MaximumAttempts = 0
	return workflow.WithActivityOptions(ctx, options)
}
