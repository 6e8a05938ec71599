package browser

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/cartumsync/cartumsync/e2e/testenv"
)

// patience is how long a person waits for what a page must show.
const patience = 2 * time.Minute

// person sits at a browser and finds things as people do, by what they are and
// what they are called, which is also what a screen reader says.
type person struct {
	w   *testenv.Env
	ctx context.Context

	mu       sync.Mutex
	requests []string
	faults   []string
}

// newPerson opens a private window. At the end of the test it must have asked
// no other host for anything, and no page may have had a fault.
func newPerson(w *testenv.Env) *person {
	w.T.Helper()
	p := newVisitor(w)
	w.T.Cleanup(p.behaved)
	return p
}

// newVisitor is a person who may go to other pages than the starter's.
func newVisitor(w *testenv.Env) *person {
	w.T.Helper()
	browser, err := openBrowser()
	p := &person{w: w}
	p.must(err)
	ctx, closeWindow := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	w.T.Cleanup(closeWindow)
	p.ctx = ctx
	p.must(chromedp.Listen(ctx, p.hears))
	_, err = chromedp.Call(ctx, log.Enable, cdp.Empty{})
	p.must(err)
	p.view(wide)
	p.prefers("light")
	return p
}

// hears notes what the window asks for and what goes wrong in it.
func (p *person) hears(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		p.requests = append(p.requests, e.Request.URL)
	case *runtime.EventExceptionThrown:
		p.faults = append(p.faults, e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		// Pages that refuse or are gone are part of the tests.
		if e.Entry.Level == log.EntryLevelError && e.Entry.Source != log.EntrySourceNetwork {
			p.faults = append(p.faults, fmt.Sprintf("%s: %s", e.Entry.URL, e.Entry.Text))
		}
	}
}

// behaved checks that the window kept to the starter and had no fault.
func (p *person) behaved() {
	p.mu.Lock()
	defer p.mu.Unlock()
	home, err := url.Parse(p.w.StarterURL)
	p.must(err)
	for _, request := range p.requests {
		asked, err := url.Parse(request)
		p.must(err)
		if asked.Scheme != "data" && asked.Host != home.Host {
			p.w.T.Errorf("the page asked another host: %s", request)
		}
	}
	for _, fault := range p.faults {
		p.w.T.Errorf("the page has a fault: %s", fault)
	}
}

// size is a window's, in CSS pixels.
type size struct {
	name          string
	width, height int64
}

var (
	wide   = size{"wide", 1280, 900}
	narrow = size{"narrow", 390, 844} // a phone
)

func (p *person) view(s size) {
	p.w.T.Helper()
	p.does(chromedp.EmulateViewport(s.width, s.height))
}

// prefers chooses the system's colours, "light" or "dark".
func (p *person) prefers(scheme string) {
	p.w.T.Helper()
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		// Without motion a page scrolls at once as it should.
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
	})
	p.must(err)
}

// opens goes to a page of the starter by its address.
func (p *person) opens(path string) {
	p.w.T.Helper()
	p.does(chromedp.Navigate(p.w.StarterURL + path))
}

// clicks what has the role and the name: "button", "Log in".
func (p *person) clicks(role, name string) {
	p.w.T.Helper()
	p.tries("click the "+role+" "+name, func(ctx context.Context) error {
		found, err := element(ctx, role, name)
		if err != nil {
			return err
		}
		return clickMiddle(ctx, found)
	})
}

// unfolds what is folded under a text.
func (p *person) unfolds(text string) {
	p.w.T.Helper()
	p.awaits("something unfolds under "+text, func() bool {
		found, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](fmt.Sprintf(
			`(() => { const s = [...document.querySelectorAll("summary")].find(s => s.textContent.includes(%q)); s?.click(); return !!s })()`, text)))
		return err == nil && found
	})
}

// fills a field by its label.
func (p *person) fills(name, value string) {
	p.w.T.Helper()
	p.tries("fill "+name, func(ctx context.Context) error {
		if _, err := on[chromedp.Void](ctx, "textbox", name, `function() { this.focus(); this.select() }`); err != nil {
			return err
		}
		return chromedp.Do(ctx, chromedp.KeyEvent(value))
	})
}

// chooses an option of a list by the label of the list and the option's text.
func (p *person) chooses(list, option string) {
	p.w.T.Helper()
	p.tries("choose "+option, func(ctx context.Context) error {
		_, err := on[chromedp.Void](ctx, "combobox", list, `function(text) {
			const option = [...this.options].find(o => o.text.trim() === text);
			if (!option) throw new Error("there is no option " + text);
			this.value = option.value;
			this.dispatchEvent(new Event("input", {bubbles: true}));
			this.dispatchEvent(new Event("change", {bubbles: true}));
		}`, option)
		return err
	})
}

// presses keys, one after the other.
func (p *person) presses(keys ...string) {
	p.w.T.Helper()
	for _, key := range keys {
		p.does(chromedp.KeyEvent(key))
	}
}

// types into what has the focus.
func (p *person) types(text string) { p.w.T.Helper(); p.does(chromedp.KeyEvent(text)) }

// Keys.
const (
	tab   = kb.Tab
	space = " "
	enter = kb.Enter
	down  = kb.ArrowDown
)

// goesTo presses the tabulator until what has the role and the name has the
// focus.
func (p *person) goesTo(role, name string) {
	p.w.T.Helper()
	for range 200 {
		p.presses(tab)
		if p.focused(role, name) {
			return
		}
	}
	p.w.T.Fatalf("the keyboard does not reach the %s %s", role, name)
}

