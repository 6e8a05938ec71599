package roapp

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
)

// contactKind distinguishes people and organizations. Both share one sequence of
// ids, since an order's client may be either.
type contactKind bool

const (
	person       contactKind = false
	organization contactKind = true
)

// phone is a contact's phone as it was written
// (docs/reference/roapp.md#create-contacts).
type phone struct {
	Title       string `json:"title"`
	Phone       string `json:"phone"`
	Notify      bool   `json:"notify"`
	HasViber    bool   `json:"has_viber"`
	HasWhatsapp bool   `json:"has_whatsapp"`
}

type contact struct {
	id                    int64
	kind                  contactKind
	createdAt, modifiedAt time.Time
	name                  string // of an organization
	firstName, lastName   string
	email                 string
	phones                []phone
	notes, address        string
	supplier              bool
	managerID             int64
	adCampaignID          int64
	discountCode          string
	taxNumber             string
	registrationNumber    string
	birthday              map[string]int
	tags                  []string
	customFields          map[string]any
}

func (c contact) fullName() string {
	if c.kind == organization {
		return c.name
	}
	return strings.TrimSpace(c.firstName + " " + c.lastName)
}

// fields are the custom fields that contacts of the kind have.
func (c contact) fields(d directories) []customField {
	if c.kind == organization {
		return nil
	}
	return d.peopleFields
}

func (c contact) numbers() []string {
	numbers := []string{}
	for _, p := range c.phones {
		numbers = append(numbers, p.Phone)
	}
	return numbers
}

func (s *Server) contactRoutes(r chi.Router, path string, kind contactKind) {
	r.Get(path, s.handle(s.listContacts(kind)))
	r.Post(path, s.handle(s.createContact(kind)))
	if kind == organization {
		r.Get(path+"/custom-fields", s.handle(func(*http.Request) (any, error) { return []any{}, nil }))
	} else {
		r.Post(path+"/{id}/merge", s.handle(s.mergePeople))
	}
	r.Get(path+"/{id}", s.handle(s.getContact(kind)))
	r.Patch(path+"/{id}", s.handle(s.patchContact(kind)))
	r.Delete(path+"/{id}", s.handle(s.deleteContact(kind)))
}

func (s *Server) listContacts(kind contactKind) endpoint {
	return func(r *http.Request) (any, error) {
		q := queryOf(r)
		names, phones, managers := q.texts("names"), q.texts("phones"), q.ids("managers")
		if kind == organization && s.switches.is(OrganizationFilter, "ignored") {
			names, phones, managers = nil, nil, nil
		}
		created, modified, page := q.span("created_at"), q.span("modified_at"), q.page()
		rows := keep(s.store.contacts.at(s.visible()), func(c contact) bool {
			return c.kind == kind && anyNamed(names, c.fullName()) && s.anyPhone(phones, c.numbers()) &&
				anyOf(managers, c.managerID) && created.includes(c.createdAt) && modified.includes(c.modifiedAt)
		})
		sortRows(q, rows, contactOrders)
		return paged(rows, page, s.contactView), q.err()
	}
}

var contactOrders = map[string]func(a, b contact) int{
	"id":          func(a, b contact) int { return cmp.Compare(a.id, b.id) },
	"modified_at": func(a, b contact) int { return compareSeconds(a.modifiedAt, b.modifiedAt) },
	"name":        func(a, b contact) int { return cmp.Compare(a.fullName(), b.fullName()) },
}

// compareSeconds compares times as they are shown.
func compareSeconds(a, b time.Time) int {
	return a.Truncate(time.Second).Compare(b.Truncate(time.Second))
}

// anyPhone is true if no phone is wanted, or one of the kept phones fits one of
// the wanted in the way of the switch Phones.
func (s *Server) anyPhone(wanted, kept []string) bool {
	rule := s.switches.value(Phones)
	if len(wanted) == 0 || rule == "ignored" {
		return true
	}
	return slices.ContainsFunc(wanted, func(want string) bool {
		return slices.ContainsFunc(kept, func(number string) bool { return phoneFits(rule, want, number) })
	})
}

func phoneFits(rule, want, number string) bool {
	switch rule {
	case "as-stored":
		return want == number
	case "suffix":
		return digits(want) != "" && strings.HasSuffix(digits(number), digits(want))
	default:
		return digits(want) != "" && digits(want) == digits(number)
	}
}

func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}

