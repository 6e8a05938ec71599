package roapp_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/cartumsync/cartumsync/sandbox/roapp"
)

const catalogPath = "/v2/catalog/products"

func TestV2ProductIsCreatedReadChangedAndDeleted(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	id := a.post(catalogPath, `{"title":"Rose","sku":"A-12","code":"C1","category_id":7,"uom_id":1,"product_type_id":2,"description":"red"}`).id("id")
	path := fmt.Sprintf("%s/%d", catalogPath, id)
	check(t, a.get(path), map[string]string{
		"title": "Rose", "sku": "A-12", "code": "C1", "category_id": "7", "product_type_id": "2", "uom_id": "1", "description": "red", "is_archived": "false",
	})
	check(t, a.get(fmt.Sprintf("/products/%d", id)), map[string]string{"title": "Rose", "article": "A-12"}) // one record, two families
	a.ok(http.MethodPatch, path, `{"title":"Red rose"}`)
	check(t, a.get(path), map[string]string{"title": "Red rose", "sku": "A-12"})
	a.ok(http.MethodDelete, path, "")
	if got := a.do(http.MethodGet, path, ""); got.status != http.StatusNotFound {
		t.Errorf("got %d", got.status)
	}
	a.refuses(http.MethodPost, catalogPath, []refusal{
		{"title", `{"category_id":7,"uom_id":1,"product_type_id":1}`, "title"},
		{"category", `{"title":"x","uom_id":1,"product_type_id":1}`, "category_id"},
		{"unit", `{"title":"x","category_id":7,"product_type_id":1}`, "uom_id"},
		{"type", `{"title":"x","category_id":7,"uom_id":1}`, "product_type_id"},
		{"unknown type", `{"title":"x","category_id":7,"uom_id":1,"product_type_id":9}`, "product_type_id"},
	})
}

func TestV2ListHasNoFilterBySKU(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	a.post("/sandbox/products", `{"title":"Rose","article":"A-1"}`)
	a.post("/sandbox/products", `{"title":"Vase","article":"A-12"}`)
	for query, want := range map[string]int{"sku=A-1": 2, "articles=A-1": 2, "articles[]=A-1": 2, "q=A-12": 1, "q=a-1": 2, "q=vase": 1, "category_ids=8": 0} {
		if got := a.get(catalogPath + "?" + query); got.length("data") != want {
			t.Errorf("%s: got %s", query, got.raw)
		}
	}
}

func TestV2Lists(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	check(t, a.get(catalogPath+"/types"), map[string]string{"0.id": "1", "0.title": "Product", "1.id": "2"})
	check(t, a.get(catalogPath+"/uoms"), map[string]string{"0.id": "1", "0.title": "pcs"})
	check(t, a.get(catalogPath+"/prices"), map[string]string{"0.id": "1"})
	check(t, a.get(catalogPath+"/categories"), map[string]string{"data.0.id": "7"})
}

func TestCatalogueSwitches(t *testing.T) {
	t.Parallel()
	legacy := []string{"/products/", "/warehouse/categories/", "/catalogs/uoms", "/margins/"}
	v2 := []string{catalogPath, catalogPath + "/categories", catalogPath + "/types", catalogPath + "/uoms"}
	for _, status := range []int{404, 405, 410} {
		for name, gone := range map[roapp.Switch][]string{roapp.LegacyCatalogue: legacy, roapp.V2Catalogue: v2} {
			a := with(t, map[string]string{string(name): fmt.Sprint(status)})
			for _, path := range append(append([]string{}, legacy...), v2...) {
				want := http.StatusOK
				for _, one := range gone {
					if one == path {
						want = status
					}
				}
				if got := a.do(http.MethodGet, path, ""); got.status != want {
					t.Errorf("%s %d: %s answers %d", name, status, path, got.status)
				}
			}
		}
	}
}

func TestArchivedProducts(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	id := a.post("/sandbox/products", `{"title":"Rose","article":"A-1"}`).id("id")
	client := a.post("/sandbox/people", `{"first_name":"Jan"}`).id("id")
	order := a.post("/v2/orders", fmt.Sprintf(`{"branch_id":12,"order_type_id":34,"client_id":%d}`, client)).id("id")
	a.post(fmt.Sprintf("/sandbox/products/%d/archive", id), "{}")
	check(t, a.get(catalogPath), map[string]string{"data.0.is_archived": "true"})
	check(t, a.get("/products/"), map[string]string{"data.0.is_archived": "true"})
	a.refuses(http.MethodPost, itemsOf(order), []refusal{{"archived", line(id, nil), "entity_id"}})
	a.set(map[string]string{string(roapp.ArchivedProducts): "hidden"})
	if got := a.get(catalogPath); got.length("data") != 0 {
		t.Errorf("got %s", got.raw)
	}
}
