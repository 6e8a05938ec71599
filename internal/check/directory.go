package check

import (
	"fmt"
	"strconv"

	"github.com/cartumsync/cartumsync/internal/refdata"
)

// one is what a single record of the list is called.
func one(k refdata.Kind) string {
	switch k {
	case refdata.Locations:
		return "location"
	case refdata.Employees:
		return "employee"
	case refdata.OrderTypes:
		return "order type"
	case refdata.Statuses:
		return "order status"
	case refdata.Units:
		return "unit"
	case refdata.Categories:
		return "category"
	case refdata.CustomFields, refdata.PeopleFields:
		return "custom field"
	case refdata.ProductTypes:
		return "product type"
	default:
		return "status"
	}
}

// header names the columns of the list.
func header(k refdata.Kind) []string {
	columns := []string{"ID", "NAME"}
	switch k {
	case refdata.Statuses:
		return append(columns, "GROUP")
	case refdata.Categories:
		return append(columns, "PARENT")
	case refdata.CustomFields, refdata.PeopleFields:
		return append(columns, "TYPE", "REQUIRED")
	case refdata.ShopStatuses:
		return append(columns, "SUCCESSFUL")
	default:
		return columns
	}
}

// list adds the directory to a section, where it could be read.
func (s *Section) list(d refdata.Directory) {
	if !d.Read {
		return
	}
	rows := make([][]string, 0, len(d.Records))
	for _, record := range d.Records {
		rows = append(rows, append([]string{record.ID, record.Name}, record.More...))
	}
	s.Lists = append(s.Lists, List{Title: string(d.Kind), Header: header(d.Kind), Rows: rows})
}

// id finds out whether an id of the settings is in the directory.
func (s *Section) id(key string, d refdata.Directory, id any, where string) {
	text := fmt.Sprint(id)
	name, exists := d.Name(text)
	switch {
	case !d.Read: // that it could not be listed is a finding of its own
	case exists:
		s.Find(Fine, key, "%s is %q", text, name)
	case len(d.Records) == 0:
		s.Find(Problem, key, "%s has no %s at all; make one there and write its id", where, d.Kind)
	default:
		s.Find(Problem, key, "%s has no %s %s; write an id of its list of %s", where, one(d.Kind), text, d.Kind)
	}
}

func numbered(id int64, name string, more ...string) refdata.Record {
	return refdata.Record{ID: strconv.FormatInt(id, 10), Name: name, More: more}
}
