package pages

import (
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cartumsync/cartumsync/internal/health"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/service"
)

// historyPage is how the last 24 hours were, as pictures with their figures.
type historyPage struct {
	Since    time.Time // of the first sample, zero where there is none
	Pictures []picture
}

// picture shows values over the last 24 hours as areas, one on the other. It is
// drawn in steps of a sample from left to right and in hundredths of its height.
type picture struct {
	ID, Title string // Title is a text's id
	Of        string // the account or shop
	Keys      []pictureKey
	Limit     *float64 // y of the line for the most that is allowed
	Highest   string   // what the whole height stands for
	Rows      []pictureRow
}

// pictureKey is one kind of value: what it is called, what it is now, and its area.
type pictureKey struct {
	Class string // of its colour, "" where it is not drawn
	Label string // a text's id
	Now   string
	Path  string
}

// pictureRow are the figures of an hour.
type pictureRow struct {
	At     time.Time
	Values []string
}

// A picture's width is in samples.
const (
	pictureWidth  = health.HistorySamples
	pictureHeight = 100
)

// Width is the picture's width.
func (picture) Width() int { return pictureWidth }

// Height is the picture's height.
func (picture) Height() int { return pictureHeight }

// series is one kind of value of a sample, false where it was not measured.
type series struct {
	class, label string
	value        func(health.Sample) (float64, bool)
}

// healthHistory is a part of the page by itself: it changes less often than the
// rest.
func (p *pages) healthHistory(w http.ResponseWriter, r *http.Request, viewer *health.Viewer) {
	p.showPart(w, r, "history", p.historyOf(viewer.History(), time.Now()))
}

func (p *pages) historyOf(samples []health.Sample, now time.Time) historyPage {
	page := historyPage{}
	if len(samples) == 0 {
		return page
	}
	page.Since = samples[0].At
	set := p.Settings.Current()
	for _, id := range slices.Sorted(maps.Keys(set.Accounts)) {
		of := func(value func(health.AccountSample) float64) func(health.Sample) (float64, bool) {
			return func(s health.Sample) (float64, bool) { account, known := s.Accounts[id]; return value(account), known }
		}
		rate := newPicture("rate-"+id, "health.rate", id, samples, now, set.Accounts[id].RequestsPerSecond, 1,
			series{"importing", "health.sent", of(func(a health.AccountSample) float64 { return a.PerSecond })})
		limit := strconv.FormatFloat(set.Accounts[id].RequestsPerSecond, 'f', -1, 64)
		rate.Keys = append(rate.Keys, pictureKey{Class: "limit", Label: "health.limit", Now: limit})
		page.Pictures = append(page.Pictures, rate,
			newPicture("backlog-"+id, "health.waiting", id, samples, now, 0, 0,
				series{"importing", "health.waiting", of(func(a health.AccountSample) float64 { return float64(a.Backlog) })}))
	}
	for _, id := range slices.Sorted(maps.Keys(set.Shops)) {
		if !set.InForce(id) {
			continue
		}
		of := func(value func(health.ShopSample) int64) func(health.Sample) (float64, bool) {
			return func(s health.Sample) (float64, bool) { shop, known := s.Shops[id]; return float64(value(shop)), known }
		}
		var states, ages []series
		for _, state := range service.States() {
			class := ""
			if state == order.SyncImporting || state == order.SyncHeld || state == order.SyncFailed {
				class = string(state)
			}
			states = append(states, series{class, "state." + string(state), of(func(s health.ShopSample) int64 { return s.Orders[state] })})
		}
		for age := range health.Ages {
			name := fmt.Sprintf("age-%d", age)
			ages = append(ages, series{name, "health." + name, of(func(s health.ShopSample) int64 { return s.HoldAges[age] })})
		}
		page.Pictures = append(page.Pictures,
			newPicture("orders-"+id, "health.orders-by-state", set.Shops[id].Name, samples, now, 0, 0, states...),
			newPicture("ages-"+id, "health.holds-by-age", set.Shops[id].Name, samples, now, 0, 0, ages...))
	}
	return page
}

// newPicture draws the series. Where there is a limit, the picture is as high as
// that at least and has a line there.
func newPicture(id, title, of string, samples []health.Sample, now time.Time, limit float64, digits int, all ...series) picture {
	p := picture{ID: id, Title: title, Of: of}
	text := func(value float64) string { return strconv.FormatFloat(value, 'f', digits, 64) }
	highest := max(limit, 1)
	for _, sample := range samples {
		sum := 0.0
		for _, one := range all {
			if value, known := one.value(sample); known && one.class != "" {
				sum += value
			}
		}
		highest = max(highest, sum)
	}
	p.Highest = text(highest)
	if limit > 0 {
		y := tenths(pictureHeight - limit/highest*pictureHeight)
		p.Limit = &y
	}
	base := map[time.Time]float64{} // how high the areas below are
	for _, one := range all {
		key := pictureKey{Class: one.class, Label: one.label, Now: nothing}
		if value, known := one.value(samples[len(samples)-1]); known {
			key.Now = text(value)
		}
		if one.class != "" {
			key.Path = drawArea(samples, now, one, base, pictureHeight/highest)
		}
		p.Keys = append(p.Keys, key)
	}
	p.Rows = hoursOf(samples, text, all)
	return p
}

// drawArea is the area of a series on top of the base, which it raises, as the
// path of an SVG: one box for each stretch of equal values, so that a gap in the
// samples is a gap in the picture.
func drawArea(samples []health.Sample, now time.Time, one series, base map[time.Time]float64, scale float64) string {
	type box struct{ from, to, bottom, top int }
	var boxes []box
	newest := now.Truncate(health.HistoryStep)
	for _, sample := range samples {
		value, known := one.value(sample)
		x := pictureWidth - 1 - int(newest.Sub(sample.At)/health.HistoryStep)
		if !known || value <= 0 || x < 0 {
			continue
		}
		bottom := base[sample.At]
		base[sample.At] = bottom + value
		next := box{x, x + 1, y(bottom, scale), y(bottom+value, scale)}
		if n := len(boxes); n > 0 && boxes[n-1].to == next.from && boxes[n-1].bottom == next.bottom && boxes[n-1].top == next.top {
			boxes[n-1].to = next.to
			continue
		}
		boxes = append(boxes, next)
	}
	var path strings.Builder
	for _, b := range boxes {
		fmt.Fprintf(&path, "M%d %dV%dH%dV%dZ", b.from, b.bottom, b.top, b.to, b.bottom)
	}
	return path.String()
}

func y(value, scale float64) int { return pictureHeight - int(math.Round(value*scale)) }

// hoursOf are the figures at the end of each hour, newest first.
func hoursOf(samples []health.Sample, text func(float64) string, all []series) (rows []pictureRow) {
	for i, sample := range slices.Backward(samples) {
		if i+1 < len(samples) && samples[i+1].At.Truncate(time.Hour).Equal(sample.At.Truncate(time.Hour)) {
			continue // a later one of the same hour is there
		}
		row := pictureRow{At: sample.At}
		for _, one := range all {
			if value, known := one.value(sample); known {
				row.Values = append(row.Values, text(value))
			} else {
				row.Values = append(row.Values, nothing)
			}
		}
		rows = append(rows, row)
	}
	return rows
}
