package verify

import (
	"context"
	"slices"
)

// The services, as results name them.
const (
	shopService    = "Cartum"
	accountService = "RO App"
)

// probe finds out one thing that is only assumed.
type probe struct {
	service, assumption string
	// covers are the switches of the fake and the places in docs/assumptions.md that it decides.
	covers []string
	// sights are what may be seen: first what the less comfortable reading shows, which is expected. Nothing follows from those
	// that have no meaning.
	sights []string
	// writes is what it changes, for the question to the person; "" for a probe that only reads.
	writes string
	// ready says why a probe that writes has nothing to work with, "" where it has; nil is always ready.
	ready func(*examination) string
	// see finds out. A detail may follow ": ".
	see func(context.Context, *examination) (string, error)
	// means says what follows from a sight, also from others than sights.
	means map[string]means
}

// meaning returns what follows from a sight.
func (p probe) meaning(sight string) means {
	if known, ok := p.means[sight]; ok {
		return known
	}
	if slices.Contains(p.sights, sight) {
		return fine("nothing to do")
	}
	return bad("nobody expected this; please send the report to the project")
}

// means is what follows from a sight.
type means struct {
	text string
	// problem is set where the exchange cannot work so.
	problem bool
}

func fine(text string) means { return means{text: text} }

func bad(text string) means { return means{text: text, problem: true} }

// all has one meaning for several sights.
func all(m means, sights ...string) map[string]means {
	meanings := map[string]means{}
	for _, sight := range sights {
		meanings[sight] = m
	}
	return meanings
}

// yesNo is the sight of a probe that asks whether.
func yesNo(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

// probes are all of them, in the order in which they run: those of RO App that write build on each other, and the reads of
// both services come first.
var probes = slices.Concat(shopReads, accountReads, accountWrites, shopWrites)

// Covered returns by which probes the switches of the fakes and the places in
// docs/assumptions.md are checked: "verify", or "verify --write" where that needs
// a write.
func Covered() map[string]string {
	covered := map[string]string{}
	for _, p := range probes {
		by := "verify"
		if p.writes != "" {
			by = "verify --write"
		}
		for _, place := range p.covers {
			if covered[place] != "verify" {
				covered[place] = by
			}
		}
	}
	return covered
}
