package order

import "slices"

// Shown is what lists show of an order besides its search attributes. It holds
// the customer's name, so it is kept encrypted, and it is small: Temporal sends
// it along with every listed order.
type Shown struct {
	ShopName string   `json:",omitempty"`
	Account  string   `json:",omitempty"`
	Customer string   `json:",omitempty"` // as the shop names them
	Currency string   `json:",omitempty"`
	Number   string   `json:",omitempty"` // RO App's, as staff see it
	Marks    []string `json:",omitempty"` // their codes
}

// longestName bounds the customer's name in lists, in letters.
const longestName = 80

func (s Shown) equal(other Shown) bool {
	return s.ShopName == other.ShopName && s.Account == other.Account && s.Customer == other.Customer &&
		s.Currency == other.Currency && s.Number == other.Number && slices.Equal(s.Marks, other.Marks)
}

// shown is what lists should show once the order comes to rest with what is
// planned; nil while it works, where it is shown already, or where nobody has
// read the order.
func (p *planner) shown(next Next) *Shown {
	if len(next.Steps) > 0 || p.s.Snapshot == nil {
		return nil
	}
	shown := Shown{
		ShopName: p.r.ShopName, Account: p.r.Account,
		Customer: Shorten(NormalizeText(p.s.Snapshot.Customer.Name), longestName), Currency: p.s.Snapshot.Currency,
	}
	if p.s.Order != nil {
		shown.Account, shown.Number = p.s.Order.Account, Shorten(p.s.Order.Number, longestName)
	}
	for _, mark := range next.Marks {
		if !slices.Contains(shown.Marks, mark.Code) {
			shown.Marks = append(shown.Marks, mark.Code)
		}
	}
	if was := p.s.Published.Shown; was != nil && was.equal(shown) {
		return nil
	}
	return &shown
}
