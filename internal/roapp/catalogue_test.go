package roapp

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

const vase = `{"id":5,"code":"C5","title":"Vase","article":"A-12","description":null,"category":{"id":7,"title":"Vases"},
	"uom":{"id":1},"prices":{"9":120.5},"custom_fields":[]}`

var vaseProduct = Product{ID: 5, Title: "Vase", Article: "A-12", Code: "C5", UnitID: 1}

func TestFindProducts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		query ProductQuery
		key   string
		want  []string
	}{
		"articles":       {ProductQuery{Articles: []string{"A-12", "B&=+", ""}}, "articles[]", []string{"A-12", "B&=+"}},
		"title":          {ProductQuery{Title: "Ваза «Ніч»"}, "title", []string{"Ваза «Ніч»"}},
		"articles first": {ProductQuery{Articles: []string{"A-12"}, Title: "x"}, "articles[]", []string{"A-12"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c := newService(t, ok(`{"data":[`+vase+`,{"id":6,"sku":"B","uom_id":"8"}],"count":2,"page":1,"success":true}`))
			got, err := c.FindProducts(t.Context(), test.query)
			if want := []Product{vaseProduct, {ID: 6, Article: "B", UnitID: 8}}; err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, %v", got, err)
			}
			if query := s.only(t).query; len(query) != 1 || !reflect.DeepEqual(query[test.key], test.want) {
				t.Errorf("asked %v", query)
			}
		})
	}
}

// F29: an empty SKU is not a filter that matches all products.
func TestF29EmptyQueryFindsNothing(t *testing.T) {
	t.Parallel()
	s, c := newService(t, ok(`{"data":[`+vase+`]}`))
	for _, query := range []ProductQuery{{}, {Articles: []string{"", " "}}, {Title: " "}} {
		if got, err := c.FindProducts(t.Context(), query); got != nil || err != nil {
			t.Errorf("got %v, %v", got, err)
		}
	}
	if n := len(s.all()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

func TestFindProductsSplitsManyArticles(t *testing.T) {
	t.Parallel()
	articles := make([]string, 90)
	for i := range articles {
		articles[i] = fmt.Sprintf("A-%d", i)
	}
	// The service ignores the filter: what comes twice counts once.
	s, c := newService(t, ok(`{"data":[`+vase+`],"count":1}`))
	got, err := c.FindProducts(t.Context(), ProductQuery{Articles: articles})
	if err != nil || len(got) != 1 {
		t.Errorf("got %v, %v", got, err)
	}
	asked := 0
	for _, r := range s.all() {
		asked += len(r.query["articles[]"])
	}
	if n := len(s.all()); n != 3 || asked != 90 {
		t.Errorf("%d articles in %d requests", asked, n)
	}

	_, c = newService(t, ok(`{"data":[],"count":0}`), says(http.StatusInternalServerError, ""))
	if got, err := c.FindProducts(t.Context(), ProductQuery{Articles: articles}); got != nil || KindOf(err) != Unavailable {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestCreateProductAndCategory(t *testing.T) {
	t.Parallel()
	s, c := newService(t, ok(`{"data":{"id":9},"success":true}`))
	id, err := c.CreateProduct(t.Context(), NewProduct{Title: "Vase <L>", Article: "A-12", Description: "d", CategoryID: 7, UnitID: 1})
	if err != nil || id != 9 {
		t.Fatalf("got %d, %v", id, err)
	}
	id, err = c.CreateCategory(t.Context(), "Vases", 3)
	if err != nil || id != 9 {
		t.Fatalf("got %d, %v", id, err)
	}
	for i, want := range []string{
		`{"title":"Vase <L>","article":"A-12","description":"d","category_id":7,"uom_id":1}`,
		`{"title":"Vases","parent_id":3}`,
	} {
		if got := asJSON(t, s.all()[i].body); !reflect.DeepEqual(got, asJSON(t, want)) {
			t.Errorf("sent %v, want %s", got, want)
		}
	}
	_, _ = c.CreateProduct(t.Context(), NewProduct{Title: "Vase", CategoryID: 7})
	if got := strings.TrimSpace(s.all()[2].body); got != `{"title":"Vase","category_id":7}` {
		t.Errorf("sent %s", got)
	}
}

func TestCategoriesAndUnits(t *testing.T) {
	t.Parallel()
	_, c := newService(t, ok(`{"data":[{"id":1,"title":"All","parent_id":null},{"id":2,"name":"Vases","parent_id":1},
		{"id":3,"title":"Pots","parent":{"id":1}},{"id":4,"title":"Odd","parent":[]}],"success":true}`))
	categories, err := c.Categories(t.Context())
	want := []Category{{1, "All", 0}, {2, "Vases", 1}, {3, "Pots", 1}, {4, "Odd", 0}}
	if err != nil || !reflect.DeepEqual(categories, want) {
		t.Errorf("got %+v, %v", categories, err)
	}
	_, c = newService(t, ok(`[{"id":1,"description":"Pieces","title":"pcs"}]`))
	units, err := c.Units(t.Context())
	if err != nil || !reflect.DeepEqual(units, []Unit{{1, "pcs"}}) {
		t.Errorf("got %+v, %v", units, err)
	}
}

func FuzzDecodeProducts(f *testing.F) {
	for _, seed := range []string{`{"data":[` + vase + `]}`, vase, `{"data":[{"id":1,"category":[]}]}`, `{"data":{"id":"1","sku":5}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		value, err := parse(body)
		if err != nil {
			return
		}
		n := newNode(value)
		decodeProduct(n.apart().record())
		for _, row := range readPage(n.apart()).rows {
			row = row.apart()
			if product := decodeProduct(row.row()); row.err() == nil && product.ID <= 0 {
				t.Errorf("a product with id %d", product.ID)
			}
		}
	})
}
