package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nyaruka/phonenumbers"
	"github.com/shopspring/decimal"

	"github.com/cartumsync/cartumsync/internal/check"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/refdata"
	"github.com/cartumsync/cartumsync/internal/roapp"
)

// written are the records that the probes have created, 0 for none.
type written struct {
	phone, sku               string
	contact, product         int64
	order, item              int64
	orderNumber              string
	secondContact, secondSKU int64
	// writtenOff is set once a person has written the item off.
	writtenOff bool
}

// testName starts the names of all records that are created, so that staff know
// them.
const testName = "cartumsync verify, please delete"

// The lengths that comments are tried with: the longest that is sent, and one above the limit that is known of programs in
// use.
const (
	usualComment = 1800
	longComment  = 2001
)

func needsContact(e *examination) string { return needs(e.contact, "no contact was created") }
func needsProduct(e *examination) string { return needs(e.product, "no product was created") }
func needsOrder(e *examination) string   { return needs(e.order, "no order was created") }
func needsItem(e *examination) string    { return needs(e.item, "no item was added") }

func needs(id int64, otherwise string) string {
	if id == 0 {
		return otherwise
	}
	return ""
}

var accountWrites = []probe{
	{
		service: accountService, assumption: "A create answers an object with the id",
		covers: []string{"create-answer", "answer Changed", "answer Changed: id, success, data, data.id", "POST /v2/contacts/people: phones[].phone"},
		sights: []string{"an object with the id", "an object with the id under data", "a bare number"},
		writes: "create the contact \"" + testName + "\" in RO App",
		see: func(ctx context.Context, e *examination) (string, error) {
			if err := e.choosePhone(ctx); err != nil {
				return "", err
			}
			id, err := e.createContact(ctx)
			if err != nil {
				return refusal(err)
			}
			e.contact = id
			e.leave("contact", "\""+testName+"\" with the phone "+e.phone)
			return createAnswer(e.roappWire.newest()), nil
		},
		means: map[string]means{
			"nothing":    fine("what is created is found by a search, so each create takes a request more and the time of search_lag"),
			"refused":    bad("no contact can be created; give contact_fields what RO App asks for"),
			"no mention": fine("what is created is found by a search, so each create takes a request more and the time of search_lag"),
		},
	},
	{
		service: accountService, assumption: "Lists show a new record within search_lag, and not at once",
		covers: []string{"search-lag", "GET /v2/orders: data"},
		sights: []string{"within search_lag", "at once"},
		writes: "look for that contact until RO App finds it",
		ready:  func(e *examination) string { return needs(int64(len(e.phone)), "no contact was created") },
		see:    seeSearchLag,
		means: map[string]means{
			"later":     bad("raise search_lag, or a record whose create lost its answer may be created twice"),
			"not found": bad("a phone that was just written is not found, so every order would create a contact of its own; send the report to the project"),
		},
	},
	{
		service: accountService, assumption: "Phones are compared by all their digits",
		covers: []string{"phones", "GET /v2/contacts/people: phones"},
		sights: []string{"all digits", "the last digits"},
		writes: "look for that contact with its phone in other spellings",
		ready:  needsContact,
		see:    seePhones,
		means: map[string]means{
			"as written": fine("contacts whose phone staff typed in an unusual way are not found and get a second contact; write phones as +48501234567"),
			"ignored":    bad("RO App does not search by phone; send the report to the project before you go live"),
		},
	},
	{
		service: accountService, assumption: "A second contact may have the same phone",
		covers: []string{"duplicate-phone"},
		sights: []string{"accepted", "refused"},
		writes: "try to create a second contact with the same phone, and delete it again",
		ready:  needsContact,
		see: func(ctx context.Context, e *examination) (string, error) {
			id, err := e.createContact(ctx)
			if id == 0 && err == nil {
				second := func(c roapp.Contact) bool { return c.ID != e.contact }
				found, _, _ := awaitOne(ctx, e, e.contactsOfPhone, second) // without its id it is left for the person
				id = found.ID
			}
			e.secondContact = id
			return accepted(err)
		},
	},
	{
		service: accountService, assumption: "The API may create products",
		covers: []string{
			"product-create", "POST /v2/catalog/products", "answer Forbidden", "Product: is_archived", "CatalogProduct: product_type_id, uom_id",
			"CatalogProduct: is_archived",
		},
		sights: []string{"yes"},
		writes: "create the product \"" + testName + "\" in RO App",
		see: func(ctx context.Context, e *examination) (string, error) {
			e.sku = fmt.Sprintf("CARTUMSYNC-VERIFY-%06d", rand.N(1_000_000)) //nolint:gosec // a name, no secret
			id, err := e.createProduct(ctx)
			if status := statusOf(err); status == http.StatusForbidden || status == http.StatusNotFound {
				return "no, HTTP " + strconv.Itoa(status), nil
			}
			if err != nil {
				return refusal(err)
			}
			e.leave("product", "\""+testName+"\" with the article "+e.sku)
			if e.product = id; id == 0 {
				e.product = e.findProduct(ctx)
			}
			return "yes", nil
		},
		means: map[string]means{
			"refused":      fine("orders with new products are held until staff create them"),
			"no, HTTP 403": fine("orders with new products are held until staff create them; give the key's employee the permission"),
			"no, HTTP 404": fine("orders with new products are held until staff create them"),
		},
	},
	{
		service: accountService, assumption: "A new product is found by its article",
		covers: []string{"GET /v2/catalog/products: q"},
		sights: []string{"yes"},
		writes: "look for that product until RO App finds it",
		ready:  needsProduct,
		see: func(ctx context.Context, e *examination) (string, error) {
			return yesNo(e.findProduct(ctx) != 0), nil
		},
		means: map[string]means{"no": bad("every order would create its products again; send the report to the project before you go live")},
	},
	{
		service: accountService, assumption: "A second product may have the same article",
		covers: []string{"duplicate-article", "POST /products/: article"},
		sights: []string{"accepted", "refused"},
		writes: "try to create a second product with the same article, and delete it again where RO App can",
		ready:  needsProduct,
		see: func(ctx context.Context, e *examination) (string, error) {
			id, err := e.createProduct(ctx)
			if e.secondSKU = id; id == 0 && err == nil {
				e.leave("product", "a second one with the article "+e.sku)
			}
			return accepted(err)
		},
	},
	{
		service: accountService, assumption: "The API may not create categories",
		covers: []string{
			"category-create", "POST /v2/catalog/products/categories", "POST /v2/catalog/products/categories: title, parent_id",
			"POST /warehouse/categories/", "POST /warehouse/categories/: title, parent_id",
		},
		sights: []string{"no, HTTP 404"},
		writes: "try to create the category \"" + testName + "\" in RO App",
		see: func(ctx context.Context, e *examination) (string, error) {
			_, err := e.roapp.CreateCategory(ctx, testName, 0)
			if err == nil {
				e.leave("category", "\""+testName+"\"")
				return "yes", nil
			}
			return refusedBy(err, "no, HTTP ")
		},
		means: map[string]means{
			"yes": fine("new products get the shop's categories"), "no, HTTP 404": fine("new products go into fallback_category"),
			"no, HTTP 403": fine("new products go into fallback_category"), "no, HTTP 400": fine("new products go into fallback_category"),
			"no, HTTP 405": fine("new products go into fallback_category"), "no, HTTP 410": fine("new products go into fallback_category"),
		},
	},
	{
		service: accountService, assumption: "An order can be created and is found by its contact",
		covers: []string{"POST /v2/orders"},
		sights: []string{"yes"},
		writes: "create an order for that contact in RO App",
		ready:  needsContact,
		see:    seeOrder,
		means: map[string]means{
			"refused":            bad("no order can be created; give order_fields what RO App asks for, and check location, order_type and managers"),
			"created, not found": bad("an order whose create lost its answer could not be found again; send the report to the project"),
		},
	},
	{
		service: accountService, assumption: "A product may be added to an order",
		covers: []string{"missing-right", "POST /v2/orders/{id}/items"},
		sights: []string{"yes"},
		writes: "add that product to the order, undeducted",
		ready:  func(e *examination) string { return needsOrder(e) + needsProduct(e) },
		see: func(ctx context.Context, e *examination) (string, error) {
			one := decimal.NewFromInt(1)
			id, err := e.roapp.AddItem(ctx, e.order, roapp.NewItem{ProductID: e.product, AssigneeID: e.shop.Managers[0], Quantity: one, Price: one})
			if err != nil {
				return refusedBy(err, "refused with HTTP ")
			}
			e.item = id
			items, err := e.roapp.Items(ctx, e.order)
			if err == nil && len(items) > 0 {
				e.item = items[0].ID
			}
			return "yes", err
		},
		means: map[string]means{
			"refused with HTTP 403": bad("give the key's employee the permission \"Can add products without deduction\""),
			"refused with HTTP 400": bad("give the key's employee the permission \"Can add products without deduction\", if it has not got it"),
			"refused with HTTP 404": bad("the account's API adds no products; send the report to the project"),
		},
	},
	{
		service: accountService, assumption: "A product that is added is not written off",
		covers: []string{"deduct-on-add"},
		sights: []string{"yes"},
		writes: "read that item again",
		ready:  needsItem,
		see: func(ctx context.Context, e *examination) (string, error) {
			item, err := e.readItem(ctx)
			return yesNo(!item.WrittenOff), err
		},
		means: map[string]means{"no": bad("the account writes products off as they are added, so nothing may be imported into it")},
	},
	{
		service: accountService, assumption: "A quantity of 0 is refused",
		covers: []string{"quantity-zero", "PATCH /v2/orders/{id}/items/{item_id}: quantity"},
		sights: []string{"refused"},
		writes: "set that item's quantity to 0 and back to 1",
		ready:  needsItem,
		see: func(ctx context.Context, e *examination) (string, error) {
			zero, one := decimal.Zero, decimal.NewFromInt(1)
			seen, err := accepted(e.roapp.UpdateItem(ctx, e.order, e.item, roapp.ItemChange{Quantity: &zero}))
			if err != nil || seen == "refused" {
				return seen, err
			}
			if _, err := e.readItem(ctx); err != nil {
				return "accepted, and the item is gone", err
			}
			return "accepted", e.roapp.UpdateItem(ctx, e.order, e.item, roapp.ItemChange{Quantity: &one})
		},
		means: all(fine("a line that the shop removes is told of in a comment and left to staff"), "refused", "accepted"),
	},
	{
		service: accountService, assumption: "A PATCH of some custom fields empties the others",
		covers: []string{"patch-custom-fields", "PATCH /v2/orders/{id}: custom_fields"},
		sights: []string{"the others are emptied", "the others stay"},
		writes: "write a custom field of that order",
		ready:  needsOrder,
		see:    seeFieldsPatch,
		means: map[string]means{
			"the others are emptied": fine("each write of custom fields takes three requests, and what staff type in between may be lost"),
		},
	},
	{
		service: accountService, assumption: "A comment may have up to 2000 characters",
		covers: []string{"comment-limit", "POST /v2/orders/{id}/comments: comment"},
		sights: []string{"up to 2000", "more"},
		writes: "write comments into that order, two of them long",
		ready:  needsOrder,
		see: func(ctx context.Context, e *examination) (string, error) {
			for _, length := range []int{20, usualComment, longComment} {
				err := e.roapp.AddComment(ctx, e.order, comment(length), true)
				switch {
				case err == nil:
				case roapp.KindOf(err) != roapp.Rejected:
					return "", err
				case length == longComment:
					return "up to 2000", nil
				default:
					return fmt.Sprintf("not even %d", length), nil
				}
			}
			return "more", nil
		},
		means: map[string]means{
			"not even 1800": bad("long comments would be refused; send the report to the project"),
			"not even 20":   bad("comments are refused; send the report to the project"),
		},
	},
	{
		service: accountService, assumption: "A new status needs a comment",
		covers: []string{"status-comment", "POST /v2/orders/{id}/status: comment"},
		sights: []string{"yes", "no"},
		writes: "move that order to another status",
		ready:  needsOrder,
		see: func(ctx context.Context, e *examination) (string, error) {
			targets := e.targets(false)
			if len(targets) == 0 {
				return "", unseen("statuses.import names no status that leaves an order open")
			}
			seen, err := accepted(e.roapp.SetStatus(ctx, e.order, targets[0], ""))
			if err != nil || seen == "accepted" {
				return "no", err
			}
			if err = e.roapp.SetStatus(ctx, e.order, targets[0], "test"); err == nil {
				return "yes", nil
			}
			return "refused all the same", nil
		},
		means: map[string]means{"refused all the same": bad("the account forbids the move; the next row says which")},
	},
	{
		service: accountService, assumption: "An order may move between all statuses of statuses.import",
		covers: []string{"forbidden-transitions", "POST /v2/orders/{id}/status: status_id"},
		sights: []string{"yes"},
		writes: "move that order through the open statuses of statuses.import",
		ready:  needsOrder,
		see:    seeTransitions,
		means: map[string]means{
			"some are refused": fine("allow them in RO App's settings of statuses, or orders stay in their status and their rows warn"),
		},
	},
	{
		service: accountService, assumption: "An order may be closed before it is paid and written off",
		covers: []string{"closing-unpaid", "closing-undeducted"},
		sights: []string{"yes"},
		writes: "close that order and open it again",
		ready:  needsItem,
		see:    seeClosing,
		means: map[string]means{
			"not before it is paid":  fine("map no status to a closing one, or rows warn until staff close the order; the API takes no payments"),
			"not before a write-off": fine("map no status to a closing one, or rows warn until staff write the order off"),
		},
	},
	{
		service: accountService, assumption: "A write-off leaves the order's modified_at as it was",
		covers: []string{"write-off-leaves-modified-at", "Order: modified_at"},
		sights: []string{"yes", "no"},
		writes: "wait for you to write that item off in RO App",
		ready:  needsItem,
		see:    seeWriteOff,
		means:  map[string]means{"yes": fine("write-offs are seen when an order is read next; programs may tell them at once by the API")},
	},
	{
		service: accountService, assumption: "A write-off leaves is_deduction_required true",
		covers: []string{"write-off-leaves-flag", "Order: is_deduction_required"},
		sights: []string{"yes", "no"},
		writes: "read that item after the write-off",
		ready:  needsWriteOff,
		see: func(ctx context.Context, e *examination) (string, error) {
			item, err := e.readItem(ctx)
			return yesNo(item.DeductionRequired), err
		},
	},
	{
		service: accountService, assumption: "An item that is written off can be changed",
		covers: []string{"patch-written-off"},
		sights: []string{"accepted", "refused"},
		writes: "change the price of that item after the write-off",
		ready:  needsWriteOff,
		see: func(ctx context.Context, e *examination) (string, error) {
			two := decimal.NewFromInt(2)
			return accepted(e.roapp.UpdateItem(ctx, e.order, e.item, roapp.ItemChange{Price: &two}))
		},
		means: map[string]means{"accepted": fine("cartumsync never does it")},
	},
	{
		service: accountService, assumption: "Lists show archived products",
		covers: []string{"archived-products"},
		sights: []string{"yes", "no"},
		writes: "wait for you to archive that product in RO App",
		ready:  needsProduct,
		see: func(ctx context.Context, e *examination) (string, error) {
			if !e.Person.Did(ctx, "archive the product "+e.sku+" in RO App") {
				return "", unseen("nobody archived the product")
			}
			if err := pause(ctx, e.settled()); err != nil {
				return "", err
			}
			found, err := e.productsOfSKU(ctx)
			i := slices.IndexFunc(found, func(p roapp.Product) bool { return p.ID == e.product })
			switch {
			case err != nil || i < 0:
				return "no", err
			case found[i].Archived:
				return "yes", nil
			default:
				return "yes, without saying so", nil
			}
		},
		means: map[string]means{
			"yes, without saying so": fine("an archived product would be added to orders, or refused; delete it rather than archive it"),
		},
	},
}

