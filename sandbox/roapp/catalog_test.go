package roapp_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/cartumsync/cartumsync/sandbox/roapp"
)

func TestProductIsCreatedReadAndChanged(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	id := a.post("/products/", `{"title":"Róża 🌹","article":"A-12","description":"red","category_id":7,
		"uom_id":1,"barcodes":["590123",{"code":"590124"}],"prices":{"1":12.5}}`).id("id")
	path := fmt.Sprintf("/products/%d", id)
	check(t, a.get(path), map[string]string{
		"id": fmt.Sprint(id), "title": "Róża 🌹", "article": "A-12", "description": "red", "category.id": "7",
		"category.title": "Other", "uom.id": "1", "uom.title": "pcs", "barcodes.0.code": "590123",
		"barcodes.1.code": "590124", "prices.1": "12.5", "code": fmt.Sprintf("P%06d", id), "is_serial": "false",
	})
	a.ok(http.MethodPut, path, `{"title":"Rose"}`)
	check(t, a.get(path), map[string]string{"title": "Rose", "article": "A-12", "barcodes.0.code": "590123"})
	check(t, a.get("/v2/catalog/products"), map[string]string{
		"data.0.id": fmt.Sprint(id), "data.0.sku": "A-12", "data.0.category_id": "7", "data.0.barcodes.0": "590123",
		"data.0.prices.0.id": "1", "data.0.prices.0.price": "12.50", "paging.count": "1",
	})
	for _, method := range []string{http.MethodGet, http.MethodPut} {
		got := a.do(method, "/products/9", "{}")
		check(t, got, map[string]string{"success": "false", "code": "404"})
		if got.status != http.StatusNotFound {
			t.Errorf("%s unknown product: %d", method, got.status)
		}
	}
}

func TestProductRefusalsHaveTheOldForm(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	complete := func(more string) string { return `{"title":"Rose","category_id":7,"uom_id":1` + more + `}` }
	for body, field := range map[string]string{
		`{"category_id":7,"uom_id":1}`:                            "title",
		`{"title":"Rose","uom_id":1}`:                             "category_id",
		`{"title":"Rose","category_id":8,"uom_id":1}`:             "category_id",
		`{"title":"Rose","category_id":7,"uom_id":9}`:             "uom_id",
		complete(`,"article":5`):                                  "article",
		complete(`,"article":"` + strings.Repeat("x", 256) + `"`): "article",
		complete(`,"prices":{"2":1}`):                             "prices.2",
		complete(`,"prices":{"1":"x"}`):                           "prices.1",
		complete(`,"barcodes":[{}]`):                              "barcodes.code",
		complete(`,"barcodes":[5]`):                               "barcodes.code",
		complete(`,"warranty":"x"`):                               "warranty",
	} {
		got := a.do(http.MethodPost, "/products/", body)
		validation, _ := lookUp(got.json, "message.validation").(map[string]any)
		if _, named := validation[field]; got.status != http.StatusBadRequest || !named || got.at("success") != "false" {
			t.Errorf("%s: got %d %s, want %s", body, got.status, got.raw, field)
		}
	}
}

func TestProductListFilters(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	other := a.post("/sandbox/categories", `{"title":"Bulbs"}`).id("id")
	rose := a.post("/sandbox/products", `{"title":"Rose","article":"A-12","barcodes":["590"]}`).id("id")
	body := fmt.Sprintf(`{"title":"Rose bulb","category_id":%d,"code":"zzz"}`, other)
	bulb := a.post("/sandbox/products", body).id("id")
	both := fmt.Sprintf("%d %d", rose, bulb)
	for query, want := range map[string]string{
		"":                                    both,
		fmt.Sprintf("ids[]=%d", bulb):         fmt.Sprint(bulb),
		fmt.Sprintf("categories[]=%d", other): fmt.Sprint(bulb),
		"title=Rose":                          fmt.Sprint(rose),
		"title=rose":                          "",
		"articles[]=A-12":                     fmt.Sprint(rose),
		"articles[]=a-12":                     "",
		"articles[]=A-12&articles[]=":         both, // an empty article is equal to an empty article
		"articles=A-12":                       both, // an unknown key
		"barcodes[]=590":                      fmt.Sprint(rose),
		"q=ROSE":                              both,
		"q=ZZ":                                fmt.Sprint(bulb),
		"q=59":                                fmt.Sprint(rose),
		"q=bulb&categories[]=7":               "",
	} {
		if got := ids(a.get("/products/?" + query)); got != want {
			t.Errorf("%s: got %q, want %q", query, got, want)
		}
	}
	check(t, a.get("/products/?"+url.Values{"page": {"2"}}.Encode()), map[string]string{
		"data": "[]", "page": "2", "count": "2", "success": "true",
	})
	if got := a.get("/products/?ids[]=x"); got.status != http.StatusBadRequest {
		t.Errorf("bad id: %d", got.status)
	}
}

