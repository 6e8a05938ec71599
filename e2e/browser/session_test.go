package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"

	"github.com/cartumsync/cartumsync/e2e/testenv"
)

// People of every test environment.
const (
	anna   = "anna"   // may act
	viewer = "viewer" // may look
)

// logsIn fills in the login page that is open.
func (p *person) logsIn(name string) {
	p.w.T.Helper()
	p.fills("Name", name)
	p.fills("Password", testenv.Password)
	p.clicks("button", "Log in")
	p.seesThat("button", "Log out")
}

// logsInByKeyboard does so without a mouse.
func (p *person) logsInByKeyboard(name string) {
	p.w.T.Helper()
	p.seesThat("heading", "Log in")
	p.goesTo("textbox", "Name")
	p.types(name)
	p.goesTo("textbox", "Password")
	p.types(testenv.Password)
	p.presses(enter)
	p.seesThat("button", "Log out")
}

// losesSession is a browser that forgets its cookies.
func (p *person) losesSession() {
	p.w.T.Helper()
	_, err := chromedp.Call(p.ctx, network.ClearBrowserCookies, cdp.Empty{})
	p.must(err)
}

func TestWhoLosesTheSessionLogsInAgainAndIsWhereTheyWere(t *testing.T) {
	t.Parallel()
	w := testenv.New(t, testenv.Options{Idle: true})
	p := newPerson(w)
	p.opens("/holds")
	p.seesThat("heading", "Log in")
	p.fills("Name", anna)
	p.fills("Password", "a guess")
	p.clicks("button", "Log in")
	p.sees("The name or the password is wrong.")
	p.canBeUsedByAll()
	p.logsIn(anna)
	assert.Equal(t, "/holds", p.at())

	p.losesSession()
	p.clicks("link", "Health")
	p.seesThat("heading", "Log in")
	p.logsIn(anna)
	assert.Equal(t, "/health", p.at())

	w.ReplaceSettings(func(yaml string) string { return strings.Replace(yaml, "name: "+anna, "name: somebody else", 1) })
	p.clicks("link", "Orders")
	p.sees("You were logged out. Log in again to go on.")
}