func needsWriteOff(e *examination) string {
	if e.writtenOff {
		return ""
	}
	return "nothing was written off"
}

// accepted is what is seen of a write that RO App may refuse.
func accepted(err error) (string, error) {
	if roapp.KindOf(err) == roapp.Rejected {
		return "refused", nil
	}
	return "accepted", err
}

// refusedBy names the HTTP status of a refusal after a text.
func refusedBy(err error, text string) (string, error) {
	if status := statusOf(err); status != 0 && status < http.StatusInternalServerError {
		return text + strconv.Itoa(status), nil
	}
	return "", err
}

// refusal is what is seen where RO App refuses a record, with its words, which are about our own data.
func refusal(err error) (string, error) {
	refused, ok := errors.AsType[*roapp.Error](err)
	if !ok || refused.Kind != roapp.Rejected && refused.Kind != roapp.Forbidden {
		return "", err
	}
	return "refused: " + refused.Message, nil
}

func statusOf(err error) int {
	refused, _ := errors.AsType[*roapp.Error](err)
	if refused == nil {
		return 0
	}
	return refused.Status
}

func createAnswer(answer exchanged) string {
	value := answer.value()
	switch {
	case len(answer.body) == 0:
		return "nothing"
	case in(value, "id") != nil:
		return "an object with the id"
	case in(value, "data") != nil:
		return "an object with the id under data"
	case text(value) != "":
		return "a bare number"
	default:
		return "no mention"
	}
}

