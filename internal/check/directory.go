package check

import (
	"fmt"
	"strconv"

	"github.com/cartumsync/cartumsync/internal/refdata"
)

// one is what a single record of the list is called.
func (w Words) one(k refdata.Kind) string {
	switch k {
	case refdata.Locations:
		return w.Sprintf("location")
	case refdata.Employees:
		return w.Sprintf("employee")
	case refdata.OrderTypes:
		return w.Sprintf("order type")
	case refdata.Statuses:
		return w.Sprintf("order status")
	case refdata.Units:
		return w.Sprintf("unit")
	case refdata.Categories:
		return w.Sprintf("category")
	case refdata.CustomFields:
		return w.Sprintf("order custom field")
	case refdata.PeopleFields:
		return w.Sprintf("contact custom field")
	case refdata.ProductTypes:
		return w.Sprintf("product type")
	default:
		return w.Sprintf("status")
	}
}

// header names the columns of the list.
func (w Words) header(k refdata.Kind) []string {
	columns := w.columns("ID", "NAME")
	switch k {
	case refdata.Statuses:
		return append(columns, w.columns("GROUP")...)
	case refdata.Categories:
		return append(columns, w.columns("PARENT")...)
	case refdata.CustomFields, refdata.PeopleFields:
		return append(columns, w.columns("TYPE", "REQUIRED")...)
	case refdata.ShopStatuses:
		return append(columns, w.columns("SUCCESSFUL")...)
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
	s.Lists = append(s.Lists, List{Title: s.words.kind(d.Kind), Header: s.words.header(d.Kind), Rows: rows})
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
		s.Find(Problem, key, "%s has no %s; create one there and use its id", where, s.words.kind(d.Kind))
	default:
		s.Find(Problem, key, "%s has no %s %s; use an id of this list: %s", where, s.words.one(d.Kind), text, s.words.kind(d.Kind))
	}
}

func numbered(id int64, name string, more ...string) refdata.Record {
	return refdata.Record{ID: strconv.FormatInt(id, 10), Name: name, More: more}
}
