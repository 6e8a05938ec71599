package refdata

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestADirectoryIsSortedByNumber(t *testing.T) {
	t.Parallel()
	d := Directory{Kind: Statuses, Records: []Record{{ID: "10", Name: "Ten"}, {ID: "9", Name: "Nine"}, {ID: "f2", Name: "Field"}}}
	d.Sort()
	assert.Equal(t, []Record{{ID: "9", Name: "Nine"}, {ID: "10", Name: "Ten"}, {ID: "f2", Name: "Field"}}, d.Records)
	name, found := d.Name("10")
	assert.True(t, found)
	assert.Equal(t, "Ten", name)
	_, found = d.Name("11")
	assert.False(t, found)
}

// An account of which nothing can be read has another address; one of which something can be read lacks endpoints.
func TestAnAddressIsWrongWhereNoEndpointExists(t *testing.T) {
	t.Parallel()
	missing, refused := &Failure{Kind: missingKind}, &Failure{Kind: "Refused"}
	for name, tc := range map[string]struct {
		company *Failure
		lists   []*Failure
		wants   bool
		reached bool
	}{
		"all is read":             {nil, []*Failure{nil, nil}, true, true},
		"one list is missing":     {nil, []*Failure{missing, nil}, true, true},
		"the company is missing":  {missing, []*Failure{nil, missing}, true, true},
		"everything is missing":   {missing, []*Failure{missing, missing}, true, false},
		"only the company exists": {nil, []*Failure{missing, missing}, true, true},
		"the key is refused":      {refused, []*Failure{refused}, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			account := Account{Company: Company{Failure: tc.company}, Lists: map[Kind]Directory{}}
			for i, failure := range tc.lists {
				account.Lists[AccountReads()[i]] = Directory{Failure: failure}
			}
			assert.Equal(t, tc.wants, account.WantsMore())
			account.JudgeAddress()
			assert.Equal(t, tc.reached, account.Reached())
		})
	}
}
