package check

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cartumsync/cartumsync/internal/cartum"
	"github.com/cartumsync/cartumsync/internal/roapp"
)

// Company is an account itself, as RO App tells it.
type Company struct {
	Name, Currency string   // "" where RO App does not tell
	Failure        *Failure `json:",omitempty"`
}

// AccountFacts are what an account says of itself. Of people they hold the
// employees' names.
type AccountFacts struct {
	At      time.Time
	Company Company
	// Lists are empty where the company could not be read.
	Lists map[Kind]Directory
}

// reached tells whether address and key are good.
func (f AccountFacts) reached() bool { return f.Lists != nil }

// ShopFacts are what a shop says of itself.
type ShopFacts struct {
	At       time.Time
	Login    *Failure `json:",omitempty"` // why it failed; then the rest is empty
	Statuses []cartum.Status
	// StatusesFailure is why the statuses could not be read.
	StatusesFailure *Failure `json:",omitempty"`
	Currencies      []string // empty where the shop does not tell them
}

// AskCompany proves address and key before anything else is asked: one request.
func AskCompany(ctx context.Context, client *roapp.Client) (Company, error) {
	company, err := client.Company(ctx)
	if err != nil {
		return Company{}, err //nolint:wrapcheck // the kind of the client's error decides
	}
	return Company{Name: company.Name, Currency: company.Currency}, nil
}

// AskList reads one list of an account: one request, but for a list of many
// pages.
func AskList(ctx context.Context, client *roapp.Client, kind Kind) (Directory, error) {
	switch kind {
	case Locations:
		return read(ctx, kind, client.Locations, func(l roapp.Location) Record { return numbered(l.ID, l.Name) })
	case Employees:
		return read(ctx, kind, client.Employees, func(e roapp.Employee) Record { return numbered(e.ID, e.Name) })
	case OrderTypes:
		return read(ctx, kind, client.OrderTypes, func(t roapp.OrderType) Record { return numbered(t.ID, t.Name) })
	case Statuses:
		return read(ctx, kind, client.OrderStatuses, func(s roapp.OrderStatus) Record { return numbered(s.ID, s.Name, groupText(s)) })
	case Units:
		return read(ctx, kind, client.Units, func(u roapp.Unit) Record { return numbered(u.ID, u.Title) })
	case Categories:
		return read(ctx, kind, client.Categories, func(g roapp.Category) Record { return numbered(g.ID, g.Title, idText(g.ParentID)) })
	case CustomFields:
		return read(ctx, kind, client.OrderCustomFields, func(f roapp.CustomField) Record {
			return Record{ID: f.ID, Name: f.Title, More: []string{fieldTypeText(f.Type)}}
		})
	default:
		return Directory{}, fmt.Errorf("an account has no list %q", kind)
	}
}

func read[T any](ctx context.Context, kind Kind, list func(context.Context) ([]T, error), recordOf func(T) Record) (Directory, error) {
	rows, err := list(ctx)
	if err != nil {
		return Directory{}, err
	}
	d := Directory{Kind: kind, Read: true}
	for _, row := range rows {
		d.Records = append(d.Records, recordOf(row))
	}
	d.sort()
	return d, nil
}

// RoappFailure keeps why RO App did not answer.
func RoappFailure(err error) *Failure { return &Failure{string(roapp.KindOf(err)), err.Error()} }

// throttledTries is how often a check waits for the account's budget, which
// running workers use as well.
const throttledTries = 4

// AskAccount asks an account all that there is to ask, eight requests and more.
// It repeats what was refused because the account's budget was used up; the
// client itself waits for as long as it was told to.
func AskAccount(ctx context.Context, client *roapp.Client) AccountFacts {
	facts := AccountFacts{At: time.Now()}
	company, err := patiently(func() (Company, error) { return AskCompany(ctx, client) })
	if err != nil {
		facts.Company.Failure = RoappFailure(err)
		return facts
	}
	facts.Company, facts.Lists = company, map[Kind]Directory{}
	for _, kind := range AccountLists() {
		directory, err := patiently(func() (Directory, error) { return AskList(ctx, client, kind) })
		if err != nil {
			directory = Directory{Kind: kind, Failure: RoappFailure(err)}
		}
		facts.Lists[kind] = directory
	}
	return facts
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
func AskShop(ctx context.Context, client *cartum.Client) ShopFacts {
	facts := ShopFacts{At: time.Now()}
	if err := client.Login(ctx); err != nil {
		facts.Login = cartumFailure(err)
		return facts
	}
	if list, err := client.Currencies(ctx); err == nil {
		for _, one := range list {
			facts.Currencies = append(facts.Currencies, strings.ToUpper(one.ISO))
		}
		slices.Sort(facts.Currencies)
	}
	statuses, err := client.Statuses(ctx)
	if err != nil {
		facts.StatusesFailure = cartumFailure(err)
	}
	facts.Statuses = statuses
	return facts
}

func cartumFailure(err error) *Failure { return &Failure{string(cartum.KindOf(err)), err.Error()} }

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
