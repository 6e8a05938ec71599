package workflows

import (
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/order"
)

// DryRunID is the id of a shop's dry run.
func DryRunID(shop string) string { return "dry-run:" + shop }

// DryRunInput is what the workflow DryRun works from.
type DryRunInput struct {
	Shop string
	FirstImportWanted
}

// DryRunResult is what a first import would do.
type DryRunResult struct {
	ImportCounts                          // Started are those that would be imported or held
	Imports      int                      // orders that would be made
	Holds        map[order.HoldReason]int `json:",omitempty"` // orders that would wait
	Closed       int                      // orders that would not be made, such as cancelled ones
	NewContacts  int                      // distinct
	NewProducts  int                      // distinct
	Requests     int                      // to RO App, that the import would take
	// Time is how long these take at the account's rate.
	Time time.Duration
}

// DryReadInput is what the activity DryRead works from.
type DryReadInput = ImportSliceInput

// DryRead is the answer of the activity DryRead: the orders that an import
// would begin, with no more of each than deciding takes.
type DryRead struct {
	Before time.Time
	ImportCounts
	Orders []order.Snapshot `json:",omitempty"`
}

// DryFacts is what a dry run has learned from both services.
type DryFacts struct {
	// People and Organizations are by phone.
	People, Organizations map[string][]order.Contact
	Products              map[order.GoodsKey][]order.Product
	Catalogue             map[string]order.CatalogueEntry
	// Read holds the articles that the catalogue was asked for.
	Read map[string]bool
}

// DryPlanInput is what the local activity DryPlan works from.
type DryPlanInput struct {
	Shop   string
	Orders []order.Snapshot
	Facts  DryFacts
}

// DryPlanned is the answer of DryPlan: what has to be asked first, in batches
// of one request each; with nothing to ask, what would become of the orders.
type DryPlanned struct {
	Account   string
	Contacts  []DryContacts         `json:",omitempty"`
	Products  []order.FindProducts  `json:",omitempty"`
	Catalogue []order.ReadCatalogue `json:",omitempty"`

	Imports     int                      `json:",omitempty"`
	Holds       map[order.HoldReason]int `json:",omitempty"`
	Closed      int                      `json:",omitempty"`
	NewContacts []string                 `json:",omitempty"` // ids of their Ensure workflows
	NewProducts []string                 `json:",omitempty"`
	Requests    int                      `json:",omitempty"`
	// PerSecond is the account's rate.
	PerSecond float64
}

// DryContacts asks for the contacts of several phones at once.
type DryContacts struct {
	Account       string
	Organizations bool
	Phones        []order.FindContact
}

// dryRun is one dry run.
type dryRun struct {
	in       DryRunInput
	facts    DryFacts
	contacts map[string]bool
	products map[string]bool
	result   DryRunResult
}

// DryRun reads what a first import would read, looks up what it would look up,
// and tells what would become of the orders. It writes nothing.
func DryRun(ctx workflow.Context, in DryRunInput) (DryRunResult, error) {
	var span ShopState
	span.wantImport(in.FirstImportWanted, workflow.Now(ctx))
	if span.Import == nil {
		return DryRunResult{}, temporal.NewNonRetryableApplicationError("the days are no dates as 2006-01-02, or in the wrong order", "Range", nil)
	}
	d := &dryRun{
		in: in, contacts: map[string]bool{}, products: map[string]bool{}, result: DryRunResult{Holds: map[order.HoldReason]int{}},
		facts: DryFacts{
			People: map[string][]order.Contact{}, Organizations: map[string][]order.Contact{},
			Products: map[order.GoodsKey][]order.Product{}, Catalogue: map[string]order.CatalogueEntry{}, Read: map[string]bool{},
		},
	}
	from, before := span.Import.Start(), span.Import.Before
	for before.After(from) {
		var read DryRead
		slice := DryReadInput{Shop: in.Shop, From: from, Before: before, SkipStatuses: in.SkipStatuses}
		if err := workflow.ExecuteActivity(dryOptions(ctx, engine.CartumQueue(in.Shop)), ActivityDryRead, slice).Get(ctx, &read); err != nil {
			return d.result, err
		}
		d.result.add(read.ImportCounts)
		if err := d.decide(ctx, read.Orders); err != nil {
			return d.result, err
		}
		before = read.Before
	}
	d.result.NewContacts, d.result.NewProducts = len(d.contacts), len(d.products)
	return d.result, nil
}

