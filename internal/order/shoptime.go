package order

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"
)

const fieldCreated = "stat_created"

// No shop sold anything before or after these years: such a time is a blank of
// a database, and no service takes it.
const firstYear, lastYear = 2000, 2099

// longestTime bounds what is shown of a time as the shop wrote it, in runes.
const longestTime = 40

// ParseShopTime reads a time that the shop wrote, on the clock of its zone
// where it names no other. Of an hour that the clock shows twice, in autumn, the
// first is meant. A time that the clock skipped, in spring, is moved on by as
// much as the clock was: most likely the zone is wrong. What cannot be read, or
// cannot be right, gives the zero time. The result is in UTC; the problem says
// what is not as Cartum documents it, nil where all is.
func ParseShopTime(written string, zone *time.Location) (t time.Time, p *Problem) {
	r, code := readTime(written)
	if r.clock.IsZero() {
		return time.Time{}, timeProblem(code, written, time.Time{}, zone)
	}
	t, exists := r.at(zone)
	if !exists {
		code = ProblemNoSuchTime
	}
	if code == "" {
		return t, nil
	}
	return t, timeProblem(code, written, t, zone)
}

// ShopClock is what the clock of the shop's zone showed at a time that the shop
// wrote, as if it were in UTC. Not ok: the time cannot be read.
func ShopClock(written string, zone *time.Location) (clock time.Time, ok bool) {
	r, _ := readTime(written)
	if r.clock.IsZero() {
		return time.Time{}, false
	}
	if r.instant {
		return r.clock.Add(offsetAt(r.clock, zone)), true
	}
	return r.clock, true
}

func timeProblem(code ProblemCode, written string, understood time.Time, zone *time.Location) *Problem {
	p := Problem{
		Code: code, Field: fieldCreated, Subject: SubjectCreated, Value: Shorten(NormalizeText(written), longestTime),
		Acceptable: code != ProblemSpelling,
	}
	if !understood.IsZero() {
		p.Understood = understood.In(zone).Format(time.DateTime)
	}
	return &p
}

// timeRead is what a written time says: a moment, or the figures of some clock as
// if it were in UTC.
type timeRead struct {
	clock   time.Time
	instant bool
}

// at is the moment on the zone's clock; it does not exist where the clock
// skipped it.
func (r timeRead) at(zone *time.Location) (t time.Time, exists bool) {
	if r.instant {
		return r.clock, true
	}
	before := r.clock.Add(-offsetAt(r.clock.AddDate(0, 0, -1), zone))
	after := r.clock.Add(-offsetAt(r.clock.AddDate(0, 0, 1), zone))
	for _, t := range []time.Time{before, after} {
		if showsClock(t, zone, r.clock) {
			return t, true
		}
	}
	return before, false
}

var (
	yearFirst = regexp.MustCompile(`^(?P<year>\d{4})[-./](?P<month>\d{1,2})[-./](?P<day>\d{1,2})(?:\D+(?P<time>\d.*)|\D*)$`)
	dayFirst  = regexp.MustCompile(`^(?P<day>\d{1,2})[-./](?P<month>\d{1,2})[-./](?P<year>\d{4}|\d{2})(?:\D+(?P<time>\d.*)|\D*)$`)
	timeFirst = regexp.MustCompile(`^(?P<time>\d{1,2}:\d{2}(?::\d{2})?),?\s+(?P<date>\d{1,4}[-./]\d{1,2}[-./]\d{1,4})$`)
	dayTime   = regexp.MustCompile(`(?i)^(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,]\d+)?)?\s*([ap])?\.?(?:m\.?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?(\s+\(?[a-z][a-z0-9_/+-]*\)?)?$`)
	unixTime  = regexp.MustCompile(`^(\d{10})(\d{3}|\.\d+)?$`)
	// otherLayouts are forms of time libraries.
	otherLayouts = []string{"20060102150405", "20060102T150405", "20060102T150405Z07:00", time.RFC1123Z, time.RFC1123, "2 Jan 2006 15:04:05", "2 Jan 2006 15:04", "2 January 2006 15:04:05", "2 January 2006 15:04"}
)

// readTime reads the forms in which a time may come. The code is "" for those
// that leave no doubt.
func readTime(written string) (timeRead, ProblemCode) {
	text := norm.NFKC.String(NormalizeText(written))
	if text == "" {
		return timeRead{}, ProblemMissing
	}
	if parts := timeFirst.FindStringSubmatch(text); parts != nil {
		text = parts[2] + " " + parts[1]
	}
	r, code := readForms(text)
	switch year := r.clock.Year(); {
	case r.clock.IsZero():
		return timeRead{}, ProblemUnreadable
	case year < firstYear || year > lastYear:
		return timeRead{}, ProblemImplausible
	}
	return r, code
}

