package verify

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/shopspring/decimal"

	"github.com/cartumsync/cartumsync/internal/cartum"
)

// shopRead is what the reads of the shop have brought.
type shopRead struct {
	loggedIn bool
	// rows are the shop's orders of one answer, as they came, and in the same order.
	rows []map[string]any
	// fresh is the number of the test order, 0 for none; placed and changed are the marks of the events before it was placed
	// and before its status was changed.
	fresh           int64
	placed, changed int
	// refusedToken is the answer to a token that a newer login ended.
	refusedToken exchanged
}

// readLimit is as many orders as one request may ask for.
const readLimit = 500

// nobody is a text that no record has.
const nobody = "cartumsync-verify-nobody"

const ordersGet = "POST /api/orders/get/"

var errNoLogin = unseen("the shop was not reached")

var shopReads = []probe{
	{
		service: shopService, assumption: "The shop's API is on and takes the login",
		covers: []string{"api"},
		sights: []string{"yes"},
		see: func(ctx context.Context, e *examination) (string, error) {
			err := e.cartum.Login(ctx)
			e.loggedIn = err == nil
			switch {
			case err == nil:
				return "yes", nil
			case cartum.KindOf(err) == cartum.Credentials:
				return "login refused", nil
			case e.cartumWire.newest().status == http.StatusNotFound:
				return "no API", nil
			}
			return "", err
		},
		means: map[string]means{
			"login refused": bad("put the login and password of a user of the shop's panel into the variables of the settings"),
			"no API":        bad("the API is off, or the address is wrong; ask Cartum to switch it on for the shop's plan"),
		},
	},
	{
		service: shopService, assumption: "A list of orders is cut at 100 rows without a word",
		covers: []string{
			"orders_max_limit", "POST /api/orders/get/: limit", "POST /api/orders/get/: offset", "POST /api/orders/get/: response.orders",
		},
		sights: []string{"cut at 100", "not cut", "cut at 500", "cut at 50"},
		see: func(ctx context.Context, e *examination) (string, error) {
			if err := e.readOrders(ctx); err != nil {
				return "", err
			}
			if len(e.rows) == 0 || len(e.rows) >= readLimit {
				return "not cut", e.needOrders(1)
			}
			page, err := e.cartum.Orders(ctx, cartum.OrdersQuery{Limit: 1, Offset: len(e.rows)})
			switch {
			case err != nil:
				return "", err
			case page.Rows > 0:
				return "cut at " + strconv.Itoa(len(e.rows)), nil
			case len(e.rows) <= 100:
				return "", unseen("the shop has too few orders to tell")
			default:
				return "not cut", nil
			}
		},
		means: map[string]means{"cut at 20": fine("sweeps make more requests; raise requests_per_second of the shop if they take too long")},
	},
	{
		service: shopService, assumption: "20 orders are given where no number is asked for",
		covers: []string{"orders_default_limit"},
		sights: []string{"20", "all"},
		see: func(ctx context.Context, e *examination) (string, error) {
			numbers := e.numbers()
			if len(numbers) <= 20 {
				return "", e.needOrders(21)
			}
			asked := numbers[:min(len(numbers), 40)]
			page, err := e.cartum.Orders(ctx, cartum.OrdersQuery{IDs: asked})
			switch {
			case err != nil:
				return "", err
			case page.Rows == len(asked):
				return "all", nil
			default:
				return strconv.Itoa(page.Rows), nil
			}
		},
	},
	{
		service: shopService, assumption: "Orders come in no known order",
		covers: []string{"orders_sort"},
		sights: []string{"unsorted", "oldest first", "newest first", "newest first, those of one second shuffled"},
		see: func(ctx context.Context, e *examination) (string, error) {
			var created []string
			for _, row := range e.rows {
				created = append(created, text(row["stat_created"]))
			}
			numbers := e.numbers()
			if len(slices.Compact(slices.Sorted(slices.Values(created)))) < 3 {
				return "", e.needOrders(3)
			}
			newest := slices.Clone(created)
			slices.Reverse(newest)
			switch {
			case slices.IsSorted(created):
				return "oldest first", nil
			case !slices.IsSorted(newest):
				return "unsorted", nil
			}
			for range 3 {
				if err := e.readOrders(ctx); err != nil {
					return "", err
				}
				if !slices.Equal(numbers, e.numbers()) {
					return "newest first, those of one second shuffled", nil
				}
			}
			return "newest first", nil
		},
	},
	{
		service: shopService, assumption: "An answer without rows has a list for a response",
		covers: []string{
			"empty_response", "POST /api/orders/get/: response", "POST /api/catalog/export/: response", "POST /api/currency/export/: response",
		},
		sights: []string{"a list", "an object"},
		see: func(ctx context.Context, e *examination) (string, error) {
			if _, err := e.cartum.Orders(ctx, cartum.OrdersQuery{From: "2090-01-01 00:00:00", To: "2090-01-02 00:00:00", Limit: 1}); err != nil {
				return "", err
			}
			return listOrObject(in(e.cartumWire.newest().value(), "response")), nil
		},
	},
	{
		service: shopService, assumption: "Statuses have a title in one language alone",
		covers: []string{"titles", "Product: title"},
		sights: []string{"one language", "others are blank", "several languages"},
		see: func(ctx context.Context, e *examination) (string, error) {
			if _, err := e.cartum.Statuses(ctx); err != nil {
				return "", err
			}
			statuses := children(in(e.cartumWire.newest().value(), "response", "statuses"))
			titles := map[string][]string{}
			for _, status := range statuses {
				all, _ := in(status, "title").(map[string]any)
				for language, title := range all {
					titles[language] = append(titles[language], text(title))
				}
			}
			ours := e.shop.Language
			if _, named := titles["ua"]; ours == "uk" && named {
				ours = "ua"
			}
			keys := strings.Join(slices.Sorted(maps.Keys(titles)), ", ")
			blank := func(titles []string) bool { return slices.Contains(titles, "") }
			switch {
			case len(titles) == 0:
				return "", unseen("the shop has no status")
			case len(titles[ours]) < len(statuses) || blank(titles[ours]):
				return "the settings' language is missing: " + keys, nil
			case slices.ContainsFunc(slices.Collect(maps.Values(titles)), blank):
				return "others are blank: " + keys, nil
			case len(titles) == 1:
				return "one language: " + keys, nil
			default:
				return "several languages: " + keys, nil
			}
		},
		means: map[string]means{
			"the settings' language is missing": fine("titles are shown in another language; write one of these languages as the shop's language"),
		},
	},
	{
		service: shopService, assumption: "The shop has the standard statuses and no others",
		covers: []string{"extra_status"},
		sights: []string{"standard"},
		see: func(ctx context.Context, e *examination) (string, error) {
			statuses, err := e.cartum.Statuses(ctx)
			if err != nil {
				return "", err
			}
			var own []string
			for _, status := range statuses {
				id := strconv.Itoa(status.ID)
				if !slices.Contains([]int{1, 2, 3, 4, 6}, status.ID) {
					own = append(own, id)
				}
				if _, mapped := e.shop.Statuses.Import[status.ID]; !mapped {
					e.propose(e.shopKey("statuses.import."+id), "?", "the id of the RO App status that orders in the shop's status "+id+" get")
				}
			}
			if len(own) == 0 {
				return "standard", nil
			}
			return "some of its own: " + strings.Join(own, ", "), nil
		},
		means: map[string]means{"some of its own": fine("map them in statuses.import, else orders in them keep their status in RO App")},
	},
	{
		service: shopService, assumption: "Amounts are numbers",
		covers: []string{"money"},
		sights: []string{"numbers", "texts", "numbers with the noise of binary fractions"},
		see: func(_ context.Context, e *examination) (string, error) {
			seen := ""
			for _, row := range e.rows {
				amounts := []any{row["total_sum"], row["total_default"]}
				for _, line := range children(row["products"]) {
					amounts = append(amounts, in(line, "price"), in(line, "total_price"))
				}
				for _, amount := range amounts {
					switch amount := amount.(type) {
					case string:
						return "texts", nil
					case json.Number:
						if _, decimals, _ := strings.Cut(amount.String(), "."); len(decimals) > 8 {
							return "numbers with the noise of binary fractions", nil
						}
						seen = "numbers"
					}
				}
			}
			if seen == "" {
				return "", e.needOrders(len(e.rows) + 1)
			}
			return seen, nil
		},
	},
	{
		service: shopService, assumption: "The lines of an order are a list",
		covers: []string{"products", "Order: products", "Line: storage_id"},
		sights: []string{"a list", "an object"},
		see: func(_ context.Context, e *examination) (string, error) {
			return e.first("", func(row map[string]any) string {
				if len(children(row["products"])) == 0 {
					return ""
				}
				return listOrObject(row["products"])
			})
		},
	},
	{
		service: shopService, assumption: "Texts of orders are plain",
		covers: []string{"entities", "Line: title"},
		sights: []string{"plain", "escaped for HTML"},
		see: func(_ context.Context, e *examination) (string, error) {
			return e.first("no order has a quotation mark, an apostrophe or an angle bracket in its texts", func(row map[string]any) string {
				words := ""
				for _, name := range []string{"delivery_name", "delivery_address", "comment", "manager_comment"} {
					words += text(row[name]) + " "
				}
				for _, line := range children(row["products"]) {
					words += text(in(line, "title")) + " "
				}
				switch {
				case entity.MatchString(words):
					return "escaped for HTML"
				case strings.ContainsAny(words, `"'<>`):
					return "plain"
				}
				return ""
			})
		},
	},
	{
		service: shopService, assumption: "The carrier's data of an order is flat",
		covers: []string{"delivery_data", "Order: delivery_data", "Order: additional_data.tracking_code"},
		sights: []string{"flat", "below the carrier's name"},
		see: func(_ context.Context, e *examination) (string, error) {
			known := []string{"tnNumber", "tnStatusName", "tracking_number", "tracking_code", "recipient_warehouse_ref", "destination"}
			has := func(value any) bool {
				object, _ := value.(map[string]any)
				return slices.ContainsFunc(known, func(name string) bool { return object[name] != nil })
			}
			return e.first("no order has a carrier's data in a known form", func(row map[string]any) string {
				if has(row["delivery_data"]) {
					return "flat"
				}
				if slices.ContainsFunc(children(row["delivery_data"]), has) {
					return "below the carrier's name"
				}
				return ""
			})
		},
	},
	{
		service: shopService, assumption: "A campaign that looks like a number is one",
		covers: []string{"utm_campaign"},
		sights: []string{"a number", "a text"},
		see: func(_ context.Context, e *examination) (string, error) {
			return e.first("no order has a campaign that looks like a number", func(row map[string]any) string {
				switch campaign := in(row, "analytics", "utm_campaign").(type) {
				case json.Number:
					return "a number"
				case string:
					if campaign != "" && strings.Trim(campaign, "0123456789") == "" {
						return "a text"
					}
				}
				return ""
			})
		},
	},
	{
		service: shopService, assumption: "Additional data that is empty is a list",
		covers: []string{"additional_data"},
		sights: []string{"a list", "an object"},
		see: func(_ context.Context, e *examination) (string, error) {
			return e.first("every order has additional data", func(row map[string]any) string {
				if row["additional_data"] == nil || len(children(row["additional_data"])) > 0 {
					return ""
				}
				return listOrObject(row["additional_data"])
			})
		},
	},
	{
		service: shopService, assumption: "total_sum is without delivery",
		covers: []string{"total_sum", "Order: total_sum"},
		sights: []string{"without delivery"},
		see: func(_ context.Context, e *examination) (string, error) {
			return e.first("no order without a discount has a price for its delivery", func(row map[string]any) string {
				delivery, items, total := amount(row["delivery_price"]), amount(row["total_default"]), amount(row["total_sum"])
				switch {
				case !delivery.IsPositive():
					return ""
				case total.Equal(items):
					return "without delivery"
				case total.Equal(items.Add(delivery)):
					return "with delivery"
				}
				return ""
			})
		},
		means: map[string]means{
			"with delivery": bad("the amount to collect that comments name would count delivery twice; send the report to the project before you go live"),
		},
	},
	{
		service: shopService, assumption: "A filter by article ignores case",
		covers: []string{"article_filter", "POST /api/catalog/export/: expr.article", "POST /api/catalog/export/: response.products"},
		sights: []string{"ignores case", "exact"},
		see:    seeArticleFilter,
		means:  map[string]means{"ignored": bad("every lookup of an article reads the first 500 products; ask Cartum for version 3.21.1 or newer")},
	},
	{
		service: shopService, assumption: "Times are on the clock of the settings' time_zone",
		covers: []string{"time_zone", "Order: stat_created", "POST /api/orders/get/: from", "POST /api/orders/get/: to"},
		sights: []string{"the settings' zone"},
		see:    seeTimeZone,
		means:  map[string]means{"another zone": bad("correct the shop's time_zone, or orders are dated wrongly and fresh ones are missed")},
	},
	{
		service: shopService, assumption: "A new login ends the older token",
		covers: []string{"tokens"},
		sights: []string{"yes", "no"},
		see: func(ctx context.Context, e *examination) (string, error) {
			if !e.loggedIn {
				return "", errNoLogin
			}
			if _, err := e.cartum.Statuses(ctx); err != nil {
				return "", err
			}
			if err := e.newCartum().Login(ctx); err != nil {
				return "", err
			}
			mark := e.cartumWire.mark()
			if _, err := e.cartum.Statuses(ctx); err != nil {
				return "", err
			}
			if len(e.cartumWire.since(mark)) == 1 {
				return "no", nil
			}
			e.refusedToken = e.cartumWire.since(mark)[0]
			return "yes", nil
		},
		means: map[string]means{"yes": fine("give cartumsync a user of its own in the shop's panel, so that other programs do not log it out")},
	},
	{
		service: shopService, assumption: "An ended token is refused as UNAUTHORIZED",
		covers: []string{"expired_token", "answer HTTPRefusal", "Refusal: response.message"},
		sights: []string{"UNAUTHORIZED", "HTTP 401", "ERROR", "AUTHORIZATION_ERROR"},
		see: func(_ context.Context, e *examination) (string, error) {
			refused := e.refusedToken
			switch {
			case refused.status == 0:
				return "", unseen("this shop's tokens outlive a new login")
			case refused.status != http.StatusOK:
				return "HTTP " + strconv.Itoa(refused.status), nil
			default:
				return text(in(refused.value(), "status")), nil
			}
		},
	},
}

