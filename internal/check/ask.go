package check

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cartumsync/cartumsync/internal/cartum"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/refdata"
	"github.com/cartumsync/cartumsync/internal/roapp"
)

// AskCompany proves address and key before anything else is asked: one request.
func AskCompany(ctx context.Context, client *roapp.Client) (refdata.Company, error) {
	company, err := client.Company(ctx)
	if err != nil {
		return refdata.Company{}, err
	}
	return refdata.Company{Name: company.Name, Currency: company.Currency}, nil
}

// AskList reads one list of an account: one request, but for a list of many
// pages.
func AskList(ctx context.Context, client *roapp.Client, kind refdata.Kind) (refdata.Directory, error) {
	switch kind {
	case refdata.Locations:
		return read(ctx, kind, client.Locations, namedRecord)
	case refdata.Employees:
		return read(ctx, kind, client.Employees, namedRecord)
	case refdata.OrderTypes:
		return read(ctx, kind, client.OrderTypes, namedRecord)
	case refdata.Statuses:
		return read(ctx, kind, client.OrderStatuses, func(s roapp.OrderStatus) refdata.Record { return numbered(s.ID, s.Name, groupText(s)) })
	case refdata.Units:
		return read(ctx, kind, client.Units, func(u roapp.Unit) refdata.Record { return numbered(u.ID, u.Title) })
	case refdata.Categories:
		return read(ctx, kind, client.Categories, func(g roapp.Category) refdata.Record { return numbered(g.ID, g.Title, idText(g.ParentID)) })
	case refdata.CustomFields:
		return read(ctx, kind, client.OrderCustomFields, fieldRecord)
	case refdata.PeopleFields:
		return read(ctx, kind, client.PeopleCustomFields, fieldRecord)
	case refdata.ProductTypes:
		return askProductTypes(ctx, client)
	case refdata.Products:
		_, err := client.FindProducts(ctx, roapp.ProductQuery{Articles: []string{nobodysText}})
		return refdata.Directory{Kind: kind, Read: err == nil, Catalogue: string(client.CatalogueInUse())}, err
	case refdata.People:
		_, err := client.FindPeople(ctx, []string{nobodysPhone})
		return refdata.Directory{Kind: kind, Read: err == nil}, err
	case refdata.Organizations:
		found, err := client.FindOrganizations(ctx, []string{nobodysPhone})
		return refdata.Directory{Kind: kind, Read: err == nil, Unfiltered: len(found) > 0}, err
	case refdata.Orders:
		err := askOrders(ctx, client)
		return refdata.Directory{Kind: kind, Read: err == nil}, err
	default:
		return refdata.Directory{}, fmt.Errorf("an account has no list %q", kind)
	}
}

// What no record has, so that a search for it is harmless and short.
const (
	nobodysText  = "cartumsync-check"
	nobodysPhone = "+10000000000"
)

func namedRecord(n roapp.Named) refdata.Record { return numbered(n.ID, n.Name) }

func fieldRecord(f roapp.CustomField) refdata.Record {
	required := ""
	if f.Required {
		required = requiredText
	}
	return refdata.Record{ID: f.ID, Name: f.Title, More: []string{fieldTypeText(f.Type), required}}
}

// requiredText stands beside a custom field that new records must have.
const requiredText = "required"

// askProductTypes reads the types where the catalogue in use has any.
func askProductTypes(ctx context.Context, client *roapp.Client) (refdata.Directory, error) {
	if client.CatalogueInUse() == "" {
		if _, err := client.FindProducts(ctx, roapp.ProductQuery{Articles: []string{nobodysText}}); err != nil {
			return refdata.Directory{}, err
		}
	}
	if client.CatalogueInUse() != roapp.CatalogueV2 {
		return refdata.Directory{Kind: refdata.ProductTypes}, nil
	}
	return read(ctx, refdata.ProductTypes, client.ProductTypes, func(t roapp.ProductType) refdata.Record { return numbered(t.ID, t.Title) })
}

// askOrders reads what collecting changes and linking an order read: the list, and
// of its newest order the order and its items.
func askOrders(ctx context.Context, client *roapp.Client) error {
	page, err := client.FindOrders(ctx, roapp.OrderQuery{Sort: "-id"})
	if err != nil || len(page.Orders) == 0 {
		return err
	}
	if _, err := client.Order(ctx, page.Orders[0].ID); err != nil {
		return err
	}
	_, err = client.Items(ctx, page.Orders[0].ID)
	return err
}

