package activities

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/cartumsync/cartumsync/internal/cartum"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/order/flow"
	"github.com/cartumsync/cartumsync/workflows"
)

// DryRead reads the newest orders of a span, as many as one answer of the shop
// holds, and leaves those out that a first import would.
func (a *Activities) DryRead(ctx context.Context, in workflows.DryReadInput) (workflows.DryRead, error) {
	s, err := a.openShop(ctx, in.Shop)
	if err != nil {
		return workflows.DryRead{}, err
	}
	piece, err := s.imports.Last(ctx, in.From, in.Before)
	if err != nil {
		return workflows.DryRead{}, s.cartumFailed(ctx, err)
	}
	s.breaker.accepted()
	known, err := a.knownAmong(ctx, in.Shop, numbersOf(piece.Page))
	if err != nil {
		return workflows.DryRead{}, err
	}
	rules, _ := a.settings.Current().Rules(in.Shop)
	one := importing{a: a, in: in, rules: rules, known: known}
	out := workflows.DryRead{Before: piece.From}
	sorted := one.sort(ctx, piece)
	out.ImportCounts = sorted.ImportCounts
	for _, row := range sorted.orders {
		out.Orders = append(out.Orders, essentials(row, rules, piece.SentAt))
	}
	out.Started = len(out.Orders)
	return out, nil
}

// essentials is what deciding takes of an order, so that thousands fit into a
// workflow's history.
func essentials(row cartum.Order, rules order.Rules, at time.Time) order.Snapshot {
	snapshot := snapshotOf(row, rules, at)
	return order.Snapshot{
		Number: snapshot.Number, SeenAt: at, Created: snapshot.Created, Status: snapshot.Status, Currency: snapshot.Currency,
		Customer: snapshot.Customer, Lines: snapshot.Lines, Totals: snapshot.Totals, Problems: snapshot.Problems,
	}
}

// DryContacts asks for the contacts of several phones in one request, by phone.
func (a *Activities) DryContacts(ctx context.Context, in workflows.DryContacts) (map[string][]order.Contact, error) {
	acc, err := a.openAccount(ctx, in.Account)
	if err != nil {
		return nil, err
	}
	search := acc.client.FindPeople
	if in.Organizations {
		search = acc.client.FindOrganizations
	}
	var spellings []string
	for _, phone := range in.Phones {
		spellings = append(spellings, phone.Phones...)
	}
	rows, err := search(ctx, spellings)
	if err != nil {
		return nil, acc.roappFailed(ctx, err, asks, true)
	}
	acc.breaker.accepted()
	found := map[string][]order.Contact{}
	for _, row := range rows {
		for _, phone := range in.Phones {
			if hasPhone(row, phone) {
				found[phone.Phone] = append(found[phone.Phone], contactOf(row))
			}
		}
	}
	return found, nil
}

const (
	// phonesAtOnce keeps the URL of one request short: a phone has up to
	// [order.MostSpellings] spellings.
	phonesAtOnce = 100 / order.MostSpellings
	// articlesAtOnce is how many articles go into one request.
	articlesAtOnce = 40
)

// DryPlan lets the rules decide about each order by what is known, as its
// workflow would. It runs as a local activity.
func (a *Activities) DryPlan(_ context.Context, in workflows.DryPlanInput) (workflows.DryPlanned, error) {
	current := a.settings.Current()
	rules, ok := current.Rules(in.Shop)
	if !ok {
		return workflows.DryPlanned{Holds: map[order.HoldReason]int{order.HoldUnknownShop: len(in.Orders)}}, nil
	}
	d := dryPlanning{in: in, rules: rules, now: time.Now(), out: workflows.DryPlanned{
		Account: rules.Account, Holds: map[order.HoldReason]int{}, PerSecond: current.Accounts[rules.Account].RequestsPerSecond,
	}}
	for _, snapshot := range in.Orders {
		d.decide(snapshot)
	}
	d.batch()
	return d.out, nil
}

// dryPlanning collects what the plans of several orders ask and decide.
type dryPlanning struct {
	in    workflows.DryPlanInput
	rules order.Rules
	now   time.Time
	out   workflows.DryPlanned

	phones    [2][]order.FindContact // people, organizations
	articles  []string
	titles    []string
	catalogue []string
}

// mostQuestions is more than any order asks one after the other.
const mostQuestions = 20

// decide plays an order's workflow up to where it would write.
func (d *dryPlanning) decide(snapshot order.Snapshot) {
	state := order.NewState(order.Key{Shop: d.in.Shop, Number: snapshot.Number}, order.OriginImport, d.now)
	notice, _ := json.Marshal(order.ChangeNotice{At: snapshot.SeenAt, By: order.OriginImport, Snapshot: &snapshot, Digest: "dry"}) // it was decoded before
	events, running := []flow.Event{{Kind: order.SignalShopOrderChanged, At: d.now, Payload: notice}}, []flow.Step(nil)
	requests := 0
	for range mostQuestions {
		var commands flow.Commands
		state, commands = order.Advance(state, events, running, d.rules, d.now)
		switch {
		case state.Closed != nil:
			d.out.Closed++
			return
		case state.Hold != nil:
			d.out.Holds[state.Hold.Reason]++
			d.out.Requests += requests
			return
		}
		running = commands.Start
		answers, open := d.answer(commands.Start)
		if open {
			return // asked for first
		}
		if len(answers) == 0 {
			d.writes(commands.Start, requests+writesOf(snapshot))
			return
		}
		events = answers
		requests += len(answers)
	}
}

