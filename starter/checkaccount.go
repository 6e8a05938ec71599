package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/roapp"
	"github.com/cartumsync/cartumsync/internal/settings"
)

// accountNames are what findings about an account call it and its keys.
type accountNames struct{ title, url, key string }

// directories are an account's lists.
type directories struct {
	account                                              string // how findings call it
	reached                                              bool
	locations, employees, types, statuses, units, fields directory
	categories                                           directory
	fieldTypes                                           map[string]int // by field's id
}

// checkAccount tests the key and every id of the account's own settings.
func (c *checker) checkAccount(ctx context.Context, id string, a settings.Account) directories {
	at := "accounts." + id
	client := roapp.New(roapp.Config{
		URL: a.URL, APIKey: a.APIKey.Reveal(), RequestsPerSecond: a.RequestsPerSecond, Timeout: min(a.RequestTimeout, serviceTimeout),
	})
	c.report.section("RO App account %s, %s", id, a.URL)
	names := accountNames{title: "account " + id, url: at + ".url", key: at + ".api_key"}
	company, reachable := c.company(ctx, names, client)
	if !reachable {
		return directories{account: names.title}
	}
	c.accountCurrency(at+".currency", a.Currency, company)
	if a.WebhookSecret.Reveal() == "" {
		c.report.find(remark, at+".webhook_secret", "none: RO App's webhooks are not accepted, and changes are seen by asking alone")
	}
	d := c.directories(ctx, names, client)
	c.report.id(at+".piece_unit", d.units, a.PieceUnit, d.account)
	c.report.id(at+".fallback_category", d.categories, a.FallbackCategory, d.account)
	c.customFields(at+".fields.", a.Fields, d)
	c.showDirectories(d)
	return d
}

// listAccount lists the ids of an account that is not in the settings.
func (c *checker) listAccount(ctx context.Context, names accountNames, client *roapp.Client) {
	c.report.section("RO App, %s", names.title)
	company, reachable := c.company(ctx, names, client)
	if !reachable {
		return
	}
	if company.Currency != "" {
		c.report.find(fine, "currency", "%s", company.Currency)
	}
	c.showDirectories(c.directories(ctx, names, client))
}

// company proves address and key before anything else is asked.
func (c *checker) company(ctx context.Context, names accountNames, client *roapp.Client) (roapp.Company, bool) {
	company, err := patiently(ctx, client.Company)
	if err != nil {
		c.roappFailed(names, "the company", err)
		return company, false
	}
	text := "accepted"
	if company.Name != "" {
		text = fmt.Sprintf("accepted; the company is %q", company.Name)
	}
	c.report.find(fine, names.key, "%s", text)
	return company, true
}

// throttledTries is how often a check waits for the account's budget, which
// running workers use as well.
const throttledTries = 4

// patiently repeats what was refused because the account's budget was used up;
// the client itself waits for as long as it was told to.
func patiently[T any](ctx context.Context, ask func(context.Context) (T, error)) (T, error) {
	for try := 1; ; try++ {
		answer, err := ask(ctx)
		if try == throttledTries || roapp.KindOf(err) != roapp.Throttled {
			return answer, err
		}
	}
}

// roappFailed names the settings' key that is to be mended.
func (c *checker) roappFailed(names accountNames, what string, err error) {
	switch roapp.KindOf(err) {
	case roapp.Credentials:
		c.report.find(problem, names.key, "RO App refuses the key: %v; copy it from RO App, Settings > API, into the variable that the settings name", err)
	case roapp.Forbidden:
		c.report.find(problem, names.key, "the key may not read %s: %v; give its employee the right in RO App", what, err)
	case roapp.Throttled:
		c.report.find(problem, names.key, "RO App's limit of requests is used up by others: %v; check again in a minute, or look who else uses the key", err)
	case roapp.NotFound, roapp.Unavailable:
		c.report.find(problem, names.url, "RO App does not answer for %s: %v; check the address and the network", what, err)
	default:
		c.report.find(problem, names.url, "%s cannot be read: %v", what, err)
	}
}

func (c *checker) accountCurrency(key, configured string, company roapp.Company) {
	switch {
	case company.Currency == "":
		c.report.find(remark, key, "%s; RO App's API does not tell the account's currency, so compare it by hand", configured)
	case strings.EqualFold(company.Currency, configured):
		c.report.find(fine, key, "%s, as in RO App", configured)
	default:
		c.report.find(problem, key, "RO App's account is in %s, the settings say %s; write %s", company.Currency, configured, company.Currency)
	}
}