func (e *examination) leave(what, which string) { e.left = append(e.left, what+" "+which) }

// settled is how long a list may show what was before.
func (e *examination) settled() time.Duration { return e.lag + e.lag/2 }

// choosePhone invents a phone of the shop's region that no contact has.
func (e *examination) choosePhone(ctx context.Context) error {
	example := phonenumbers.GetExampleNumberForType(e.shop.Region, phonenumbers.MOBILE)
	if example == nil {
		return unseen("no phone can be invented for the region")
	}
	digits := phonenumbers.Format(example, phonenumbers.E164)
	for range 5 {
		phone := fmt.Sprintf("%s%04d", digits[:len(digits)-4], rand.N(10_000)) //nolint:gosec // no secret
		found, err := e.roapp.FindPeople(ctx, []string{phone})
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(found, func(c roapp.Contact) bool { return hasDigits(c, phone) }) {
			e.phone = phone
			return nil
		}
	}
	return unseen("every invented phone belongs to a contact")
}

func hasDigits(c roapp.Contact, phone string) bool {
	return slices.ContainsFunc(c.Phones, func(p string) bool { return order.Digits(p) == order.Digits(phone) })
}

func (e *examination) createContact(ctx context.Context) (int64, error) {
	fields := e.valuesOf(refdata.PeopleFields, e.account.ContactFields)
	return e.roapp.CreatePerson(ctx, roapp.NewPerson{FirstName: testName, Phone: e.phone, Notes: testName, CustomFields: fields})
}