// dryOptions let everything else go first.
func dryOptions(ctx workflow.Context, queue string) workflow.Context {
	options := requestOptions(queue, "Dry run", order.UrgencyImport, 5*time.Minute, 2*time.Second)
	return workflow.WithActivityOptions(ctx, options)
}

// decide asks what the orders' plans ask for until nothing is left to ask.
func (d *dryRun) decide(ctx workflow.Context, orders []order.Snapshot) error {
	for len(orders) > 0 {
		var planned DryPlanned
		in := DryPlanInput{Shop: d.in.Shop, Orders: orders, Facts: d.facts}
		if err := workflow.ExecuteLocalActivity(planOptions(ctx), ActivityDryPlan, in).Get(ctx, &planned); err != nil {
			return err
		}
		if len(planned.Contacts)+len(planned.Products)+len(planned.Catalogue) == 0 {
			d.count(planned)
			return nil
		}
		if err := d.ask(ctx, planned); err != nil {
			return err
		}
	}
	return nil
}

func (d *dryRun) ask(ctx workflow.Context, planned DryPlanned) error {
	account := dryOptions(ctx, engine.RoappQueue(planned.Account))
	for _, in := range planned.Contacts {
		var found map[string][]order.Contact
		if err := workflow.ExecuteActivity(account, ActivityDryContacts, in).Get(ctx, &found); err != nil {
			return err
		}
		into := d.facts.People
		if in.Organizations {
			into = d.facts.Organizations
		}
		for _, phone := range in.Phones {
			into[phone.Phone] = found[phone.Phone]
		}
	}
	for _, in := range planned.Products {
		var found order.ProductsFound
		if err := workflow.ExecuteActivity(account, string(order.StepFindProducts), in).Get(ctx, &found); err != nil {
			return err
		}
		for _, key := range order.GoodsAsked(in) {
			d.facts.Products[key] = found.Products[key]
		}
	}
	for _, in := range planned.Catalogue {
		var read order.CatalogueRead
		if err := workflow.ExecuteActivity(dryOptions(ctx, engine.CartumQueue(in.Shop)), string(order.StepReadCatalogue), in).Get(ctx, &read); err != nil {
			return err
		}
		for _, article := range in.Articles {
			key := order.NormalizeText(article)
			d.facts.Read[key] = true
			if entry, ok := read.Entries[key]; ok {
				d.facts.Catalogue[key] = entry
			}
		}
	}
	return nil
}

func (d *dryRun) count(planned DryPlanned) {
	d.result.Imports += planned.Imports
	d.result.Closed += planned.Closed
	d.result.Requests += planned.Requests
	for _, reason := range workflow.DeterministicKeys(planned.Holds) {
		d.result.Holds[reason] += planned.Holds[reason]
	}
	for _, id := range slices.Sorted(slices.Values(planned.NewContacts)) {
		if !d.contacts[id] {
			d.contacts[id] = true
			d.result.Requests += requestsOfCreating
		}
	}
	for _, id := range slices.Sorted(slices.Values(planned.NewProducts)) {
		if !d.products[id] {
			d.products[id] = true
			d.result.Requests += requestsOfCreating
		}
	}
	if planned.PerSecond > 0 {
		d.result.Time = time.Duration(float64(d.result.Requests) / planned.PerSecond * float64(time.Second))
	}
}

// requestsOfCreating are those for a contact or a product that nobody has: the
// create, and sometimes a look before it.
const requestsOfCreating = 1
