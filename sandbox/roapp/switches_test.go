package roapp_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/cartumsync/cartumsync/sandbox/roapp"
)

func TestProfiles(t *testing.T) {
	t.Parallel()
	documented, flipped := roapp.Profile("documented"), roapp.Profile("flipped")
	for _, values := range []map[string]string{documented, flipped} {
		if err := roapp.CheckSwitches(values); err != nil {
			t.Error(err)
		}
	}
	if !slices.Equal(slices.Sorted(maps.Keys(documented)), slices.Sorted(maps.Keys(flipped))) {
		t.Error("the profiles have different switches")
	}
	if roapp.Profile("other") != nil {
		t.Error("unknown profile has values")
	}
	a := open(t, roapp.Options{})
	all := a.ok(http.MethodPut, "/sandbox/switches", "{}")
	for name, value := range documented {
		if name != string(roapp.SearchLag) && name != string(roapp.StatusComment) && all.at(name) != value {
			t.Errorf("%s: default %s, want %s", name, all.at(name), value)
		}
	}
}

func TestEverySwitchIsDescribed(t *testing.T) {
	t.Parallel()
	documented, flipped := roapp.Profile("documented"), roapp.Profile("flipped")
	if len(roapp.Switches()) != len(documented) {
		t.Errorf("%d of %d switches are described", len(roapp.Switches()), len(documented))
	}
	for _, one := range roapp.Switches() {
		if one.About == "" || one.Values == "" || one.Documented != documented[one.Name] || one.Flipped != flipped[one.Name] {
			t.Errorf("%+v", one)
		}
	}
}

func TestSwitchRefusals(t *testing.T) {
	t.Parallel()
	a := with(t, nil)
	for body, want := range map[string]string{
		`{"phone":"suffix"}`:                        `unknown switch "phone"`,
		`{"phones":"prefix"}`:                       "switch phones: unknown value",
		`{"search-lag":"2"}`:                        "search-lag",
		`{"search-lag":"-2s"}`:                      "search-lag",
		`{"search-lag":"2h"}`:                       "search-lag",
		`{"comment-limit":"many"}`:                  "comment-limit",
		`{"forbidden-transitions":"101-104"}`:       "forbidden-transitions",
		`{"status-comment":"some"}`:                 "status-comment",
		`{"phones":1}`:                              "body",
		`{"create-answer":"data-id","phones":"no"}`: "phones",
	} {
		got := a.do(http.MethodPut, "/sandbox/switches", body)
		if got.status != http.StatusBadRequest || !strings.Contains(got.at("error"), want) {
			t.Errorf("%s: %d %s", body, got.status, got.raw)
		}
	}
	check(t, a.ok(http.MethodPut, "/sandbox/switches", `{"phones":"ignored"}`), map[string]string{
		"phones": "ignored", "create-answer": "id", // not half of a refused change
	})
}

func TestNewRefusesUnknownSwitches(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	roapp.New(roapp.Options{Switches: map[string]string{"phone": "x"}})
}
