package order

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// goods finds a product in RO App for every line. A product that exists is
// never changed; one that does not is made from the shop's catalogue.
func (p *planner) goods() track {
	if unread := p.unreadArticles(p.needsCatalogueFirst); len(unread) > 0 {
		return track{reads: []Step{p.readCatalogue(unread)}}
	}
	if reads := p.findProducts(); len(reads) > 0 {
		return track{reads: reads}
	}
	if recalls := p.recallProducts(); len(recalls) > 0 {
		return track{reads: recalls}
	}
	if h := p.goodsHold(); h != nil {
		return track{hold: h}
	}
	if unread := p.unreadArticles(p.needsCreating); len(unread) > 0 {
		return track{reads: []Step{p.readCatalogue(unread)}}
	}
	return track{creates: p.ensureProducts()}
}

// GoodsWanted are the goods of the order whose product is not known yet.
func GoodsWanted(s State, r Rules) []GoodsKey {
	p := planner{s: &s, r: r}
	var wanted []GoodsKey
	if len(p.unreadArticles(p.needsCatalogueFirst)) > 0 {
		return nil // by title, the catalogue names the goods
	}
	for _, line := range s.Snapshot.Lines {
		key := p.goodsOf(line)
		if facts := s.Goods[key]; facts.product() == nil && facts.LookedAt.IsZero() {
			wanted = append(wanted, key)
		}
	}
	return wanted
}

// Know takes in products that are known without asking.
func (s *State) Know(products map[GoodsKey]Product) {
	goods := maps.Clone(s.Goods)
	if goods == nil && len(products) > 0 {
		goods = map[GoodsKey]GoodsFacts{}
	}
	// Each is changed for itself, so their order does not matter.
	//workflowcheck:ignore
	for key, product := range products {
		facts := goods[key]
		facts.Found = []Product{product}
		goods[key] = facts
	}
	s.Goods = goods
}

// goodsOf names what a line's product is identified by. By title means the
// catalogue's title in the shop's language; a line's own is in the buyer's.
func (p *planner) goodsOf(line Line) GoodsKey {
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
		if product := p.s.Goods[p.goodsOf(line)].product(); product != nil {
			products[line.Key] = product.ID
		}
	}
	return products
}

// needsCatalogueFirst is every line with an article where titles identify.
func (p *planner) needsCatalogueFirst(line Line) bool {
	return p.r.IdentifyBy == ByTitle && line.Article != ""
}

