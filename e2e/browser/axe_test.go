package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// axe is the library that checks pages for accessibility; "make assets" brings it.
var axe = sync.OnceValues(func() (string, error) {
	text, err := os.ReadFile(filepath.Join("..", "..", "tools", "web", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		return "", fmt.Errorf("run make assets: %w", err)
	}
	return string(text), nil
})

// violation is what keeps some people from using a page.
type violation struct {
	ID    string `json:"id"`
	Help  string `json:"help"`
	Nodes []struct {
		HTML    string `json:"html"`
		Failure string `json:"failureSummary"`
	} `json:"nodes"`
}

func (v violation) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s: %s", v.ID, v.Help)
	for _, node := range v.Nodes {
		fmt.Fprintf(&text, "\n  %s\n  %s", node.HTML, strings.ReplaceAll(node.Failure, "\n", "\n  "))
	}
	return text.String()
}

// guidelines are the rules of the Web Content Accessibility Guidelines, levels A and
// AA; contrast is the one of them that depends on the colors alone.
const (
	guidelines = `["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]`
	contrast   = `["color-contrast"]`
)

// canBeUsedByAll checks the page against the guidelines, in light and dark, wide and
// narrow, and that the page itself never needs to be scrolled sideways.
func (p *person) canBeUsedByAll() {
	p.w.T.Helper()
	p.prefers("dark")
	p.follows(contrast, "dark")
	p.prefers("light")
	for _, s := range []size{narrow, wide} {
		p.view(s)
		p.follows(guidelines, s.name)
	}
	p.fits()
}

// follows checks the page against rules.
func (p *person) follows(rules, looks string) {
	p.w.T.Helper()
	for _, v := range p.violations(rules) {
		p.w.T.Errorf("%s, %s: %s", p.at(), looks, v)
	}
}

// fits checks that the page is not wider than its window, wide and narrow.
func (p *person) fits() {
	p.w.T.Helper()
	for _, s := range []size{narrow, wide} {
		p.view(s)
		if wider := p.overflow(); wider > 0 {
			p.w.T.Errorf("%s, %s: the page is %d pixels wider than the window", p.at(), s.name, wider)
		}
	}
}

func (p *person) violations(rules string) []violation {
	p.w.T.Helper()
	library, err := axe()
	p.must(err)
	p.does(chromedp.Evaluate[chromedp.Void](library + "; undefined"))
	found, err := chromedp.Run(p.ctx, chromedp.Evaluate[[]violation](
		`axe.run({runOnly: `+rules+`, resultTypes: ["violations"]}).then(r => r.violations)`,
		func(e *runtime.EvaluateParams) { chromedp.EvalAwaitPromise(e) }))
	p.must(err)
	return found
}

// overflow is by how many pixels the page is wider than its window.
func (p *person) overflow() int {
	p.w.T.Helper()
	wider, err := chromedp.Run(p.ctx, chromedp.Evaluate[int](`document.documentElement.scrollWidth - document.documentElement.clientWidth`))
	p.must(err)
	return wider
}
