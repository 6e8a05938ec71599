package order

import (
	"fmt"
	"time"

	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// StepFindContact asks RO App for contacts with one of the phones.
const StepFindContact StepKind = "FindContact"

var _ = define(stepDefinition[FindContact, ContactsFound]{
	kind: StepFindContact, side: SideRoapp,
	fingerprint: func(in FindContact) string { return fmt.Sprintf("%t %s", in.Organizations, in.Phone) },
	apply: func(s *State, in FindContact, o ContactsFound, _ time.Time) {
		s.Customer.about(in.Phone)
		if in.Organizations {
			s.Customer.Organizations = &o
		} else {
			s.Customer.People = &o
		}
	},
})

// FindContact names the phone to find.
type FindContact struct {
	Account       string
	Organizations bool     `json:",omitempty"` // instead of people
	Phones        []string // spellings of one number
	Phone         string   // E.164; the service's own comparison is never trusted
	Region        string
}

// ContactsFound is the answer to [FindContact]: only those whose phone is the same.
type ContactsFound struct {
	At       time.Time // when the request was sent
	Contacts []Contact `json:",omitempty"`
}

// Contact is a customer in RO App.
type Contact struct {
	ID           int64
	Organization bool   `json:",omitempty"`
	FirstName    string `json:",omitempty"`
	LastName     string `json:",omitempty"`
	Name         string `json:",omitempty"`
	Email        string `json:",omitempty"`
	Created      bool   `json:",omitempty"` // by this run
}

// StepEnsureContact finds or creates the one contact of a phone.
const StepEnsureContact StepKind = "EnsureContact"

var _ = define(stepDefinition[EnsureContact, ContactEnsured]{
	kind: StepEnsureContact, side: SideEnsure,
	fingerprint: func(in EnsureContact) string { return in.WorkflowID },
	apply: func(s *State, in EnsureContact, o ContactEnsured, now time.Time) {
		s.Customer.about(in.Person.Phone)
		if o.Contact != nil {
			s.Customer.Ensured, s.Customer.EnsuredAt = o.Contact, now
			return
		}
		s.Customer.People = &ContactsFound{At: o.At, Contacts: o.Found}
	},
})

// EnsureContact is the contact to find or create.
type EnsureContact struct {
	WorkflowID string
	Find       FindContact // Phones is empty for a contact without phone
	Person     Person
	LookedUpAt time.Time // when a lookup last found nothing
	Pace       Pace
}

// Person is a contact to be created.
type Person struct {
	FirstName string
	LastName  string `json:",omitempty"`
	Email     string `json:",omitempty"`
	Phone     string `json:",omitempty"` // E.164
}

// ContactEnsured is the answer to [EnsureContact].
type ContactEnsured struct {
	At      time.Time
	Contact *Contact `json:",omitempty"`
	// Found are the contacts that a second lookup brought, more than one.
	Found []Contact `json:",omitempty"`
}

// about forgets what was found by another phone.
func (c *CustomerState) about(phone string) {
	if c.Phone != phone {
		c.Phone, c.People, c.Organizations, c.Ensured, c.Recalled = phone, nil, nil, nil, nil
	}
}

func (p *planner) findContact(phone string, organizations bool) flow.Step {
	summary, key := "Find the customer among people", string(StepFindContact)
	if organizations {
		summary, key = "Find the customer among organizations", key+" organizations"
	}
	find := p.findInput(phone)
	find.Organizations = organizations
	return p.step(StepFindContact, key, summary, find)
}

func (p *planner) findInput(phone string) FindContact {
	return FindContact{
		Account: p.account(), Phone: phone, Region: p.r.Region,
		Phones: PhoneSpellings(phone, p.s.Snapshot.Customer.Phone),
	}
}

// ensureContact asks for the one contact of the phone; of an order without a
// usable phone, for one of its own.
func (p *planner) ensureContact(phone string) flow.Step {
	buyer := p.s.Snapshot.Customer
	first, last := SplitName(buyer.Name, p.r.NameOrder)
	if first == "" {
		// RO App demands a first name.
		first = firstOf(phone, buyer.Email, fmt.Sprintf("Cartum #%d", p.s.Key.Number))
	}
	in := EnsureContact{
		WorkflowID: "contact:" + p.account() + ":" + KeyedHash(p.r.IdentityKey, "phone", phone),
		Find:       FindContact{Account: p.account()},
		Person:     Person{FirstName: first, LastName: last, Email: usableEmail(buyer.Email), Phone: phone},
		Pace:       p.pace(),
	}
	if phone == "" || p.s.Customer.Create {
		in.WorkflowID = "contact:" + p.account() + ":" + KeyedHash(p.r.IdentityKey, "order", p.s.Key.WorkflowID())
	}
	if phone != "" && !p.s.Customer.Create {
		in.Find = p.findInput(phone)
		in.LookedUpAt = p.s.Customer.People.At
	}
	return p.step(StepEnsureContact, "", "Create the customer", in)
}
