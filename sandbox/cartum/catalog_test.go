package cartum

import (
	"strconv"
	"testing"
)

func (s *shop) articles(p params) []string {
	s.t.Helper()
	articles := []string{}
	for _, product := range s.call("catalog/export", p).list("response", "products") {
		articles = append(articles, at(product, "article").(string))
	}
	return articles
}

// newCatalog is a shop with the products A-1, B/2 +% and C.
func newCatalog(t *testing.T) *shop {
	t.Helper()
	s := newShop(t, map[string]string{"article_filter": "exact"})
	s.putProduct("A-1", `{"title":{"pl":"Doniczka"},"price":12.50,"display_in_showcase":1,"parent_article":"",
		"parent":{"id":5,"value":{"pl":"Dom\\Ogród"}}}`)
	s.putProduct("B/2 +%", `{"title":{"pl":"Ziemia"},"display_in_showcase":0,"parent":{"id":6,"value":{"pl":"Dom\\Ogródek"}}}`)
	s.putProduct("C", `{"parent":{"id":7,"value":{"pl":"Dom\\Ogród\\Donice"}}}`)
	s.token = s.login()
	return s
}

func TestCatalogExport(t *testing.T) {
	t.Parallel()
	s := newCatalog(t)
	cases := []struct {
		name string
		p    params
		want []string
	}{
		{"all", nil, []string{"A-1", "B/2 +%", "C"}},
		{"article", params{"expr": params{"article": "B/2 +%"}}, []string{"B/2 +%"}},
		{"articles", params{"expr": params{"article": []string{"A-1", "C", "D"}}}, []string{"A-1", "C"}},
		{"no article filters nothing", params{"expr": params{"article": ""}}, []string{"A-1", "B/2 +%", "C"}},
		{"parent", params{"expr": params{"parent": params{"id": []int{6, 7}}}}, []string{"B/2 +%", "C"}},
		{"parent path", params{"expr": params{"parent": `Dom\Ogród`}}, []string{"A-1", "C"}},
		{"shown", params{"expr": params{"display_in_showcase": 1}}, []string{"A-1", "C"}},
		{"hidden", params{"expr": params{"display_in_showcase": 0}}, []string{"B/2 +%"}},
		{"limit", params{"limit": 1}, []string{"A-1"}},
		{"limit 0", params{"limit": 0}, []string{}},
		{"page", params{"limit": 1, "offset": 2}, []string{"C"}},
		{"offset alone", params{"offset": 1}, []string{"B/2 +%", "C"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			equal(t, "articles", s.articles(c.p), c.want)
		})
	}
}

func TestCatalogFields(t *testing.T) {
	t.Parallel()
	s := newCatalog(t)
	one := func(p params) any {
		p["expr"] = params{"article": "A-1"}
		return s.call("catalog/export", p).at("response", "products", 0)
	}
	same(t, "included", one(params{"includedParams": []string{"price", "nonsense"}}),
		`{"article":"A-1","price":12.50,"parent_article":"","parent":{"id":5,"value":{"pl":"Dom\\Ogród"}}}`)
	same(t, "excluded wins", one(params{"includedParams": []string{"price", "title"}, "excludedParams": []string{"price", "article"}}),
		`{"article":"A-1","title":{"pl":"Doniczka"},"parent_article":"","parent":{"id":5,"value":{"pl":"Dom\\Ogród"}}}`)
}

func TestCatalogRefusesAndForgets(t *testing.T) {
	t.Parallel()
	s := newCatalog(t)
	equal(t, "wrong limit", s.call("catalog/export", params{"limit": "x"}).at("status"), "EXCEPTION")
	equal(t, "wrong offset", s.call("catalog/export", params{"offset": "x"}).at("status"), "EXCEPTION")
	equal(t, "none", s.call("catalog/export", params{"expr": params{"article": "D"}}).at("status"), "EMPTY")

	s.sandbox("PUT", "products/C", `{}`, 200)
	s.sandbox("DELETE", "products/C", "", 204)
	s.sandbox("DELETE", "products/C", "", 404)
	equal(t, "deleted", s.articles(nil), []string{"A-1", "B/2 +%"})
}

func TestCatalogLimit(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	for n := range 510 {
		article := strconv.Itoa(n)
		s.server.products[article] = map[string]any{"article": article}
	}
	equal(t, "default", len(s.articles(nil)), 500)
	equal(t, "capped", len(s.articles(params{"limit": 1000})), 500)
	equal(t, "rest", len(s.articles(params{"limit": 500, "offset": 500})), 10)
}

func TestArticleFilter(t *testing.T) {
	t.Parallel()
	for value, want := range map[string][]string{
		"ignores-case": {"AB", "ab"}, "exact": {"ab"}, "ignored": {"AB", "ab", "c"},
	} {
		t.Run(value, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, map[string]string{"article_filter": value})
			for _, article := range []string{"ab", "AB", "c"} {
				s.putProduct(article, `{}`)
			}
			equal(t, "articles", s.articles(params{"expr": params{"article": []string{"ab"}}}), want)
		})
	}
}