var entity = regexp.MustCompile(`&(amp|quot|lt|gt|apos|#0?39);`)

// readOrders reads as many orders as one answer has.
func (e *examination) readOrders(ctx context.Context) error {
	if !e.loggedIn {
		return errNoLogin
	}
	if _, err := e.cartum.Orders(ctx, cartum.OrdersQuery{Limit: readLimit}); err != nil {
		return err
	}
	answer, _ := e.cartumWire.last(ordersGet)
	e.rows = nil
	for _, row := range children(in(answer.value(), "response", "orders")) {
		if fields, ok := row.(map[string]any); ok {
			e.rows = append(e.rows, fields)
		}
	}
	return nil
}

// needOrders says that the shop has too few orders, where it has.
func (e *examination) needOrders(n int) error {
	switch {
	case !e.loggedIn:
		return errNoLogin
	case len(e.rows) < n:
		return unseen(fmt.Sprintf("the shop has fewer than %d orders", n))
	default:
		return nil
	}
}

// first is what the first order shows that shows anything.
func (e *examination) first(otherwise string, look func(row map[string]any) string) (string, error) {
	for _, row := range e.rows {
		if seen := look(row); seen != "" {
			return seen, nil
		}
	}
	if err := e.needOrders(1); err != nil || otherwise == "" {
		return "", cmp.Or[error](err, unseen("no order shows it"))
	}
	return "", unseen(otherwise)
}

