package roapp

import (
	"context"
	"net/http"
	"net/url"
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
}

// FindPeople returns the people that the service finds for any of the phones. How it compares is not documented
// (reference, roapp-api 2), so a person may be missing for want of the right spelling, and one that is returned need
// not have any of the phones: compare them. No phones find nobody, without a request.
func (c *Client) FindPeople(ctx context.Context, phones []string) ([]Contact, error) {
	return c.findContacts(ctx, "/v2/contacts/people", phones, decodeContact)
}

// FindPeopleByName returns the people that the service finds for the name, by a comparison that is not documented
// either: compare them. No name finds nobody, without a request.
func (c *Client) FindPeopleByName(ctx context.Context, name string) ([]Contact, error) {
	names := filled([]string{name})
	if len(names) == 0 {
		return nil, nil
	}
	r := request{method: http.MethodGet, path: "/v2/contacts/people", query: url.Values{"names": names}}
	return list(ctx, c, r, searchPages, decodeContact)
}

// FindOrganizations is FindPeople for organizations.
func (c *Client) FindOrganizations(ctx context.Context, phones []string) ([]Contact, error) {
	return c.findContacts(ctx, "/v2/contacts/organizations", phones, func(n node) Contact {
		contact := decodeContact(n)
		contact.Organization = true
		return contact
	})
}

func (c *Client) findContacts(ctx context.Context, path string, phones []string, decode func(node) Contact) ([]Contact, error) {
	phones = filled(phones)
	if len(phones) == 0 {
		return nil, nil
	}
	r := request{method: http.MethodGet, path: path, query: url.Values{"phones": phones}}
	return list(ctx, c, r, searchPages, decode)
}

// filled leaves empty values out: as a filter they would mean every record.
func filled(values []string) []string {
	var kept []string
	for _, value := range values {
		if strings.TrimSpace(value) != "" {
			kept = append(kept, value)
		}
	}
	return kept
}

func decodeContact(n node) Contact {
	contact := Contact{
		ID:        n.at("id").id(),
		Name:      n.at("name").text(),
		FirstName: n.at("first_name").text(),
		LastName:  n.at("last_name").text(),
		Email:     n.at("email").text(),
	}
	if organization := n.at("is_organization").flag(); organization != nil {
		contact.Organization = *organization
	}
	if contact.Name == "" {
		contact.Name = strings.TrimSpace(contact.FirstName + " " + contact.LastName)
	}
	seen := make(map[string]bool)
	for _, phone := range append(decodePhones(n.at("phone")), decodePhones(n.at("phones"))...) {
		if !seen[phone] {
			seen[phone] = true
			contact.Phones = append(contact.Phones, phone)
		}
	}
	return contact
}

// decodePhones reads one phone or a list of them, each a text or {"phone": ...} (reference, roapp-api 2).
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
	FirstName string      `json:"first_name"`
	LastName  string      `json:"last_name,omitempty"`
	Email     string      `json:"email,omitempty"`
	Phones    []phoneBody `json:"phones,omitempty"`
	Notes     string      `json:"notes,omitempty"`
}

// CreatePerson returns the new person's id. Whether the service refuses a phone that another contact has is not
// documented (reference, roapp-api 2).
func (c *Client) CreatePerson(ctx context.Context, p NewPerson) (int64, error) {
	body := personBody{FirstName: p.FirstName, LastName: p.LastName, Email: p.Email, Notes: p.Notes}
	if p.Phone != "" {
		body.Phones = []phoneBody{{Title: phoneTitle, Phone: p.Phone}}
	}
	return c.create(ctx, request{method: http.MethodPost, path: "/v2/contacts/people", body: body})
}

// create returns the id of what a request made, {"id"} or {"data": {"id"}} (reference, roapp-api 2).
func (c *Client) create(ctx context.Context, r request) (int64, error) {
	answer, err := c.do(ctx, r)
	if err != nil {
		return 0, err
	}
	id := answer.record().at("id").id()
	return id, answer.check()
}
