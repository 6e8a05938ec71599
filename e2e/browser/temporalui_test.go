package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/engine/enginetest"
	"github.com/cartumsync/cartumsync/internal/payload"
)

// Temporal's UI shows summaries as Markdown. What a buyer writes must become no link, picture or element there.
func TestWhatABuyerWritesIsTextInTemporalsUI(t *testing.T) {
	t.Parallel()
	var codec atomic.Pointer[http.Handler]
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*codec.Load()).ServeHTTP(w, r) }))
	t.Cleanup(endpoint.Close)
	server, ui := enginetest.StartWithUI(t, endpoint.URL)
	options := prompt()
	options.Server = server
	w := testenv.New(t, options)
	encryption, err := payload.Codec(w.Settings)
	require.NoError(t, err)
	handler := engine.CodecHandler(encryption, ui)
	codec.Store(&handler)

	const hostile = `[Zweryfikuj konto](http://evil.example/) <img src=x onerror="document.title='taken'"> <b id=evil>Ewa</b> # Nowak`
	w.Place(1, testenv.J{"delivery_name": hostile, "comment": hostile, "products": []testenv.J{testenv.Line("X-1", hostile, "5", "1")}})
	w.AwaitSynced(1)

	p := newVisitor(w)
	described, err := w.Temporal.DescribeWorkflow(t.Context(), w.Key(1).WorkflowID(), "")
	p.must(err)
	run := described.WorkflowExecution
	for _, tab := range []string{"history", "user-metadata"} {
		p.does(chromedp.Navigate(fmt.Sprintf("%s/namespaces/%s/workflows/%s/%s/%s", ui, w.Namespace, url.PathEscape(run.ID), run.RunID, tab)))
		p.sees("Zweryfikuj konto") // in the summary of the step that creates the product
		for _, made := range []string{`a[href*="evil.example"]`, `img[src="x"]`, "#evil"} {
			assert.Zero(t, p.finds(made), "%s on %s", made, tab)
		}
		title, err := chromedp.Run(p.ctx, chromedp.Title())
		p.must(err)
		assert.NotEqual(t, "taken", title)
	}
}
