package order

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// StepFindProducts asks RO App for products, by SKUs or by one title.
const StepFindProducts StepKind = "FindProducts"

var _ = define(stepDefinition[FindProducts, ProductsFound]{
	kind: StepFindProducts, side: SideRoapp,
	fingerprint: func(in FindProducts) string {
		return KeyedHash(nil, append([]string{in.Title}, in.Articles...)...)
	},
	apply: func(s *State, in FindProducts, o ProductsFound, _ time.Time) {
		for _, key := range ProductKeys(in) {
			facts := s.Products[key]
			facts.LookedUpAt, facts.Found = o.At, o.Products[key]
			put(&s.Products, key, facts)
		}
	},
})

// productsPage is how many SKUs one step looks up.
const productsPage = 50

// FindProducts names the products to find, at most [productsPage].
type FindProducts struct {
	Account  string
	Articles []string `json:",omitempty"`
	Title    string   `json:",omitempty"`
}

// ProductsFound is the answer to [FindProducts]: by product key, only exact
// matches.
type ProductsFound struct {
	At       time.Time
	Products map[ProductKey][]Product `json:",omitempty"`
}

// Product is a product in RO App's catalogue.
type Product struct {
	ID      int64
	Title   string
	Article string `json:",omitempty"`
	Created bool   `json:",omitempty"` // by this run
}

// ProductKeys are the products that a lookup asks for.
func ProductKeys(f FindProducts) []ProductKey {
	if f.Title != "" {
		return []ProductKey{TitleKey(f.Title)}
	}
	keys := make([]ProductKey, 0, len(f.Articles))
	for _, article := range f.Articles {
		keys = append(keys, ArticleKey(article))
	}
	return keys
}

// StepEnsureProduct finds or creates the one product of a SKU or a title.
const StepEnsureProduct StepKind = "EnsureProduct"

var _ = define(stepDefinition[EnsureProduct, ProductEnsured]{
	kind: StepEnsureProduct, side: SideEnsure,
	fingerprint: func(in EnsureProduct) string { return in.WorkflowID },
	apply: func(s *State, in EnsureProduct, o ProductEnsured, _ time.Time) {
		facts := s.Products[in.ProductKey]
		if o.Product != nil {
			facts.Ensured = o.Product
		} else {
			facts.LookedUpAt, facts.Found = o.At, o.Found
		}
		put(&s.Products, in.ProductKey, facts)
	},
})

// EnsureProduct is the product to find or create.
type EnsureProduct struct {
	WorkflowID string
	ProductKey ProductKey
	Find       FindProducts
	Product    NewProduct
	LookedUpAt time.Time
	Pace       Pace
}

// notCreatable is the hold where RO App's API does not offer to create the product.
func (in EnsureProduct) notCreatable(f Failure) *Hold {
	h := holdFor(HoldProductNotCreated, "message", f.Text, "title", in.Product.Title, "sku", in.Product.Article)
	h.ProductKey = in.ProductKey
	return h
}

// NewProduct is a product to be created. Its description is read from the shop's
// catalogue by the activity that creates it.
type NewProduct struct {
	Shop     string
	Title    string
	Article  string   `json:",omitempty"`
	Category []string `json:",omitempty"` // path from the root
	UnitID   int64
	Fallback int64 // category where Category cannot be used
}

// ProductEnsured is the answer to [EnsureProduct].
type ProductEnsured struct {
	At      time.Time
	Product *Product  `json:",omitempty"`
	Found   []Product `json:",omitempty"` // more than one
}

// findProducts asks for many SKUs at once, and for each title alone: RO App finds
// titles only one at a time.
func (p *planner) findProducts() []flow.Step {
	var articles []string
	var steps []flow.Step
	for _, line := range p.s.Snapshot.Lines {
		key := p.productKey(line)
		facts := p.s.Products[key]
		if facts.product() != nil || !facts.LookedUpAt.IsZero() {
			continue
		}
		if !key.byArticle() {
			steps = appendMissing(steps, p.findTitle(key.value()))
			continue
		}
		if article := key.value(); len(articles) < productsPage && !slices.Contains(articles, article) {
			articles = append(articles, article)
		}
	}
	steps = steps[:min(len(steps), stepsAtOnce)]
	if len(articles) == 0 {
		return steps
	}
	return append([]flow.Step{p.step(StepFindProducts, "", fmt.Sprintf("Find products, SKUs: %d", len(articles)),
		FindProducts{Account: p.account(), Articles: articles})}, steps...)
}

// stepsAtOnce bounds how many independent steps of one kind are started together.
const stepsAtOnce = 20

func (p *planner) findTitle(title string) flow.Step {
	key := string(StepFindProducts) + " " + string(TitleKey(title))
	return p.step(StepFindProducts, key, "Find the product "+Shorten(title, 60), FindProducts{Account: p.account(), Title: title})
}

func (p *planner) ensureProducts() []flow.Step {
	var steps []flow.Step
	for _, line := range p.s.Snapshot.Lines {
		key := p.productKey(line)
		if p.s.Products[key].product() == nil && len(steps) < stepsAtOnce {
			steps = appendMissing(steps, p.ensureProduct(line, key))
		}
	}
	return steps
}

func (p *planner) ensureProduct(line Line, key ProductKey) flow.Step {
	facts := p.s.Products[key]
	entry := p.s.Catalogue[NormalizeText(line.Article)]
	in := EnsureProduct{
		WorkflowID: "product:" + p.account() + ":" + KeyedHash(p.r.IdentityKey, "product", string(key)),
		ProductKey: key,
		Find:       FindProducts{Account: p.account()},
		Product: NewProduct{
			Shop: p.s.Key.Shop,
			// What the catalogue no longer has is created by what the line says.
			Title:    Shorten(NormalizeText(firstOf(entry.Title, line.Title, line.Article)), TitleLimit),
			Article:  NormalizeText(line.Article),
			Category: entry.Category,
			UnitID:   p.r.PieceUnitID,
			Fallback: p.r.FallbackCategory,
		},
		LookedUpAt: facts.LookedUpAt,
		Pace:       p.pace(),
	}
	if key.byArticle() {
		in.Find.Articles = []string{key.value()}
	} else {
		in.Find.Title = key.value()
	}
	name := string(StepEnsureProduct) + " " + string(key)
	return p.step(StepEnsureProduct, name, "Create the product "+Shorten(in.Product.Title, 60), in)
}

func productChoices(products []Product) []Choice {
	choices := make([]Choice, 0, len(products))
	for _, product := range products {
		choices = append(choices, Choice{ID: product.ID, Title: strings.TrimSpace(product.Article + " " + product.Title)})
	}
	return choices
}
