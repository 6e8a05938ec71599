package roapp

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"github.com/go-chi/chi/v5"
)

// Seeded ids, as in the project's example of settings.
const (
	firstStatus      int64 = 101
	fallbackCategory int64 = 7
	pieceUnit        int64 = 1
	retailPrice      int64 = 1 // the price type ("margin")
	keyEmployee      int64 = 56
	staffEmployee    int64 = 57
	seededService    int64 = 901
)

// Types of status groups (docs/reference/roapp.md#order-statuses).
const (
	groupNew                = 1
	groupInProgress         = 2
	groupOnHold             = 3
	groupDone               = 4
	groupDelivery           = 5
	groupClosedSuccessfully = 6
	groupClosedOtherwise    = 7
)

type status struct {
	id    int64
	name  string
	color string
	group int
}

func (s status) closes() bool {
	return s.group == groupClosedSuccessfully || s.group == groupClosedOtherwise
}

func (s status) view() any {
	return map[string]any{
		"id": s.id, "name": s.name, "color": s.color,
		"group": map[string]any{"type": s.group, "name": groupNames[s.group]},
	}
}

var groupNames = map[int]string{
	groupNew: "New", groupInProgress: "In progress", groupOnHold: "On hold", groupDone: "Done",
	groupDelivery: "Delivery", groupClosedSuccessfully: "Closed successfully",
	groupClosedOtherwise: "Closed unsuccessfully",
}

type orderType struct {
	id      int64
	name    string
	initial int64 // the status of a new order, which the API does not show
}

type employee struct {
	id                         int64
	firstName, lastName, email string
}

func (e employee) fullName() string { return e.firstName + " " + e.lastName }

type unit struct {
	id                 int64
	title, description string
}

func (u unit) view() any {
	return map[string]any{"id": u.id, "title": u.title, "description": u.description}
}

type customField struct {
	id       int64
	title    string
	kind     int
	required Switch // the switch that makes the field required, if any
}

// fieldsOf are the custom fields that the account has: none where it was set up without any and no switch demands one.
func (s *Server) fieldsOf(all []customField) []customField {
	return keep(slices.Clone(all), func(f customField) bool { return s.options.CustomFields || s.demands(f) })
}

// demands reports whether records must be created with the field.
func (s *Server) demands(f customField) bool {
	return f.required != "" && s.switches.is(f.required, "yes")
}

func (f customField) key() string { return "f" + strconv.FormatInt(f.id, 10) }

// The types of the custom fields that are seeded
// (docs/reference/roapp.md#custom-fields).
const (
	customText     = 1
	customDatetime = 5
)

// directories are what an account's owner sets up. They never change here.
type directories struct {
	statuses     []status
	orderTypes   []orderType
	locations    map[int64]string
	employees    []employee
	units        []unit
	services     map[int64]string
	productTypes map[int64]string
	orderFields  []customField
	peopleFields []customField
}

func seededDirectories(options Options) directories {
	d := directories{
		statuses: []status{
			{firstStatus, "New", "#4a90d9", groupNew},
			{102, "In progress", "#f5a623", groupInProgress},
			{103, "Delivered", "#7ed321", groupClosedSuccessfully},
			{104, "Cancelled", "#d0021b", groupClosedOtherwise},
			{105, "Shipping", "#9013fe", groupDelivery},
			{106, "Waiting", "#9b9b9b", groupOnHold},
		},
		orderTypes: []orderType{{34, "Online order", firstStatus}, {35, "Repair", 102}},
		locations:  map[int64]string{12: "Main shop"},
		employees: []employee{
			{keyEmployee, "Anna", "Nowak", "anna@roapp.example"},
			{staffEmployee, "Piotr", "Lis", "piotr@roapp.example"},
		},
		units:        []unit{{pieceUnit, "pcs", "Pieces"}, {2, "kg", "Kilograms"}},
		services:     map[int64]string{seededService: "Gift wrapping"},
		productTypes: map[int64]string{1: "Product", 2: "Spare part"},
		orderFields:  []customField{{106, "Channel", customText, RequiredOrderField}},
		peopleFields: []customField{{201, "Source", customText, RequiredContactField}},
	}
	if options.CustomFields {
		d.orderFields = append([]customField{
			{101, "Shop", customText, ""},
			{102, "External ID", customText, ""},
			{103, "Created", customDatetime, ""},
			{104, "Last updated", customDatetime, ""},
			{105, "Gift card", customText, ""},
		}, d.orderFields...)
	}
	return d
}

func (d directories) status(id int64) (status, bool) {
	return find(d.statuses, func(s status) bool { return s.id == id })
}

func (d directories) orderType(id int64) (orderType, bool) {
	return find(d.orderTypes, func(t orderType) bool { return t.id == id })
}

