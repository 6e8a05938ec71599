package verify

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/cartumsync/cartumsync/internal/check"
	"github.com/cartumsync/cartumsync/internal/refdata"
	"github.com/cartumsync/cartumsync/internal/roapp"
)

// nobodysID and nobodysPhone are of no record.
const (
	nobodysID    = "999999999999"
	nobodysPhone = "+10000000000"
)

var errNoAccount = unseen("the account was not reached")

var accountReads = []probe{
	{
		service: accountService, assumption: "The account does not tell its currency",
		covers: []string{"company-currency", "GET /v2/company: currency", "GET /v2/company: id, name"},
		sights: []string{"not told", "told, as in the settings"},
		see: func(ctx context.Context, e *examination) (string, error) {
			e.accountSays = check.AskAccount(ctx, e.roapp)
			e.noteNewestOrder()
			company, ok := e.roappWire.last("GET /v2/company")
			if failure := e.accountSays.Company.Failure; failure != nil || !ok {
				return "", cmp.Or[error](failureOf(failure), errNoAccount)
			}
			if in(company.value(), "currency") == nil {
				return "not told", nil
			}
			if told := e.accountSays.Company.Currency; !strings.EqualFold(told, e.account.Currency) {
				e.propose(e.accountKey("currency"), told, "")
				return "another than the settings': " + told, nil
			}
			return "told, as in the settings", nil
		},
		means: map[string]means{
			"not told":                   fine("compare the currency of the settings by hand"),
			"another than the settings'": bad("every order would be held; correct the account's currency"),
		},
	},
	{
		service: accountService, assumption: "Locations and employees are bare lists",
		covers: []string{
			"company-lists", "GET /v2/company/locations: answer 200", "GET /v2/company/locations: data", "GET /v2/company/employees: answer 200",
			"GET /v2/company/employees: data", "Location: id, name", "Location: is_archived", "Employee: id, first_name, last_name, email",
		},
		sights: []string{"bare", "under data"},
		see:    seeBare("GET /v2/company/locations"),
	},
	{
		service: accountService, assumption: "The types of orders are a bare list",
		covers: []string{"GET /v2/orders/types: answer 200", "GET /v2/orders/types: [].id, [].name"},
		sights: []string{"bare", "under data"},
		see:    seeBare("GET /v2/orders/types"),
	},
	{
		service: accountService, assumption: "The legacy catalogue is offered",
		covers: []string{
			"legacy-catalogue", "answer NoEndpoint", "GET /warehouse/categories/: page", "GET /warehouse/categories/: answer 200",
			"GET /warehouse/categories/: data, page, count, success", "GET /catalogs/uoms: page", "GET /catalogs/uoms: answer 200",
			"GET /catalogs/uoms: data, page, count, success",
		},
		sights: []string{"yes"},
		see: func(ctx context.Context, e *examination) (string, error) {
			return e.offered(ctx, e.legacy, roapp.CatalogueLegacy)
		},
		means: all(fine("the v2 catalogue is used; catalog must not be legacy"), "no, HTTP 404", "no, HTTP 405", "no, HTTP 410"),
	},
	{
		service: accountService, assumption: "The v2 catalogue is offered",
		covers: []string{
			"v2-catalogue", "GET /v2/catalog/products/types: answer 200", "GET /v2/catalog/products/types: data, paging",
			"GET /v2/catalog/products/uoms: answer 200", "GET /v2/catalog/products/uoms: data, paging", "ProductType: id, title",
		},
		sights: []string{"yes"},
		see: func(ctx context.Context, e *examination) (string, error) {
			seen, err := e.offered(ctx, e.v2, roapp.CatalogueV2)
			if seen == "yes" && err == nil && e.account.ProductType == 0 {
				e.proposeProductType(ctx)
			}
			return seen, err
		},
		means: all(fine("the legacy catalogue is used; catalog must not be v2"), "no, HTTP 404", "no, HTTP 405", "no, HTTP 410"),
	},
	{
		service: accountService, assumption: "The categories of the v2 catalogue come in pages",
		covers: []string{"categories-list"},
		sights: []string{"in pages", "bare", "under data"},
		see: func(ctx context.Context, e *examination) (string, error) {
			if _, err := e.v2.Categories(ctx); err != nil {
				return "", err
			}
			value := e.roappWire.newest().value()
			if in(value, "paging") != nil {
				return "in pages", nil
			}
			return bareOrNot(value), nil
		},
	},
	{
		service: accountService, assumption: "Contacts need no custom field",
		covers: []string{"required-contact-field"},
		sights: []string{"none required", "some required, all given"},
		see: func(_ context.Context, e *examination) (string, error) {
			return e.required(refdata.PeopleFields, e.account.ContactFields, nil, "contact_fields")
		},
		means: map[string]means{"some required": bad("give each a value in contact_fields, an empty text will do, or no contact can be created")},
	},
	{
		service: accountService, assumption: "Orders need no custom field",
		covers: []string{"required-order-field"},
		sights: []string{"none required", "some required, all given"},
		see: func(_ context.Context, e *examination) (string, error) {
			f := e.account.Fields
			return e.required(refdata.CustomFields, e.account.OrderFields, []string{f.Shop, f.ExternalID, f.Created, f.LastUpdated}, "order_fields")
		},
		means: map[string]means{"some required": bad("give each a value in order_fields, an empty text will do, or no order can be created")},
	},
	{
		service: accountService, assumption: "A contact's phones are objects under phones",
		covers: []string{"contact-phones", "Phone"},
		sights: []string{"objects under phones", "texts under phone", "objects under phone", "texts under phones"},
		see: func(ctx context.Context, e *examination) (string, error) {
			if e.newestContact == "" {
				return "", unseen("the account has no order with a named contact")
			}
			if _, err := e.roapp.FindPeopleByName(ctx, e.newestContact); err != nil {
				return "", err
			}
			for _, row := range listIn(e.roappWire.newest().value()) {
				for _, name := range []string{"phones", "phone"} {
					switch firstOf(in(row, name)).(type) {
					case map[string]any:
						return "objects under " + name, nil
					case string:
						return "texts under " + name, nil
					}
				}
			}
			return "", unseen("the newest order's contact has no phone")
		},
	},
	{
		service: accountService, assumption: "The list of organizations knows no filter",
		covers: []string{"organization-filter", "GET /v2/contacts/organizations: phones"},
		sights: []string{"ignored", "honoured"},
		see: func(ctx context.Context, e *examination) (string, error) {
			if e.accountSays.Lists[refdata.Organizations].Unfiltered {
				return "ignored", nil
			}
			all, err := e.ask(ctx, "/v2/contacts/organizations", nil, "")
			if err != nil || len(listIn(all.value())) == 0 {
				return "", cmp.Or[error](err, unseen("the account has no organizations"))
			}
			return "honoured", nil
		},
		means: map[string]means{"ignored": fine("only the first page of organizations is compared, so a company may get a second contact, a person")},
	},
	{
		service: accountService, assumption: "Orders of a contact are found with clients_ids",
		covers: []string{"client-filter"},
		sights: []string{"clients_ids", "client_ids"},
		see: func(ctx context.Context, e *examination) (string, error) {
			if e.newestNumber == "" {
				return "", unseen("the account has no order")
			}
			for _, name := range []string{"clients_ids", "client_ids"} {
				answer, err := e.ask(ctx, "/v2/orders", url.Values{name: {nobodysID}}, "")
				switch {
				case err != nil:
					return "", err
				case len(listIn(answer.value())) == 0:
					return name, nil
				}
			}
			return "neither", nil
		},
		means: map[string]means{"neither": bad("an order whose create lost its answer could not be found again; send the report to the project")},
	},
	{
		service: accountService, assumption: "An order is found by the number that staff see",
		covers: []string{"GET /v2/orders: numbers"},
		sights: []string{"yes"},
		see: func(ctx context.Context, e *examination) (string, error) {
			number := e.newestNumber
			if number == "" {
				return "", unseen("the account has no order")
			}
			page, err := e.roapp.FindOrders(ctx, roapp.OrderQuery{Numbers: []string{number}})
			switch {
			case roapp.KindOf(err) == roapp.Rejected:
				return "refused", nil
			case err != nil:
				return "", err
			case len(page.Orders) == 1 && page.Orders[0].Number == number:
				return "yes", nil
			case len(page.Orders) == 0:
				return "not found", nil
			default:
				return "ignored", nil
			}
		},
		means: all(fine("link orders by RO App's id, not by its number"), "refused", "not found", "ignored"),
	},
	{
		service: accountService, assumption: "An order that does not exist is HTTP 404",
		covers: []string{"unknown-order", "answer NoOrder"},
		sights: []string{"404"},
		see: func(ctx context.Context, e *examination) (string, error) {
			answer, err := e.ask(ctx, "/v2/orders/"+nobodysID, nil, "")
			return strconv.Itoa(answer.status), err
		},
		means: map[string]means{"400": bad("an order that staff delete is held as rejected, not as gone; send the report to the project")},
	},
	{
		service: accountService, assumption: "A refusal names its reason under message",
		covers: []string{"error-body", "Error", "Error: message, error, detail"},
		sights: []string{"message", "error", "detail", "as in the legacy API"},
		see: func(ctx context.Context, e *examination) (string, error) {
			answer, err := e.ask(ctx, "/v2/company", nil, "no-key-of-cartumsync-verify")
			if err != nil {
				return "", err
			}
			value := answer.value()
			switch {
			case answer.status < http.StatusBadRequest:
				return "", unseen("a wrong key is not refused")
			case in(value, "success") != nil || in(value, "code") != nil:
				return "as in the legacy API", nil
			}
			for _, key := range []string{"message", "error", "detail"} {
				if in(value, key) != nil {
					return key, nil
				}
			}
			return "in another form", nil
		},
		means: map[string]means{"in another form": fine("refusals show RO App's answer as it is")},
	},
	{
		service: accountService, assumption: "A refusal for the pace does not say how long to wait",
		covers: []string{"retry-after", "answer TooMany: Retry-After"},
		sights: []string{"no Retry-After", "Retry-After"},
		see:    seeRetryAfter,
	},
	{
		service: accountService, assumption: "The limit counts the requests of any second",
		covers: []string{"limit-window"},
		sights: []string{"any second", "a second of the clock"},
		see:    seeLimitWindow,
	},
}

