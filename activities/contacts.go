package activities

import (
	"context"
	"slices"
	"time"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/roapp"
)

// FindContact asks for contacts by all spellings of one phone in one request,
// and keeps those whose phone is the same by our own comparison.
func (a *Activities) FindContact(ctx context.Context, in order.FindContact) (order.ContactsFound, error) {
	return onAccount(ctx, a, in.Account, func(acc *account) (order.ContactsFound, error) {
		at := time.Now()
		contacts, err := acc.findContact(ctx, in)
		return order.ContactsFound{At: at, Contacts: contacts}, acc.answered(err)
	})
}

func (acc *account) findContact(ctx context.Context, in order.FindContact) ([]order.Contact, error) {
	rows, err := acc.findByPhones(ctx, in.Phones, in.Organizations)
	var contacts []order.Contact
	for _, row := range rows {
		if hasPhone(row, in) {
			contacts = append(contacts, contactOf(row))
		}
	}
	return contacts, err
}

func (acc *account) findByPhones(ctx context.Context, phones []string, organizations bool) ([]roapp.Contact, error) {
	if organizations {
		return acc.client.FindOrganizations(ctx, phones)
	}
	return acc.client.FindPeople(ctx, phones)
}

// hasPhone tells whether one of the numbers on the contact's card is the one
// that is asked for, however it is written there.
func hasPhone(row roapp.Contact, in order.FindContact) bool {
	return slices.ContainsFunc(row.Phones, func(phone string) bool { return order.HasPhone(phone, in.Phone, in.Region) })
}

// contactOf is the contact as texts are compared; its card stays as it is.
func contactOf(row roapp.Contact) order.Contact {
	return order.Contact{
		ID: row.ID, Organization: row.Organization,
		FirstName: order.NormalizeText(row.FirstName), LastName: order.NormalizeText(row.LastName),
		Name: order.NormalizeText(row.Name), Email: order.NormalizeText(row.Email),
	}
}

// CreateContact makes a person. A second attempt looks for the first one's.
func (a *Activities) CreateContact(ctx context.Context, in order.EnsureContact) (order.Contact, error) {
	return onAccount(ctx, a, in.Find.Account, func(acc *account) (none order.Contact, err error) {
		created := func(ctx context.Context) (*order.Contact, error) { return acc.createdContact(ctx, in) }
		found, err := lookupFirst(ctx, order.Precheck{Lag: in.Pace.Lag}, created)
		if err != nil {
			return none, acc.roappFailed(ctx, err, asks, false)
		}
		if found != nil {
			return *found, nil
		}
		fields, err := acc.contactFields(ctx)
		if err != nil {
			return none, err
		}
		person := in.Person
		id, err := acc.client.CreatePerson(ctx, roapp.NewPerson{
			FirstName: person.FirstName, LastName: person.LastName, Email: person.Email, Phone: person.Phone, CustomFields: fields,
		})
		if err != nil {
			return none, acc.roappFailed(ctx, err, makesRecords, true)
		}
		if id != 0 {
			return order.Contact{ID: id, FirstName: person.FirstName, LastName: person.LastName, Email: person.Email, Created: true}, nil
		}
		if found, err = findCreated(ctx, in.Pace.Lag, created); err != nil {
			return none, err
		}
		return *found, nil
	})
}

// createdContact finds the contact that a lost attempt made: by its phone, and one
// without phone by its name.
func (acc *account) createdContact(ctx context.Context, in order.EnsureContact) (*order.Contact, error) {
	if len(in.Find.Phones) > 0 {
		contacts, err := acc.findContact(ctx, in.Find)
		if err != nil || len(contacts) == 0 {
			return nil, err
		}
		made := contacts[len(contacts)-1]
		made.Created = true
		return &made, nil
	}
	rows, err := acc.client.FindPeopleByName(ctx, in.Person.FirstName)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		// Nobody else is made without a phone, with just these names and mail.
		if order.SameText(row.FirstName, in.Person.FirstName) && order.SameText(row.LastName, in.Person.LastName) &&
			order.NormalizeEmail(row.Email) == order.NormalizeEmail(in.Person.Email) && phoneAgrees(row.Phones, in.Person.Phone) {
			made := contactOf(row)
			made.Created = true
			return &made, nil
		}
	}
	return nil, nil
}

func phoneAgrees(phones []string, phone string) bool {
	if phone == "" {
		return len(phones) == 0
	}
	return slices.ContainsFunc(phones, func(kept string) bool { return order.HasPhone(kept, phone, "") })
}
