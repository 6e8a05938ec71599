package order

import (
	"fmt"
	"slices"
	"time"

	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// Chosen is a person's choice between several records that fit, to be remembered
// for the next order of the same phone or product.
type Chosen struct {
	Phone      string     `json:",omitempty"` // E.164, of a choice between contacts
	ProductKey ProductKey `json:",omitempty"` // of a choice between products
	Remembered
}

// Remembered is a choice as it is remembered.
type Remembered struct {
	ID           int64
	Organization bool `json:",omitempty"`
	By           string
	At           time.Time
}

// Recalled is what was remembered when it was asked for.
type Recalled struct {
	Choice *Remembered `json:",omitempty"` // nil where nothing was
}

// StepRememberChoice has a choice remembered, under an id that is the same for each
// order of that phone or product.
const StepRememberChoice StepKind = "RememberChoice"

var _ = define(stepDefinition[RememberChoice, ChoiceRemembered]{
	kind: StepRememberChoice, side: SideEnsure,
	fingerprint: func(in RememberChoice) string { return fmt.Sprintf("%s %d", in.Record, in.Choice.ID) },
	apply: func(s *State, in RememberChoice, _ ChoiceRemembered, _ time.Time) {
		s.Chosen = slices.DeleteFunc(s.Chosen, func(c Chosen) bool { return c.Remembered == in.Choice })
	},
})

// RememberChoice is the choice to remember.
type RememberChoice struct {
	Account string
	Record  string
	Choice  Remembered
}

// ChoiceRemembered is the answer to [RememberChoice].
type ChoiceRemembered struct{}

// StepRecallChoice asks for what was remembered.
const StepRecallChoice StepKind = "RecallChoice"

var _ = define(stepDefinition[RecallChoice, ChoiceRecalled]{
	kind: StepRecallChoice, side: SideEnsure,
	fingerprint: func(in RecallChoice) string { return in.Record },
	apply:       func(s *State, in RecallChoice, o ChoiceRecalled, now time.Time) { s.applyRecalled(in, o, now) },
})

// RecallChoice names what to recall.
type RecallChoice struct {
	Account    string
	Record     string
	ProductKey ProductKey `json:",omitempty"` // whose product is asked for; "" asks for the contact
}

// ChoiceRecalled is the answer to [RecallChoice].
type ChoiceRecalled struct {
	Choice *Remembered `json:",omitempty"` // nil where nothing is remembered
}

// remember notes a choice between several that a person made now.
func (s *State) remember(d Decision, now time.Time) {
	hold, choice := s.waitsFor(), d.choice()
	if !d.choosesFrom(hold) || hold.notAmong(choice) != "" {
		return
	}
	chosen := Chosen{Remembered: Remembered{ID: choice.ID, Organization: choice.Organization, By: d.By, At: now}}
	if d.Kind == DecideContact {
		chosen.Phone = s.Customer.Phone
	} else {
		chosen.ProductKey = hold.ProductKey
	}
	s.Chosen = append(s.Chosen, chosen)
}

// ChoiceRecord is the id under which a choice is remembered: as the ids of the
// workflows that create such records, it reveals nothing to its reader.
func ChoiceRecord(key []byte, phone string, product ProductKey) string {
	if product != "" {
		return "product:" + KeyedHash(key, "product", string(product))
	}
	return "contact:" + KeyedHash(key, "phone", phone)
}

// rememberChoices are the steps that have choices remembered. They stop nothing
// and nothing stops them.
func (p *planner) rememberChoices() []flow.Step {
	var steps []flow.Step
	for _, chosen := range p.s.Chosen {
		key := fmt.Sprintf("%s %s", StepRememberChoice, firstOf(string(chosen.ProductKey), "contact"))
		steps = appendMissing(steps, p.step(StepRememberChoice, key, "Remember the choice", RememberChoice{
			Account: p.account(), Record: ChoiceRecord(p.r.IdentityKey, chosen.Phone, chosen.ProductKey), Choice: chosen.Remembered,
		}))
	}
	return steps
}

// recall asks what was chosen for an earlier order of the phone or the product.
func (p *planner) recall(phone string, product ProductKey) flow.Step {
	key := fmt.Sprintf("%s %s", StepRecallChoice, firstOf(string(product), "contact"))
	return p.step(StepRecallChoice, key, "Look up an earlier choice", RecallChoice{
		Account: p.account(), Record: ChoiceRecord(p.r.IdentityKey, phone, product), ProductKey: product,
	})
}

func (s *State) applyRecalled(in RecallChoice, o ChoiceRecalled, now time.Time) {
	recalled, fits := &Recalled{o.Choice}, false
	if in.ProductKey != "" {
		facts := s.Products[in.ProductKey]
		facts.Recalled = recalled
		_, fits = facts.recalledProduct()
		put(&s.Products, in.ProductKey, facts)
	} else {
		s.Customer.Recalled = recalled
		_, fits = s.Customer.recalled()
	}
	if o.Choice == nil {
		return
	}
	code := "choice-recalled"
	if !fits {
		code = "choice-outdated"
	}
	s.note(now, msg(code, "product", in.ProductKey.value(), "id", num(o.Choice.ID), "by", o.Choice.By))
}

// recalled is the contact of an earlier choice, as long as it fits.
func (c CustomerState) recalled() (Contact, bool) {
	if c.Recalled == nil || c.Recalled.Choice == nil {
		return Contact{}, false
	}
	contacts := c.several()
	i := slices.IndexFunc(contacts, func(found Contact) bool {
		return found.ID == c.Recalled.Choice.ID && found.Organization == c.Recalled.Choice.Organization
	})
	if i < 0 {
		return Contact{}, false
	}
	return contacts[i], true
}

// several are the contacts that were found: people, else organizations.
func (c CustomerState) several() []Contact {
	switch {
	case c.People != nil && len(c.People.Contacts) > 0:
		return c.People.Contacts
	case c.Organizations != nil:
		return c.Organizations.Contacts
	default:
		return nil
	}
}

// recalledProduct is the product of an earlier choice, as long as it fits.
func (f ProductState) recalledProduct() (*Product, bool) {
	if f.Recalled == nil || f.Recalled.Choice == nil {
		return nil, false
	}
	i := slices.IndexFunc(f.Found, func(found Product) bool { return found.ID == f.Recalled.Choice.ID })
	if i < 0 {
		return nil, false
	}
	return &f.Found[i], true
}
