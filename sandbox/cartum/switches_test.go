package cartum

import (
	"strings"
	"testing"
)

func TestSwitchesAreDescribed(t *testing.T) {
	t.Parallel()
	equal(t, "switches", len(Switches()), len(switchRules))
	for _, one := range Switches() {
		if one.About == "" || !strings.Contains(one.Values, one.Documented) || !strings.Contains(one.Values, one.Flipped) {
			t.Errorf("%+v", one)
		}
	}
}