func (e *examination) createProduct(ctx context.Context) (int64, error) {
	return e.roapp.CreateProduct(ctx, roapp.NewProduct{
		Title: testName, Article: e.sku, CategoryID: e.account.FallbackCategory, UnitID: e.account.PieceUnit,
	})
}

// findProduct polls until a list shows the product; 0 where none does.
func (e *examination) findProduct(ctx context.Context) int64 {
	found, _, _ := awaitOne(ctx, e, e.productsOfSKU, func(p roapp.Product) bool { return p.Article == e.sku }) // not found is the answer
	return found.ID
}

func (e *examination) productsOfSKU(ctx context.Context) ([]roapp.Product, error) {
	return e.roapp.FindProducts(ctx, roapp.ProductQuery{Articles: []string{e.sku}})
}

func (e *examination) contactsOfPhone(ctx context.Context) ([]roapp.Contact, error) {
	return e.roapp.FindPeople(ctx, []string{e.phone})
}

// valuesOf are the settings' values for new records by the fields' keys, and an empty text for each other one that is
// required.
func (e *examination) valuesOf(kind refdata.Kind, given map[string]string) map[string]string {
	values := map[string]string{}
	for _, field := range e.accountSays.Lists[kind].Records {
		for name, value := range given {
			if check.Given(field, map[string]string{name: value}, nil) {
				values[field.ID] = value
			}
		}
		if _, set := values[field.ID]; !set && check.Required(field) {
			values[field.ID] = ""
		}
	}
	return values
}

