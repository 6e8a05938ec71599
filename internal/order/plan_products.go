package order

import (
	"fmt"
	"slices"

	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// resolveProducts finds a product in RO App for every line. A product that exists
// is never changed; one that does not is created from the shop's catalogue.
func (p *planner) resolveProducts() track {
	if unread := p.unreadArticles(p.needsCatalogueFirst); len(unread) > 0 {
		return track{reads: []flow.Step{p.readCatalogue(unread)}}
	}
	if reads := p.findProducts(); len(reads) > 0 {
		return track{reads: reads}
	}
	if recalls := p.recallProducts(); len(recalls) > 0 {
		return track{reads: recalls}
	}
	if h := p.productHold(); h != nil {
		return track{hold: h}
	}
	if unread := p.unreadArticles(p.needsCreating); len(unread) > 0 {
		return track{reads: []flow.Step{p.readCatalogue(unread)}}
	}
	return track{creates: p.ensureProducts()}
}

// productKey names what a line's product is identified by. By title means the
// catalogue's title in the shop's language; a line's own is in the buyer's.
func (p *planner) productKey(line Line) ProductKey {
	article := NormalizeText(line.Article)
	if article == "" {
		return TitleKey(line.Title)
	}
	if p.r.IdentifyBy == ByArticle {
		return ArticleKey(line.Article)
	}
	if entry, ok := p.s.Catalogue[article]; ok && entry.Title != "" {
		return TitleKey(entry.Title)
	}
	return TitleKey(line.Title)
}

// products are the lines' products, as far as they are known.
func (p *planner) products() map[LineKey]int64 {
	products := map[LineKey]int64{}
	for _, line := range p.s.Snapshot.Lines {
		if product := p.s.Products[p.productKey(line)].product(); product != nil {
			products[line.Key] = product.ID
		}
	}
	return products
}

// needsCatalogueFirst is every line with a SKU where titles identify.
func (p *planner) needsCatalogueFirst(line Line) bool {
	return p.r.IdentifyBy == ByTitle && line.Article != ""
}

// needsCreating is a line with a SKU whose product was not found.
func (p *planner) needsCreating(line Line) bool {
	facts := p.s.Products[p.productKey(line)]
	return line.Article != "" && facts.product() == nil && len(facts.Found) == 0
}

func (p *planner) unreadArticles(wanted func(Line) bool) []string {
	var articles []string
	for _, line := range p.s.Snapshot.Lines {
		article := NormalizeText(line.Article)
		if article != "" && wanted(line) && !p.s.CatalogueRead[article] && !slices.Contains(articles, line.Article) {
			articles = append(articles, line.Article)
		}
	}
	return articles
}

// recallProducts asks for earlier choices where several products fit.
func (p *planner) recallProducts() []flow.Step {
	var steps []flow.Step
	for _, line := range p.s.Snapshot.Lines {
		key := p.productKey(line)
		if facts := p.s.Products[key]; facts.product() == nil && len(facts.Found) > 1 && facts.Recalled == nil {
			steps = appendMissing(steps, p.recall("", key))
		}
	}
	return steps
}

// productHold is the first product that only a person can name.
func (p *planner) productHold() *Hold {
	for i, line := range p.s.Snapshot.Lines {
		key := p.productKey(line)
		facts := p.s.Products[key]
		if facts.product() != nil {
			continue
		}
		field := fmt.Sprintf("products[%d].article", i)
		if len(facts.Found) > 1 {
			h := holdFor(HoldAmbiguousProduct, "products", num(len(facts.Found)), "product", key.value())
			h.Field, h.ProductKey, h.Choices = field, key, productChoices(facts.Found)
			return h
		}
		if line.Article == "" && !facts.Create {
			h := holdFor(HoldNoArticle, "title", Shorten(line.Title, 80))
			h.Field, h.ProductKey = field, key
			return h
		}
	}
	return nil
}