// failureOf is nil for no failure.
func failureOf(failure *refdata.Failure) error {
	if failure == nil {
		return nil
	}
	return unseen("could not be asked: " + failure.Text)
}

// seeBare sees whether the newest answer of an endpoint is a bare list.
func seeBare(endpoint string) func(context.Context, *examination) (string, error) {
	return func(_ context.Context, e *examination) (string, error) {
		answer, ok := e.roappWire.last(endpoint)
		if !ok {
			return "", errNoAccount
		}
		return bareOrNot(answer.value()), nil
	}
}

func bareOrNot(value any) string {
	if _, bare := value.([]any); bare {
		return "bare"
	}
	if _, list := in(value, "data").([]any); list {
		return "under data"
	}
	return "in another form"
}

func firstOf(value any) any {
	if list, ok := value.([]any); ok && len(list) > 0 {
		return list[0]
	}
	return nil
}

// offered reports whether a catalogue can be searched, and proposes the other where the settings name one that cannot.
func (e *examination) offered(ctx context.Context, client *roapp.Client, catalogue roapp.Catalogue) (string, error) {
	_, err := client.FindProducts(ctx, roapp.ProductQuery{Articles: []string{nobody}})
	if roapp.KindOf(err) != roapp.Missing {
		return "yes", err
	}
	if e.account.Catalog == string(catalogue) {
		e.propose(e.accountKey("catalog"), "auto", "the other catalogue is gone")
	}
	return "no, HTTP " + strconv.Itoa(e.roappWire.newest().status), nil
}

