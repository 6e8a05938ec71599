package service

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/cartumsync/cartumsync/internal/order"
)

// Source says where the orders of a table were created.
type Source string

// Where orders are created.
const (
	SourceShop  Source = "integration" // came through the exchange, of one shop or of all
	SourceRoapp Source = "roapp"       // by staff
	SourceAny   Source = "all"
)

// Filter says which orders a table shows; its zero value is all orders that came
// through the service.
type Filter struct {
	Source  Source // "" is [SourceShop]
	Shop    string // a shop's id, "" for all
	Account string // of orders made in RO App: an account's id, "" for all
	State   order.SyncState
	Reason  order.HoldReason
	// Number finds one order by its External ID, or by RO App's number.
	Number string
	// Text is what a person searches for: a number, with or without #, a phone, or words of
	// the customer's name.
	Text string
	// From and To are when orders were placed, To excluded; zero for no bound.
	From, To time.Time
}

// Row is one order of a table. It may lag a moment behind the order itself.
type Row struct {
	// Key is zero for an order that was made in RO App.
	Key      order.Key
	ShopName string
	Account  string
	Customer string // as the shop or RO App names them
	// Created is when the order was placed, Updated when both sides were last
	// compared; zero where that is not known.
	Created, Updated time.Time
	CartumStatus     int    // 0 where there is none
	RoappOrder       int64  // 0 where it does not stand there
	RoappNumber      string // as staff see it, "" where only the id is known
	RoappStatus      int64
	RoappStatusName  string           // where RO App said it along
	Amount           *decimal.Decimal // all goods; nil where not known
	Currency         string
	State            order.SyncState // "" for an order that was made in RO App
	Reason           order.HoldReason
	HeldSince        time.Time
	WrittenOff       bool
	NextUpdate       time.Time // from when on it may be updated; zero or past for at once
	Marks            []string  // codes of [flow.Message]
	// Links open both sides for a person, Workflow names it in Temporal's UI.
	Links    order.Links
	Workflow string

	started time.Time // of its workflow
}

// at is when the order was placed; while nobody has read it, when its workflow
// started.
func (r Row) at() time.Time {
	if r.Created.IsZero() {
		return r.started
	}
	return r.Created
}

// Page is a part of a table, newest first.
type Page struct {
	Rows []Row
	// Next asks for the page after this one, "" at the end.
	Next string
	// Problems are what is missing, such as an account that did not answer.
	Problems []Problem
}
