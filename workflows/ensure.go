package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/order"
)

// KeepAnswer is how long the answer of an Ensure workflow is good: longer than
// RO App's search may lag behind its writes.
const KeepAnswer = 10 * time.Minute

// EnsureContactInput is what EnsureContact works from.
type EnsureContactInput struct {
	order.EnsureContact
	// Thorough asks for two lookups with a wait between: an earlier run may have
	// created the contact.
	Thorough bool `json:",omitempty"`
}

// EnsureContact creates the one contact of a phone, unless a lookup finds it. All
// orders of the phone that come at once share the answer.
func EnsureContact(ctx workflow.Context, in EnsureContactInput) (order.ContactEnsured, error) {
	lookup := lookupNeeded(ctx, in.LookedUpAt, in.Thorough) && len(in.Find.Phones) > 0
	for range looks(lookup, in.Thorough) {
		found, err := lookUpContact(ctx, in)
		if err != nil || len(found) > 0 {
			return contactAnswer(ctx, found), err
		}
		if in.Thorough {
			// An earlier run's create may still be pending.
			if err := workflow.Sleep(ctx, max(in.Pace.Lag, in.Pace.Settle)); err != nil {
				return order.ContactEnsured{}, err
			}
		}
	}
	var created order.Contact
	err := workflow.ExecuteActivity(paced(ctx, in.Find.Account, "Create the contact", in.Pace), ActivityCreateContact, in.EnsureContact).Get(ctx, &created)
	return order.ContactEnsured{At: workflow.Now(ctx), Contact: &created}, err
}

// lookupNeeded reports whether the caller's own lookup is too old to rely on.
// While it is younger than an answer is kept, nobody but staff can have created
// the record.
func lookupNeeded(ctx workflow.Context, lookedAt time.Time, thorough bool) bool {
	return thorough || workflow.Now(ctx).Sub(lookedAt) > KeepAnswer
}

// looks is the number of lookups.
func looks(needed, thorough bool) int {
	switch {
	case !needed:
		return 0
	case thorough:
		return 2
	default:
		return 1
	}
}

func lookUpContact(ctx workflow.Context, in EnsureContactInput) ([]order.Contact, error) {
	for _, organizations := range []bool{false, true} {
		find := in.Find
		find.Organizations = organizations
		var found order.ContactsFound
		err := workflow.ExecuteActivity(paced(ctx, find.Account, "Look for the contact once more", in.Pace), string(order.StepFindContact), find).Get(ctx, &found)
		if err != nil || len(found.Contacts) > 0 {
			return found.Contacts, err
		}
	}
	return nil, nil
}

func contactAnswer(ctx workflow.Context, found []order.Contact) order.ContactEnsured {
	answer := order.ContactEnsured{At: workflow.Now(ctx)}
	if len(found) == 1 {
		answer.Contact = &found[0]
		return answer
	}
	answer.Found = found
	return answer
}

// EnsureProductInput is what EnsureProduct works from.
type EnsureProductInput struct {
	order.EnsureProduct
	Thorough bool `json:",omitempty"`
}

// EnsureProduct creates the one product of a SKU or title, unless a lookup finds
// it.
func EnsureProduct(ctx workflow.Context, in EnsureProductInput) (order.ProductEnsured, error) {
	for range looks(lookupNeeded(ctx, in.LookedUpAt, in.Thorough), in.Thorough) {
		var found order.ProductsFound
		err := workflow.ExecuteActivity(paced(ctx, in.Find.Account, "Look for the product once more", in.Pace), string(order.StepFindProducts), in.Find).Get(ctx, &found)
		if products := found.Products[in.ProductKey]; err != nil || len(products) > 0 {
			return productAnswer(ctx, products), err
		}
		if in.Thorough {
			// An earlier run's create may still be pending.
			if err := workflow.Sleep(ctx, max(in.Pace.Lag, in.Pace.Settle)); err != nil {
				return order.ProductEnsured{}, err
			}
		}
	}
	created, err := createProduct(ctx, in, 0)
	if err == nil && created.MissingCategory != nil {
		var category int64
		options := workflow.WithActivityOptions(ctx, ensureOptions("Create the category", int(in.Pace.Urgency), time.Hour))
		if err = workflow.ExecuteActivity(options, ActivityEnsureCategory, *created.MissingCategory).Get(ctx, &category); err == nil {
			created, err = createProduct(ctx, in, category)
		}
	}
	return order.ProductEnsured{At: workflow.Now(ctx), Product: created.Product}, err
}

// CreateProductInput is what the activity CreateProduct works from.
type CreateProductInput struct {
	order.EnsureProduct
	CategoryID int64 `json:",omitempty"` // 0: found by the product's path
}

// ProductCreated is the answer of the activity CreateProduct: the product, or the
// category that has to be created first.
type ProductCreated struct {
	Product         *order.Product
	MissingCategory *EnsureCategoryInput `json:",omitempty"`
}

func createProduct(ctx workflow.Context, in EnsureProductInput, category int64) (ProductCreated, error) {
	var created ProductCreated
	err := workflow.ExecuteActivity(paced(ctx, in.Find.Account, "Create the product", in.Pace), ActivityCreateProduct,
		CreateProductInput{EnsureProduct: in.EnsureProduct, CategoryID: category}).Get(ctx, &created)
	return created, err
}

func productAnswer(ctx workflow.Context, found []order.Product) order.ProductEnsured {
	answer := order.ProductEnsured{At: workflow.Now(ctx)}
	if len(found) == 1 {
		answer.Product = &found[0]
		return answer
	}
	answer.Found = found
	return answer
}

// EnsureCategoryInput names the categories that an account may lack: a path of
// titles below a parent that exists, 0 being the root.
type EnsureCategoryInput struct {
	Account  string
	ParentID int64 `json:",omitempty"`
	Path     []string
	Fallback int64 // the answer where RO App's API creates no categories
	Pace     order.Pace
}

// CreateCategoryInput names one category.
type CreateCategoryInput struct {
	Account  string
	ParentID int64 `json:",omitempty"`
	Title    string
	Fallback int64
	Pace     order.Pace
	// Thorough asks to wait and look it up twice: an earlier run may have created it.
	Thorough bool `json:",omitempty"`
}

// CategoryEnsured is the answer of EnsureCategory.
type CategoryEnsured struct {
	At time.Time
	ID int64
}

// EnsureCategory creates the one category of a title below its parent; where that
// is refused, the account's fallback category is the answer.
func EnsureCategory(ctx workflow.Context, in CreateCategoryInput) (CategoryEnsured, error) {
	var id int64
	err := workflow.ExecuteActivity(paced(ctx, in.Account, "Create the category", in.Pace), ActivityCreateCategory, in).Get(ctx, &id)
	return CategoryEnsured{At: workflow.Now(ctx), ID: id}, err
}

// paced are the options of an Ensure workflow's request. A create whose answer is
// lost is repeated only after the settling time, by an activity that looks it up
// first.
func paced(ctx workflow.Context, account, summary string, pace order.Pace) workflow.Context {
	return workflow.WithActivityOptions(ctx, requestOptions(
		engine.RoappQueue(account), summary, int(pace.Urgency), 2*(pace.Timeout+pace.Settle), pace.Settle))
}
