package activities

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/roapp"
	"github.com/cartumsync/cartumsync/workflows"
)

// Search reads the first page of what RO App finds for a text, and keeps what mentions it by our own comparison: RO App may
// ignore the text.
func (a *Activities) Search(ctx context.Context, in workflows.SearchInput) (workflows.SearchResult, error) {
	return onAccount(ctx, a, in.Account, func(acc *account) (found workflows.SearchResult, err error) {
		if err := acc.takeRead(ctx); err != nil {
			return found, err
		}
		records, err := acc.search(ctx, in)
		found.Records, found.More = records[:min(len(records), workflows.SearchMost)], len(records) > workflows.SearchMost
		for i := range found.Records {
			found.Records[i].Found = true
			found.Records[i].Title = order.Shorten(order.NormalizeText(found.Records[i].Title), longestName)
		}
		return found, acc.answered(err)
	})
}

func (acc *account) search(ctx context.Context, in workflows.SearchInput) ([]workflows.FoundRecord, error) {
	switch in.Kind {
	case workflows.RecordPerson, workflows.RecordOrganization:
		return acc.searchContacts(ctx, in)
	case workflows.RecordProduct:
		return acc.searchProducts(ctx, in)
	default:
		return nil, fmt.Errorf("RO App's records of the kind %q cannot be searched", in.Kind)
	}
}

// searchContacts asks by phone where the text is a phone or a part of one, else by name.
func (acc *account) searchContacts(ctx context.Context, in workflows.SearchInput) ([]workflows.FoundRecord, error) {
	query := roapp.ContactQuery{Organizations: in.Kind == workflows.RecordOrganization, Name: in.Text}
	fits := func(row roapp.Contact) bool { return order.Mentions(in.Text, row.Name, row.Email) }
	if digits := order.Digits(in.Text); digits != "" && !strings.ContainsFunc(in.Text, unicode.IsLetter) {
		wanted := order.Phones(in.Text, in.Region)
		for _, phone := range wanted {
			query.Phones = append(query.Phones, order.PhoneSpellings(phone, in.Text)...)
		}
		if len(wanted) == 0 {
			query.Phones = []string{in.Text, digits}
		}
		fits = func(row roapp.Contact) bool { return hasDigits(row, wanted, digits, in.Region) }
	}
	rows, err := acc.client.SearchContacts(ctx, query)
	var records []workflows.FoundRecord
	for _, row := range rows {
		if fits(row) {
			records = append(records, workflows.FoundRecord{ID: row.ID, Organization: row.Organization, LookupResult: contactFound(&row)})
		}
	}
	return records, err
}

// hasDigits reports whether one of a contact's phones is a wanted one; where none is wanted, whether one has the digits.
func hasDigits(row roapp.Contact, wanted []string, digits, region string) bool {
	return slices.ContainsFunc(row.Phones, func(phone string) bool {
		if len(wanted) == 0 {
			return strings.Contains(order.Digits(phone), digits)
		}
		return slices.ContainsFunc(wanted, func(e164 string) bool { return order.HasPhone(phone, e164, region) })
	})
}

// searchProducts leaves archived products out: no order can have them.
func (acc *account) searchProducts(ctx context.Context, in workflows.SearchInput) ([]workflows.FoundRecord, error) {
	rows, err := acc.client.SearchProducts(ctx, in.Text)
	var records []workflows.FoundRecord
	for _, row := range rows {
		if !row.Archived && order.Mentions(in.Text, row.Title, row.Article, row.Code) {
			records = append(records, workflows.FoundRecord{ID: row.ID, LookupResult: productFound(&row)})
		}
	}
	return records, err
}

func contactFound(c *roapp.Contact) workflows.LookupResult {
	return workflows.LookupResult{Title: c.Name, Phones: c.Phones, Email: c.Email}
}

func productFound(p *roapp.Product) workflows.LookupResult {
	return workflows.LookupResult{Title: p.Title, Archived: p.Archived, SKU: p.Article, UnitID: p.UnitID}
}
