package service

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

// lookupWithin bounds how long a person waits until RO App has said what a record is.
const lookupWithin = 25 * time.Second

// NamedContact is the contact that a decision names, as RO App has it.
type NamedContact struct {
	ID           int64
	Organization bool
	Name         string
	Phones       []string // as written in RO App
	// OrderPhone is the order's phone as written where the contact has another one, else "".
	OrderPhone string
}

// PhonesText is the contact's phones in one line, "" where it has none.
func (c NamedContact) PhonesText() string { return strings.Join(c.Phones, ", ") }

// named is the record that a decision names, and the field of the API that names it; an ID of 0 is none.
func named(d order.Decision) (kind workflows.RecordKind, id int64, field string) {
	switch d.Kind {
	case order.DecideContact:
		if d.Organization {
			return workflows.RecordOrganization, d.ContactID, "contact"
		}
		return workflows.RecordPerson, d.ContactID, "contact"
	case order.DecideProduct:
		return workflows.RecordProduct, d.ProductID, "product"
	case order.DecideLink:
		return workflows.RecordOrder, d.OrderID, "roapp_order"
	default:
		return "", 0, ""
	}
}

// verify looks up in RO App what a decision names, and refuses it as an
// [Unfit] where there is no such record, or where a contact has another phone
// than the order and nobody confirmed it. It gives the contact of a decision for one.
func (o *Orders) verify(ctx context.Context, state *order.State, d order.Decision) (*NamedContact, error) {
	kind, id, field := named(d)
	if id == 0 {
		return nil, nil
	}
	refuse := func(why, field string, contact *NamedContact, params map[string]string) error {
		refused := unfit(state.Key, d.Kind, why, params)
		refused.Field, refused.Contact = field, contact
		return refused
	}
	rules, known := o.settings.Current().Rules(state.Key.Shop)
	account := state.AccountIn(rules)
	if !known || account == "" {
		return nil, refuse("no-account", field, nil, nil)
	}
	found, err := o.lookup(ctx, workflows.LookupInput{Owner: workflows.Owner{Account: account}, Kind: kind, ID: id})
	if err != nil {
		return nil, &Error{
			Code: LookupFailed, Err: err,
			Text: fmt.Sprintf("what the decision names could not be looked up in account %s, so nothing was decided; try again", account),
		}
	}
	params := map[string]string{"id": strconv.FormatInt(id, 10)}
	switch {
	case !found.Found:
		return nil, refuse("no-such-"+string(kind), field, nil, params)
	case found.Archived:
		return nil, refuse("archived-product", field, nil, params)
	case d.Kind != order.DecideContact:
		return nil, nil
	}
	contact := &NamedContact{ID: id, Organization: d.Organization, Name: found.Title, Phones: found.Phones}
	if !state.OtherPhone(found.Phones, rules.Region) {
		return contact, nil
	}
	contact.OrderPhone = state.Snapshot.Customer.Phone
	if d.Confirmed {
		return contact, nil
	}
	why := "other-phone"
	if len(found.Phones) == 0 {
		why = "contact-without-phone"
	}
	params["name"], params["phones"], params["phone"] = contact.Name, contact.PhonesText(), contact.OrderPhone
	return contact, refuse(why, "confirm_other_phone", contact, params)
}

// lookup asks through the queue of the account or the shop, which keeps to its limit. People
// who name the same record at once share the answer.
func (o *Orders) lookup(ctx context.Context, in workflows.LookupInput) (found workflows.LookupResult, err error) {
	ctx, cancel := context.WithTimeout(ctx, lookupWithin)
	defer cancel()
	run, err := o.start(ctx, client.StartWorkflowOptions{ID: workflows.LookupID(in), WorkflowExecutionTimeout: lookupWithin}, workflows.LookupWorkflow, in)
	if err != nil {
		return found, err
	}
	err = run.Get(ctx, &found)
	return found, err
}