// answer gives the steps' questions the answers that are known, and notes the
// others.
func (d *dryPlanning) answer(steps []flow.Step) (answers []flow.Event, open bool) {
	for _, step := range steps {
		var answer any
		switch order.StepKind(step.Kind) {
		case order.StepFindContact:
			answer = known(step, d.contacts)
		case order.StepFindProducts:
			answer = known(step, d.products)
		case order.StepReadCatalogue:
			answer = known(step, d.entries)
		case order.StepRecallChoice:
			answer = order.ChoiceRecalled{} // a forecast says that a person may be asked
		default:
			continue
		}
		if answer == nil {
			open = true
			continue
		}
		result, _ := json.Marshal(answer) // data of ours
		payload, _ := json.Marshal(flow.StepEnded{Key: step.Key, Result: result})
		answers = append(answers, flow.Event{Kind: flow.EventStepEnded, At: d.now, Payload: payload})
	}
	return answers, open
}

// known is the answer to a step, nil where it has to be asked for.
func known[In any](step flow.Step, answer func(In) any) any {
	in, err := order.DecodeInput[In](step)
	if err != nil {
		panic(err) // the rules made it a moment ago
	}
	return answer(in)
}

func (d *dryPlanning) contacts(in order.FindContact) any {
	known, asked := d.in.Facts.People, &d.phones[0]
	if in.Organizations {
		known, asked = d.in.Facts.Organizations, &d.phones[1]
	}
	if contacts, ok := known[in.Phone]; ok {
		return order.ContactsFound{At: d.now, Contacts: contacts}
	}
	if !slices.ContainsFunc(*asked, func(f order.FindContact) bool { return f.Phone == in.Phone }) {
		*asked = append(*asked, in)
	}
	return nil
}

func (d *dryPlanning) products(in order.FindProducts) any {
	found := order.ProductsFound{At: d.now, Products: map[order.GoodsKey][]order.Product{}}
	open := false
	for _, key := range order.GoodsAsked(in) {
		products, ok := d.in.Facts.Products[key]
		found.Products[key] = products
		open = open || !ok
	}
	if !open {
		return found
	}
	if in.Title != "" {
		d.titles = append(d.titles, in.Title)
	}
	for _, article := range in.Articles {
		if _, ok := d.in.Facts.Products[order.ArticleKey(article)]; !ok {
			d.articles = append(d.articles, article)
		}
	}
	return nil
}

func (d *dryPlanning) entries(in order.ReadCatalogue) any {
	read := order.CatalogueRead{Entries: map[string]order.CatalogueEntry{}}
	open := false
	for _, article := range in.Articles {
		key := order.NormalizeText(article)
		if !d.in.Facts.Read[key] {
			d.catalogue, open = append(d.catalogue, article), true
		}
		if entry, ok := d.in.Facts.Catalogue[key]; ok {
			read.Entries[key] = entry
		}
	}
	if open {
		return nil
	}
	return read
}

// writes notes an order whose plan has come to writing.
func (d *dryPlanning) writes(steps []flow.Step, requests int) {
	d.out.Imports++
	d.out.Requests += requests
	for _, step := range steps {
		switch order.StepKind(step.Kind) {
		case order.StepEnsureContact:
			in, _ := order.DecodeInput[order.EnsureContact](step)
			d.out.NewContacts = append(d.out.NewContacts, in.WorkflowID)
		case order.StepEnsureProduct:
			in, _ := order.DecodeInput[order.EnsureProduct](step)
			d.out.NewProducts = append(d.out.NewProducts, in.WorkflowID)
		default:
		}
	}
}

// writesOf are the requests for an order that exists nowhere yet: looking for
// it, creating it, its lines, its comment and its status.
func writesOf(snapshot order.Snapshot) int { return 4 + len(snapshot.Lines) }

// batch makes as few requests as possible of the open questions.
func (d *dryPlanning) batch() {
	for i, phones := range d.phones {
		for some := range slices.Chunk(phones, phonesAtOnce) {
			d.out.Contacts = append(d.out.Contacts, workflows.DryContacts{Account: d.rules.Account, Organizations: i == 1, Phones: some})
		}
	}
	for some := range slices.Chunk(distinct(d.articles), articlesAtOnce) {
		d.out.Products = append(d.out.Products, order.FindProducts{Account: d.rules.Account, Articles: some})
	}
	for _, title := range distinct(d.titles) {
		d.out.Products = append(d.out.Products, order.FindProducts{Account: d.rules.Account, Title: title})
	}
	for some := range slices.Chunk(distinct(d.catalogue), articlesAtOnce) {
		d.out.Catalogue = append(d.out.Catalogue, order.ReadCatalogue{Shop: d.in.Shop, Articles: some})
	}
}

func distinct(texts []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(texts)))
}
