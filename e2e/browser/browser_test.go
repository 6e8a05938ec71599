// Package browser tests the pages as people meet them: in a real browser, on a
// running installation.
package browser

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/cartumsync/cartumsync/e2e/testenv"
)

func TestMain(m *testing.M) {
	code := m.Run()
	closeBrowser()
	testenv.RemoveBuilt()
	os.Exit(code)
}

// shared is the one browser of all tests; each person has a context of its own
// in it, as in a private window.
var shared struct {
	sync.Mutex
	ctx   context.Context
	close context.CancelFunc
	err   error
}

func openBrowser() (context.Context, error) {
	shared.Lock()
	defer shared.Unlock()
	if shared.ctx != nil || shared.err != nil {
		return shared.ctx, shared.err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, // which needs rights that a container has not
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("lang", "en"),
		chromedp.Env("LANGUAGE=en"),
		chromedp.WSURLReadTimeout(time.Minute), // a first start on a slow machine
	)
	allocator, closeAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, closeContext := chromedp.NewContext(allocator)
	shared.close = func() { closeContext(); closeAllocator() }
	if err := chromedp.Do(ctx); err != nil {
		shared.close()
		shared.err = fmt.Errorf("start Chromium, of the Debian package chromium: %w", err)
		return nil, shared.err
	}
	shared.ctx = ctx
	return ctx, nil
}

func closeBrowser() {
	shared.Lock()
	defer shared.Unlock()
	if shared.ctx != nil {
		shared.close()
	}
}
