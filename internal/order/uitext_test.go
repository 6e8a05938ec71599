package order_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

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
		assert.False(t, strings.Contains(text, markup), "%q in %q", markup, text)
	}
}