// directories reads all lists of an account; those that fail become findings.
func (c *checker) directories(ctx context.Context, names accountNames, client *roapp.Client) directories {
	d := directories{account: names.title, reached: true, fieldTypes: map[string]int{}}
	d.locations = readDirectory(ctx, c, names, directory{title: "locations", one: "location"}, client.Locations,
		func(l roapp.Location) record { return numbered(l.ID, l.Name) })
	d.employees = readDirectory(ctx, c, names, directory{title: "employees", one: "employee"}, client.Employees,
		func(e roapp.Employee) record { return numbered(e.ID, e.Name) })
	d.types = readDirectory(ctx, c, names, directory{title: "order types", one: "order type"}, client.OrderTypes,
		func(t roapp.OrderType) record { return numbered(t.ID, t.Name) })
	d.statuses = readDirectory(ctx, c, names, directory{title: "order statuses", one: "order status", columns: []string{"GROUP"}}, client.OrderStatuses,
		func(s roapp.OrderStatus) record { return numbered(s.ID, s.Name, groupText(s)) })
	d.units = readDirectory(ctx, c, names, directory{title: "units", one: "unit"}, client.Units,
		func(u roapp.Unit) record { return numbered(u.ID, u.Title) })
	d.categories = readDirectory(ctx, c, names, directory{title: "categories", one: "category", columns: []string{"PARENT"}}, client.Categories,
		func(g roapp.Category) record { return numbered(g.ID, g.Title, idText(g.ParentID)) })
	d.fields = readDirectory(ctx, c, names, directory{title: "order custom fields", one: "custom field", columns: []string{"TYPE"}}, client.OrderCustomFields,
		func(f roapp.CustomField) record {
			d.fieldTypes[f.ID] = f.Type
			return record{id: f.ID, name: f.Title, more: []string{fieldTypeText(f.Type)}}
		})
	return d
}

func readDirectory[T any](ctx context.Context, c *checker, names accountNames, d directory, list func(context.Context) ([]T, error), recordOf func(T) record) directory {
	rows, err := patiently(ctx, list)
	if err != nil {
		c.roappFailed(names, d.title, err)
		return d
	}
	d.read = true
	for _, row := range rows {
		d.records = append(d.records, recordOf(row))
	}
	d.sort()
	return d
}

func (c *checker) showDirectories(d directories) {
	for _, one := range []directory{d.locations, d.employees, d.types, d.statuses, d.units, d.categories, d.fields} {
		c.report.directory(one)
	}
}

func numbered(id int64, name string, more ...string) record {
	return record{id: strconv.FormatInt(id, 10), name: name, more: more}
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

// customFields finds each configured field by id or by title, as the import
// does, and whether it can hold what it is for (reference, roapp-api 6).
func (c *checker) customFields(at string, f settings.CustomFields, d directories) {
	const text, number, moment = "text", "number", "time"
	for _, field := range []struct {
		key, configured string
		holds           []string
		without         string
	}{
		{"shop", f.Shop, []string{text}, "the shop's name is not shown on orders"},
		{"external_id", f.ExternalID, []string{text, number}, "Cartum's number goes into the manager's notes"},
		{"created", f.Created, []string{text, moment}, "the time of creation in Cartum is not shown on orders"},
		{"last_updated", f.LastUpdated, []string{text, moment}, "the time of the last sync is not shown on orders"},
	} {
		key := at + field.key
		switch found, ok := fieldOf(d.fields, field.configured); {
		case field.configured == "":
			c.report.find(remark, key, "none: %s", field.without)
		case !d.fields.read: // that they could not be listed is a finding of its own
		case !ok:
			c.report.find(problem, key, "%s has no custom field of orders with the id or title %q; make one in RO App, or write one of its list", d.account, field.configured)
		case unfitting(d.fieldTypes[found.id], field.holds):
			c.report.find(problem, key, "%s %q is a field of the type %s; choose one for %s", found.id, found.name, fieldTypeText(d.fieldTypes[found.id]), strings.Join(field.holds, " or "))
		default:
			c.report.find(fine, key, "%s is %q", found.id, found.name)
		}
	}
}

func fieldOf(d directory, configured string) (record, bool) {
	i := slices.IndexFunc(d.records, func(r record) bool { return r.id == configured || order.SameText(r.name, configured) })
	if i < 0 {
		return record{}, false
	}
	return d.records[i], true
}

// unfitting leaves types that are not known in peace.
func unfitting(kind int, holds []string) bool {
	text := fieldTypeText(kind)
	return !strings.HasPrefix(text, "?") && !slices.Contains(holds, text)
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