func seeSearchLag(ctx context.Context, e *examination) (string, error) {
	found, took, err := awaitOne(ctx, e, e.contactsOfPhone, func(c roapp.Contact) bool { return hasDigits(c, e.phone) })
	if found.ID != 0 {
		e.contact = found.ID
	}
	if took == 0 {
		return "at once", err
	}
	e.lag = took
	switch seconds := took.Round(100 * time.Millisecond); {
	case err != nil:
		return "", err
	case found.ID == 0:
		return "not found: within " + e.Patience.String(), nil
	case took > e.account.SearchLag:
		e.propose(e.accountKey("search_lag"), (2 * took).Round(time.Second).String(), "twice what was seen")
		return "later: " + seconds.String(), nil
	default:
		return "within search_lag: " + seconds.String(), nil
	}
}

func seePhones(ctx context.Context, e *examination) (string, error) {
	digits := order.Digits(e.phone)
	for _, try := range []struct{ spelling, seen string }{
		{nobodysPhone, "ignored"},
		{digits[len(digits)-7:], "the last digits"},
		{"+" + digits[:2] + " (" + digits[2:5] + ") " + digits[5:], "all digits"},
		{e.phone, "as written"},
	} {
		found, err := e.roapp.FindPeople(ctx, []string{try.spelling})
		if err != nil || slices.ContainsFunc(found, func(c roapp.Contact) bool { return c.ID == e.contact }) {
			return try.seen, err
		}
	}
	return "not at all", nil
}