// proposeProductType names the type that new products get where the settings name none.
func (e *examination) proposeProductType(ctx context.Context) {
	if types, err := e.v2.ProductTypes(ctx); err == nil && len(types) > 0 {
		e.propose(e.accountKey("product_type_id"), strconv.FormatInt(types[0].ID, 10), "or another type of new products")
	}
}

// required returns which custom fields must be sent, and proposes a value for each
// that the settings do not give.
func (e *examination) required(kind refdata.Kind, given map[string]string, ours []string, key string) (string, error) {
	list := e.accountSays.Lists[kind]
	if !list.Read {
		return "", cmp.Or[error](failureOf(list.Failure), errNoAccount)
	}
	var all, missing []string
	for _, field := range list.Records {
		if !check.Required(field) {
			continue
		}
		all = append(all, field.ID)
		if !check.Given(field, given, ours) {
			missing = append(missing, field.ID)
			e.propose(e.accountKey(key+"."+field.ID), `""`, "or another value")
		}
	}
	switch {
	case len(all) == 0:
		return "none required", nil
	case len(missing) == 0:
		return "some required, all given: " + strings.Join(all, ", "), nil
	default:
		return "some required: " + strings.Join(missing, ", "), nil
	}
}

// noteNewestOrder keeps the number and the contact's name of the account's newest order, which the check has read.
func (e *examination) noteNewestOrder() {
	list, _ := e.roappWire.last("GET /v2/orders")
	if rows := listIn(list.value()); len(rows) > 0 {
		e.newestNumber, e.newestContact = text(in(rows[0], "number")), text(in(rows[0], "client", "name"))
	}
}

