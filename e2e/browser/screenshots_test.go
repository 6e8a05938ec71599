//go:build screenshots

package browser

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/workflows"
)

var (
	screenshots = flag.String("screenshots", "", "folder for the pictures of all pages, required")
	readme      = flag.String("readme", "", "folder for those that the README shows, required")
)

// tallest is the most that is shown of a long page, in CSS pixels.
const tallest = 2000

// inReadme are the pictures that the README shows.
var inReadme = []string{"orders-wide-light.png", "order-wide-light.png", "holds-wide-dark.png", "health-narrow-light.png"}

// TestTakeScreenshots takes a picture of each page in each of its looks.
func TestTakeScreenshots(t *testing.T) {
	t.Parallel()
	w := testenv.New(t, testenv.Options{
		Checks: true,
		Settle: 15 * time.Second, RecentEvery: time.Minute, WholeEvery: 5 * time.Minute, CollectEvery: time.Minute,
		Since: time.Now().AddDate(0, 0, -4).Format(time.DateOnly), RoappSwitches: map[string]string{"search-lag": "0s"},
		CartumSwitches: map[string]string{"orders_max_limit": "2"},
	})
	day(w)
	p := newPerson(w)
	p.must(w.Orders.PollAccount(t.Context(), "main"))
	for _, dir := range []string{*screenshots, *readme} {
		p.must(os.MkdirAll(dir, 0o755))
	}
	p.opens("/orders")
	p.shoots("login")
	p.logsIn(anna)
	for _, one := range pagesOf(w) {
		if one.name == "health" {
			importLongAgo(w)
		}
		p.visits(one)
		p.shoots(one.name)
		if one.name == "import" {
			p.clicks("button", "Preview")
			p.sees("would be imported")
			p.shoots("import-preview")
		}
		if one.unfolded != "" {
			p.fillsSearch("Search RO App for a contact: name or phone", "Kowalski")
			p.sees("Found for")
			p.shoots("hold-search")
		}
	}
}

// importLongAgo starts an initial import that is not done soon.
func importLongAgo(w *testenv.Env) {
	w.T.Helper()
	for i := range 20 {
		w.Cartum.PutOrder(int64(900+i), placedAgo(24*(5+2*i), testenv.J{"delivery_name": "Ewa Nowak"}))
	}
	w.Cartum.Break(testenv.Fault{Match: "POST /api/orders/get", Kind: "slow", Delay: "1s", Times: -1})
	now := time.Now()
	err := w.Orders.InitialImport(w.T.Context(), w.Shop, workflows.InitialImportWanted{
		From: now.AddDate(0, 0, -60).Format(time.DateOnly), To: now.AddDate(0, 0, -5).Format(time.DateOnly), By: anna,
	})
	if err != nil {
		w.T.Fatal(err)
	}
	w.AwaitShop(func(v workflows.ShopView) string {
		if v.Import == nil || v.Import.Started < 5 {
			return "the initial import has not come far"
		}
		return ""
	})
}

// shoots takes the page's pictures.
func (p *person) shoots(name string) {
	p.w.T.Helper()
	for _, s := range []size{{wide.name, 1200, 750}, narrow} {
		for _, scheme := range []string{"light", "dark"} {
			p.prefers(scheme)
			picture := fmt.Sprintf("%s-%s-%s.png", name, s.name, scheme)
			p.keeps(filepath.Join(*screenshots, picture), p.wholePage(s))
			if slices.Contains(inReadme, picture) {
				p.view(s)
				p.keeps(filepath.Join(*readme, picture), p.inFewColours(p.picture()))
			}
		}
	}
	p.view(wide)
	p.prefers("light")
}

// wholePage is the page, or the most of it, as it looks in a window.
func (p *person) wholePage(s size) []byte {
	p.w.T.Helper()
	p.view(s)
	height, err := chromedp.Run(p.ctx, chromedp.Evaluate[int64](`document.documentElement.scrollHeight`))
	p.must(err)
	s.height = max(s.height, min(height, tallest))
	p.view(s)
	return p.picture()
}

// picture is what the window shows, as PNG.
func (p *person) picture() []byte {
	p.w.T.Helper()
	shot, err := chromedp.Call(p.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatPng})
	p.must(err)
	return shot.Data
}

// inFewColours is a picture in its most frequent colours, a third of its size:
// a page has few, but for the edges of its letters.
func (p *person) inFewColours(picture []byte) []byte {
	p.w.T.Helper()
	whole, err := png.Decode(bytes.NewReader(picture))
	p.must(err)
	bounds, frequency := whole.Bounds(), map[color.Color]int{}
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			frequency[whole.At(x, y)]++
		}
	}
	colours := slices.SortedFunc(maps.Keys(frequency), func(a, b color.Color) int { return frequency[b] - frequency[a] })
	few := image.NewPaletted(bounds, colours[:min(len(colours), 256)])
	draw.Draw(few, bounds, whole, bounds.Min, draw.Src)
	var small bytes.Buffer
	p.must((&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&small, few))
	return small.Bytes()
}

func (p *person) keeps(file string, picture []byte) {
	p.w.T.Helper()
	p.must(os.WriteFile(file, picture, 0o644))
}
