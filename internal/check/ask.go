package check

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cartumsync/cartumsync/internal/cartum"
	"github.com/cartumsync/cartumsync/internal/facts"
	"github.com/cartumsync/cartumsync/internal/roapp"
)

// AskCompany proves address and key before anything else is asked: one request.
func AskCompany(ctx context.Context, client *roapp.Client) (facts.Company, error) {
	company, err := client.Company(ctx)
	if err != nil {
		return facts.Company{}, err
	}
	return facts.Company{Name: company.Name, Currency: company.Currency}, nil
}

// AskList reads one list of an account: one request, but for a list of many
// pages.
func AskList(ctx context.Context, client *roapp.Client, kind facts.Kind) (facts.Directory, error) {
	switch kind {
	case facts.Locations:
		return read(ctx, kind, client.Locations, func(l roapp.Location) facts.Record { return numbered(l.ID, l.Name) })
	case facts.Employees:
		return read(ctx, kind, client.Employees, func(e roapp.Employee) facts.Record { return numbered(e.ID, e.Name) })
	case facts.OrderTypes:
		return read(ctx, kind, client.OrderTypes, func(t roapp.OrderType) facts.Record { return numbered(t.ID, t.Name) })
	case facts.Statuses:
		return read(ctx, kind, client.OrderStatuses, func(s roapp.OrderStatus) facts.Record { return numbered(s.ID, s.Name, groupText(s)) })
	case facts.Units:
		return read(ctx, kind, client.Units, func(u roapp.Unit) facts.Record { return numbered(u.ID, u.Title) })
	case facts.Categories:
		return read(ctx, kind, client.Categories, func(g roapp.Category) facts.Record { return numbered(g.ID, g.Title, idText(g.ParentID)) })
	case facts.CustomFields:
		return read(ctx, kind, client.OrderCustomFields, func(f roapp.CustomField) facts.Record {
			return facts.Record{ID: f.ID, Name: f.Title, More: []string{fieldTypeText(f.Type)}}
		})
	default:
		return facts.Directory{}, fmt.Errorf("an account has no list %q", kind)
	}
}

func read[T any](ctx context.Context, kind facts.Kind, list func(context.Context) ([]T, error), recordOf func(T) facts.Record) (facts.Directory, error) {
	rows, err := list(ctx)
	if err != nil {
		return facts.Directory{}, err
	}
	d := facts.Directory{Kind: kind, Read: true}
	for _, row := range rows {
		d.Records = append(d.Records, recordOf(row))
	}
	d.Sort()
	return d, nil
}

// RoappFailure keeps why RO App did not answer.
func RoappFailure(err error) *facts.Failure {
	return &facts.Failure{Kind: string(roapp.KindOf(err)), Text: err.Error()}
}

// throttledTries is how often a check waits for the account's budget, which
// running workers use as well.
const throttledTries = 4

// AskAccount asks an account all that there is to ask, eight requests and more.
// It repeats what was refused because the account's budget was used up; the
// client itself waits for as long as it was told to.
func AskAccount(ctx context.Context, client *roapp.Client) facts.Account {
	says := facts.Account{At: time.Now()}
	company, err := patiently(func() (facts.Company, error) { return AskCompany(ctx, client) })
	if err != nil {
		says.Company.Failure = RoappFailure(err)
		return says
	}
	says.Company, says.Lists = company, map[facts.Kind]facts.Directory{}
	for _, kind := range facts.AccountLists() {
		directory, err := patiently(func() (facts.Directory, error) { return AskList(ctx, client, kind) })
		if err != nil {
			directory = facts.Directory{Kind: kind, Failure: RoappFailure(err)}
		}
		says.Lists[kind] = directory
	}
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

// AskShop asks a shop: its login, its currencies and its statuses, three
// requests.
func AskShop(ctx context.Context, client *cartum.Client) facts.Shop {
	says := facts.Shop{At: time.Now()}
	if err := client.Login(ctx); err != nil {
		says.Login = cartumFailure(err)
		return says
	}
	if list, err := client.Currencies(ctx); err == nil {
		for _, one := range list {
			says.Currencies = append(says.Currencies, strings.ToUpper(one.ISO))
		}
		slices.Sort(says.Currencies)
	}
	statuses, err := client.Statuses(ctx)
	if err != nil {
		says.StatusesFailure = cartumFailure(err)
	}
	for _, one := range statuses {
		says.Statuses = append(says.Statuses, facts.Status{ID: one.ID, Titles: one.Titles, Successful: one.Successful})
	}
	return says
}

func cartumFailure(err error) *facts.Failure {
	return &facts.Failure{Kind: string(cartum.KindOf(err)), Text: err.Error()}
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
