package activities

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/cartumsync/cartumsync/internal/cartum"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/order/flow"
	"github.com/cartumsync/cartumsync/workflows"
)

// RehearsalRead reads the newest orders of a span, as many as one answer of the shop
// holds, and leaves those out that an initial import would.
func (a *Activities) RehearsalRead(ctx context.Context, in workflows.RehearsalReadInput) (workflows.RehearsalRead, error) {
	one, piece, err := a.readImport(ctx, in)
	if err != nil {
		return workflows.RehearsalRead{}, err
	}
	sorted := one.sort(ctx, piece)
	out := workflows.RehearsalRead{Before: piece.From, ImportCounts: sorted.ImportCounts, Others: sorted.others}
	for _, row := range sorted.orders {
		out.Orders = append(out.Orders, essentials(row, one.rules, piece.SentAt))
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

// RehearsalStanding looks for the order in RO App as its create would, and gives its number there, "" for none.
func (a *Activities) RehearsalStanding(ctx context.Context, in order.CreateOrder) (string, error) {
	return onAccount(ctx, a, in.Account, func(acc *account) (string, error) {
		fields, err := acc.orderFields(ctx)
		if err != nil {
			return "", err
		}
		fields.otherShops = a.otherShops(in)
		found, err := acc.standingOrder(ctx, in, fields)
		if found == nil {
			return "", acc.answered(err)
		}
		return cmp.Or(found.Number, strconv.FormatInt(found.ID, 10)), acc.answered(nil)
	})
}

// RehearsalContacts asks for the contacts of several phones in one request, by phone.
func (a *Activities) RehearsalContacts(ctx context.Context, in workflows.RehearsalContacts) (map[string][]order.Contact, error) {
	return onAccount(ctx, a, in.Account, func(acc *account) (map[string][]order.Contact, error) {
		var spellings []string
		for _, phone := range in.Phones {
			spellings = append(spellings, phone.Phones...)
		}
		rows, err := acc.findByPhones(ctx, spellings, in.Organizations)
		found := map[string][]order.Contact{}
		for _, row := range rows {
			for _, phone := range in.Phones {
				if hasPhone(row, phone) {
					found[phone.Phone] = append(found[phone.Phone], contactOf(row))
				}
			}
		}
		return found, acc.answered(err)
	})
}

const (
	// phonesAtOnce keeps the URL of one request short: a phone has up to
	// [order.MostSpellings] spellings.
	phonesAtOnce = 100 / order.MostSpellings
	// articlesAtOnce is how many articles go into one request.
	articlesAtOnce = 40
)

// RehearsalPlan lets the rules decide about each order by what is known, as its
// workflow would. It runs as a local activity.
func (a *Activities) RehearsalPlan(_ context.Context, in workflows.RehearsalPlanInput) (workflows.RehearsalPlanned, error) {
	current := a.settings.Current()
	rules, ok := current.Rules(in.Shop)
	d := rehearsalPlanning{in: in, rules: rules, now: time.Now(), out: workflows.RehearsalPlanned{
		Account: rules.Account, PerSecond: current.Accounts[rules.Account].RequestsPerSecond,
	}}
	for _, snapshot := range in.Orders {
		if !ok {
			d.held(rehearsedOrder(snapshot), order.HoldUnknownShop, "")
			continue
		}
		d.decide(snapshot)
	}
	d.batch()
	return d.out, nil
}

// rehearsalPlanning collects what the plans of several orders ask and decide.
type rehearsalPlanning struct {
	in    workflows.RehearsalPlanInput
	rules order.Rules
	now   time.Time
	out   workflows.RehearsalPlanned

	phones    [2][]order.FindContact // people, organizations
	articles  []string
	titles    []string
	catalogue []string
}

// mostQuestions is more than any order asks one after the other.
const mostQuestions = 20

// decide plays an order's workflow up to where it would write.
func (d *rehearsalPlanning) decide(snapshot order.Snapshot) {
	state := order.NewState(order.Key{Shop: d.in.Shop, Number: snapshot.Number}, order.OriginImport, d.now)
	notice, _ := json.Marshal(order.ChangeNotice{At: snapshot.SeenAt, By: order.OriginImport, Snapshot: &snapshot, Digest: "rehearsal"}) // it was decoded before
	events, running := []flow.Event{{Kind: order.SignalShopOrderChanged, At: d.now, Payload: notice}}, []flow.Step(nil)
	one := rehearsedOrder(snapshot)
	for range mostQuestions {
		var commands flow.Commands
		state, commands = order.Advance(state, events, running, d.rules, d.now)
		switch {
		case state.Closed != nil:
			one.As = workflows.RehearsedClosed
			d.out.Orders = append(d.out.Orders, one)
			return
		case state.Hold != nil:
			d.held(one, state.Hold.Reason, state.Hold.Field)
			return
		}
		running = commands.Start
		answers, open := d.answer(commands.Start)
		if open {
			return // asked for first
		}
		if len(answers) == 0 {
			d.writes(one, commands.Start, len(state.Products), len(snapshot.Lines))
			return
		}
		events = answers
		one.Requests += len(answers)
	}
	d.held(rehearsedOrder(snapshot), order.HoldInternalError, "") // the rules never come to an end, which is a defect of ours
}

func rehearsedOrder(snapshot order.Snapshot) workflows.RehearsedOrder {
	return workflows.RehearsedOrder{Number: snapshot.Number, Created: snapshot.Created}
}

func (d *rehearsalPlanning) held(one workflows.RehearsedOrder, reason order.HoldReason, field string) {
	one.As, one.Hold, one.Field = workflows.RehearsedHeld, reason, field
	d.out.Orders = append(d.out.Orders, one)
}

// answer gives the steps' questions the answers that are known, and notes the
// others.
func (d *rehearsalPlanning) answer(steps []flow.Step) (answers []flow.Event, open bool) {
	for _, step := range steps {
		var answer any
		switch order.StepKind(step.Kind) {
		case order.StepFindContact:
			answer = known(step, d.contacts)
		case order.StepFindProducts:
			answer = known(step, d.products)
		case order.StepReadCatalogue:
			answer = known(step, d.entries)
		case order.StepCreateOrder:
			in, _ := order.DecodeInput[order.CreateOrder](step) // the rules made it a moment ago
			if _, known := d.in.Data.Standing[in.Number]; !known && in.Precheck.Needed() {
				d.out.Standing, open = append(d.out.Standing, in), true
			}
			continue
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

func (d *rehearsalPlanning) contacts(in order.FindContact) any {
	known, asked := d.in.Data.People, &d.phones[0]
	if in.Organizations {
		known, asked = d.in.Data.Organizations, &d.phones[1]
	}
	if contacts, ok := known[in.Phone]; ok {
		return order.ContactsFound{At: d.now, Contacts: contacts}
	}
	if !slices.ContainsFunc(*asked, func(f order.FindContact) bool { return f.Phone == in.Phone }) {
		*asked = append(*asked, in)
	}
	return nil
}

func (d *rehearsalPlanning) products(in order.FindProducts) any {
	found := order.ProductsFound{At: d.now, Products: map[order.ProductKey][]order.Product{}}
	open := false
	for _, key := range order.ProductKeys(in) {
		products, ok := d.in.Data.Products[key]
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
		if _, ok := d.in.Data.Products[order.ArticleKey(article)]; !ok {
			d.articles = append(d.articles, article)
		}
	}
	return nil
}

func (d *rehearsalPlanning) entries(in order.ReadCatalogue) any {
	read := order.CatalogueRead{Entries: map[string]order.CatalogueEntry{}}
	open := false
	for _, article := range in.Articles {
		key := order.NormalizeText(article)
		if !d.in.Data.Read[key] {
			d.catalogue, open = append(d.catalogue, article), true
		}
		if entry, ok := d.in.Data.Catalogue[key]; ok {
			read.Entries[key] = entry
		}
	}
	if open {
		return nil
	}
	return read
}

// writes notes an order whose plan has come to writing.
func (d *rehearsalPlanning) writes(one workflows.RehearsedOrder, steps []flow.Step, products, lines int) {
	for _, step := range steps {
		switch order.StepKind(step.Kind) {
		case order.StepEnsureContact:
			in, _ := order.DecodeInput[order.EnsureContact](step)
			one.NewContact = in.WorkflowID
		case order.StepEnsureProduct:
			in, _ := order.DecodeInput[order.EnsureProduct](step)
			one.NewProducts = append(one.NewProducts, in.WorkflowID)
		default:
		}
	}
	one.Found = max(0, products-len(one.NewProducts))
	if one.RoappOrder = d.in.Data.Standing[one.Number]; one.RoappOrder != "" {
		one.As = workflows.RehearsedLink
		one.Requests += requestsOfLink
	} else {
		one.As = workflows.RehearsedCreate
		one.Requests += requestsOfImport + lines
	}
	d.out.Orders = append(d.out.Orders, one)
}

const (
	// requestsOfImport are those for an order that exists nowhere yet, besides one for each line: the lookup, the create,
	// the comment and the status.
	requestsOfImport = 4
	// requestsOfLink are those for one that exists: the lookup, the order and its items.
	requestsOfLink = 3
)

// batch makes as few requests as possible of the open questions.
func (d *rehearsalPlanning) batch() {
	for i, phones := range d.phones {
		for some := range slices.Chunk(phones, phonesAtOnce) {
			d.out.Contacts = append(d.out.Contacts, workflows.RehearsalContacts{Account: d.rules.Account, Organizations: i == 1, Phones: some})
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
