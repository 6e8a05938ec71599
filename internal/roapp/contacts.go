package roapp

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// phoneTitle is what staff see beside a number that we add.
const phoneTitle = "Mobile"

// Contact is a person or an organization.
type Contact struct {
	ID           int64
	Organization bool
	// Name is the full name; where the answer has none, first and last name.
	Name, FirstName, LastName, Email string
	// Phones are as written in RO App, in any format.
	Phones []string
}

// NewPerson is a person to create. FirstName is required, the rest may be empty.
type NewPerson struct {
	FirstName, LastName, Email string
	// Phone is in E.164.
	Phone string
	Notes string
	// CustomFields is by key ("f12"); an empty value is sent as well.
	CustomFields map[string]string
}

// FindPeople returns the people that the service finds for any of the phones. How it compares is not documented
// (docs/reference/roapp.md#find-contacts), so a person may be missing for want of the right spelling, and one that
// is returned need not have any of the phones: compare them. No phones find nobody, without a request.
func (c *Client) FindPeople(ctx context.Context, phones []string) ([]Contact, error) {
	return c.findPeople(ctx, "phones", filled(phones))
}

// FindPeopleByName returns the people that the service finds for the name, by a comparison that is not documented
// either: compare them. No name finds nobody, without a request.
func (c *Client) FindPeopleByName(ctx context.Context, name string) ([]Contact, error) {
	return c.findPeople(ctx, "names", filled([]string{name}))
}

func (c *Client) findPeople(ctx context.Context, filter string, values []string) ([]Contact, error) {
	if len(values) == 0 {
		return nil, nil
	}
	r := request{method: http.MethodGet, path: "/v2/contacts/people", query: url.Values{filter: values}}
	return list(ctx, c, r, searchPages, decodeContact)
}

// FindOrganizations returns the organizations of the first page that the service gives for any of the phones, one
// request. No filter of this list is documented: where the service ignores the phones, the page holds any
// organizations, and reading on would mean the whole account. No phones find nobody, without a request.
func (c *Client) FindOrganizations(ctx context.Context, phones []string) ([]Contact, error) {
	return c.SearchContacts(ctx, ContactQuery{Organizations: true, Phones: phones})
}

// ContactQuery asks for people or organizations by their phones, or by name where Phones is empty.
type ContactQuery struct {
	Organizations bool
	Phones        []string
	Name          string
}

// SearchContacts returns the contacts of the first page that the service gives, one request. Its comparison is not to be
// relied on: compare the contacts' own values. A query with nothing in it finds nobody, without a request.
func (c *Client) SearchContacts(ctx context.Context, q ContactQuery) ([]Contact, error) {
	filter := url.Values{"phones": filled(q.Phones)}
	if len(filter["phones"]) == 0 {
		filter = url.Values{"names": filled([]string{q.Name})}
		if len(filter["names"]) == 0 {
			return nil, nil
		}
	}
	r := request{method: http.MethodGet, path: "/v2/contacts/people", query: filter}
	if q.Organizations {
		r.path = "/v2/contacts/organizations"
	}
	contacts, err := firstPage(ctx, c, r, decodeContact)
	for i := range contacts {
		contacts[i].Organization = q.Organizations
	}
	return contacts, err
}

// Contact returns a person, or an organization, by its id; NotFound when there is none.
func (c *Client) Contact(ctx context.Context, id int64, organization bool) (*Contact, error) {
	path := "/v2/contacts/people/{id}"
	if organization {
		path = "/v2/contacts/organizations/{id}"
	}
	contact, err := single(ctx, c, path, id, decodeContact, func(one Contact) int64 { return one.ID })
	if err != nil {
		return nil, err
	}
	contact.Organization = organization
	return contact, nil
}

// filled leaves empty values out: as a filter they would mean every record.
func filled(values []string) []string {
	return slices.DeleteFunc(slices.Clone(values), func(value string) bool { return strings.TrimSpace(value) == "" })
}

