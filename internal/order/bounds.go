package order

import "strconv"

const (
	// mostLines is how many lines an order may have.
	mostLines = 2000
	// mostNotices bounds the problems that only inform.
	mostNotices = 50
)

// Bounded is the order with each text no longer than what is ever written of it, so
// that states and payloads have a bound whatever a shop sends. An order of too many
// lines keeps the first ones and a problem that holds it.
func (s Snapshot) Bounded() Snapshot {
	s.CreatedAsWritten = Shorten(s.CreatedAsWritten, longestValue)
	s.Currency = Shorten(s.Currency, longestValue)
	s.BuyerComment = Shorten(s.BuyerComment, longestRemark)
	s.ManagerComment = Shorten(s.ManagerComment, longestRemark)
	s.Customer.Name = Shorten(s.Customer.Name, 2*longestNamePart)
	s.Customer.Phone = Shorten(s.Customer.Phone, longestValue)
	s.Customer.Email = Shorten(s.Customer.Email, longestValue)
	d := &s.Delivery
	for _, text := range []*string{&d.Method, &d.Recipient, &d.Phone, &d.City, &d.Tracking} {
		*text = Shorten(*text, longestValue)
	}
	d.Address, d.Branch = Shorten(d.Address, longestAddress), Shorten(d.Branch, longestAddress)
	s.Payment.Method = Shorten(s.Payment.Method, longestValue)
	s.Totals.CouponCode = Shorten(s.Totals.CouponCode, longestValue)
	s.Totals.ManagerDiscountTitle = Shorten(s.Totals.ManagerDiscountTitle, longestValue)

	lines := len(s.Lines)
	s.Lines = append([]Line(nil), s.Lines[:min(lines, mostLines)]...)
	for i := range s.Lines {
		l := &s.Lines[i]
		for _, text := range []*string{&l.Article, &l.ArticleAsWritten, &l.Title} {
			*text = Shorten(*text, TitleLimit)
		}
		l.StorageID, l.ParentStorageID = Shorten(l.StorageID, longestValue), Shorten(l.ParentStorageID, longestValue)
		l.Type = LineType(Shorten(string(l.Type), longestValue))
	}
	was := s.Lines
	keyed := make(map[LineKey]LineKey, len(was)) // keys hold texts
	before := make([]LineKey, len(was))
	for i := range was {
		before[i] = was[i].Key
	}
	if len(was) > 0 && was[0].Key != "" {
		KeyLines(was)
	}
	for i := range was {
		keyed[before[i]] = was[i].Key
	}
	s.Problems = boundedProblems(s.Problems, keyed)
	if lines > mostLines {
		s.Problems = append(s.Problems, Problem{
			Code: ProblemTooManyLines, Field: "products", Subject: SubjectItems, Value: strconv.Itoa(lines), Understood: strconv.Itoa(mostLines),
		})
	}
	return s
}

// boundedProblems shortens what problems show. All that a person has to accept are
// kept; those of lines that are left out go with them.
func boundedProblems(problems []Problem, keyed map[LineKey]LineKey) []Problem {
	var kept []Problem
	notices := 0
	for _, p := range problems {
		if p.Line != "" {
			key, known := keyed[p.Line]
			if !known {
				continue
			}
			p.Line = key
		}
		if !p.Acceptable {
			if notices++; notices > mostNotices {
				continue
			}
		}
		p.Field = Shorten(p.Field, longestValue)
		p.Value, p.Understood = Shorten(p.Value, longestValue), Shorten(p.Understood, longestValue)
		kept = append(kept, p)
	}
	return kept
}