// textFields are the keys of the custom fields that the settings name and that hold text.
func (e *examination) textFields() []string {
	var keys []string
	f := e.account.Fields
	for _, field := range e.accountSays.Lists[refdata.CustomFields].Records {
		if check.Given(field, nil, []string{f.Shop, f.ExternalID}) {
			keys = append(keys, field.ID)
		}
	}
	return keys
}

func seeOrder(ctx context.Context, e *examination) (string, error) {
	fields := e.valuesOf(refdata.CustomFields, e.account.OrderFields)
	for _, key := range e.textFields() {
		fields[key] = "cartumsync verify"
	}
	created, err := e.roapp.CreateOrder(ctx, roapp.NewOrder{
		LocationID: e.shop.Location, OrderTypeID: e.shop.OrderType, ClientID: e.contact, ManagerID: e.shop.Managers[0],
		ManagerNotes: testName, CustomFields: fields,
	})
	if err != nil {
		return refusal(err)
	}
	e.order = created.ID
	orders := func(ctx context.Context) ([]roapp.Order, error) {
		page, err := e.roapp.FindOrders(ctx, roapp.OrderQuery{ClientIDs: []int64{e.contact}, Sort: "-id"})
		return page.Orders, err
	}
	found, _, err := awaitOne(ctx, e, orders, func(o roapp.Order) bool { return o.ClientID == e.contact })
	if found.ID != 0 {
		e.order, e.orderNumber = found.ID, found.Number
	}
	if e.order != 0 {
		e.leave("order", strings.TrimSpace(e.orderNumber+" of the contact \""+testName+"\""))
	}
	if err != nil || found.ID != 0 {
		return "yes", err
	}
	return "created, not found", nil
}

func (e *examination) readItem(ctx context.Context) (roapp.Item, error) {
	items, err := e.roapp.Items(ctx, e.order)
	if err != nil {
		return roapp.Item{}, err
	}
	i := slices.IndexFunc(items, func(item roapp.Item) bool { return item.ID == e.item })
	if i < 0 {
		return roapp.Item{}, unseen("the item is gone")
	}
	return items[i], nil
}

func seeFieldsPatch(ctx context.Context, e *examination) (string, error) {
	keys := e.textFields()
	if len(keys) < 2 {
		return "", unseen("the settings name fewer than two custom fields of orders that the account has")
	}
	values := map[string]string{}
	for _, key := range keys {
		values[key] = "cartumsync verify"
	}
	if err := e.roapp.LearnFieldsPatch(ctx, e.order, values, keys[0]); err != nil {
		return "", err
	}
	keeps, known := e.roapp.FieldsPatchKeeps()
	switch {
	case !known:
		return "", unseen("the fields did not keep a value")
	case keeps:
		return "the others stay", nil
	default:
		return "the others are emptied", nil
	}
}

// comment is one of so many characters.
func comment(length int) string {
	return (testName + strings.Repeat(". ", length))[:length-1] + "."
}

// Groups of statuses that close an order (docs/reference/roapp.md#order-statuses).
const (
	closedWell  = 6
	closedOther = 7
)

// targets are the statuses of statuses.import that close an order, or those that leave it open, by rising id.
func (e *examination) targets(closing bool) []int64 {
	var targets []int64
	closes := e.closingStatuses()
	for _, id := range slices.Compact(slices.Sorted(maps.Values(e.shop.Statuses.Import))) {
		if closes[id] == closing {
			targets = append(targets, id)
		}
	}
	return targets
}

