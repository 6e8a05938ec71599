package order

import (
	"fmt"
	"net/mail"
	"slices"
	"strings"
)

// customer finds the order's contact. A contact is never recognised by anything
// but its phone, compared as E.164; a card that exists is never changed.
func (p *planner) customer() track {
	c := p.s.Customer
	phone, _ := ParsePhone(p.s.Snapshot.Customer.Phone, p.r.Region)
	if c.Phone != phone {
		c.People, c.Organizations, c.Ensured = nil, nil, nil // the shop corrected the phone
	}
	if c.Chosen != nil {
		return track{contact: *c.Chosen, why: contactName(*c.Chosen) + ", chosen by a person"}
	}
	if c.Ensured != nil {
		return track{contact: *c.Ensured, why: ensuredWhy(*c.Ensured)}
	}
	if p.phoneless() {
		return track{creates: []Step{p.ensureContact("")}}
	}
	if c.People == nil {
		return track{reads: []Step{p.findContact(phone, false)}}
	}
	if len(c.People.Contacts) > 0 {
		return p.choose(c.People.Contacts)
	}
	if c.Organizations == nil {
		return track{reads: []Step{p.findContact(phone, true)}}
	}
	if len(c.Organizations.Contacts) > 0 {
		return p.choose(c.Organizations.Contacts)
	}
	return track{creates: []Step{p.ensureContact(phone)}}
}

// phoneless tells that the order's phone recognises nobody.
func (p *planner) phoneless() bool {
	_, usable := ParsePhone(p.s.Snapshot.Customer.Phone, p.r.Region)
	return !usable
}

// choose takes the only contact, or the only one whose name or e-mail agrees.
func (p *planner) choose(contacts []Contact) track {
	if p.s.Customer.Create {
		phone, _ := ParsePhone(p.s.Snapshot.Customer.Phone, p.r.Region)
		return track{creates: []Step{p.ensureContact(phone)}}
	}
	if len(contacts) == 1 {
		return track{contact: contacts[0], why: contactName(contacts[0]) + ", found by phone"}
	}
	agreeing := slices.DeleteFunc(slices.Clone(contacts), func(c Contact) bool { return !p.agrees(c) })
	if len(agreeing) == 1 {
		return track{contact: agreeing[0], why: contactName(agreeing[0]) + ", the one of several with this phone whose name or e-mail agrees"}
	}
	if p.s.Customer.Recalled == nil {
		return track{reads: []Step{p.recall(p.s.Customer.Phone, "")}}
	}
	if contact, stands := p.s.Customer.recalled(); stands {
		return track{contact: contact, why: contactName(contact) + ", the one of several with this phone that " + p.s.Customer.Recalled.Choice.By + " chose for an earlier order"}
	}
	choices := make([]Choice, 0, len(contacts))
	for _, c := range contacts {
		choices = append(choices, Choice{ID: c.ID, Organization: c.Organization, Title: firstOf(c.Name, c.FirstName+" "+c.LastName)})
	}
	return track{hold: &Hold{
		Reason: HoldAmbiguousContact, Field: "delivery_phone", Choices: choices,
		Text:   fmt.Sprintf("%d contacts in RO App have this phone, and neither name nor e-mail tells which is meant.", len(contacts)),
		Remedy: "Choose one, or merge them in RO App; the order goes on by itself.",
	}}
}

func (p *planner) agrees(c Contact) bool {
	buyer := p.s.Snapshot.Customer
	first, last := SplitName(buyer.Name, p.r.NameOrder)
	if first != "" && SameName(first, last, c.FirstName, c.LastName) {
		return true
	}
	return buyer.Email != "" && strings.EqualFold(strings.TrimSpace(buyer.Email), strings.TrimSpace(c.Email))
}

func contactName(c Contact) string {
	if c.Organization {
		return fmt.Sprintf("organization %d", c.ID)
	}
	return fmt.Sprintf("contact %d", c.ID)
}

func ensuredWhy(c Contact) string {
	if c.Created {
		return contactName(c) + ", created: nobody had this phone"
	}
	return contactName(c) + ", found by phone"
}

func (p *planner) findContact(phone string, organizations bool) Step {
	summary := "Find the customer among people"
	key := string(StepFindContact)
	if organizations {
		summary, key = "Find the customer among organizations", key+" organizations"
	}
	return p.step(StepFindContact, SideRoapp, key, summary, func(st *Step) {
		find := p.findInput(phone)
		find.Organizations = organizations
		st.FindContact = &find
	})
}

func (p *planner) findInput(phone string) FindContact {
	return FindContact{
		Account: p.r.Account, Phone: phone, Region: p.r.Region,
		Phones: PhoneSpellings(phone, p.s.Snapshot.Customer.Phone),
	}
}

// ensureContact asks for the one contact of the phone; of an order without a
// usable phone, for one of its own.
func (p *planner) ensureContact(phone string) Step {
	buyer := p.s.Snapshot.Customer
	first, last := SplitName(buyer.Name, p.r.NameOrder)
	if first == "" {
		// RO App demands a first name (reference, roapp-api 2).
		first = firstOf(phone, buyer.Email, fmt.Sprintf("Cartum #%d", p.s.Key.Number))
	}
	in := EnsureContact{
		WorkflowID: "contact:" + p.r.Account + ":" + KeyedHash(p.r.IdentityKey, "phone", phone),
		Find:       FindContact{Account: p.r.Account},
		Person:     Person{FirstName: first, LastName: last, Email: usableEmail(buyer.Email), Phone: phone},
		Pace:       p.pace(),
	}
	if phone == "" || p.s.Customer.Create {
		in.WorkflowID = "contact:" + p.r.Account + ":" + KeyedHash(p.r.IdentityKey, "order", p.s.Key.WorkflowID())
	}
	if phone != "" && !p.s.Customer.Create {
		in.Find = p.findInput(phone)
		in.LookedAt = p.s.Customer.People.At
	}
	return p.step(StepEnsureContact, SideEnsure, "", "Create the customer", func(st *Step) { st.EnsureContact = &in })
}

// usableEmail leaves out what is no address, such as "none": RO App would refuse
// the contact for it, and the comment tells it as written.
func usableEmail(written string) string {
	written = strings.TrimSpace(written)
	address, err := mail.ParseAddress(written)
	if err != nil || address.Address != written {
		return ""
	}
	return written
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text = strings.TrimSpace(text); text != "" {
			return text
		}
	}
	return ""
}

func (p *planner) pace() Pace {
	return Pace{Urgency: min(p.urgency(StepEnsureContact), UrgencyBegun), Timeout: p.r.RequestTimeout, Settle: p.r.Settle, Lag: p.r.SearchLag}
}
