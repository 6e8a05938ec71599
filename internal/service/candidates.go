package service

import (
	"context"
	"strconv"

	"golang.org/x/sync/errgroup"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

// Candidate is a record that a hold lets a person choose, as RO App has it now.
type Candidate struct {
	order.Choice
	workflows.LookupResult
	// Link opens it in RO App, "" where that is not known.
	Link string
	Err  error // where RO App did not say what it has
}

const (
	// candidatesMost bounds how many records of a hold are looked up, and
	// candidatesAtOnce how many at a time.
	candidatesMost   = 10
	candidatesAtOnce = 2
)

// Candidates looks up in RO App the records that the order's hold lets a person
// choose, none where it offers no choice.
func (o *Orders) Candidates(ctx context.Context, key order.Key) ([]Candidate, error) {
	viewing, cancel := context.WithTimeout(ctx, viewWithin)
	defer cancel()
	view, err := o.View(viewing, key)
	if err != nil || view.State.Hold == nil || len(view.State.Hold.Choices) == 0 {
		return nil, err
	}
	set := o.settings.Current()
	rules, known := set.Rules(key.Shop)
	account := view.State.AccountIn(rules)
	if !known || account == "" {
		return nil, nil
	}
	choices := view.State.Hold.Choices
	candidates := make([]Candidate, min(len(choices), candidatesMost))
	var group errgroup.Group
	group.SetLimit(candidatesAtOnce)
	for i := range candidates {
		one := Candidate{Choice: choices[i]}
		in := workflows.LookupInput{Owner: workflows.Owner{Account: account}, Kind: workflows.RecordPerson, ID: one.ID}
		switch {
		case view.State.Hold.ProductKey != "":
			in.Kind = workflows.RecordProduct
		case one.Organization:
			in.Kind = workflows.RecordOrganization
		case set.Accounts[account].WebURL != "":
			one.Link = set.Accounts[account].WebURL + "/contacts/people/" + strconv.FormatInt(one.ID, 10)
		}
		group.Go(func() error {
			one.LookupResult, one.Err = o.lookup(ctx, in)
			candidates[i] = one
			return nil
		})
	}
	return candidates, group.Wait()
}