func (d directories) employee(id int64) (employee, bool) {
	return find(d.employees, func(e employee) bool { return e.id == id })
}

func (d directories) unit(id int64) (unit, bool) {
	return find(d.units, func(u unit) bool { return u.id == id })
}

func (d directories) hasStatus(id int64) bool    { _, ok := d.status(id); return ok }
func (d directories) hasOrderType(id int64) bool { _, ok := d.orderType(id); return ok }
func (d directories) hasEmployee(id int64) bool  { _, ok := d.employee(id); return ok }
func (d directories) hasUnit(id int64) bool      { _, ok := d.unit(id); return ok }
func (d directories) hasLocation(id int64) bool  { _, ok := d.locations[id]; return ok }

// hasNothing is the existence of records that this account has none of: assets,
// ad campaigns, resources, taxes.
func hasNothing(int64) bool { return false }

func find[T any](rows []T, match func(T) bool) (found T, ok bool) {
	i := slices.IndexFunc(rows, match)
	if i < 0 {
		return found, false
	}
	return rows[i], true
}

func (s *Server) directoryRoutes(r chi.Router) {
	r.Get("/v2/orders/statuses", s.handle(s.listStatuses))
	r.Get("/v2/orders/types", s.handle(s.listOrderTypes))
	r.Get("/v2/orders/custom-fields", s.handle(s.listCustomFields(func(d directories) []customField { return d.orderFields })))
	r.Get("/v2/contacts/people/custom-fields", s.handle(s.listCustomFields(func(d directories) []customField { return d.peopleFields })))
	r.Get("/v2/company", s.handle(s.getCompany))
	r.Get("/v2/company/locations", s.handle(s.listLocations))
	r.Get("/v2/company/employees", s.handle(s.listEmployees))
}

func (s *Server) listStatuses(*http.Request) (any, error) {
	return showAll(s.store.directories.statuses, status.view), nil
}

func (s *Server) listOrderTypes(*http.Request) (any, error) {
	return showAll(s.store.directories.orderTypes, func(t orderType) any {
		return map[string]any{"id": t.id, "name": t.name}
	}), nil
}

func (s *Server) listCustomFields(of func(directories) []customField) endpoint {
	return func(*http.Request) (any, error) {
		return showAll(s.fieldsOf(of(s.store.directories)), func(f customField) any {
			return map[string]any{"id": f.id, "title": f.title, "type": f.kind, "required": s.demands(f)}
		}), nil
	}
}

func (s *Server) getCompany(*http.Request) (any, error) {
	company := map[string]any{"id": 1, "name": "Sandbox", "created_at": "2026-09-28T13:56:33Z"}
	if s.switches.is(CompanyCurrency, "present") {
		company["currency"] = s.options.Currency
	}
	return company, nil
}

func (s *Server) listLocations(*http.Request) (any, error) {
	rows := []any{}
	for id, name := range s.store.directories.locations {
		rows = append(rows, map[string]any{"id": id, "name": name, "is_archived": false})
	}
	return s.companyList(rows), nil
}

func (s *Server) listEmployees(*http.Request) (any, error) {
	return s.companyList(showAll(s.store.directories.employees, func(e employee) any {
		return map[string]any{"id": e.id, "first_name": e.firstName, "last_name": e.lastName, "email": e.email}
	})), nil
}

func (s *Server) companyList(rows []any) any {
	if s.switches.is(CompanyLists, "data") {
		return map[string]any{"data": rows}
	}
	return rows
}

// readCustomFields reads {"f101":"value"} against the known fields. An unknown
// field is refused by name.
func readCustomFields(b *body, known []customField, into map[string]any) {
	nested, there := b.object("custom_fields")
	if !there {
		return
	}
	for key := range nested.fields {
		field, ok := find(known, func(f customField) bool { return f.key() == key })
		if !ok {
			nested.fail(key, "unknown custom field")
			return
		}
		into[key] = nested.customValue(field)
	}
}

// requireFields refuses a new record without a required field, in the account's language whatever the form of errors.
// An empty text is a value.
func (s *Server) requireFields(b *body, fields []customField) error {
	var given map[string]json.RawMessage
	_ = json.Unmarshal(b.fields["custom_fields"], &given) // what is no object was refused before
	missing := map[string]any{}
	for _, field := range fields {
		if s.demands(field) && isNull(given[field.key()]) {
			missing[field.key()] = []string{"Це поле є обов'язковим"}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return &apiError{status: http.StatusBadRequest, body: map[string]any{
		"message": "Помилка перевірки даних", "errors": map[string]any{"custom_fields": missing},
	}}
}

func (b *body) customValue(field customField) any {
	var value string
	if field.kind == customDatetime {
		b.moment(field.key(), false, &value)
	} else {
		b.text(field.key(), shortText, &value)
	}
	return orNull(value)
}
