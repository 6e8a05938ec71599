package main

import (
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/docs/reference"
	"github.com/cartumsync/cartumsync/sandbox/cartum"
	"github.com/cartumsync/cartumsync/sandbox/described"
	"github.com/cartumsync/cartumsync/sandbox/roapp"
)

func TestAssumptionsAreUpToDate(t *testing.T) {
	t.Parallel()
	want, err := assumptions()
	require.NoError(t, err)
	got, err := os.ReadFile("../../docs/assumptions.md")
	require.NoError(t, err)
	assert.Equal(t, want, string(got), "run make assumptions")
}

func TestGuessesNameSwitchesThatExist(t *testing.T) {
	t.Parallel()
	for name, service := range map[string]struct {
		document []byte
		switches []described.Switch
	}{"Cartum": {reference.Cartum, cartum.Switches()}, "RO App": {reference.Roapp, roapp.Switches()}} {
		guesses, err := reference.Guesses(service.document)
		require.NoError(t, err)
		assert.NotEmpty(t, guesses)
		for _, g := range guesses {
			for _, named := range g.Switches {
				assert.True(t, slices.ContainsFunc(service.switches, func(s described.Switch) bool { return s.Name == named }),
					"%s: %s %v names the switch %s, which the fake does not have", name, g.Where, g.Fields, named)
			}
		}
	}
}

func TestAFieldHasToSayHowSureItIs(t *testing.T) {
	t.Parallel()
	for problem, document := range map[string]string{
		"x-attested is <nil>":           `{paths: {/a: {get: {x-attested: documented, parameters: [{name: b}]}}}}`,
		"x-attested is sure":            `{components: {schemas: {A: {properties: {b: {x-attested: sure}}}}}}`,
		"a guess without a description": `{components: {schemas: {A: {items: {properties: {b: {x-attested: guess}}}}}}}`,
	} {
		_, err := reference.Guesses([]byte(document))
		assert.ErrorContains(t, err, problem)
	}
}
