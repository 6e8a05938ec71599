//go:build screenshots

package browser

import (
	"bytes"
	"flag"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

var (
	screenshots = flag.String("screenshots", "", "folder for the pictures of all pages, required")
	readme      = flag.String("readme", "", "folder for those that the README shows, required")
)

// tallest is the most that is shown of a long page, in CSS pixels.
const tallest = 2000

// inReadme are the pictures that the README shows.
var inReadme = []string{"orders-wide-light", "order-wide-light", "holds-wide-dark", "health-narrow-light"}

// TestTakeScreenshots takes a picture of each page in each of its looks.
func TestTakeScreenshots(t *testing.T) {
	t.Parallel()
	w := busyWorld(t)
	p := newPerson(w)
	for _, dir := range []string{*screenshots, *readme} {
		p.must(os.MkdirAll(dir, 0o755))
	}
	p.opens("/orders")
	p.shoots("login")
	p.logsIn(anna)
	for _, one := range pagesOf(w) {
		p.opens(one.path)
		p.seesAll()
		p.shoots(one.name)
	}
}

// shoots takes the page's pictures.
func (p *person) shoots(name string) {
	p.w.T.Helper()
	for _, s := range []size{{wide.name, 1200, 750}, narrow} {
		for _, scheme := range []string{"light", "dark"} {
			p.prefers(scheme)
			p.keep(fmt.Sprintf("%s-%s-%s", name, s.name, scheme), p.picture(s))
		}
	}
	p.view(wide)
	p.prefers("light")
}

// picture is the whole page, or the most of it, as it looks in a window.
func (p *person) picture(s size) []byte {
	p.w.T.Helper()
	p.view(s)
	height, err := chromedp.Run(p.ctx, chromedp.Evaluate[int64](`document.documentElement.scrollHeight`))
	p.must(err)
	s.height = max(s.height, min(height, tallest))
	p.view(s)
	shot, err := chromedp.Call(p.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatPng})
	p.must(err)
	return shot.Data
}

// keep writes a picture, as small as it can be without loss.
func (p *person) keep(name string, picture []byte) {
	p.w.T.Helper()
	image, err := png.Decode(bytes.NewReader(picture))
	p.must(err)
	var small bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	p.must(encoder.Encode(&small, image))
	if small.Len() < len(picture) {
		picture = small.Bytes()
	}
	p.must(os.WriteFile(filepath.Join(*screenshots, name+".png"), picture, 0o644))
	if slices.Contains(inReadme, name) {
		p.must(os.WriteFile(filepath.Join(*readme, name+".png"), picture, 0o644))
	}
}
