package settings_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/cartumsync/cartumsync/internal/settings"
)

// Any text is either settings that can be used or problems of one line each.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", valid, string(settings.Example()), "accounts: &a {x: *a}\n<<: *a\n", "shops: {a: {statuses: {import: {1: x}}}}",
		"encryption_keys: [[], {}, ~, !!str x]\nidentity_key: ${", "? [a]\n: b\n---\nc", "accounts:\n  ? |\n    a\n  : 1",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		read, err := settings.Parse(file, []byte(text), environment(variables()))
		if err == nil {
			requireUsable(t, read)
			return
		}
		for _, problem := range err.(interface{ Unwrap() []error }).Unwrap() {
			requireOneLine(t, problem)
		}
	})
}

func requireOneLine(t *testing.T, problem error) {
	t.Helper()
	var at *settings.KeyError
	if !errors.As(problem, &at) || at.Line < 1 || at.Column < 1 || at.Message == "" || strings.ContainsAny(problem.Error(), "\r\n") {
		t.Errorf("no line with a place and a remedy: %q", problem)
	}
}

func requireUsable(t *testing.T, read *settings.Settings) {
	t.Helper()
	for id := range read.Shops {
		rules, ok := read.Rules(id)
		if !read.InForce(id) && !ok {
			continue
		}
		if !ok || rules.Manager(1) <= 0 || rules.Zone().String() != rules.TimeZone {
			t.Errorf("shop %q has no usable rules", id)
		}
	}
	for _, key := range read.Encryption {
		if _, err := key.Bytes(); err != nil {
			t.Error(err)
		}
	}
}
