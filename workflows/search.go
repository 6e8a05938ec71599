package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"github.com/cartumsync/cartumsync/internal/order"
)

// SearchInput asks which contacts or products of an account fit a text that a person typed.
type SearchInput struct {
	Account string
	Kind    RecordKind // a person, who may turn out to be an organization, or a product
	Text    string
	Region  string // of phones without a country code
}

// SearchID is the id of the workflow that searches. People search for names and phones, so the text is part of the id
// as a hash with the identity key.
func SearchID(in SearchInput, identityKey []byte) string {
	return fmt.Sprintf("search:%s:%s:%s", in.Account, in.Kind, order.KeyedHash(identityKey, "record", in.Region, in.Text))
}

// SearchResult is what fits, at most [SearchMost] records.
type SearchResult struct {
	Records []FoundRecord
	More    bool // others may fit as well
}

// SearchMost is how many records a search gives at most.
const SearchMost = 20

// FoundRecord is a contact or a product.
type FoundRecord struct {
	ID           int64
	Organization bool `json:",omitempty"`
	LookupResult
}

// Search reads the first page of an account's list for a text: one request, and a second one, for organizations, where
// no person fits. They go after all work that waits.
func Search(ctx workflow.Context, in SearchInput) (SearchResult, error) {
	found, err := search(ctx, in)
	if err != nil || in.Kind != RecordPerson || len(found.Records) > 0 {
		return found, err
	}
	in.Kind = RecordOrganization
	return search(ctx, in)
}

func search(ctx workflow.Context, in SearchInput) (SearchResult, error) {
	return execute[SearchResult](readOptions(ctx, in.Account, "Search for a "+string(in.Kind)), ActivitySearch, in)
}