func read[T any](ctx context.Context, kind refdata.Kind, list func(context.Context) ([]T, error), recordOf func(T) refdata.Record) (refdata.Directory, error) {
	rows, err := list(ctx)
	if err != nil {
		return refdata.Directory{}, err
	}
	d := refdata.Directory{Kind: kind, Read: true}
	for _, row := range rows {
		d.Records = append(d.Records, recordOf(row))
	}
	d.Sort()
	return d, nil
}

// RoappFailure keeps why RO App did not answer.
func RoappFailure(err error) *refdata.Failure {
	return &refdata.Failure{Kind: string(roapp.KindOf(err)), Text: err.Error()}
}

// throttledTries is how often a check waits for the account's budget, which
// running workers use as well.
const throttledTries = 4

// AskAccount asks an account all that there is to ask, with reads alone: some
// sixteen requests. It repeats what was refused because the account's budget was used up; the
// client itself waits for as long as it was told to.
func AskAccount(ctx context.Context, client *roapp.Client) refdata.Account {
	says := refdata.Account{At: time.Now()}
	company, err := patiently(func() (refdata.Company, error) { return AskCompany(ctx, client) })
	if err != nil {
		company.Failure = RoappFailure(err)
	}
	says.Company = company
	if !says.WantsMore() {
		return says
	}
	says.Lists = map[refdata.Kind]refdata.Directory{}
	for _, kind := range refdata.AccountReads() {
		directory, err := patiently(func() (refdata.Directory, error) { return AskList(ctx, client, kind) })
		if err != nil {
			directory = refdata.Directory{Kind: kind, Failure: RoappFailure(err)}
		}
		says.Lists[kind] = directory
	}
	says.JudgeAddress()
	return says
}

func patiently[T any](ask func() (T, error)) (T, error) {
	for try := 1; ; try++ {
		answer, err := ask()
		if try == throttledTries || roapp.KindOf(err) != roapp.Throttled {
			return answer, err
		}
	}
}

// AskShop asks a shop all that an import reads, with reads alone: its login,
// currencies, statuses, today's orders in the shop's zone and a product, five requests.
func AskShop(ctx context.Context, client *cartum.Client, zone *time.Location) refdata.Shop {
	says := refdata.Shop{At: time.Now()}
	if err := client.Login(ctx); err != nil {
		says.Login = cartumFailure(err)
		return says
	}
	if list, err := client.Currencies(ctx); err == nil {
		for _, one := range list {
			says.Currencies = append(says.Currencies, order.NormalizeCurrency(one))
		}
		slices.Sort(says.Currencies)
	}
	statuses, err := client.Statuses(ctx)
	if err != nil {
		says.StatusesFailure = cartumFailure(err)
	}
	for _, one := range statuses {
		says.Statuses = append(says.Statuses, refdata.Status{ID: one.ID, Titles: one.Titles, Successful: one.Successful})
	}
	from, to := dayOf(says.At, zone)
	if _, err := client.Orders(ctx, cartum.OrdersQuery{From: from, To: to, Limit: 1}); err != nil && cartum.KindOf(err) != cartum.Malformed {
		says.OrdersFailure = cartumFailure(err)
	}
	if _, err := client.Products(ctx, []string{nobodysText}); err != nil && cartum.KindOf(err) != cartum.Malformed {
		says.CatalogueFailure = cartumFailure(err)
	}
	return says
}

// dayOf is the first and the last second of the day that it is in the zone, as the shop's clock shows them.
func dayOf(at time.Time, zone *time.Location) (from, to string) {
	day := at.In(zone).Format(time.DateOnly)
	return day + " 00:00:00", day + " 23:59:59"
}

func cartumFailure(err error) *refdata.Failure {
	return &refdata.Failure{Kind: string(cartum.KindOf(err)), Text: err.Error()}
}

// idText is empty for no id.
func idText(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}

func groupText(s roapp.OrderStatus) string {
	if s.GroupType == 0 {
		return s.GroupName
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", s.GroupType, s.GroupName))
}

func fieldTypeText(kind int) string {
	switch kind {
	case 0:
		return "flag"
	case 1, 2, 3:
		return "text"
	case 4, 5:
		return "time"
	case 6:
		return "number"
	case roapp.UnknownType:
		return "?"
	default:
		return fmt.Sprintf("? %d", kind)
	}
}
