package cartum

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const productRow = `{"article":"R-1","parent_article":"R","title":{"pl":"Róża","ua":""},"mod_title":[],
	"description":{"pl":"<p>Czerwona</p>","ua":null},"parent":{"id":"12","value":{"pl":"Kwiaty / Róże"}},"price":10}`

func TestProducts(t *testing.T) {
	t.Parallel()
	s := newShop(t, one("catalog/export", answerJSON(200, `{"status":"OK","response":{"products":[`+productRow+`,
		{"article":1001,"title":"Tulipan","mod_title":null,"parent":[]}]}}`)))
	products, err := s.client().Products(t.Context(), []string{"R-1", "1001", "", " ", "R-1"})
	require.NoError(t, err)
	assert.Equal(t, []Product{
		{
			Article: "R-1", Title: map[string]string{"pl": "Róża", "ua": ""}, Description: map[string]string{"pl": "<p>Czerwona</p>", "ua": ""},
			Category: map[string]string{"pl": "Kwiaty / Róże"},
		},
		{Article: "1001", Title: map[string]string{"": "Tulipan"}},
	}, products)
	got := s.seen("catalog/export")
	require.Len(t, got, 1)
	delete(got[0].body, "token")
	assert.Equal(t, map[string]any{
		"expr":           map[string]any{"article": []any{"1001", "R-1"}},
		"includedParams": []any{"article", "title", "mod_title", "description", "parent"},
		"limit":          500.0,
		"offset":         0.0,
	}, got[0].body)
}

func TestNoProducts(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"status":"EMPTY","response":[]}`, `{"status":"EMPTY","response":{"products":[]}}`, `{"status":"OK","response":{"products":[]}}`} {
		c := newShop(t, one("catalog/export", answerJSON(200, body))).client()
		products, err := c.Products(t.Context(), []string{"R-1"})
		require.NoError(t, err)
		assert.Empty(t, products)
	}
}

func TestNoArticlesAskNothing(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	for _, articles := range [][]string{nil, {}, {"", "  "}} {
		products, err := s.client().Products(t.Context(), articles)
		require.NoError(t, err)
		assert.Empty(t, products)
	}
	assert.Zero(t, s.loginCount())
}

func TestManyArticlesAreAskedForInBatches(t *testing.T) {
	t.Parallel()
	batches := answersOf(
		answerJSON(200, `{"status":"OK","response":{"products":[{"article":"A000"}]}}`),
		answerJSON(200, `{"status":"OK","response":{"products":[{"article":"A100"}]}}`),
		answerJSON(500, ``))
	s := newShop(t, one("catalog/export", batches))
	var articles []string
	for i := range 150 {
		articles = append(articles, fmt.Sprintf("A%03d", i))
	}
	c := s.client()
	products, err := c.Products(t.Context(), articles)
	require.NoError(t, err)
	assert.Equal(t, []Product{{Article: "A000"}, {Article: "A100"}}, products)

	products, err = c.Products(t.Context(), articles)
	assert.Equal(t, Unavailable, KindOf(err))
	assert.Empty(t, products, "a part would look like missing products")
}

func TestUnreadableProductDoesNotCostTheOthers(t *testing.T) {
	t.Parallel()
	for row, field := range map[string]string{
		`5`:                    "products[1].article",
		`{"title":{"pl":"x"}}`: "products[1].article",
		`null`:                 "products[1].article",
		`{"article":{}}`:       "products[1].article",
	} {
		t.Run(row, func(t *testing.T) {
			t.Parallel()
			body := fmt.Sprintf(`{"status":"OK","response":{"products":[%s,%s,{"article":"last"}]}}`, productRow, row)
			c := newShop(t, one("catalog/export", answerJSON(200, body))).client()
			products, err := c.Products(t.Context(), []string{"R-1"})
			e := asError(t, err)
			assert.Equal(t, Malformed, e.Kind)
			assert.Equal(t, field, e.Field)
			require.Len(t, products, 2)
			assert.Equal(t, "last", products[1].Article)
		})
	}
}

func TestOddProductIsReadAsFarAsItCanBe(t *testing.T) {
	t.Parallel()
	for row, want := range map[string]Product{
		`{"article":"A","title":5,"x":1}`:                                 {Article: "A", Title: map[string]string{"": "5"}},
		`{"article":"A","title":{"pl":[1],"ua":true}}`:                    {Article: "A", Title: map[string]string{"pl": "1", "ua": ""}},
		`{"article":"A","parent":{"id":"x","value":{"pl":"Kwiaty"}}}`:     {Article: "A", Category: map[string]string{"pl": "Kwiaty"}},
		`{"article":"A","parent":"Kwiaty","description":["a","b"]}`:       {Article: "A"},
		`{"article":17,"parent":[],"title":{"pl":"Róża"},"mod_title":""}`: {Article: "17", Title: map[string]string{"pl": "Róża"}},
	} {
		t.Run(row, func(t *testing.T) {
			t.Parallel()
			for _, list := range []string{"[" + row + "]", `{"5":` + row + `}`} {
				products, bad := decodeProducts(reply{statusOK, json.RawMessage(`{"products":` + list + `}`)})
				require.Empty(t, bad)
				assert.Equal(t, []Product{want}, products)
			}
		})
	}
}

func TestProductsThatAreNoList(t *testing.T) {
	t.Parallel()
	c := newShop(t, map[string]http.HandlerFunc{"catalog/export": answerJSON(200, `{"status":"OK","response":{}}`)}).client()
	_, err := c.Products(t.Context(), []string{"R-1"})
	assert.Equal(t, Malformed, KindOf(err))
}

func FuzzDecodeProducts(f *testing.F) {
	for _, seed := range []string{productRow, `null`, `{}`, `[]`, `{"article":1e999}`, `{"article":"A","title":{"pl":{}}}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, row string) {
		_, _ = decodeProducts(reply{status: statusOK, response: json.RawMessage(row)})
		_, _ = decodeStatuses(reply{status: statusOK, response: json.RawMessage(row)})
		_, _ = readSubscription(hooksSubscribe, answer{code: 201, body: []byte(row)})
		if !json.Valid([]byte(row)) {
			return
		}
		products, bad := decodeProducts(reply{statusOK, json.RawMessage(fmt.Sprintf(`{"products":[{"article":"first-row"},%s,{"article":"last-row"}]}`, row))})
		require.Equal(t, 3, len(products)+len(bad))
		for _, article := range []string{"first-row", "last-row"} {
			require.True(t, slices.ContainsFunc(products, func(p Product) bool { return p.Article == article }))
		}
	})
}
