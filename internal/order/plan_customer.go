package order

import (
	"net/mail"
	"slices"
	"strings"

	"github.com/cartumsync/cartumsync/internal/order/flow"
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
		return track{contact: *c.Chosen, why: customerWhy("chosen", *c.Chosen)}
	}
	if c.Ensured != nil {
		return track{contact: *c.Ensured, why: ensuredWhy(*c.Ensured)}
	}
	if p.phoneless() {
		return track{creates: []flow.Step{p.ensureContact("")}}
	}
	if c.People == nil {
		return track{reads: []flow.Step{p.findContact(phone, false)}}
	}
	if len(c.People.Contacts) > 0 {
		return p.choose(c.People.Contacts)
	}
	if c.Organizations == nil {
		return track{reads: []flow.Step{p.findContact(phone, true)}}
	}
	if len(c.Organizations.Contacts) > 0 {
		return p.choose(c.Organizations.Contacts)
	}
	return track{creates: []flow.Step{p.ensureContact(phone)}}
}

// phoneless reports whether the order's phone identifies nobody.
func (p *planner) phoneless() bool {
	_, usable := ParsePhone(p.s.Snapshot.Customer.Phone, p.r.Region)
	return !usable
}

// choose takes the only contact, or the only one whose name or e-mail agrees.
func (p *planner) choose(contacts []Contact) track {
	if p.s.Customer.Create {
		phone, _ := ParsePhone(p.s.Snapshot.Customer.Phone, p.r.Region)
		return track{creates: []flow.Step{p.ensureContact(phone)}}
	}
	if len(contacts) == 1 {
		return track{contact: contacts[0], why: customerWhy("found-by-phone", contacts[0])}
	}
	agreeing := slices.DeleteFunc(slices.Clone(contacts), func(c Contact) bool { return !p.agrees(c) })
	if len(agreeing) == 1 {
		return track{contact: agreeing[0], why: customerWhy("name-agrees", agreeing[0])}
	}
	if p.s.Customer.Recalled == nil {
		return track{reads: []flow.Step{p.recall(p.s.Customer.Phone, "")}}
	}
	if contact, stands := p.s.Customer.recalled(); stands {
		return track{contact: contact, why: customerWhy("recalled", contact, "by", p.s.Customer.Recalled.Choice.By)}
	}
	choices := make([]Choice, 0, len(contacts))
	for _, c := range contacts {
		choices = append(choices, Choice{ID: c.ID, Organization: c.Organization, Title: firstOf(c.Name, c.FirstName+" "+c.LastName)})
	}
	h := holdFor(HoldAmbiguousContact, "contacts", num(len(contacts)))
	h.Field, h.Choices = "delivery_phone", choices
	return track{hold: h}
}

func (p *planner) agrees(c Contact) bool {
	buyer := p.s.Snapshot.Customer
	first, last := SplitName(buyer.Name, p.r.NameOrder)
	if first != "" && SameName(first, last, c.FirstName, c.LastName) {
		return true
	}
	return buyer.Email != "" && strings.EqualFold(strings.TrimSpace(buyer.Email), strings.TrimSpace(c.Email))
}

// customerWhy says why a contact was taken.
func customerWhy(why string, c Contact, pairs ...string) flow.Message {
	return msg("customer", append([]string{"why", why, "contact", num(c.ID), "organization", yes(c.Organization)}, pairs...)...)
}

func ensuredWhy(c Contact) flow.Message {
	if c.Created {
		return customerWhy("created", c)
	}
	return customerWhy("found-by-phone", c)
}

// usableEmail leaves out what is no address, such as "none": RO App would refuse
// the contact for it, and the comment shows it as written.
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