func (e *examination) numbers() []int64 {
	var numbers []int64
	for _, row := range e.rows {
		if number, err := strconv.ParseInt(text(row["order_id"]), 10, 64); err == nil && number > 0 {
			numbers = append(numbers, number)
		}
	}
	return numbers
}

// children are the elements of a list or the values of an object, in the order of its keys.
func children(value any) []any {
	switch value := value.(type) {
	case []any:
		return value
	case map[string]any:
		var all []any
		for _, key := range slices.Sorted(maps.Keys(value)) {
			all = append(all, value[key])
		}
		return all
	default:
		return nil
	}
}

func listOrObject(value any) string {
	switch value.(type) {
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	default:
		return "neither a list nor an object"
	}
}

func amount(value any) decimal.Decimal {
	d, _ := decimal.NewFromString(text(value))
	return d
}

func seeArticleFilter(ctx context.Context, e *examination) (string, error) {
	if !e.loggedIn {
		return "", errNoLogin
	}
	answered := func(article string) (int, error) {
		if _, err := e.cartum.Products(ctx, []string{article}); err != nil && cartum.KindOf(err) != cartum.Malformed {
			return 0, err
		}
		return len(children(in(e.cartumWire.newest().value(), "response", "products"))), nil
	}
	if n, err := answered(nobody); err != nil || n > 0 {
		return "ignored", err
	}
	for _, article := range e.articles() {
		n, err := answered(article)
		if err != nil {
			return "", err
		}
		if n == 0 {
			continue
		}
		if n, err = answered(swapCase(article)); err != nil || n == 0 {
			return "exact", err
		}
		return "ignores case", nil
	}
	return "", unseen("no order has a product whose article has letters and is in the catalogue")
}