func (s *Server) getContact(kind contactKind) endpoint {
	return func(r *http.Request) (any, error) {
		c, err := s.contact(r, kind)
		return s.contactView(c), err
	}
}

func (s *Server) createContact(kind contactKind) endpoint {
	return func(r *http.Request) (any, error) {
		c := contact{kind: kind}
		b, err := s.readWrittenContact(r, &c)
		if err != nil {
			return nil, err
		}
		if kind == person {
			if err := s.requireFields(b, s.fieldsOf(s.store.directories.peopleFields)); err != nil {
				return nil, err
			}
		}
		return s.created(s.addContact(c, keyEmployee).id), nil
	}
}

func (s *Server) patchContact(kind contactKind) endpoint {
	return func(r *http.Request) (any, error) {
		c, err := s.contact(r, kind)
		if err != nil {
			return nil, err
		}
		if _, err := s.readWrittenContact(r, &c); err != nil {
			return nil, err
		}
		c.modifiedAt = s.now()
		s.store.contacts.put(c.id, c.modifiedAt, c)
		s.store.tell(c.modifiedAt, "contact %d changed: %s", c.id, c.fullName())
		return s.created(c.id), nil
	}
}

func (s *Server) deleteContact(kind contactKind) endpoint {
	return func(r *http.Request) (any, error) {
		c, err := s.contact(r, kind)
		if err != nil {
			return nil, err
		}
		s.store.contacts.remove(c.id, s.now())
		s.store.tell(s.now(), "contact %d deleted: %s", c.id, c.fullName())
		return map[string]any{}, nil
	}
}

// contact is the contact that the path names.
func (s *Server) contact(r *http.Request, kind contactKind) (contact, error) {
	c, found := s.store.contacts.get(pathID(r, "id"))
	if !found || c.kind != kind {
		return contact{}, errNotFound
	}
	return c, nil
}

// pathID is an id in the path; what is no number is an id that nothing has.
func pathID(r *http.Request, name string) int64 {
	id, _ := strconv.ParseInt(chi.URLParam(r, name), 10, 64)
	return id
}

// readWrittenContact reads what the API writes to a contact.
func (s *Server) readWrittenContact(r *http.Request, c *contact) (*body, error) {
	b, err := jsonBody(r)
	if err != nil {
		return nil, err
	}
	s.readContact(b, c)
	readPhones(b, &c.phones)
	s.checkPhones(b, *c)
	err = b.err()
	return b, err
}

// readContact reads all but the phones, which staff may write more freely.
func (s *Server) readContact(b *body, c *contact) {
	d := s.store.directories
	c.readNames(b)
	b.text("email", shortText, &c.email)
	b.text("notes", longText, &c.notes)
	b.text("address", longText, &c.address)
	b.flag("supplier", &c.supplier)
	b.reference("manager_id", &c.managerID, d.hasEmployee)
	b.reference("ad_campaign_id", &c.adCampaignID, hasNothing)
	b.text("discount_code", shortText, &c.discountCode)
	b.text("tax_identification_number", shortText, &c.taxNumber)
	b.texts("tags", &c.tags)
	if b.has("custom_fields") {
		c.customFields = map[string]any{}
		readCustomFields(b, s.fieldsOf(c.fields(d)), c.customFields)
	}
	if c.email != "" && !strings.Contains(c.email, "@") {
		b.fail("email", "is not an e-mail address")
	}
}

func (c *contact) readNames(b *body) {
	if c.kind == organization {
		b.text("name", shortText, &c.name)
		b.text("business_registration_number", shortText, &c.registrationNumber)
		b.demand("name", c.name)
		return
	}
	b.text("first_name", shortText, &c.firstName)
	b.text("last_name", shortText, &c.lastName)
	read(b, "birthday", "an object of numbers", &c.birthday)
	b.demand("first_name", c.firstName)
}

// readPhones replaces the phones by the body's
// (docs/reference/roapp.md#create-contacts).
func readPhones(b *body, phones *[]phone) {
	if !b.has("phones") {
		return
	}
	*phones = nil
	for _, row := range b.objects("phones") {
		var p phone
		row.require("phone")
		row.text("title", shortText, &p.Title)
		row.text("phone", shortText, &p.Phone)
		row.flag("notify", &p.Notify)
		row.flag("has_viber", &p.HasViber)
		row.flag("has_whatsapp", &p.HasWhatsapp)
		*phones = append(*phones, p)
	}
}

var dialable = regexp.MustCompile(`^\+?\d{7,15}$`)

