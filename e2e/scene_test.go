package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/cartumsync/cartumsync/e2e/testenv"
)

// scene is an order whose import takes every step: a new customer, a new product
// in a new category, a known product twice, a remark, a status that is not the
// first one. Where nothing fails, the account is as quiet says.
type scene struct {
	options testenv.Options
	created string // when the buyer placed the order, on the shop's clock
	once    *sync.Once
	calm    *account
}

const sceneNumber = 115

// sceneByArticle and sceneByTitle are the scene of the two ways to identify
// products, the same for all tests.
var (
	sceneByArticle = sync.OnceValue(func() scene { return newScene(false) })
	sceneByTitle   = sync.OnceValue(func() scene { return newScene(true) })
)

func sceneBy(title bool) scene {
	if title {
		return sceneByTitle()
	}
	return sceneByArticle()
}

func newScene(byTitle bool) scene {
	zone := "Europe/Warsaw"
	if byTitle {
		zone = "Europe/Kyiv"
	}
	location, err := time.LoadLocation(zone)
	if err != nil {
		panic(err) // the binary has the zones with it
	}
	return scene{
		once: new(sync.Once), calm: new(account),
		created: time.Now().In(location).Format("2006-01-02 15:04:05"),
		options: testenv.Options{
			Second: byTitle, Unlimited: true, RequestTimeout: 2 * time.Second, Settle: 500 * time.Millisecond, SearchLag: 1200 * time.Millisecond,
			RoappSwitches: map[string]string{"category-create": "yes", "search-lag": "1s"},
		},
	}
}

// open builds a test environment in which the scene's order may be placed.
func (s scene) open(t *testing.T, options testenv.Options) *testenv.Env {
	t.Helper()
	w := testenv.New(t, options)
	language := "pl"
	if options.Second {
		language = "ua"
	}
	w.Cartum.PutProduct("N-1", testenv.J{
		"title": testenv.J{language: "Wazon szklany"}, "description": testenv.J{language: "<p>Szkło &amp; metal</p>"},
		"parent": testenv.J{"id": 7, "value": testenv.J{language: "Dekoracje"}},
	})
	w.Cartum.PutProduct("K-1", testenv.J{"title": testenv.J{language: "Róża czerwona"}})
	w.Roapp.Create("products", testenv.J{"title": "Róża czerwona", "article": "K-1"})
	if !options.Unlimited {
		w.Roapp.Switch("search-lag", "0s") // polling whether it is over would use up the budget
		return w
	}
	w.Eventually(testenv.Patience, func() string {
		var found json.RawMessage
		w.Roapp.API(http.MethodGet, "/products/", nil, &found)
		if !strings.Contains(string(found), "K-1") {
			return "the search does not show the known product"
		}
		return ""
	})
	w.Roapp.ResetRequests()
	return w
}

// fields are the order as the buyer placed it.
func (s scene) fields() testenv.J {
	return testenv.J{
		"stat_created": s.created, "stat_status": 2, "comment": "Proszę dzwonić po 17",
		"products": []testenv.J{
			testenv.Line("N-1", "Glass vase", "49.90", "1"),
			testenv.Line("K-1", "Red rose", "12.50", "11"),
			testenv.Line("K-1", "Red rose", "10", "2"),
		},
	}
}

// place puts the order into the shop and sends its webhook.
func (s scene) place(w *testenv.Env) { w.T.Helper(); w.Place(sceneNumber, s.fields()) }

// quiet is the account after an import in which nothing failed.
func (s scene) quiet(t *testing.T) account {
	t.Helper()
	s.once.Do(func() {
		w := s.open(t, s.options)
		s.place(w)
		w.AwaitSynced(sceneNumber)
		*s.calm = accountOf(w)
	})
	return *s.calm
}

// account is what an account holds, without what differs from run to run: ids
// and the moments of writing.
type account struct {
	Orders     []workOrder
	People     []string
	Products   []string
	Categories []string
}

// workOrder is an order with all that the exchange writes of it.
type workOrder struct {
	Customer string
	Status   int64
	Manager  int64
	Notes    string
	Fields   map[string]string
	Items    []string
	Comments []string
}

var moment = regexp.MustCompile(`\d\d\.\d\d\.\d{4} \d\d:\d\d`)

func accountOf(w *testenv.Env) account {
	w.T.Helper()
	var a account
	people := map[int64]string{}
	for _, person := range w.Roapp.People() {
		text := fmt.Sprintf("%s %s, %s, %s", person.FirstName, person.LastName, person.Email, person.Phones)
		people[person.ID] = text
		a.People = append(a.People, text)
	}
	categories := map[int64]string{}
	for _, category := range w.Roapp.Records("categories") {
		a.Categories = append(a.Categories, fmt.Sprint(category["title"]))
	}
	for _, product := range w.Roapp.Products() {
		categories[product.Category.ID] = product.Category.Title
		a.Products = append(a.Products, fmt.Sprintf("%s %s in %s: %s", product.Article, product.Title, product.Category.Title, product.Description))
	}
	for _, order := range w.Roapp.Orders() {
		a.Orders = append(a.Orders, workOrderOf(order, people[order.Client.ID]))
	}
	slices.Sort(a.People)
	slices.Sort(a.Products)
	slices.Sort(a.Categories)
	slices.SortFunc(a.Orders, func(x, y workOrder) int { return strings.Compare(fmt.Sprint(x), fmt.Sprint(y)) })
	return a
}

func workOrderOf(order testenv.RoappOrder, customer string) workOrder {
	delete(order.CustomFields, "f104") // last updated
	o := workOrder{Customer: customer, Status: order.Status.ID, Manager: order.ManagerID, Notes: order.ManagerNotes, Fields: order.CustomFields}
	for _, item := range order.Items {
		o.Items = append(o.Items, fmt.Sprintf("%s x %s at %s, deduction required %t", item.Quantity, item.Entity.SKU, item.Price, item.IsDeductionRequired))
	}
	slices.Sort(o.Items)
	for _, entry := range order.Feed {
		o.Comments = append(o.Comments, moment.ReplaceAllString(entry.Comment, "[moment]"))
	}
	return o
}

// withoutRepetitions drops so many repetitions of a comment, which lost answers
// may cause: comments cannot be read back.
func withoutRepetitions(a account, most int) account {
	for i := range a.Orders {
		comments := a.Orders[i].Comments
		for range most {
			if n := len(comments); n > 1 && comments[n-1] == comments[n-2] {
				comments = comments[:n-1]
			}
		}
		a.Orders[i].Comments = comments
	}
	return a
}

// assertQuiet says that whatever happened left no trace in the account.
func assertQuiet(t *testing.T, quiet account, w *testenv.Env) {
	t.Helper()
	assert.Equal(t, quiet, accountOf(w))
}