func readForms(text string) (timeRead, ProblemCode) {
	if parts := yearFirst.FindStringSubmatch(text); parts != nil {
		return readDate(parts[1], parts[2], parts[3], parts[4])
	}
	if parts := dayFirst.FindStringSubmatch(text); parts != nil {
		return readDayFirst(text, parts[1], parts[2], parts[3], parts[4])
	}
	if parts := unixTime.FindStringSubmatch(text); parts != nil {
		seconds, _ := strconv.ParseInt(parts[1], 10, 64) // ten digits
		return timeRead{clock: time.Unix(seconds, 0).UTC(), instant: true}, ""
	}
	for _, layout := range otherLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return timeRead{clock: t.UTC(), instant: strings.Contains(layout, "07:00") || strings.HasSuffix(layout, "-0700") || strings.HasSuffix(layout, "MST")}, ""
		}
	}
	return timeRead{}, ProblemUnreadable
}

// readDayFirst reads a date as people in Poland and Ukraine write it. With
// slashes it may be the American form as well.
func readDayFirst(text, day, month, year, clock string) (timeRead, ProblemCode) {
	doubt := ProblemCode("")
	if strings.Contains(text, "/") && number(day) <= 12 && day != month {
		doubt = ProblemAmbiguous
	}
	if number(month) > 12 {
		day, month, doubt = month, day, ProblemSpelling
	}
	if len(year) == 2 {
		year, doubt = "20"+year, ProblemAmbiguous
	}
	r, code := readDate(year, month, day, clock)
	if code == "" || doubt == ProblemAmbiguous && code == ProblemSpelling {
		code = doubt
	}
	return r, code
}

// readDate puts the figures together. A day or an hour that does not exist is
// counted on, as databases do.
func readDate(year, month, day, clock string) (timeRead, ProblemCode) {
	y, m, d := number(year), number(month), number(day)
	if clock == "" {
		return dated(y, m, d, 0, 0, 0, ProblemSpelling)
	}
	parts := dayTime.FindStringSubmatch(clock)
	if parts == nil {
		return dated(y, m, d, 0, 0, 0, ProblemAmbiguous) // the day is known
	}
	hour := number(parts[1])
	switch half := strings.ToLower(parts[4]); {
	case half == "p" && hour < 12:
		hour += 12
	case half == "a" && hour == 12:
		hour = 0
	}
	r, code := dated(y, m, d, hour, number(parts[2]), number(parts[3]), "")
	if r.clock.IsZero() || parts[5] == "" {
		return inZone(r, code, parts[6])
	}
	return timeRead{clock: r.clock.Add(-offsetOf(parts[5])), instant: true}, code
}

// inZone puts a clock's figures into the zone that follows them by its name. One that
// the shop's own zone may not be leaves a doubt.
func inZone(r timeRead, code ProblemCode, name string) (timeRead, ProblemCode) {
	name = strings.Trim(name, " ()")
	switch zone, err := time.LoadLocation(name); {
	case name == "" || r.clock.IsZero():
		return r, code
	case err == nil && strings.Contains(name, "/"):
		t, exists := r.at(zone)
		if !exists {
			code = ProblemNoSuchTime
		}
		return timeRead{clock: t, instant: true}, code
	default:
		return r, cmp.Or(code, ProblemAmbiguous) // an abbreviation, such as CET
	}
}

func dated(year, month, day, hour, minute, second int, code ProblemCode) (timeRead, ProblemCode) {
	if month < 1 || month > 12 || day < 1 {
		return timeRead{}, ProblemUnreadable // such as a database's blank, 0000-00-00
	}
	clock := time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC)
	if clock.Day() != day || hour > 23 || minute > 59 || second > 59 {
		code = ProblemImplausible
	}
	return timeRead{clock: clock}, code
}

// offsetOf reads a zone such as "Z", "+02:00", "+0200" or "+02".
func offsetOf(zone string) time.Duration {
	digits := strings.ReplaceAll(zone[1:], ":", "")
	if len(digits) != 2 && len(digits) != 4 || digits[0] < '0' || digits[0] > '9' {
		return 0 // Z, UTC, GMT
	}
	offset := time.Duration(number(digits[:2])) * time.Hour
	if len(digits) == 4 {
		offset += time.Duration(number(digits[2:])) * time.Minute
	}
	if zone[0] == '-' {
		return -offset
	}
	return offset
}

// number is the value of at most four digits; 0 for none.
func number(digits string) int {
	value, _ := strconv.Atoi(digits)
	return value
}

func offsetAt(t time.Time, zone *time.Location) time.Duration {
	_, seconds := t.In(zone).Zone()
	return time.Duration(seconds) * time.Second
}

func showsClock(t time.Time, zone *time.Location, clock time.Time) bool {
	return clock.Add(-offsetAt(t, zone)).Equal(t)
}
