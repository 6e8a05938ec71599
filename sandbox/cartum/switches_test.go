package cartum

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestSwitchTableIsTrue reads the table that users read: names, values,
// defaults and the flipped profile must be those of the code.
func TestSwitchTableIsTrue(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("switches.go")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile(`(?m)^//\t([a-z0-9_]+) +(\S+\* .*)$`).FindAllStringSubmatch(string(source), -1)
	equal(t, "rows", len(rows), len(switchRules))
	for _, row := range rows {
		rule, ok := switchRules[Switch(row[1])]
		if !ok {
			t.Errorf("no switch %s", row[1])
			continue
		}
		var values []string
		flipped := rule.values[0]
		for value := range strings.SplitSeq(row[2], " | ") {
			if strings.Contains(value, " ") { // "any number above 0"
				continue
			}
			name := strings.TrimRight(value, "*+")
			if strings.HasSuffix(value, "+") {
				flipped = name
			}
			values = append(values, name)
		}
		equal(t, row[1]+" default", strings.HasSuffix(strings.Fields(row[2])[0], "*"), true)
		equal(t, row[1]+" first", values[0], rule.values[0])
		equal(t, row[1]+" flipped", flipped, rule.flipped)
		equal(t, row[1]+" values", slices.Sorted(slices.Values(values)), slices.Sorted(slices.Values(rule.values)))
	}
}
