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

// canBeUsedByAll checks the page against the Web Content Accessibility
// Guidelines, levels A and AA, in light and dark, wide and narrow, and that the
// page itself never needs to be scrolled sideways.
func (p *person) canBeUsedByAll() {
	p.w.T.Helper()
	for _, scheme := range []string{"dark", "light"} {
		p.prefers(scheme)
		p.fits()
	}
}

// fits checks the page in the chosen scheme, wide and narrow.
func (p *person) fits() {
	p.w.T.Helper()
	for _, s := range []size{narrow, wide} {
		p.view(s)
		for _, v := range p.violations() {
			p.w.T.Errorf("%s, %s: %s", p.at(), s.name, v)
		}
		if wider := p.overflow(); wider > 0 {
			p.w.T.Errorf("%s, %s: the page is %d pixels wider than the window", p.at(), s.name, wider)
		}
	}
}

func (p *person) violations() []violation {
	p.w.T.Helper()
	library, err := axe()
	p.must(err)
	p.does(chromedp.Evaluate[chromedp.Void](library + "; undefined"))
	found, err := chromedp.Run(p.ctx, chromedp.Evaluate[[]violation](
		`axe.run({runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"]}).then(r => r.violations)`,
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