// burst sends requests of RO App at once, without a wait, and gives their answers.
func (e *examination) burst(ctx context.Context, n int) ([]exchanged, error) {
	mark := e.roappWire.mark()
	var sending sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		request, err := e.read(ctx, "/v2/company", nil, "")
		if err != nil {
			return nil, err
		}
		sending.Go(func() {
			response, err := e.roappWire.send(request)
			if err == nil {
				_ = response.Body.Close()
			}
			errs[i] = err
		})
	}
	sending.Wait()
	return e.roappWire.since(mark), errors.Join(errs...)
}

func refusedForPace(answers []exchanged) int {
	n := 0
	for _, answer := range answers {
		if answer.status == http.StatusTooManyRequests {
			n++
		}
	}
	return n
}

// seeRetryAfter sends more at once than the limit allows.
func seeRetryAfter(ctx context.Context, e *examination) (string, error) {
	answers, err := e.burst(ctx, 2*int(e.budget())+2)
	if err != nil {
		return "", err
	}
	limits := map[string]bool{}
	for _, answer := range answers {
		for name := range answer.header {
			if strings.Contains(strings.ToLower(name), "ratelimit") || strings.Contains(strings.ToLower(name), "rate-limit") {
				limits[name] = true
			}
		}
	}
	detail := ""
	for _, name := range slices.Sorted(maps.Keys(limits)) {
		detail += ": " + name
	}
	e.limited = refusedForPace(answers) > 0
	for _, answer := range answers {
		switch {
		case answer.status != http.StatusTooManyRequests:
		case answer.header.Get("Retry-After") == "":
			return "no Retry-After" + detail, nil
		default:
			return "Retry-After: " + answer.header.Get("Retry-After") + detail, nil
		}
	}
	return "", unseen("no request was refused, though many came at once")
}

// mostAtOnce bounds a burst: an account may have a larger budget than is worth to be used up.
const mostAtOnce = 20

// budget is how many requests a second the account allows.
func (e *examination) budget() float64 { return min(max(e.account.RequestsPerSecond, 1), mostAtOnce) }

// seeLimitWindow uses up the limit twice within a second, at two places of the clock's second: a limit that counts by the
// clock has a new second between the two in one of both.
func seeLimitWindow(ctx context.Context, e *examination) (string, error) {
	const rest, gap, round = 1200 * time.Millisecond, 550 * time.Millisecond, 2500 * time.Millisecond
	if !e.limited {
		return "", unseen("no request was refused, though many came at once")
	}
	start := time.Now().Add(rest)
	bursts := func(at time.Time) ([]exchanged, error) {
		if err := pause(ctx, time.Until(at)); err != nil {
			return nil, err
		}
		return e.burst(ctx, int(e.budget()))
	}
	for i := range 2 {
		at := start.Add(time.Duration(i) * round)
		first, err := bursts(at)
		if err != nil || refusedForPace(first) > 0 {
			return "", cmp.Or[error](err, unseen("others use the account's requests at the same time"))
		}
		second, err := bursts(at.Add(gap))
		if err != nil {
			return "", err
		}
		if refusedForPace(second) == 0 {
			return "a second of the clock", nil
		}
	}
	return "any second", nil
}
