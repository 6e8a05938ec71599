// Package facts holds what both services say of themselves, which the settings
// are checked against. Of people it holds employees' names.
package facts

import (
	"cmp"
	"slices"
	"time"
)

// Kind names one of a service's lists.
type Kind string

// The lists of an account, and the one of a shop.
const (
	Locations    Kind = "locations"
	Employees    Kind = "employees"
	OrderTypes   Kind = "order types"
	Statuses     Kind = "order statuses"
	Units        Kind = "units"
	Categories   Kind = "categories"
	CustomFields Kind = "order custom fields"
	ShopStatuses Kind = "statuses of the shop"
)

// AccountLists are all lists of an account, in the order in which they are read
// and shown.
func AccountLists() []Kind {
	return []Kind{Locations, Employees, OrderTypes, Statuses, Units, Categories, CustomFields}
}

// Record is one row of a list, such as a status or an employee.
type Record struct {
	ID, Name string
	More     []string `json:",omitempty"` // further columns
}

// Directory is one of a service's lists. One that could not be read judges no
// id.
type Directory struct {
	Kind    Kind
	Records []Record
	Read    bool
	Failure *Failure `json:",omitempty"`
}

// Failure is why something could not be read: the kind of the service's client,
// "" where nobody could ask, and a text without secrets and personal data.
type Failure struct{ Kind, Text string }

// Name is the name of the record with the id.
func (d Directory) Name(id string) (string, bool) {
	i := slices.IndexFunc(d.Records, func(r Record) bool { return r.ID == id })
	if i < 0 {
		return "", false
	}
	return d.Records[i].Name, true
}

// Sort orders by id, numbers by their value.
func (d *Directory) Sort() {
	slices.SortFunc(d.Records, func(a, b Record) int {
		return cmp.Or(cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID))
	})
}

// Company is an account itself, as RO App tells it.
type Company struct {
	Name, Currency string   // "" where RO App does not tell
	Failure        *Failure `json:",omitempty"`
}

// Account is what an account says of itself.
type Account struct {
	At      time.Time
	Company Company
	// Lists are empty where the company could not be read.
	Lists map[Kind]Directory
}

// Reached tells whether address and key are good.
func (a Account) Reached() bool { return a.Lists != nil }

// Shop is what a shop says of itself.
type Shop struct {
	At       time.Time
	Login    *Failure `json:",omitempty"` // why it failed; then the rest is empty
	Statuses []Status
	// StatusesFailure is why the statuses could not be read.
	StatusesFailure *Failure `json:",omitempty"`
	Currencies      []string // ISO 4217; empty where the shop does not tell them
}

// Status is a status of a shop's orders.
type Status struct {
	ID         int
	Titles     map[string]string // by the shop's language keys
	Successful bool              // the sale is done
}
