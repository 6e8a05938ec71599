package order

import (
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// Outcome is what a step brought. Its kinds are the answers of the activities.
type Outcome interface {
	apply(s *State, step Step, now time.Time)
}

// NewOutcome makes the empty answer of a step, to decode into.
func NewOutcome(kind StepKind) Outcome {
	switch kind {
	case StepReadShopOrder:
		return &ShopOrderRead{}
	case StepReadCatalogue:
		return &CatalogueRead{}
	case StepFindContact:
		return &ContactsFound{}
	case StepFindProducts:
		return &ProductsFound{}
	case StepEnsureContact:
		return &ContactEnsured{}
	case StepEnsureProduct:
		return &ProductEnsured{}
	case StepCreateOrder:
		return &OrderCreated{}
	case StepReadOrder:
		return &OrderRead{}
	case StepAddItem:
		return &ItemAdded{}
	case StepSetStatus:
		return &StatusSet{}
	case StepPostComment:
		return &CommentPosted{}
	}
	return nil
}

// Begin notes that a step is about to be scheduled.
func (s *State) Begin(step Step, now time.Time) {
	if step.Kind == StepReadShopOrder {
		s.ReadAt = now
	}
	if !step.creates() {
		return
	}
	if s.Begun == nil {
		s.Begun = map[string]time.Time{}
	}
	s.Begun[step.Key] = now
	if in := step.CreateOrder; in != nil && !slices.Contains(s.BegunFor, in.ContactID) {
		s.BegunFor = append(s.BegunFor, in.ContactID)
	}
}

// Apply takes in what a step brought.
func (s *State) Apply(step Step, o Outcome, now time.Time) {
	delete(s.Begun, step.Key)
	o.apply(s, step, now)
}

// Withdraw notes that a step ended without an answer, because something else
// became more important. Whether it had happened is not known.
func (s *State) Withdraw(step Step, now time.Time) {
	if _, begun := s.Begun[step.Key]; begun {
		s.Begun[step.Key] = now
	}
}

func (o *ShopOrderRead) apply(s *State, _ Step, now time.Time) {
	s.ReadDue = false
	if o.Snapshot == nil {
		s.Missing++
		s.Hint = nil
		return
	}
	// A read that was asked for after this one was sent is still due.
	if s.Hint != nil && !s.Hint.At.After(o.Snapshot.SeenAt) {
		s.Hint = nil
	}
	if s.Snapshot != nil && s.Snapshot.SeenAt.After(o.Snapshot.SeenAt) {
		return
	}
	s.Missing = 0
	changed := s.Digest != o.Digest
	if changed {
		what := "changed in the shop"
		if s.Snapshot == nil {
			what = "seen in the shop"
		}
		s.Tell(now, "", fmt.Sprintf("%s: status %d, lines: %d, %s %s",
			what, o.Snapshot.Status, len(o.Snapshot.Lines), o.Snapshot.Totals.Sum.StringFixed(2), o.Snapshot.Currency))
	}
	s.Snapshot, s.Digest = o.Snapshot, o.Digest
	if changed {
		s.news(now)
	}
}

func (o *CatalogueRead) apply(s *State, step Step, _ time.Time) {
	if s.Catalogue == nil {
		s.Catalogue, s.CatalogueRead = map[string]CatalogueEntry{}, map[string]bool{}
	}
	for _, article := range step.ReadCatalogue.Articles {
		s.CatalogueRead[NormalizeText(article)] = true
	}
	for article, entry := range o.Entries {
		s.Catalogue[article] = entry
	}
}

func (o *ContactsFound) apply(s *State, step Step, _ time.Time) {
	s.Customer.about(step.FindContact.Phone)
	if step.FindContact.Organizations {
		s.Customer.Organizations = o
	} else {
		s.Customer.People = o
	}
}

// about forgets what was found by another phone.
func (c *CustomerFacts) about(phone string) {
	if c.Phone != phone {
		c.Phone, c.People, c.Organizations, c.Ensured = phone, nil, nil, nil
	}
}

func (o *ContactEnsured) apply(s *State, step Step, now time.Time) {
	s.Customer.about(step.EnsureContact.Person.Phone)
	if o.Contact != nil {
		s.Customer.Ensured, s.Customer.EnsuredAt = o.Contact, now
		return
	}
	s.Customer.People = &ContactsFound{At: o.At, Contacts: o.Found}
}

func (o *ProductsFound) apply(s *State, step Step, _ time.Time) {
	for _, key := range goodsAsked(step.FindProducts) {
		facts := s.Goods[key]
		facts.LookedAt, facts.Found = o.At, o.Products[key]
		s.setGoods(key, facts)
	}
}

// goodsAsked are the goods that a search was about.
func goodsAsked(f *FindProducts) []GoodsKey {
	if f.Title != "" {
		return []GoodsKey{TitleKey(f.Title)}
	}
	keys := make([]GoodsKey, 0, len(f.Articles))
	for _, article := range f.Articles {
		keys = append(keys, ArticleKey(article))
	}
	return keys
}

func (o *ProductEnsured) apply(s *State, step Step, _ time.Time) {
	key := step.EnsureProduct.Goods
	facts := s.Goods[key]
	if o.Product != nil {
		facts.Ensured = o.Product
	} else {
		facts.LookedAt, facts.Found = o.At, o.Found
	}
	s.setGoods(key, facts)
}

func (o *OrderCreated) apply(s *State, step Step, now time.Time) {
	in := step.CreateOrder
	if o.ID == 0 {
		s.Again = false
		return // nothing stood there, and nothing was made
	}
	s.Order = &AccountOrder{
		Account: in.Account, ID: o.ID, Number: o.Number, ContactID: in.ContactID, At: now,
		StatusID: o.StatusID, InitialStatusID: o.InitialStatusID,
	}
	if s.Order.StatusID == 0 && !o.TakenOver {
		s.Order.StatusID = o.InitialStatusID
	}
	if !o.TakenOver {
		s.Tell(now, "", fmt.Sprintf("order %s created in RO App; customer: %s", o.label(), in.ContactWhy))
		return
	}
	// What an attempt of this life made is ours alone; what an earlier life
	// made may have been worked on since.
	s.Order.TakenOver = in.Look.Old || o.Late
	if o.ContactID != 0 {
		s.Order.ContactID = o.ContactID
	}
	s.Tell(now, "", fmt.Sprintf("order %s stood in RO App already and was taken over; customer: %s", o.label(), in.ContactWhy))
	s.takeOverItems(in.Products, o.Items)
}

func (o *OrderCreated) label() string {
	if o.Number != "" {
		return o.Number
	}
	return fmt.Sprintf("%d", o.ID)
}

// takeOverItems recognises the order's lines in the items that stand there: by
// product, and where several fit by quantity and price.
func (s *State) takeOverItems(products map[LineKey]int64, items []Item) {
	taken := map[int64]bool{}
	for _, line := range PricedLines(*s.Snapshot) {
		product := products[line.Key]
		item, found := MatchItem(items, product, line.Quantity, line.Price, taken)
		if product == 0 || !found {
			continue
		}
		taken[item.ID] = true
		s.setLine(line.Key, LineFacts{ItemID: item.ID, ProductID: item.ProductID, Quantity: item.Quantity, Price: item.Price})
		s.Order.WrittenOff = s.Order.WrittenOff || item.WrittenOff
	}
}

// MatchItem finds the item that stands for a line among those not taken: the
// same product, and rather one with the same quantity and price.
func MatchItem(items []Item, productID int64, quantity, price decimal.Decimal, taken map[int64]bool) (Item, bool) {
	candidates := slices.DeleteFunc(slices.Clone(items), func(i Item) bool {
		return i.ProductID != productID || taken[i.ID]
	})
	for _, item := range candidates {
		if item.Quantity.Equal(quantity) && item.Price.Equal(price) {
			return item, true
		}
	}
	if len(candidates) == 0 {
		return Item{}, false
	}
	return candidates[0], true
}

func (s *State) setLine(key LineKey, facts LineFacts) {
	if s.Lines == nil {
		s.Lines = map[LineKey]LineFacts{}
	}
	s.Lines[key] = facts
}

func (o *OrderRead) apply(s *State, _ Step, now time.Time) {
	s.OrderDue = false
	s.SeeAccountOrder(*o, now)
}

// SeeAccountOrder takes in RO App's side of the order.
func (s *State) SeeAccountOrder(o OrderRead, now time.Time) {
	if s.Order == nil || s.Order.ID != o.OrderID {
		return
	}
	if s.Order.StatusID != o.StatusID && o.StatusID != 0 {
		s.Tell(now, "", fmt.Sprintf("status in RO App: %d", o.StatusID))
		if s.Order.StatusID != 0 {
			// Somebody has gone on with it; the import does not put it back.
			s.refuse(StepSetStatus, StatusRefuse{Text: "staff moved the order on in the meantime", ByStaff: true})
		}
		s.Order.StatusID = o.StatusID
	}
	total := o.Total
	s.Order.Total = &total
}

func (o *ItemAdded) apply(s *State, step Step, now time.Time) {
	in := step.AddItem
	facts := LineFacts{ItemID: o.ID, ProductID: in.ProductID, Quantity: in.Quantity, Price: in.Price}
	if o.Found != nil {
		facts.Quantity, facts.Price = o.Found.Quantity, o.Found.Price
	}
	s.setLine(in.Line, facts)
	if o.DeductedAtOnce {
		s.Order.DeductedAtOnce = true
		s.Tell(now, "", fmt.Sprintf("RO App wrote item %d off as it was added", o.ID))
	}
}

func (o *StatusSet) apply(s *State, step Step, now time.Time) {
	s.Order.StatusID = o.StatusID
	if o.StatusID == step.SetStatus.To {
		s.Tell(now, "", fmt.Sprintf("status in RO App set to %d", o.StatusID))
		return
	}
	// Staff were faster; what they chose stays.
	s.Tell(now, "", fmt.Sprintf("status in RO App is %d, set by staff; left as it is", o.StatusID))
	s.refuse(StepSetStatus, StatusRefuse{StatusID: step.SetStatus.To, Text: "staff moved the order on in the meantime", ByStaff: true})
}

func (s *State) refuse(kind StepKind, r StatusRefuse) {
	if s.Refused == nil {
		s.Refused = map[StepKind]StatusRefuse{}
	}
	s.Refused[kind] = r
}

func (*CommentPosted) apply(s *State, step Step, now time.Time) {
	s.Comment.Parts++
	if step.PostComment.Last {
		s.Comment.FirstAt = now
		s.Tell(now, "", "first comment written")
	}
}
