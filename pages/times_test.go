package pages

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/cartumsync/cartumsync/internal/service/servicetest"
)

func TestAPageHasOneZone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	at := time.Date(2025, 7, 1, 10, 0, 0, 0, time.UTC)
	for _, shop := range []string{"demo", "second"} {
		state := anOrder(shop, 115, time.Now())
		state.Snapshot.Created = at
		d.PutOrders(state)
	}
	for _, c := range []struct{ path, cookie, part, says, place string }{
		{"/orders", "", "", "1 Jul 2025 12:00", "Warsaw"},
		{"/orders?show=shop:second", "", "", "1 Jul 2025 13:00", "Kyiv"},
		{"/orders?show=shop:second", "Asia/Tokyo", "", "1 Jul 2025 19:00", "Tokyo"},
		{"/orders", "Local", "", "1 Jul 2025 12:00", "Warsaw"},
		{"/orders/demo/115", "", "", "1 Jul 2025 12:00 CEST", "Europe/Warsaw"},
		{"/orders/second/115", "", "", "1 Jul 2025 13:00 EEST", "Europe/Kyiv"},
		{"/orders/second/115", "Europe/Lisbon", "", "1 Jul 2025 11:00 WEST", "Europe/Lisbon"},
		{"/orders/second/115/row", "", "https://x/orders?show=integration", "1 Jul 2025 12:00", "Warsaw"},
	} {
		page := d.opens(c.path, "Cookie", "zone="+url.QueryEscape(c.cookie), "HX-Current-URL", c.part)
		if c.cookie != "" {
			page = d.opens(c.path, "Cookie", "zone="+c.cookie, "HX-Current-URL", c.part)
		}
		assert.Contains(t, visible(page.Text), c.says, "%+v", c)
		assert.Contains(t, page.Text, c.place, "%+v", c)
	}
}

func TestTheZoneIsChosenForAYear(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	choose := func(zone string) answer {
		return d.asks(servicetest.ViewToken, http.MethodPost, "/zone", url.Values{"zone": {zone}, "back": {"/orders/demo/115"}})
	}
	chosen := choose("Asia/Tokyo")
	assert.Equal(t, "/orders/demo/115", chosen.Header().Get("Location"))
	assert.Contains(t, chosen.Header().Get("Set-Cookie"), "zone=Asia/Tokyo")
	assert.Contains(t, choose("").Header().Get("Set-Cookie"), "Max-Age=0")
	for _, bad := range []string{"Mars/Olympus", "Local", "../etc/passwd"} {
		assert.Equal(t, http.StatusBadRequest, choose(bad).Code, bad)
	}
}

func TestTimesSayHowLongAgoTheyWere(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	d := newDesk(t)
	for lang, texts := range map[string]map[time.Duration]string{
		"en": {-time.Minute: "soon", 0: "just now", 90 * time.Second: "1 min ago", 3 * time.Hour: "3 hr ago", 26 * time.Hour: "1 day ago", 50 * time.Hour: "2 days ago"},
		"pl": {0: "przed chwilą", 5 * time.Minute: "5 min temu", 48 * time.Hour: "2 dni temu", 24 * time.Hour: "1 dzień temu"},
		"uk": {0: "щойно", 5 * time.Hour: "5 год тому", 5 * 24 * time.Hour: "5 днів тому", 22 * 24 * time.Hour: "22 дні тому"},
	} {
		v := viewIn(d, lang)
		v.now = now
		for past, text := range texts {
			assert.Equal(t, text, v.Ago(now.Add(-past)).Text, "%s %s", lang, past)
		}
		assert.Nil(t, v.Ago(time.Time{}))
		assert.Nil(t, v.At(time.Time{}))
		assert.Nil(t, v.Brief(time.Time{}))
		assert.Nil(t, v.Clock(time.Time{}))
		assert.Nil(t, v.Before(now))
		assert.NotNil(t, v.Before(now.Add(time.Second)))
	}
}