func TestDuplicateArticleSwitch(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	body := `{"title":"Rose","article":"A-12","code":"C1","category_id":7,"uom_id":1}`
	first := a.post("/products/", body).id("id")
	a.post("/products/", strings.Replace(body, "C1", "C2", 1))
	a.set(settings{roapp.DuplicateArticle: "refused"}.values())
	for field, body := range map[string]string{
		"article": strings.Replace(body, "C1", "C3", 1), "code": strings.Replace(body, "A-12", "A-13", 1),
	} {
		got := a.do(http.MethodPost, "/products/", body)
		said := got.at("message.validation." + field)
		if got.status != http.StatusBadRequest || !strings.Contains(said, "belongs to product") {
			t.Errorf("%s: %d %s", field, got.status, got.raw)
		}
	}
	got := a.do(http.MethodPut, fmt.Sprintf("/products/%d", first), `{"article":"A-12"}`)
	if got.status != http.StatusBadRequest {
		t.Errorf("put: %d %s", got.status, got.raw)
	}
}

func TestCreatableSwitches(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       roapp.Switch
		path, body string
	}{
		{roapp.ProductCreate, "/products/", `{"title":"Rose","category_id":7,"uom_id":1}`},
		{roapp.CategoryCreate, "/warehouse/categories/", `{"title":"Roses","parent_id":7}`},
	} {
		for value, status := range map[string]int{"yes": 200, "403": 403, "404": 404} {
			a := with(t, settings{c.name: value}.values())
			if got := a.do(http.MethodPost, c.path, c.body); got.status != status {
				t.Errorf("%s %s: got %d %s", c.name, value, got.status, got.raw)
			}
		}
	}
}

func TestCategories(t *testing.T) {
	t.Parallel()
	a := with(t, settings{roapp.CategoryCreate: "yes"}.values())
	id := a.post("/warehouse/categories/", `{"title":"Roses","parent_id":7}`).id("id")
	a.post("/warehouse/categories/", `{"title":"Roses","parent_id":7}`) // a duplicate, in silence
	check(t, a.get("/warehouse/categories/"), map[string]string{
		"data.0.id": "7", "data.0.title": "Other", "data.0.parent_id": "<nil>",
		"data.1.id": fmt.Sprint(id), "data.1.title": "Roses", "data.1.parent_id": "7", "count": "3", "success": "true",
	})
	check(t, a.get("/v2/catalog/products/categories"), map[string]string{"data.1.title": "Roses", "paging.count": "3"})
	a.set(settings{roapp.CategoriesList: "array"}.values())
	check(t, a.get("/v2/catalog/products/categories"), map[string]string{"1.title": "Roses"})
	for body, field := range map[string]string{
		`{}`: "title", `{"title":"x","parent_id":8}`: "parent_id",
		`{"title":"` + strings.Repeat("x", 256) + `"}`: "title",
	} {
		got := a.do(http.MethodPost, "/warehouse/categories/", body)
		if got.status != http.StatusBadRequest || got.at("message.validation."+field) == "<nil>" {
			t.Errorf("%s: %d %s", body, got.status, got.raw)
		}
	}
}

func TestUnitsAndPriceTypes(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	check(t, a.get("/catalogs/uoms"), map[string]string{
		"data.0.id": "1", "data.0.title": "pcs", "data.0.description": "Pieces", "data.1.id": "2", "success": "true",
	})
	check(t, a.get("/margins/"), map[string]string{"data.0.id": "1", "data.0.title": "Retail"})
}
