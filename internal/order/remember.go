package order

import (
	"fmt"
	"slices"
	"time"
)

// Chosen is a person's choice between several records that fit, to be
// remembered for the next order of the same phone or goods.
type Chosen struct {
	Phone string   `json:",omitempty"` // E.164, of a choice between contacts
	Goods GoodsKey `json:",omitempty"` // of a choice between products
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

// RememberChoice has a choice remembered under an id that is the same for each
// order of that phone or goods.
type RememberChoice struct {
	Account string
	Record  string
	Choice  Remembered
}

// ChoiceRemembered is the answer to RememberChoice.
type ChoiceRemembered struct{}

// RecallChoice asks for what was remembered.
type RecallChoice struct {
	Account string
	Record  string
	Goods   GoodsKey `json:",omitempty"` // whose product is asked for; "" asks for the contact
}

// ChoiceRecalled is the answer to RecallChoice.
type ChoiceRecalled struct {
	Choice *Remembered `json:",omitempty"` // nil where nothing is remembered
}

// remember notes a choice between several that a person made now.
func (s *State) remember(d Decision, now time.Time) {
	hold := s.waitsFor()
	chosen := Chosen{Remembered: Remembered{By: d.By, At: now}}
	switch {
	case d.Kind == DecideContact && hold.Reason == HoldAmbiguousContact:
		chosen.Phone, chosen.ID, chosen.Organization = s.Customer.Phone, d.ContactID, d.Organization
	case d.Kind == DecideProduct && hold.Reason == HoldAmbiguousProduct && (d.Goods == "" || d.Goods == hold.Goods):
		chosen.Goods, chosen.ID = hold.Goods, d.ProductID
	default:
		return
	}
	s.Chosen = append(s.Chosen, chosen)
}

// ChoiceRecord is the id under which a choice is remembered: as in the ids of
// the workflows that make such records, it tells nothing to who reads it.
func ChoiceRecord(key []byte, phone string, goods GoodsKey) string {
	if goods != "" {
		return "product:" + KeyedHash(key, "product", string(goods))
	}
	return "contact:" + KeyedHash(key, "phone", phone)
}

// rememberChoices are the steps that have choices remembered. They stop nothing
// and nothing stops them.
func (p *planner) rememberChoices() []Step {
	var steps []Step
	for _, chosen := range p.s.Chosen {
		key := fmt.Sprintf("%s %s", StepRememberChoice, firstOf(string(chosen.Goods), "contact"))
		steps = appendMissing(steps, []Step{p.step(StepRememberChoice, SideEnsure, key, "Remember the choice", func(st *Step) {
			st.RememberChoice = &RememberChoice{
				Account: p.r.Account, Record: ChoiceRecord(p.r.IdentityKey, chosen.Phone, chosen.Goods), Choice: chosen.Remembered,
			}
		})})
	}
	return steps
}

func (*ChoiceRemembered) apply(s *State, step Step, _ time.Time) {
	s.Chosen = slices.DeleteFunc(s.Chosen, func(c Chosen) bool { return c.Remembered == step.RememberChoice.Choice })
}

// recall asks what was chosen for an earlier order of the phone or the goods.
func (p *planner) recall(phone string, goods GoodsKey) Step {
	key := fmt.Sprintf("%s %s", StepRecallChoice, firstOf(string(goods), "contact"))
	return p.step(StepRecallChoice, SideEnsure, key, "Look up an earlier choice", func(st *Step) {
		st.RecallChoice = &RecallChoice{Account: p.r.Account, Record: ChoiceRecord(p.r.IdentityKey, phone, goods), Goods: goods}
	})
}

func (o *ChoiceRecalled) apply(s *State, step Step, now time.Time) {
	recalled, what := &Recalled{o.Choice}, "contact"
	stands := false
	if goods := step.RecallChoice.Goods; goods != "" {
		what = "product for " + goods.value()
		facts := s.Goods[goods]
		facts.Recalled = recalled
		_, stands = facts.recalled()
		s.setGoods(goods, facts)
	} else {
		s.Customer.Recalled = recalled
		_, stands = s.Customer.recalled()
	}
	switch {
	case o.Choice == nil:
	case stands:
		s.Tell(now, "", fmt.Sprintf("%s: %d, the remembered choice of %s", what, o.Choice.ID, o.Choice.By))
	default:
		s.Tell(now, "", fmt.Sprintf("%s: the remembered choice of %s, %d, is not among those that fit any more", what, o.Choice.By, o.Choice.ID))
	}
}

// recalled is the contact of an earlier choice, as long as it fits.
func (c CustomerFacts) recalled() (Contact, bool) {
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
func (c CustomerFacts) several() []Contact {
	switch {
	case c.People != nil && len(c.People.Contacts) > 0:
		return c.People.Contacts
	case c.Organizations != nil:
		return c.Organizations.Contacts
	default:
		return nil
	}
}

// recalled is the product of an earlier choice, as long as it fits.
func (f GoodsFacts) recalled() (*Product, bool) {
	if f.Recalled == nil || f.Recalled.Choice == nil {
		return nil, false
	}
	i := slices.IndexFunc(f.Found, func(found Product) bool { return found.ID == f.Recalled.Choice.ID })
	if i < 0 {
		return nil, false
	}
	return &f.Found[i], true
}
