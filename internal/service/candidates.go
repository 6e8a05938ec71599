package service

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/refdata"
	"github.com/cartumsync/cartumsync/workflows"
)

// Candidate is a contact or a product that a person may choose for a held order, as RO App has it now.
type Candidate struct {
	order.Choice
	workflows.LookupResult
	// Unit is the name of a product's unit of stock, "" where it is not known.
	Unit string
	// LastOrder is the newest order that the shops' customers placed with one of a contact's phones, nil where there is
	// none. RO App's lists do not tell, so orders that staff created do not count.
	LastOrder *LastOrder
	// Link opens it in RO App, "" where that is not known.
	Link string
	Err  error // where RO App did not say what it has
}

// LastOrder is an order that was imported.
type LastOrder struct {
	Key    order.Key
	Placed time.Time
}

const (
	// candidatesMost bounds how many records of a hold are looked up, and
	// candidatesAtOnce how many at a time.
	candidatesMost   = 10
	candidatesAtOnce = 2
	// searchFor is how long what was found is shown before it is searched for again.
	searchFor = 30 * time.Second
	// shortestSearch bounds what is searched for in RO App, in runes; [longestText] does as well.
	shortestSearch = 2
	// lastOrdersListed bounds how many orders of the found contacts are listed for the newest of each.
	lastOrdersListed = 200
)

// choosing is an order on hold for which a person chooses a contact or a product.
type choosing struct {
	*Orders
	key     order.Key
	hold    *order.Hold
	answers []order.DecisionKind
	account string
	region  string
}

// choosing reads what the order waits for; its hold is nil where it waits for nothing.
func (o *Orders) choosing(ctx context.Context, key order.Key) (choosing, error) {
	ctx, cancel := context.WithTimeout(ctx, viewWithin)
	defer cancel()
	view, err := o.View(ctx, key)
	if err != nil {
		return choosing{}, err
	}
	rules, known := o.settings.Current().Rules(key.Shop)
	c := choosing{Orders: o, key: key, hold: view.State.Hold, answers: view.State.Answers(), region: rules.Region}
	if known {
		c.account = view.State.AccountIn(rules)
	}
	return c, nil
}

// Candidates looks up in RO App the records that the order's hold lets a person
// choose, none where it offers no choice, and gives the decision that chooses one.
func (o *Orders) Candidates(ctx context.Context, key order.Key) ([]Candidate, order.DecisionKind, error) {
	c, err := o.choosing(ctx, key)
	if err != nil || c.hold == nil || c.account == "" {
		return nil, "", err
	}
	kind := c.hold.ChoiceKind()
	candidates := make([]Candidate, min(len(c.hold.Choices), candidatesMost))
	var group errgroup.Group
	group.SetLimit(candidatesAtOnce)
	for i := range candidates {
		one := &candidates[i]
		one.Choice = c.hold.Choices[i]
		in := workflows.LookupInput{Owner: workflows.Owner{Account: c.account}, Kind: workflows.RecordPerson, ID: one.ID}
		switch {
		case kind == order.DecideProduct:
			in.Kind = workflows.RecordProduct
		case one.Organization:
			in.Kind = workflows.RecordOrganization
		}
		group.Go(func() error {
			one.LookupResult, one.Err = o.lookup(ctx, in)
			return nil
		})
	}
	_ = group.Wait() // each has its own error
	c.complete(ctx, candidates, kind == order.DecideProduct)
	return candidates, kind, nil
}

// Found is what was found in RO App for a text.
type Found struct {
	Kind       order.DecisionKind // the decision that chooses one of them
	Candidates []Candidate
	More       bool     // others may fit as well
	Problem    *Problem // why RO App did not say, nil where it did
}

// Search finds in RO App what a person may choose for the held order: contacts by name or phone, products by title or
// SKU. It asks behind all other work of the account, as often as [Orders.List] may. A text that is too short or too long is
// [Invalid], and an order that waits for another answer refuses as [Unfit].
func (o *Orders) Search(ctx context.Context, key order.Key, kind order.DecisionKind, text string) (Found, error) {
	text = strings.Join(strings.Fields(text), " ")
	if length := utf8.RuneCountInString(text); length < shortestSearch || length > longestText {
		return Found{}, invalid("text", fmt.Sprintf("must have %d to %d letters or digits", shortestSearch, longestText))
	}
	c, err := o.choosing(ctx, key)
	if err != nil {
		return Found{}, err
	}
	in := workflows.SearchInput{Account: c.account, Kind: workflows.RecordPerson, Text: text, Region: c.region}
	if kind == order.DecideProduct {
		in.Kind = workflows.RecordProduct
	}
	switch {
	case kind != order.DecideContact && kind != order.DecideProduct, !slices.Contains(c.answers, kind):
		return Found{}, unfit(key, kind, "not-offered", nil)
	case c.account == "":
		return Found{}, unfit(key, kind, "no-account", nil)
	}
	found := Found{Kind: kind}
	ctx, cancel := context.WithTimeout(ctx, roappPatience)
	defer cancel()
	id := workflows.SearchID(in, []byte(o.settings.Current().IdentityKey.Reveal()))
	result, err := kept(ctx, o, o.searches, id, in.Account, true, workflows.SearchWorkflow, in)
	if err != nil {
		problem := problemOf(c.account, err)
		found.Problem = &problem
		return found, nil
	}
	found.More = result.More
	for _, record := range result.Records {
		found.Candidates = append(found.Candidates, Candidate{
			Choice: order.Choice{ID: record.ID, Organization: record.Organization, Title: record.Title}, LookupResult: record.LookupResult,
		})
	}
	c.complete(ctx, found.Candidates, kind == order.DecideProduct)
	return found, nil
}

// complete adds what is known of the candidates without a request to RO App.
func (c *choosing) complete(ctx context.Context, candidates []Candidate, products bool) {
	if products {
		names := c.Names(ctx)
		for i := range candidates {
			if unit := candidates[i].UnitID; unit != 0 {
				candidates[i].Unit = names.named(c.account, refdata.Units, unit).Name
			}
		}
		return
	}
	web := c.settings.Current().Accounts[c.account].WebURL
	for i := range candidates {
		if web != "" && !candidates[i].Organization {
			candidates[i].Link = web + "/contacts/people/" + strconv.FormatInt(candidates[i].ID, 10)
		}
	}
	c.addLastOrders(ctx, candidates)
}

// addLastOrders finds the newest order of each contact by the phones, with one question to the index for all. Where that does
// not answer, none is shown.
func (c *choosing) addLastOrders(ctx context.Context, candidates []Candidate) {
	key := []byte(c.settings.Current().IdentityKey.Reveal())
	owners := map[string][]int{} // of search tokens
	var tokens []string
	for i := range candidates {
		for _, phone := range candidates[i].Phones {
			for _, token := range order.PhoneTokens(key, phone, c.region) {
				if owners[token] == nil {
					tokens = append(tokens, token)
				}
				owners[token] = append(owners[token], i)
			}
		}
	}
	if len(tokens) == 0 {
		return
	}
	orders, err := c.index.Orders(ctx, index.Found(tokens...), lastOrdersListed)
	if err != nil {
		return
	}
	for _, one := range orders {
		if one.Key == c.key || one.Placed().IsZero() {
			continue
		}
		for _, token := range one.SearchTokens() {
			for _, i := range owners[token] {
				if last := candidates[i].LastOrder; last == nil || last.Placed.Before(one.Placed()) {
					candidates[i].LastOrder = &LastOrder{Key: one.Key, Placed: one.Placed()}
				}
			}
		}
	}
}
