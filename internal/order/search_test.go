package order

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestANameIsFoundInAnySpelling(t *testing.T) {
	t.Parallel()
	key := []byte("key")
	for written, searched := range map[string]string{
		"Katarzyna Wójcik-Łoś": "wojcik", "Оксана Мельник": "МЕЛЬНИК", "Мар’яна": "мар'яна", "  Jan\u200b Kowalski ": "Kowalski jan",
	} {
		assert.Subset(t, NameTokens(key, written), NameTokens(key, searched), searched)
		assert.NotEmpty(t, NameTokens(key, searched))
	}
	assert.NotSubset(t, NameTokens(key, "Jan Kowalski"), NameTokens(key, "Jan Nowak"))
	assert.NotEqual(t, NameTokens(key, "Jan"), NameTokens([]byte("another key"), "Jan"))
	assert.Equal(t, NumberToken(key, "k00115"), NumberToken(key, " K00115"))
	assert.Equal(t, PhoneTokens(key, "601 100 104", "PL"), PhoneTokens(key, "+48601100104", "UA"))
}

// What an order is found by cannot be read, and is no more than fits.
func TestSearchTokensAreHashes(t *testing.T) {
	t.Parallel()
	state := State{ShopState: ShopState{Snapshot: &Snapshot{
		Customer: Customer{Name: "Jan Kowalski", Phone: "+48 601 100 104"}, Delivery: Delivery{Recipient: "Ewa Kowalska", Phone: "601 100 105"},
	}}, ImportState: ImportState{Order: &AccountOrder{Number: "K7"}}}
	rules := Rules{IdentityKey: []byte("key"), Region: "PL"}
	tokens := state.searchTokens(rules)
	assert.Len(t, tokens, 7)
	for _, token := range tokens {
		assert.Regexp(t, `^[0-9a-f]{32}$`, token)
	}
	state.Snapshot.Customer.Name = "a b c d e f g h i j k l m n o p q r s t u v w x y z"
	assert.Len(t, state.searchTokens(rules), mostSearchTokens)
	assert.Empty(t, (&State{}).searchTokens(rules))
}

func TestAQueryIsMentioned(t *testing.T) {
	t.Parallel()
	for query, mentioned := range map[string]bool{
		"wojcik": true, "KATARZYNA woj": true, "nowak katarzyna": false, "poczta": true, "": false, "!?": false, "k.wojcik": true,
	} {
		assert.Equal(t, mentioned, Mentions(query, "Katarzyna Wójcik", "k.wojcik@poczta.example"), query)
	}
}
