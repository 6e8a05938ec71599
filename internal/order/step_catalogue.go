package order

import (
	"fmt"
	"time"

	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// StepReadCatalogue reads products of the shop's catalogue.
const StepReadCatalogue StepKind = "ReadCatalogue"

var _ = define(stepDefinition[ReadCatalogue, CatalogueRead]{
	kind: StepReadCatalogue, side: SideCartum,
	apply: func(s *State, in ReadCatalogue, o CatalogueRead, _ time.Time) {
		for _, article := range in.Articles {
			put(&s.CatalogueRead, NormalizeText(article), true)
		}
		for article, entry := range o.Entries {
			put(&s.Catalogue, article, entry)
		}
	},
})

// cataloguePage is how many SKUs one step reads: its answer stays far below what
// one payload may hold.
const cataloguePage = 200

// ReadCatalogue names the products to read, at most [cataloguePage].
type ReadCatalogue struct {
	Shop     string
	Articles []string
}

// CatalogueRead is the answer to [ReadCatalogue]; SKUs that the catalogue no
// longer has are missing in it.
type CatalogueRead struct {
	Entries map[string]CatalogueEntry `json:",omitempty"` // by normalised SKU
}

// CatalogueEntry is a product of the shop's catalogue in the shop's language. Its
// description is read where the product is created; it never travels through here.
type CatalogueEntry struct {
	Title string // with the modification's title
	// Category is the path from the root, as far as the catalogue has it.
	Category []string `json:",omitempty"`
}

func (p *planner) readCatalogue(articles []string) flow.Step {
	articles = articles[:min(len(articles), cataloguePage)]
	summary := fmt.Sprintf("Read the shop's catalogue, products: %d", len(articles))
	return p.step(StepReadCatalogue, "", summary, ReadCatalogue{Shop: p.s.Key.Shop, Articles: articles})
}