// SKUs are some of the orders' SKUs that have letters.
func (e *examination) articles() []string {
	var found []string
	for _, row := range e.rows {
		for _, line := range children(row["products"]) {
			article := text(in(line, "article"))
			if swapCase(article) != article && !slices.Contains(found, article) {
				found = append(found, article)
			}
			if len(found) == 3 {
				return found
			}
		}
	}
	return found
}

func swapCase(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsUpper(r) {
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	}, text)
}

const (
	// freshFor is how long an order counts as just placed.
	freshFor = 10 * time.Minute
	// clockSlack is how far the shop's clock and this one may be apart.
	clockSlack = 2 * time.Minute
)

// seeTimeZone compares the newest order, or one that is known to be fresh, with the clock.
func seeTimeZone(ctx context.Context, e *examination) (string, error) {
	created, err := e.newestCreation(ctx)
	if err != nil {
		return "", err
	}
	at, err := time.ParseInLocation(time.DateTime, created, e.shop.Zone())
	if err != nil {
		return "", unseen("the time of the newest order cannot be read")
	}
	ahead := time.Until(at)
	switch {
	case ahead > clockSlack, e.Order != 0 && ahead < -freshFor:
		return "another zone: " + ahead.Round(15*time.Minute).String() + " from the settings' " + e.shop.TimeZone, nil
	case ahead > -freshFor:
		return "the settings' zone", nil
	default:
		return "", unseen("no order is of the last minutes; place one and give its number: --order N")
	}
}

func (e *examination) newestCreation(ctx context.Context) (string, error) {
	if !e.loggedIn {
		return "", errNoLogin
	}
	if e.Order != 0 {
		found, err := e.cartum.Order(ctx, e.Order)
		if err != nil {
			return "", err
		}
		return found.CreatedRaw, nil
	}
	recent, err := e.recent(ctx)
	newest := ""
	for _, one := range recent {
		newest = max(newest, one.CreatedRaw)
	}
	if newest == "" {
		return "", cmp.Or[error](err, unseen("no order is of the last minutes; place one and give its number: --order N"))
	}
	return newest, nil
}