func (e *examination) closingStatuses() map[int64]bool {
	closes := map[int64]bool{}
	for _, status := range e.accountSays.Lists[refdata.Statuses].Records {
		id, _ := strconv.ParseInt(status.ID, 10, 64)
		group, _, _ := strings.Cut(strings.Join(status.More, " "), " ")
		closes[id] = group == strconv.Itoa(closedWell) || group == strconv.Itoa(closedOther)
	}
	return closes
}

func seeTransitions(ctx context.Context, e *examination) (string, error) {
	targets := e.targets(false)
	if len(targets) < 2 {
		return "", unseen("statuses.import names fewer than two statuses that leave an order open")
	}
	read, err := e.roapp.Order(ctx, e.order)
	if err != nil {
		return "", err
	}
	at, refused := read.StatusID, []string{}
	for _, to := range slices.Concat(targets, targets) {
		if to == at || slices.Contains(refused, fmt.Sprintf("%d to %d", at, to)) {
			continue
		}
		switch err := e.roapp.SetStatus(ctx, e.order, to, "test"); roapp.KindOf(err) {
		case "":
			if err != nil {
				return "", err
			}
			at = to
		case roapp.Rejected, roapp.Forbidden:
			refused = append(refused, fmt.Sprintf("%d to %d", at, to))
		default:
			return "", err
		}
	}
	if len(refused) == 0 {
		return "yes", nil
	}
	return "some are refused: " + strings.Join(refused, ", "), nil
}

func seeClosing(ctx context.Context, e *examination) (string, error) {
	closing, open := e.targets(true), e.targets(false)
	if len(closing) == 0 || len(open) == 0 {
		return "", unseen("statuses.import names no status that closes an order")
	}
	closes := func() (bool, error) {
		err := e.roapp.SetStatus(ctx, e.order, closing[0], "test")
		if kind := roapp.KindOf(err); kind == roapp.Rejected || kind == roapp.Forbidden {
			return false, nil
		}
		return err == nil, err
	}
	done, err := closes()
	if err != nil || done {
		return "yes", cmp.Or[error](err, e.roapp.SetStatus(ctx, e.order, open[0], "test"))
	}
	zero, one := decimal.Zero, decimal.NewFromInt(1)
	if err := e.roapp.UpdateItem(ctx, e.order, e.item, roapp.ItemChange{Price: &zero}); err != nil {
		return "", err
	}
	if done, err = closes(); err != nil {
		return "", err
	}
	if !done {
		return "not before a write-off", e.roapp.UpdateItem(ctx, e.order, e.item, roapp.ItemChange{Price: &one})
	}
	return "not before it is paid", e.roapp.SetStatus(ctx, e.order, open[0], "test")
}

func seeWriteOff(ctx context.Context, e *examination) (string, error) {
	before, err := e.roapp.Order(ctx, e.order)
	if err != nil {
		return "", err
	}
	// Times have whole seconds.
	if err := pause(ctx, time.Until(before.ModifiedAt.Add(1100*time.Millisecond))); err != nil {
		return "", err
	}
	if !e.Person.Did(ctx, "write the item of order "+e.orderNumber+" off in RO App, and change nothing else") {
		return "", unseen("nobody wrote the item off")
	}
	item, err := e.readItem(ctx)
	if err != nil || !item.WrittenOff {
		return "", cmp.Or[error](err, unseen("the item is not written off"))
	}
	e.writtenOff = true
	after, err := e.roapp.Order(ctx, e.order)
	return yesNo(after.ModifiedAt.Equal(before.ModifiedAt)), err
}

// cleanUp deletes what can be deleted and marks the rest.
func (e *examination) cleanUp(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	e.unsubscribe(ctx)
	if e.secondContact != 0 && e.roapp.DeletePerson(ctx, e.secondContact) != nil {
		e.leave("contact", "a second one with the phone "+e.phone)
	}
	if e.secondSKU != 0 && e.roapp.DeleteProduct(ctx, e.secondSKU) != nil {
		e.leave("product", "a second one with the article "+e.sku)
	}
	if closing := e.targets(true); e.order != 0 && len(closing) > 0 {
		_ = e.roapp.SetStatus(ctx, e.order, closing[len(closing)-1], testName) // the order is marked in its notes as well
	}
}
