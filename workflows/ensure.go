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
	if len(in.Find.Phones) > 0 {
		only, several, err := lookAgain(ctx, in.LookedUpAt, in.Thorough, in.Pace, func() ([]order.Contact, error) { return lookUpContact(ctx, in) })
		if err != nil || only != nil || several != nil {
			return order.ContactEnsured{At: workflow.Now(ctx), Contact: only, Found: several}, err
		}
	}
	created, err := execute[order.Contact](paced(ctx, in.Find.Account, "Create the contact", in.Pace), ActivityCreateContact, in.EnsureContact)
	return order.ContactEnsured{At: workflow.Now(ctx), Contact: &created}, err
}

// lookAgain looks a record up where the caller's own lookup is too old to rely on, and
// gives the only one that is found, or several. While that lookup is younger than an
// answer is kept, nobody but staff can have created the record.
func lookAgain[T any](
	ctx workflow.Context, lookedAt time.Time, thorough bool, pace order.Pace, look func() ([]T, error),
) (only *T, several []T, err error) {
	looks := 0
	switch {
	case thorough:
		looks = 2
	case workflow.Now(ctx).Sub(lookedAt) > KeepAnswer:
		looks = 1
	}
	for range looks {
		found, err := look()
		switch {
		case err != nil || len(found) > 1:
			return nil, found, err
		case len(found) == 1:
			return &found[0], nil, nil
		case thorough:
			// An earlier run's create may still be pending.
			if err := workflow.Sleep(ctx, max(pace.Lag, pace.Settle)); err != nil {
				return nil, nil, err
			}
		}
	}
	return nil, nil, nil
}

func lookUpContact(ctx workflow.Context, in EnsureContactInput) ([]order.Contact, error) {
	for _, organizations := range []bool{false, true} {
		find := in.Find
		find.Organizations = organizations
		found, err := execute[order.ContactsFound](paced(ctx, find.Account, "Look for the contact once more", in.Pace), string(order.StepFindContact), find)
		if err != nil || len(found.Contacts) > 0 {
			return found.Contacts, err
		}
	}
	return nil, nil
}

// EnsureProductInput is what EnsureProduct works from.
type EnsureProductInput struct {
	order.EnsureProduct
	Thorough bool `json:",omitempty"`
}

// EnsureProduct creates the one product of a SKU or title, unless a lookup finds
// it.
func EnsureProduct(ctx workflow.Context, in EnsureProductInput) (order.ProductEnsured, error) {
	only, several, err := lookAgain(ctx, in.LookedUpAt, in.Thorough, in.Pace, func() ([]order.Product, error) {
		found, err := execute[order.ProductsFound](paced(ctx, in.Find.Account, "Look for the product once more", in.Pace), string(order.StepFindProducts), in.Find)
		return found.Products[in.ProductKey], err
	})
	if err != nil || only != nil || several != nil {
		return order.ProductEnsured{At: workflow.Now(ctx), Product: only, Found: several}, err
	}
	created, err := createProduct(ctx, in, 0)
	if err == nil && created.MissingCategory != nil {
		var category int64
		options := workflow.WithActivityOptions(ctx, ensureOptions("Create the category", int(in.Pace.Urgency), time.Hour))
		if category, err = execute[int64](options, ActivityEnsureCategory, *created.MissingCategory); err == nil {
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
	return execute[ProductCreated](paced(ctx, in.Find.Account, "Create the product", in.Pace), ActivityCreateProduct,
		CreateProductInput{EnsureProduct: in.EnsureProduct, CategoryID: category})
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
	id, err := execute[int64](paced(ctx, in.Account, "Create the category", in.Pace), ActivityCreateCategory, in)
	return CategoryEnsured{At: workflow.Now(ctx), ID: id}, err
}

// paced are the options of an Ensure workflow's request. A create whose answer is
// lost is repeated only after the settling time, by an activity that looks it up
// first.
func paced(ctx workflow.Context, account, summary string, pace order.Pace) workflow.Context {
	return workflow.WithActivityOptions(ctx, requestOptions(
		engine.RoappQueue(account), summary, int(pace.Urgency), 2*(pace.Timeout+pace.Settle), pace.Settle))
}
