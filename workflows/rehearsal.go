package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/order"
)

// RehearsalID is the id of a shop's rehearsal.
func RehearsalID(shop string) string { return "rehearsal:" + shop }

// RehearsalInput is what the workflow Rehearsal works from.
type RehearsalInput struct {
	Shop string
	InitialImportWanted
}

// RehearsedAs is what would become of an order.
type RehearsedAs string

// The outcomes.
const (
	RehearsedCreate  RehearsedAs = "create"  // an order would be created
	RehearsedLink    RehearsedAs = "link"    // it exists in RO App already and would be linked
	RehearsedHeld    RehearsedAs = "held"    // it would wait for somebody
	RehearsedClosed  RehearsedAs = "closed"  // it would not be created, such as a cancelled one
	RehearsedKnown   RehearsedAs = "known"   // it is imported already, or importing
	RehearsedSkipped RehearsedAs = "skipped" // by its status
)

// RehearsedOrder is what would become of one order.
type RehearsedOrder struct {
	Number  int64
	Created time.Time `json:",omitzero"`
	As      RehearsedAs
	// Hold is why it would wait, and Field the value that is the cause, as its service calls it.
	Hold  order.HoldReason `json:",omitempty"`
	Field string           `json:",omitempty"`
	// RoappOrder is the number of the order that exists.
	RoappOrder string `json:",omitempty"`
	// Found counts its products that exist.
	Found int `json:",omitempty"`
	// NewContact and NewProducts are the Ensure workflows that would create what nobody has, "" where the contact exists.
	NewContact  string   `json:",omitempty"`
	NewProducts []string `json:",omitempty"`
	// Requests are those to RO App that it would take.
	Requests int `json:",omitempty"`
}

// Rehearsed is what an initial import would do.
type Rehearsed struct {
	ImportCounts                          // Started are those that would be imported or held
	Imports      int                      // orders that would be created
	Links        int                      // orders that exist in RO App already
	Holds        map[order.HoldReason]int `json:",omitempty"` // orders that would wait
	Closed       int                      // orders that would not be created, such as cancelled ones
	NewContacts  int                      // distinct
	NewProducts  int                      // distinct
	Requests     int                      // to RO App, that the import would take
	// Time is how long these take at the account's rate, and PerSecond is that rate.
	Time      time.Duration
	PerSecond float64
}

// RehearsalView is how far a rehearsal is, with the orders from the one on that was asked for.
type RehearsalView struct {
	Rehearsed
	From, To string // days on the shop's clock, both inclusive
	// Days are done, of AllDays.
	Days, AllDays int
	Orders        []RehearsedOrder
}

// RehearsalPage is how many orders a view has at most.
const RehearsalPage = 500

// RehearsalReadInput is what the activity RehearsalRead works from.
type RehearsalReadInput = ImportSliceInput

// RehearsalRead is the answer of the activity RehearsalRead: the orders that an
// import would start, with no more of each than deciding takes.
type RehearsalRead struct {
	Before time.Time
	ImportCounts
	Orders []order.Snapshot `json:",omitempty"`
	// Others are those that are known already or skipped.
	Others []RehearsedOrder `json:",omitempty"`
}

// RehearsalData is what a rehearsal has learned from both services.
type RehearsalData struct {
	// People and Organizations are by phone.
	People, Organizations map[string][]order.Contact
	Products              map[order.ProductKey][]order.Product
	Catalogue             map[string]order.CatalogueEntry
	// Read holds the SKUs that the catalogue was asked for.
	Read map[string]bool
	// Standing are the numbers in RO App of orders that exist there, by Cartum's number; "" is none.
	Standing map[int64]string
}

func newRehearsalData() RehearsalData {
	return RehearsalData{
		People: map[string][]order.Contact{}, Organizations: map[string][]order.Contact{},
		Products: map[order.ProductKey][]order.Product{}, Catalogue: map[string]order.CatalogueEntry{}, Read: map[string]bool{},
		Standing: map[int64]string{},
	}
}

// maxRehearsalData bounds what is remembered from slice to slice, since each plan is given all of it.
const maxRehearsalData = 2000

// full reports whether the data is to be dropped; what is needed again is asked
// for again.
func (f RehearsalData) full() bool {
	return len(f.People)+len(f.Organizations)+len(f.Products)+len(f.Catalogue)+len(f.Standing) > maxRehearsalData
}

// RehearsalPlanInput is what the local activity RehearsalPlan works from.
type RehearsalPlanInput struct {
	Shop   string
	Orders []order.Snapshot
	Data   RehearsalData
}

// RehearsalPlanned is the answer of RehearsalPlan: what has to be asked first, in batches
// of one request each; with nothing to ask, what would become of the orders.
type RehearsalPlanned struct {
	Account   string
	Contacts  []RehearsalContacts   `json:",omitempty"`
	Products  []order.FindProducts  `json:",omitempty"`
	Catalogue []order.ReadCatalogue `json:",omitempty"`

	// Standing are orders that may exist in RO App.
	Standing []order.CreateOrder `json:",omitempty"`

	Orders []RehearsedOrder `json:",omitempty"`
	// PerSecond is the account's rate.
	PerSecond float64
}

// asks reports whether anything has to be asked first.
func (p RehearsalPlanned) asks() bool {
	return len(p.Contacts)+len(p.Products)+len(p.Catalogue)+len(p.Standing) > 0
}

// RehearsalContacts asks for the contacts of several phones at once.
type RehearsalContacts struct {
	Account       string
	Organizations bool
	Phones        []order.FindContact
}

