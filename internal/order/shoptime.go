package order

import (
	"fmt"
	"time"
)

// shopTimeLayouts are how Cartum writes the time of an order, without a zone
// (reference, cartum-api 2.2), and what it may turn into.
var shopTimeLayouts = [...]string{
	"2006-01-02 15:04:05",
	"2006-01-02 15:04",
	"2006-01-02T15:04:05",
	"2006-01-02T15:04",
}

const fieldCreated = "stat_created"

// ParseShopTime reads a time that the shop wrote on the clock of its zone. Of an
// hour that the clock shows twice, in autumn, the first is meant. A time that
// the clock skipped, in spring, is moved on by as much as the clock was, and
// comes with a problem that a person may accept: most likely the zone is wrong.
// An unreadable time gives the zero time and a problem that cannot be accepted,
// as there is no value to go on with. The result is in UTC.
func ParseShopTime(written string, zone *time.Location) (t time.Time, p *Problem) {
	clock, ok := readClock(written)
	if !ok {
		return time.Time{}, &Problem{
			Field:  fieldCreated,
			Text:   fmt.Sprintf("%q is no date and time", Shorten(NormalizeText(written), 40)),
			Remedy: "look at the order in Cartum; if it shows a time there, cartumsync must learn this way of writing it",
		}
	}
	before := clock.Add(-offsetAt(clock.AddDate(0, 0, -1), zone))
	after := clock.Add(-offsetAt(clock.AddDate(0, 0, 1), zone))
	for _, t := range []time.Time{before, after} {
		if showsClock(t, zone, clock) {
			return t, nil
		}
	}
	return before, skippedHour(clock, before, zone)
}

// readClock reads the figures on the clock, as if it were in UTC.
func readClock(written string) (time.Time, bool) {
	for _, layout := range shopTimeLayouts {
		if clock, err := time.Parse(layout, NormalizeText(written)); err == nil {
			return clock, true
		}
	}
	return time.Time{}, false
}

func offsetAt(t time.Time, zone *time.Location) time.Duration {
	_, seconds := t.In(zone).Zone()
	return time.Duration(seconds) * time.Second
}

func showsClock(t time.Time, zone *time.Location, clock time.Time) bool {
	return clock.Add(-offsetAt(t, zone)).Equal(t)
}

func skippedHour(clock, moved time.Time, zone *time.Location) *Problem {
	return &Problem{
		Field: fieldCreated,
		Text: fmt.Sprintf("%s does not exist in the time zone %s: the clock was put forward over it",
			clock.Format(time.DateTime), zone),
		Remedy: fmt.Sprintf("check time_zone in the shop's settings, or accept: the order is then dated %s",
			moved.In(zone).Format(time.DateTime)),
		Acceptable: true,
	}
}