func decodeContact(n node) Contact {
	contact := Contact{
		ID:        n.at("id").id(),
		Name:      n.at("name").text(),
		FirstName: n.at("first_name").text(),
		LastName:  n.at("last_name").text(),
		Email:     n.at("email").text(),

		Organization: n.at("is_organization").yes(),
	}
	contact.Name = cmp.Or(contact.Name, strings.TrimSpace(contact.FirstName+" "+contact.LastName))
	for _, phone := range append(decodePhones(n.at("phone")), decodePhones(n.at("phones"))...) {
		if !slices.Contains(contact.Phones, phone) {
			contact.Phones = append(contact.Phones, phone)
		}
	}
	return contact
}

// decodePhones reads one phone or a list of them, each a text or {"phone": ...}
// (docs/reference/roapp.md#contact-fields).
func decodePhones(n node) []string {
	var entries []node
	switch n.value.(type) {
	case nil:
	case []any:
		entries = n.rows()
	default:
		entries = []node{n}
	}
	var phones []string
	for _, entry := range entries {
		if phone := decodePhone(entry); phone != "" {
			phones = append(phones, phone)
		}
	}
	return phones
}

func decodePhone(n node) string {
	object, ok := n.value.(map[string]any)
	if !ok {
		return n.text()
	}
	phone := n.at("phone")
	if _, named := object["phone"]; !named {
		phone.fail("missing")
	}
	return phone.text()
}

type phoneBody struct {
	Title       string `json:"title"`
	Phone       string `json:"phone"`
	Notify      bool   `json:"notify"`
	HasViber    bool   `json:"has_viber"`
	HasWhatsapp bool   `json:"has_whatsapp"`
}

type personBody struct {
	FirstName    string            `json:"first_name"`
	LastName     string            `json:"last_name,omitempty"`
	Email        string            `json:"email,omitempty"`
	Phones       []phoneBody       `json:"phones,omitempty"`
	Notes        string            `json:"notes,omitempty"`
	CustomFields map[string]string `json:"custom_fields,omitempty"`
}

// CreatePerson returns the new person's id; 0 where the person was created and the answer does not name it: find it
// then, and never create it again. Whether the service refuses a phone that another contact has is not documented.
func (c *Client) CreatePerson(ctx context.Context, p NewPerson) (int64, error) {
	body := personBody{FirstName: p.FirstName, LastName: p.LastName, Email: p.Email, Notes: p.Notes, CustomFields: p.CustomFields}
	if p.Phone != "" {
		body.Phones = []phoneBody{{Title: phoneTitle, Phone: p.Phone}}
	}
	return c.create(ctx, request{method: http.MethodPost, path: "/v2/contacts/people", body: body})
}

// DeletePerson deletes a person.
func (c *Client) DeletePerson(ctx context.Context, id int64) error {
	return c.delete(ctx, "/v2/contacts/people/{id}", id)
}

func (c *Client) delete(ctx context.Context, path string, id int64) error {
	return c.write(ctx, request{method: http.MethodDelete, path: path, id: id})
}

// write sends a request whose answer says nothing beyond success; it may be empty.
func (c *Client) write(ctx context.Context, r request) error {
	r.emptyAnswer = true
	_, err := c.do(ctx, r)
	return err
}

// create returns the id of what a request created, 0 where the answer says yes and names none.
func (c *Client) create(ctx context.Context, r request) (int64, error) {
	r.emptyAnswer = true
	answer, err := c.do(ctx, r)
	if err != nil {
		return 0, err
	}
	id := answer.createdID()
	return id, answer.check()
}

// createdID is the id in the answer to a create: {"id"}, {"data": {"id"}}, {"data": 5} or a bare number; 0 for an
// answer that has none.
func (n node) createdID() int64 {
	switch value := n.value.(type) {
	case json.Number:
		return n.id()
	case map[string]any:
		if _, number := value["data"].(json.Number); number && value["id"] == nil {
			return n.at("data").id()
		}
		return n.record().at("id").optionalID()
	default:
		return 0
	}
}