// checkPhones applies the switches PhoneFormat and DuplicatePhone to phones
// that the API writes.
func (s *Server) checkPhones(b *body, c contact) {
	if !b.has("phones") {
		return
	}
	for _, number := range c.numbers() {
		if s.switches.is(PhoneFormat, "digits") && !dialable.MatchString(number) {
			b.fail("phones", "%q is not a phone number", number)
		}
		if s.switches.is(DuplicatePhone, "refused") && s.phoneTaken(number, c.id) {
			b.fail("phones", "%q belongs to another contact", number)
		}
	}
}

func (s *Server) phoneTaken(number string, by int64) bool {
	return slices.ContainsFunc(s.store.contacts.all(), func(c contact) bool {
		return c.id != by && slices.ContainsFunc(c.numbers(), func(other string) bool {
			return digits(other) == digits(number)
		})
	})
}

// mergePeople makes other people part of one: their phones and orders become its own, and they are gone.
func (s *Server) mergePeople(r *http.Request) (any, error) {
	into, err := s.contact(r, person)
	if err != nil {
		return nil, err
	}
	b, err := looseBody(r)
	if err != nil {
		return nil, err
	}
	var ids []int64
	b.require("ids")
	read(b, "ids", "an array of ids", &ids)
	for _, id := range ids {
		if other, found := s.store.contacts.get(id); !found || other.kind != person || id == into.id {
			b.fail("ids", "no other person has the id %d", id)
		}
	}
	if err := b.err(); err != nil {
		return nil, err
	}
	for _, id := range ids {
		other, _ := s.store.contacts.get(id)
		into.phones = slices.Concat(into.phones, other.phones)
		s.store.contacts.remove(id, s.now())
		for _, o := range s.store.orders.all() {
			if o.clientID == id {
				o.clientID = into.id
				s.saveOrder(o, staffEmployee, "client is %s now", into.fullName())
			}
		}
	}
	into.modifiedAt = s.now()
	s.store.contacts.put(into.id, into.modifiedAt, into)
	s.store.tell(s.now(), "contacts %v merged into %d", ids, into.id)
	return map[string]any{}, nil
}

// addContact keeps a new contact and reports it to the feed and the webhook.
func (s *Server) addContact(c contact, author int64) contact {
	c.id = s.store.newID("contact")
	c.createdAt = s.now()
	c.modifiedAt = c.createdAt
	s.store.contacts.put(c.id, c.createdAt, c)
	s.store.tell(c.createdAt, "contact %d created: %s", c.id, c.fullName())
	s.notify("Client.Created", "client", c.id, author, map[string]any{
		"client": map[string]any{"id": c.id, "fullname": c.fullName()},
	})
	return c
}

func (s *Server) contactView(c contact) any {
	view := map[string]any{
		"id": c.id, "is_organization": c.kind == organization, "name": c.fullName(),
		"email": orNull(c.email), "notes": orNull(c.notes), "address": orNull(c.address),
		"supplier": c.supplier, "manager_id": orNull(c.managerID), "ad_campaign_id": orNull(c.adCampaignID),
		"discount_code": orNull(c.discountCode), "tags": list(c.tags),
		"tax_identification_number": orNull(c.taxNumber), "custom_fields": s.contactFieldsView(c),
		"created_at": timestamp(c.createdAt), "modified_at": timestamp(c.modifiedAt),
	}
	if c.kind == organization {
		view["business_registration_number"] = orNull(c.registrationNumber)
	} else {
		view["first_name"], view["last_name"] = c.firstName, orNull(c.lastName)
		view["birthday"] = c.birthday
	}
	if s.switches.is(ContactPhones, "phone-strings") {
		view["phone"] = c.numbers()
	} else {
		view["phones"] = list(c.phones)
	}
	return view
}

func (s *Server) contactFieldsView(c contact) any {
	view := map[string]any{}
	for _, field := range s.fieldsOf(c.fields(s.store.directories)) {
		view[field.key()] = c.customFields[field.key()]
	}
	return view
}

// clientView is a contact inside an order.
func clientView(c contact) any {
	return map[string]any{
		"id": c.id, "is_organization": c.kind == organization, "name": c.fullName(),
		"first_name": orNull(c.firstName), "last_name": orNull(c.lastName), "email": orNull(c.email),
		"phone": c.numbers(), "address": orNull(c.address), "discount_code": orNull(c.discountCode),
		"custom_fields": map[string]any{},
	}
}
