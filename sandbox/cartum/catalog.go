package cartum

import (
	"maps"
	"slices"
	"strings"
)

// maxProducts is the documented default and largest limit of catalog/export;
// a larger one is lowered without a warning (reference, cartum-api 6).
const maxProducts = 500

// alwaysExported come with every product, whatever was asked for (reference,
// cartum-api 6).
var alwaysExported = []string{"article", "parent_article", "parent"}

// catalogExport answers catalog/export.
func (s *Server) catalogExport(p params) answer {
	w, err := productWindow(p)
	if err != nil {
		return failure(statusException, err.Error())
	}
	included, excluded := p.texts("includedParams"), p.texts("excludedParams")
	list := make([]map[string]any, 0)
	for _, product := range cut(s.findProducts(p.object("expr")), w) {
		fields := chooseFields(product, included, excluded)
		if s.is(SwitchEntities, "escaped") {
			escapeTexts(fields, productMarkup)
		}
		list = append(list, fields)
	}
	return rows(s, "products", list)
}

func productWindow(p params) (window, error) {
	w := window{limit: maxProducts}
	if p.given("limit") {
		limit, err := p.number("limit")
		if err != nil {
			return window{}, err
		}
		w.limit = min(limit, maxProducts)
	}
	if !p.given("offset") {
		return w, nil
	}
	var err error
	w.offset, err = p.number("offset")
	return w, err
}

func (s *Server) findProducts(expr params) []map[string]any {
	var found []map[string]any
	for _, article := range slices.Sorted(maps.Keys(s.products)) {
		product := s.products[article]
		if s.articleMatches(product, expr) && showcaseMatches(product, expr) && parentMatches(product, expr) {
			found = append(found, product)
		}
	}
	return found
}

func (s *Server) articleMatches(product map[string]any, expr params) bool {
	wanted := expr.texts("article")
	if len(wanted) == 0 || s.is(SwitchArticleFilter, "ignored") {
		return true
	}
	article := scalarText(product["article"])
	return slices.ContainsFunc(wanted, func(text string) bool {
		if s.is(SwitchArticleFilter, "exact") {
			return text == article
		}
		return strings.EqualFold(text, article)
	})
}

// showcaseMatches takes a product for shown where it does not say.
func showcaseMatches(product map[string]any, expr params) bool {
	if !expr.given("display_in_showcase") {
		return true
	}
	shown := params(product)
	if !shown.given("display_in_showcase") {
		return expr.flag("display_in_showcase")
	}
	return shown.flag("display_in_showcase") == expr.flag("display_in_showcase")
}

// parentMatches finds a category by {"id": [...]} or by its path with
// backslashes, in any language; a path also finds what lies deeper.
func parentMatches(product map[string]any, expr params) bool {
	if !expr.given("parent") {
		return true
	}
	parent := params(product).object("parent")
	if wanted := expr.object("parent"); wanted != nil {
		return slices.Contains(wanted.texts("id"), parent.text("id"))
	}
	path := expr.text("parent")
	for _, value := range parent.object("value") {
		text := scalarText(value)
		if text == path || strings.HasPrefix(text, path+`\`) {
			return true
		}
	}
	return false
}

// chooseFields applies includedParams and excludedParams, of which the latter
// wins. A name that no product has is dropped without an error.
func chooseFields(product map[string]any, included, excluded []string) map[string]any {
	chosen := maps.Clone(product)
	maps.DeleteFunc(chosen, func(name string, _ any) bool {
		if slices.Contains(alwaysExported, name) {
			return false
		}
		return len(included) > 0 && !slices.Contains(included, name) || slices.Contains(excluded, name)
	})
	return chosen
}
