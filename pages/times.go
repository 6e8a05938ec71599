package pages

import (
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"
)

// zoneCookie holds the time zone that the person chose; without it each page shows
// times in the zone of its shop.
const zoneCookie = "zone"

// moment is a time to show.
type moment struct {
	ISO  string
	Text string
	// Hint is the other form, with the zone: shown on hover.
	Hint string
	// Relative is set where Text grows old and scripts renew it.
	Relative bool
}

// Zone is the name of the zone that all times of the page are in.
func (v *view) Zone() string { return v.zone.String() }

// Place is the zone in one word, such as "Warsaw", for the heading of a column.
func (v *view) Place() string { return strings.ReplaceAll(path.Base(v.zone.String()), "_", " ") }

// ChosenZone is the zone that the person chose, "" for the shop's.
func (v *view) ChosenZone() string { return v.chosenZone }

// At is a time with its zone.
func (v *view) At(at time.Time) *moment {
	return v.moment(at, func(at time.Time) moment { return moment{Text: v.whole(at), Hint: v.ago(at)} })
}

// Brief is a time for a column whose heading names the zone.
func (v *view) Brief(at time.Time) *moment {
	return v.moment(at, func(at time.Time) moment {
		return moment{Text: at.Format(v.layout(at)), Hint: v.ago(at) + ", " + v.Zone()}
	})
}

// Ago is how long ago a time was.
func (v *view) Ago(at time.Time) *moment {
	return v.moment(at, func(at time.Time) moment { return moment{Text: v.ago(at), Hint: v.whole(at), Relative: true} })
}

// Clock is the time of day, of a time that is near.
func (v *view) Clock(at time.Time) *moment {
	return v.moment(at, func(at time.Time) moment { return moment{Text: at.Format("15:04"), Hint: v.whole(at)} })
}

// moment shows a time in the page's zone, nil for none.
func (v *view) moment(at time.Time, show func(time.Time) moment) *moment {
	if at.IsZero() {
		return nil
	}
	at = at.In(v.zone)
	shown := show(at)
	shown.ISO = at.Format(time.RFC3339)
	return &shown
}

// whole is a time with its zone.
func (v *view) whole(at time.Time) string { return at.Format(v.layout(at) + "\u00a0MST") }

// Before is the time of day until which something has to wait, nil where it has come.
func (v *view) Before(at time.Time) *moment {
	if !at.After(v.now) {
		return nil
	}
	return v.Clock(at)
}

// layout leaves the year out where it is this one.
func (v *view) layout(at time.Time) string {
	year := at.Year() != v.now.In(v.zone).Year()
	switch {
	case v.Lang == language.English.String() && year:
		return "2\u00a0Jan\u00a02006 15:04"
	case v.Lang == language.English.String():
		return "2\u00a0Jan 15:04"
	case year:
		return "02.01.2006 15:04"
	default:
		return "02.01 15:04"
	}
}

// ago is a time as people say it, in the largest unit that fits.
func (v *view) ago(at time.Time) string {
	past := v.now.Sub(at)
	for _, unit := range []struct {
		id   string
		size time.Duration
	}{{"ago.days", 24 * time.Hour}, {"ago.hours", time.Hour}, {"ago.minutes", time.Minute}} {
		if count := int(past / unit.size); count > 0 {
			return v.text(unit.id, "Count", count)
		}
	}
	if past < 0 {
		return v.text("ago.soon")
	}
	return v.text("ago.now")
}

// text is a text that is known to exist.
func (v *view) text(id string, pairs ...any) string {
	text, err := v.T(id, pairs...)
	if err != nil {
		return id
	}
	return text
}

// zoneFor is the zone of a page's times: the one that the person chose, else that of
// the page's shop, else that of the first shop.
func (p *pages) zoneFor(r *http.Request) (zone *time.Location, chosen string) {
	if cookie, err := r.Cookie(zoneCookie); err == nil {
		if zone, ok := namedZone(cookie.Value); ok {
			return zone, cookie.Value
		}
	}
	shops := p.Settings.Current().Shops
	shop, known := shops[shopOfPage(r)]
	if ids := slices.Sorted(maps.Keys(shops)); !known && len(ids) > 0 {
		shop = shops[ids[0]]
	}
	if zone, ok := namedZone(shop.TimeZone); ok {
		return zone, ""
	}
	return time.UTC, ""
}

// namedZone reads the name of a zone. The machine's own zone has no meaning here.
func namedZone(name string) (*time.Location, bool) {
	if name == "" || name == "Local" || len(name) > 64 {
		return nil, false
	}
	zone, err := time.LoadLocation(name)
	return zone, err == nil
}

// shopOfPage is the shop that the page is about, "" where it is about none. A part of a
// page belongs to the page that asks for it.
func shopOfPage(r *http.Request) string {
	page := r.URL
	if from := r.Header.Get("HX-Current-URL"); from != "" {
		if parsed, err := url.Parse(from); err == nil {
			page = parsed
		}
	}
	if parts := strings.Split(strings.Trim(page.Path, "/"), "/"); len(parts) > 2 && parts[0] == "orders" {
		return parts[1]
	}
	query := page.Query()
	if shop, one := strings.CutPrefix(query.Get("show"), showShop); one {
		return shop
	}
	return query.Get("shop")
}

// chooseZone remembers the zone for a year and goes back to the page; "" is the shop's.
func (p *pages) chooseZone(w http.ResponseWriter, r *http.Request) {
	name := r.PostFormValue("zone")
	if _, ok := namedZone(name); !ok && name != "" {
		p.fail(w, r, http.StatusBadRequest, "error.zone")
		return
	}
	remember(w, r, zoneCookie, name)
}
