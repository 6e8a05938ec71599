package check

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
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

	shopStatuses Kind = "statuses of the shop"
)

// AccountLists are all lists of an account, in the order in which they are read
// and shown.
func AccountLists() []Kind {
	return []Kind{Locations, Employees, OrderTypes, Statuses, Units, Categories, CustomFields}
}

// one is what a single record of the list is called.
func (k Kind) one() string {
	switch k {
	case Locations:
		return "location"
	case Employees:
		return "employee"
	case OrderTypes:
		return "order type"
	case Statuses:
		return "order status"
	case Units:
		return "unit"
	case Categories:
		return "category"
	case CustomFields:
		return "custom field"
	default:
		return "status"
	}
}

// header names the columns of the list.
func (k Kind) header() []string {
	header := []string{"ID", "NAME"}
	switch k {
	case Statuses:
		return append(header, "GROUP")
	case Categories:
		return append(header, "PARENT")
	case CustomFields:
		return append(header, "TYPE")
	case shopStatuses:
		return append(header, "SUCCESSFUL")
	default:
		return header
	}
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
// and a text without secrets and personal data.
type Failure struct{ Kind, Text string }

// Name is the name of the record with the id.
func (d Directory) Name(id string) (string, bool) {
	i := slices.IndexFunc(d.Records, func(r Record) bool { return r.ID == id })
	if i < 0 {
		return "", false
	}
	return d.Records[i].Name, true
}

// sort orders by id, numbers by their value.
func (d *Directory) sort() {
	slices.SortFunc(d.Records, func(a, b Record) int {
		return cmp.Or(cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID))
	})
}

// list adds the directory to a section, where it could be read.
func (s *Section) list(d Directory) {
	if !d.Read {
		return
	}
	rows := make([][]string, 0, len(d.Records))
	for _, one := range d.Records {
		rows = append(rows, append([]string{one.ID, one.Name}, one.More...))
	}
	s.Lists = append(s.Lists, List{Title: string(d.Kind), Header: d.Kind.header(), Rows: rows})
}

// id finds out whether an id of the settings is in the directory.
func (s *Section) id(key string, d Directory, id any, where string) {
	text := fmt.Sprint(id)
	name, exists := d.Name(text)
	switch {
	case !d.Read: // that it could not be listed is a finding of its own
	case exists:
		s.Find(Fine, key, "%s is %q", text, name)
	case len(d.Records) == 0:
		s.Find(Problem, key, "%s has no %s at all; make one there and write its id", where, d.Kind)
	default:
		s.Find(Problem, key, "%s has no %s %s; write an id of its list of %s", where, d.Kind.one(), text, d.Kind)
	}
}

func numbered(id int64, name string, more ...string) Record {
	return Record{ID: strconv.FormatInt(id, 10), Name: name, More: more}
}
