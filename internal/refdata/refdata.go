// Package refdata holds what both services say of themselves, which the settings
// are checked against. Of people it holds employees' names.
package refdata

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
	PeopleFields Kind = "contact custom fields"
	ProductTypes Kind = "product types" // of the v2 catalogue
	ShopStatuses Kind = "statuses of the shop"
)

// What an import reads besides, without a list to show.
const (
	People        Kind = "contacts"
	Organizations Kind = "organizations"
	Products      Kind = "products"
	Orders        Kind = "orders"
)

// AccountLists are all lists of an account, in the order in which they are read
// and shown.
func AccountLists() []Kind {
	return []Kind{Locations, Employees, OrderTypes, Statuses, Units, Categories, ProductTypes, CustomFields, PeopleFields}
}

// AccountReads are all lists of an account and all that an import reads besides, so
// that an endpoint which is missing is known before an order needs it.
func AccountReads() []Kind {
	return append([]Kind{Products, People, Organizations, Orders}, AccountLists()...)
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
	// Catalogue is, of products, the catalogue that answers.
	Catalogue string `json:",omitempty"`
	// Unfiltered is set, of organizations, where RO App cannot search them by phone.
	Unfiltered bool `json:",omitempty"`
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

// Company is an account itself, as RO App reports it.
type Company struct {
	Name, Currency string   // "" where RO App does not report it
	Failure        *Failure `json:",omitempty"`
}

// Account is what an account says of itself.
type Account struct {
	At      time.Time
	Company Company
	// Lists are empty where the company could not be read.
	Lists map[Kind]Directory
}

// Reached reports whether address and key are good.
func (a Account) Reached() bool { return a.Lists != nil }

// missingKind is the failure's kind of an endpoint that is not offered.
const missingKind = "Missing"

// WantsMore reports whether anything is to be asked after the company: where that
// endpoint alone is missing the address may be right all the same.
func (a Account) WantsMore() bool {
	return a.Company.Failure == nil || a.Company.Failure.Kind == missingKind
}

// JudgeAddress takes the address for wrong where none of the endpoints exists.
func (a *Account) JudgeAddress() {
	for _, list := range a.Lists {
		if list.Failure == nil || list.Failure.Kind != missingKind {
			return
		}
	}
	if a.Company.Failure != nil {
		a.Lists = nil
	}
}

// Shop is what a shop says of itself.
type Shop struct {
	At       time.Time
	Login    *Failure `json:",omitempty"` // why it failed; then the rest is empty
	Statuses []Status
	// StatusesFailure is why the statuses could not be read, OrdersFailure and
	// CatalogueFailure the same of the orders and of the catalogue.
	StatusesFailure  *Failure `json:",omitempty"`
	OrdersFailure    *Failure `json:",omitempty"`
	CatalogueFailure *Failure `json:",omitempty"`
	Currencies       []string // ISO 4217; empty where the shop does not report them
}

// Status is a status of a shop's orders.
type Status struct {
	ID         int
	Titles     map[string]string // by the shop's language keys
	Successful bool              // the sale is done
}
