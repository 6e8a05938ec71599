package reference

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBothDocumentsSayHowSureTheyAre(t *testing.T) {
	t.Parallel()
	for name, document := range map[string][]byte{"Cartum": Cartum, "RO App": Roapp} {
		guesses, err := Guesses(document)
		require.NoError(t, err, name)
		assert.NotEmpty(t, guesses, name)
		for _, guess := range guesses {
			assert.NotEmpty(t, guess.Text, guess.Place())
		}
	}
}

func TestGuessesAreFoundWhereverTheyAre(t *testing.T) {
	t.Parallel()
	guesses, err := Guesses([]byte(`
paths:
  /orders:
    parameters:
      - {name: shop, x-attested: guess, description: One shop only.}
    get:
      x-attested: documented
      parameters:
        - {name: page, x-attested: guess, description: Pages begin at 1., x-switch: pages}
        - {name: size, x-attested: guess, description: Pages begin at 1.}
        - {$ref: "#/components/parameters/lang"}
      responses:
        200: {content: {application/json: {schema: {x-attested: guess, description: A list., items: {properties: {id: {x-attested: seen-live}}}}}}}
components:
  parameters:
    lang: {name: lang, x-attested: guess, description: A language., x-switch: [a, b]}
  responses:
    Refused: {x-attested: documented, headers: {Retry-After: {x-attested: guess, description: In seconds.}}}
  schemas:
    Order:
      x-attested: guess
      description: An order.
      properties:
        client: {x-attested: documented, properties: {name: {x-attested: guess, description: A name.}}}
      anyOf: [{properties: {total: {x-attested: guess, description: A sum.}}}]
`))
	require.NoError(t, err)
	var places []string
	for _, guess := range guesses {
		places = append(places, guess.Place())
	}
	assert.Equal(t, []string{
		"/orders: shop", "GET /orders: page, size", "GET /orders: answer 200", "all lists and records: lang", "answer Refused: Retry-After",
		"Order", "Order: client.name", "Order: total",
	}, places)
	assert.Equal(t, []string{"a", "b"}, guesses[3].Switches)
	assert.Equal(t, []string{"pages"}, guesses[1].Switches)
}

func TestDocumentThatDoesNotSayHowSureItIs(t *testing.T) {
	t.Parallel()
	for want, document := range map[string]string{
		"GET /orders : x-attested is <nil>": "paths: {/orders: {get: {}}}",
		"without a description":             "paths: {/orders: {get: {x-attested: guess}}}",
		"mapping":                           "paths: [",
	} {
		_, err := Guesses([]byte(document))
		if want == "mapping" {
			require.Error(t, err)
			continue
		}
		require.ErrorContains(t, err, want)
	}
}