// needsCreating is a line with an article whose product was looked for in vain.
func (p *planner) needsCreating(line Line) bool {
	facts := p.s.Goods[p.goodsOf(line)]
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

func (p *planner) readCatalogue(articles []string) Step {
	summary := fmt.Sprintf("Read the shop's catalogue, products: %d", len(articles))
	return p.step(StepReadCatalogue, SideCartum, "", summary, func(st *Step) {
		st.ReadCatalogue = &ReadCatalogue{Shop: p.s.Key.Shop, Articles: articles}
	})
}

// findProducts asks for all articles at once, and for each title alone: RO App
// finds titles only one at a time (reference, roapp-api 4.2).
func (p *planner) findProducts() []Step {
	var articles []string
	var steps []Step
	for _, line := range p.s.Snapshot.Lines {
		key := p.goodsOf(line)
		facts := p.s.Goods[key]
		if facts.product() != nil || !facts.LookedAt.IsZero() {
			continue
		}
		if key.byArticle() {
			if article := key.value(); !slices.Contains(articles, article) {
				articles = append(articles, article)
			}
			continue
		}
		steps = appendStep(steps, p.findTitle(key.value()))
	}
	if len(articles) == 0 {
		return steps
	}
	byArticle := p.step(StepFindProducts, SideRoapp, "", fmt.Sprintf("Find products, articles: %d", len(articles)), func(st *Step) {
		st.FindProducts = &FindProducts{Account: p.r.Account, Articles: articles}
	})
	return append([]Step{byArticle}, steps...)
}

func appendStep(steps []Step, step Step) []Step {
	if slices.ContainsFunc(steps, func(s Step) bool { return s.Key == step.Key }) {
		return steps
	}
	return append(steps, step)
}

func (p *planner) findTitle(title string) Step {
	key := string(StepFindProducts) + " " + string(TitleKey(title))
	return p.step(StepFindProducts, SideRoapp, key, "Find the product "+Shorten(title, 60), func(st *Step) {
		st.FindProducts = &FindProducts{Account: p.r.Account, Title: title}
	})
}

// recallProducts asks for earlier choices where several products fit.
func (p *planner) recallProducts() []Step {
	var steps []Step
	for _, line := range p.s.Snapshot.Lines {
		key := p.goodsOf(line)
		if facts := p.s.Goods[key]; facts.product() == nil && len(facts.Found) > 1 && facts.Recalled == nil {
			steps = appendStep(steps, p.recall("", key))
		}
	}
	return steps
}

// goodsHold is the first product that only a person can name.
func (p *planner) goodsHold() *Hold {
	for i, line := range p.s.Snapshot.Lines {
		key := p.goodsOf(line)
		facts := p.s.Goods[key]
		if facts.product() != nil {
			continue
		}
		field := fmt.Sprintf("products[%d].article", i)
		if len(facts.Found) > 1 {
			return &Hold{
				Reason: HoldAmbiguousProduct, Field: field, Goods: key, Choices: productChoices(facts.Found),
				Text:   fmt.Sprintf("%d products in RO App are identical to %q.", len(facts.Found), key.value()),
				Remedy: "Choose one, or merge them in RO App; the order goes on by itself.",
			}
		}
		if line.Article == "" && !facts.Create {
			return &Hold{
				Reason: HoldNoArticle, Field: field, Goods: key,
				Text:   fmt.Sprintf("The line %q has no article, and no product in RO App has its title.", Shorten(line.Title, 80)),
				Remedy: "Choose a product, or decide to create one under this title; or give the product an article in Cartum.",
			}
		}
	}
	return nil
}

func productChoices(products []Product) []Choice {
	choices := make([]Choice, 0, len(products))
	for _, product := range products {
		choices = append(choices, Choice{ID: product.ID, Title: strings.TrimSpace(product.Article + " " + product.Title)})
	}
	return choices
}

func (p *planner) ensureProducts() []Step {
	var steps []Step
	for _, line := range p.s.Snapshot.Lines {
		key := p.goodsOf(line)
		if p.s.Goods[key].product() == nil {
			steps = appendStep(steps, p.ensureProduct(line, key))
		}
	}
	return steps
}

func (p *planner) ensureProduct(line Line, key GoodsKey) Step {
	facts := p.s.Goods[key]
	entry := p.s.Catalogue[NormalizeText(line.Article)]
	in := EnsureProduct{
		WorkflowID: "product:" + p.r.Account + ":" + KeyedHash(p.r.IdentityKey, "product", string(key)),
		Goods:      key,
		Find:       FindProducts{Account: p.r.Account},
		Product: NewProduct{
			// What the catalogue no longer has is made by what the line says.
			Title:       Shorten(NormalizeText(firstOf(entry.Title, line.Title, line.Article)), TitleLimit),
			Article:     NormalizeText(line.Article),
			Description: entry.Description,
			Category:    entry.Category,
			UnitID:      p.r.PieceUnitID,
			Fallback:    p.r.FallbackCategory,
		},
		LookedAt: facts.LookedAt,
		Pace:     p.pace(),
	}
	if key.byArticle() {
		in.Find.Articles = []string{key.value()}
	} else {
		in.Find.Title = key.value()
	}
	name := string(StepEnsureProduct) + " " + string(key)
	return p.step(StepEnsureProduct, SideEnsure, name, "Create the product "+Shorten(in.Product.Title, 60), func(st *Step) { st.EnsureProduct = &in })
}
