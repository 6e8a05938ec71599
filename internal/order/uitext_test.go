package order_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/order"
)

// hostile is a name that is a link and a picture where Markdown or HTML is rendered.
const hostile = "Ewa [Zweryfikuj konto](http://x) <img src=x>\n# `x` & www.x.pl a@b.pl ![](x)"

func TestUITextHasNoMarkup(t *testing.T) {
	t.Parallel()
	text := order.UIText(hostile)
	assertNoMarkup(t, text)
	assert.Contains(t, text, "Zweryfikuj konto", "people still read it")
	assert.Equal(t, "ROZA-CZ_2 (czerwona)", order.UIText("ROZA-CZ_2 (czerwona)"), "ordinary codes and titles stay as they are")
}

func assertNoMarkup(t *testing.T, text string) {
	t.Helper()
	for _, markup := range []string{"<", ">", "&", "[", "]", "`", "://", "www.", "@", "\\"} {
		assert.NotContains(t, text, markup)
	}
}

// Whatever customers and the shop call themselves and their products, Temporal's UI
// shows neither a customer's name nor a link or picture of theirs.
func TestTemporalsUIShowsNoMarkupOfOthers(t *testing.T) {
	t.Parallel()
	const article = "[A](http://x)<img>"
	l := received(t, func(l *life) {
		l.rules.PagesURL, l.rules.WebURL, l.rules.AdminURL = "https://orders.example", "https://web.example", "https://shop.example/edit/"
		l.shop.Customer.Name = hostile
		l.shop.BuyerComment = hostile
		l.shop.Lines[0].Article, l.shop.Lines[0].Title = article, hostile
		l.contacts = []order.Contact{{ID: 5, FirstName: hostile}}
		l.products[order.ArticleKey(article)] = []order.Product{{ID: 11, Title: hostile, Article: article}}
	})
	l.settle()
	require.Equal(t, order.SyncSynced, l.state.SyncState(), "hold: %+v", l.state.Hold)
	named := false
	for _, step := range l.starts {
		assertNoMarkup(t, step.Summary)
		assert.NotContains(t, step.Summary, "Ewa")
		named = named || strings.HasPrefix(step.Summary, "Add 2 x ［A］")
	}
	assert.True(t, named, "steps are named by what is done")

	details := l.state.Published.Details
	for _, link := range []string{
		"[The order's page](<https://orders.example/orders/demo/115>)", "[Cartum](<https://shop.example/edit/>)", "[RO App order 7](<https://web.example/orders/table/7>)",
	} {
		assert.Contains(t, details, link)
		details = strings.ReplaceAll(details, link, "")
	}
	assertNoMarkup(t, details)
	assert.NotContains(t, details, "Ewa")
	assert.NotContains(t, details, "x.pl")
	assert.Less(t, len(l.state.Published.Details), 1000, "it is short")
}