// focused reports whether what has the role and the name has the focus, and that
// people see it.
func (p *person) focused(role, name string) bool {
	p.w.T.Helper()
	nodes, err := elements(p.ctx, role, name)
	p.must(err)
	for _, node := range nodes {
		for _, property := range node.Properties {
			if property.Name == accessibility.PropertyNameFocused && string(property.Value.Value) == "true" {
				return true
			}
		}
	}
	return false
}

// sees waits until the page says something.
func (p *person) sees(text string) {
	p.w.T.Helper()
	p.awaits(fmt.Sprintf("the page says %q", text), func() bool { return strings.Contains(p.reads(), text) })
}

// seesNot waits until the page does not say something any more.
func (p *person) seesNot(text string) {
	p.w.T.Helper()
	p.awaits(fmt.Sprintf("the page does not say %q", text), func() bool { return !strings.Contains(p.reads(), text) })
}

// seesThat waits until there is something with the role and the name.
func (p *person) seesThat(role, name string) {
	p.w.T.Helper()
	p.awaits(fmt.Sprintf("there is a %s %s", role, name), func() bool {
		nodes, err := elements(p.ctx, role, name)
		return err == nil && len(nodes) > 0
	})
}

// hasNo checks that there is nothing with the role and the name.
func (p *person) hasNo(role, name string) {
	p.w.T.Helper()
	found, err := elements(p.ctx, role, name)
	p.must(err)
	if len(found) > 0 {
		p.w.T.Errorf("there is a %s %s. %s", role, name, p.tells())
	}
}

// awaits fails with what the page says where it does not become true.
func (p *person) awaits(what string, is func() bool) {
	p.w.T.Helper()
	p.w.Eventually(patience, func() string {
		if is() {
			return ""
		}
		return fmt.Sprintf("not: %s. %s", what, p.tells())
	})
}

// reads gives the text that people see, without what is empty.
func (p *person) reads() string {
	p.w.T.Helper()
	text, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](`document.body ? document.body.innerText : ""`))
	if err != nil { // between two pages
		return ""
	}
	return strings.Join(strings.Fields(text), " ")
}

// finds counts what a selector of CSS finds.
func (p *person) finds(selector string) int {
	p.w.T.Helper()
	found, err := chromedp.Run(p.ctx, chromedp.Evaluate[int](fmt.Sprintf("document.querySelectorAll(%q).length", selector)))
	if err != nil { // between two pages
		return 0
	}
	return found
}

// counts how often the page says something.
func (p *person) counts(text string) int { p.w.T.Helper(); return strings.Count(p.reads(), text) }

// reports where the person is and what is there, for a failure.
func (p *person) tells() string {
	return fmt.Sprintf("At %s the page says: %s", p.at(), p.reads())
}

// at is the page's path with its query.
func (p *person) at() string {
	p.w.T.Helper()
	where, err := chromedp.Run(p.ctx, chromedp.Location())
	p.must(err)
	return strings.TrimPrefix(where, p.w.StarterURL)
}

// elements are what has the role and the name, or the role alone, and is not
// hidden.
func elements(ctx context.Context, role, name string) (shown []*accessibility.Node, err error) {
	document, err := chromedp.Call(ctx, runtime.Evaluate, runtime.EvaluateParams{Expression: "document"})
	if err != nil {
		return nil, err
	}
	found, err := chromedp.Call(ctx, accessibility.QueryAXTree, accessibility.QueryAXTreeParams{ObjectID: document.Result.ObjectID, Role: role, AccessibleName: name})
	for _, node := range found.Nodes {
		if !node.Ignored {
			shown = append(shown, node)
		}
	}
	return shown, err
}

// element is the first of the [elements].
func element(ctx context.Context, role, name string) (cdp.BackendNodeID, error) {
	found, err := elements(ctx, role, name)
	if err == nil && len(found) == 0 {
		err = errors.New("there is none")
	}
	if err != nil {
		return 0, err
	}
	return found[0].BackendDOMNodeID, nil
}

// on calls a function of JavaScript on an element.
func on[T any](ctx context.Context, role, name, function string, args ...any) (result T, err error) {
	found, err := element(ctx, role, name)
	if err != nil {
		return result, err
	}
	resolved, err := chromedp.Call(ctx, dom.ResolveNode, dom.ResolveNodeParams{BackendNodeID: found})
	if err != nil {
		return result, err
	}
	this := func(params *runtime.CallFunctionOnParams) { params.ObjectID = resolved.Object.ObjectID }
	return chromedp.Run(ctx, chromedp.CallFunctionOn[T](function, this, args...))
}

func clickMiddle(ctx context.Context, which cdp.BackendNodeID) error {
	if _, err := chromedp.Call(ctx, dom.ScrollIntoViewIfNeeded, dom.ScrollIntoViewIfNeededParams{BackendNodeID: which}); err != nil {
		return err
	}
	shape, err := chromedp.Call(ctx, dom.GetContentQuads, dom.GetContentQuadsParams{BackendNodeID: which})
	if err != nil {
		return err
	}
	if len(shape.Quads) == 0 {
		return errors.New("it is not shown")
	}
	corners := shape.Quads[0]
	return chromedp.Do(ctx, chromedp.MouseClickXY((corners[0]+corners[4])/2, (corners[1]+corners[5])/2))
}

// tries does something again where the page changed under the person's hands.
func (p *person) tries(what string, does func(context.Context) error) {
	p.w.T.Helper()
	p.w.Eventually(patience, func() string {
		ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
		defer cancel()
		if err := does(ctx); err != nil {
			return fmt.Sprintf("%s: %v. %s", what, err, p.tells())
		}
		return ""
	})
}

func (p *person) does(action chromedp.Action[chromedp.Void]) {
	p.w.T.Helper()
	p.must(chromedp.Do(p.ctx, action))
}

func (p *person) must(err error) {
	p.w.T.Helper()
	if err != nil {
		p.w.T.Fatal(err)
	}
}
