package pages

import (
	"fmt"
	"strings"
	"time"
)

// Duration is a time span as people write it, in its two largest units: "1 h 30
// min". It takes a [time.Duration] or the text of one.
func (v *view) Duration(span any) (string, error) {
	var d time.Duration
	switch span := span.(type) {
	case time.Duration:
		d = span
	case string:
		parsed, err := time.ParseDuration(span)
		if err != nil {
			return "", fmt.Errorf("a duration: %w", err)
		}
		d = parsed
	default:
		return "", fmt.Errorf("%T is no duration", span)
	}
	if d > 0 && d < time.Second {
		return v.T("duration.ms", "Count", d.Milliseconds())
	}
	var words []string
	for _, unit := range []struct {
		text string
		size time.Duration
	}{{"duration.days", 24 * time.Hour}, {"duration.hours", time.Hour}, {"duration.minutes", time.Minute}, {"duration.seconds", time.Second}} {
		count := int(d / unit.size)
		if count == 0 {
			if len(words) > 0 {
				break
			}
			continue
		}
		word, err := v.T(unit.text, "Count", count)
		if err != nil {
			return "", err
		}
		if words = append(words, word); len(words) == 2 {
			break
		}
		d -= time.Duration(count) * unit.size
	}
	if len(words) == 0 {
		return v.T("duration.seconds", "Count", 0)
	}
	return strings.Join(words, " "), nil
}