// rehearsal is one rehearsal.
type rehearsal struct {
	in      RehearsalInput
	span    *InitialImport
	facts   RehearsalData
	ensures map[string]bool // Ensure workflows that an order before would have started
	orders  []RehearsedOrder
	result  Rehearsed
}

// Rehearsal reads what an initial import would read, looks up what it would look
// up, and reports what would happen to each order. It writes nothing.
func Rehearsal(ctx workflow.Context, in RehearsalInput) (Rehearsed, error) {
	var span ShopState
	span.wantImport(in.InitialImportWanted, workflow.Now(ctx))
	if span.Import == nil {
		return Rehearsed{}, temporal.NewNonRetryableApplicationError("the days are no dates as 2006-01-02, or in the wrong order", "Range", nil)
	}
	d := &rehearsal{
		in: in, span: span.Import, facts: newRehearsalData(), ensures: map[string]bool{}, result: Rehearsed{Holds: map[order.HoldReason]int{}},
	}
	if err := workflow.SetQueryHandler(ctx, QueryRehearsal, d.view); err != nil {
		return d.result, err
	}
	for d.span.Before.After(d.span.Start()) {
		slice := RehearsalReadInput{Shop: in.Shop, From: d.span.Start(), Before: d.span.Before, SkipStatuses: in.SkipStatuses}
		read, err := execute[RehearsalRead](rehearsalOptions(ctx, engine.CartumQueue(in.Shop)), ActivityRehearsalRead, slice)
		if err != nil {
			return d.result, err
		}
		d.result.add(read.ImportCounts)
		d.orders = append(d.orders, read.Others...)
		if err := d.decide(ctx, read.Orders); err != nil {
			return d.result, err
		}
		d.span.Before = read.Before
	}
	d.span.DoneAt = workflow.Now(ctx)
	return d.result, nil
}

// view answers with the orders after the first so many.
func (d *rehearsal) view(after int) (RehearsalView, error) {
	view := RehearsalView{Rehearsed: d.result, From: d.in.From, To: d.in.To}
	view.Days, view.AllDays = d.span.Days()
	from := min(max(after, 0), len(d.orders))
	view.Orders = d.orders[from:min(from+RehearsalPage, len(d.orders))]
	return view, nil
}

// rehearsalOptions let everything else go first.
func rehearsalOptions(ctx workflow.Context, queue string) workflow.Context {
	options := requestOptions(queue, "Rehearsal", order.UrgencyImport, 5*time.Minute, 2*time.Second)
	return workflow.WithActivityOptions(ctx, options)
}

// decide asks what the orders' plans ask for until nothing is left to ask.
func (d *rehearsal) decide(ctx workflow.Context, orders []order.Snapshot) error {
	if d.facts.full() {
		d.facts = newRehearsalData()
	}
	for len(orders) > 0 {
		var planned RehearsalPlanned
		in := RehearsalPlanInput{Shop: d.in.Shop, Orders: orders, Data: d.facts}
		if err := workflow.ExecuteLocalActivity(planOptions(ctx, "Decide what an initial import would do"), ActivityRehearsalPlan, in).Get(ctx, &planned); err != nil {
			return err
		}
		if !planned.asks() {
			d.count(planned)
			return nil
		}
		if err := d.ask(ctx, planned); err != nil {
			return err
		}
	}
	return nil
}

func (d *rehearsal) ask(ctx workflow.Context, planned RehearsalPlanned) error {
	account := rehearsalOptions(ctx, engine.RoappQueue(planned.Account))
	for _, in := range planned.Contacts {
		found, err := execute[map[string][]order.Contact](account, ActivityRehearsalContacts, in)
		if err != nil {
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
		found, err := execute[order.ProductsFound](account, string(order.StepFindProducts), in)
		if err != nil {
			return err
		}
		for _, key := range order.ProductKeys(in) {
			d.facts.Products[key] = found.Products[key]
		}
	}
	for _, in := range planned.Standing {
		number, err := execute[string](account, ActivityRehearsalStanding, in)
		if err != nil {
			return err
		}
		d.facts.Standing[in.Number] = number
	}
	for _, in := range planned.Catalogue {
		read, err := execute[order.CatalogueRead](rehearsalOptions(ctx, engine.CartumQueue(in.Shop)), string(order.StepReadCatalogue), in)
		if err != nil {
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

func (d *rehearsal) count(planned RehearsalPlanned) {
	d.result.PerSecond = planned.PerSecond
	for _, one := range planned.Orders {
		if one.NewContact != "" && d.first(one.NewContact) {
			d.result.NewContacts++
			one.Requests += requestsOfCreating
		}
		for _, id := range one.NewProducts {
			if d.first(id) {
				d.result.NewProducts++
				one.Requests += requestsOfCreating
			}
		}
		d.orders = append(d.orders, one)
		d.result.Requests += one.Requests
		switch one.As {
		case RehearsedCreate:
			d.result.Imports++
		case RehearsedLink:
			d.result.Links++
		case RehearsedClosed:
			d.result.Closed++
		case RehearsedHeld:
			d.result.Holds[one.Hold]++
		default:
		}
	}
	if d.result.PerSecond > 0 {
		d.result.Time = time.Duration(float64(d.result.Requests) / d.result.PerSecond * float64(time.Second))
	}
}

// first reports whether no order before would have started the Ensure workflow.
func (d *rehearsal) first(id string) bool {
	before := d.ensures[id]
	d.ensures[id] = true
	return !before
}

// requestsOfCreating are those for a contact or a product that nobody has: the
// create, and sometimes a lookup before it.
const requestsOfCreating = 1
