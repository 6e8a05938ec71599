package order

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
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
	case StepWriteLines:
		return &LinesWritten{}
	case StepUpdateFields:
		return &FieldsUpdated{}
	case StepPushStatus:
		return &StatusPushed{}
	case StepTakeOverOrder:
		return &OrderTakenOver{}
	case StepRememberChoice:
		return &ChoiceRemembered{}
	case StepRecallChoice:
		return &ChoiceRecalled{}
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
	switch {
	case step.CreateOrder != nil && !slices.Contains(s.BegunFor, step.CreateOrder.ContactID):
		s.BegunFor = append(s.BegunFor, step.CreateOrder.ContactID)
	case step.AddItem != nil:
		s.beginAdd(step.AddItem)
	case step.WriteLines != nil:
		s.beginLines(step.WriteLines)
	case step.SetStatus != nil:
		s.Order.Sets.begin(StatusFacts{Shop: step.SetStatus.Shop, Account: step.SetStatus.To})
	case step.PushStatus != nil:
		s.Pushes.begin(StatusFacts{Shop: step.PushStatus.To, Account: step.PushStatus.Account})
	}
}

// Apply takes in what a step brought.
func (s *State) Apply(step Step, o Outcome, now time.Time) {
	delete(s.Begun, step.Key)
	o.apply(s, step, now)
	if s.Order != nil && step.writesToOrder() {
		s.Order.WroteAt = now
	}
}

// Withdraw notes that a step ended without an answer, because something else
// became more important. Whether it had happened is not known.
func (s *State) Withdraw(step Step, now time.Time) {
	if _, begun := s.Begun[step.Key]; begun {
		s.Begun[step.Key] = now
	}
	if step.PushStatus != nil {
		s.Pushes.EndedAt = now
	}
	if step.SetStatus != nil && s.Order != nil {
		s.Order.Sets.EndedAt = now
	}
}

func (o *ShopOrderRead) apply(s *State, _ Step, now time.Time) {
	s.ReadDue = false
	if o.Snapshot == nil {
		s.Missing++
		s.Hint = nil
		if s.settled() {
			s.Tell(now, "", "the shop does not show the order")
		}
		return
	}
	// A read that was asked for after this one was sent is still due.
	if s.Hint != nil && !s.Hint.At.After(o.Snapshot.SeenAt) {
		s.Hint = nil
	}
	s.seeSnapshot(o.Snapshot, o.Digest, now)
}

// seeSnapshot takes in the order as the shop has it, unless it is known newer.
func (s *State) seeSnapshot(snapshot *Snapshot, digest string, now time.Time) {
	if s.Snapshot != nil && s.Snapshot.SeenAt.After(snapshot.SeenAt) {
		return
	}
	if _, refused := s.Refused[StepPushStatus]; refused && s.settled() && s.Missing+s.GoneSweeps > 0 {
		// It is there again: what could not be pushed meanwhile is pushed now.
		delete(s.Refused, StepPushStatus)
		s.Handled.Account = 0
	}
	s.Missing, s.GoneSweeps = 0, 0
	was, changed := s.Snapshot, s.Digest != digest
	s.Snapshot, s.Digest, s.Observed = snapshot, digest, ""
	s.seeOwnPush(snapshot)
	if !changed {
		return
	}
	if was == nil {
		s.Tell(now, "", fmt.Sprintf("seen in the shop: status %d, lines: %d, %s %s",
			snapshot.Status, len(snapshot.Lines), snapshot.Totals.Sum.StringFixed(2), snapshot.Currency))
	} else {
		for _, text := range Changes(*was, *snapshot) {
			s.Tell(now, "", "in the shop: "+text)
		}
	}
	s.Unsettled = true
	s.news(now)
}

// seeOwnPush recognises a status that we wrote to the shop, though the answer was
// lost. It is no news.
func (s *State) seeOwnPush(snapshot *Snapshot) {
	own, ours := s.Pushes.find(func(p StatusFacts) bool { return p.Shop == snapshot.Status })
	ours = ours && s.Handled.Shop != snapshot.Status
	if ours {
		s.Handled = own
	}
	s.Pushes.settle(ours, snapshot.SeenAt)
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
		c.Phone, c.People, c.Organizations, c.Ensured, c.Recalled = phone, nil, nil, nil, nil
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
	for _, key := range GoodsAsked(*step.FindProducts) {
		facts := s.Goods[key]
		facts.LookedAt, facts.Found = o.At, o.Products[key]
		s.setGoods(key, facts)
	}
}

// GoodsAsked are the goods that a search is about.
func GoodsAsked(f FindProducts) []GoodsKey {
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
	if wanted := s.TakeOver; wanted != nil {
		s.TakeOver = nil
		s.Tell(now, "", fmt.Sprintf("RO App's order %d was not taken over: the order was made before the decision came", wanted.OrderID))
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
	if s.WriteOffTold {
		s.freeze("", now)
	}
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
		facts := LineFacts{ItemID: item.ID, ProductID: item.ProductID, Quantity: item.Quantity, Price: item.Price}
		if values := (ItemValues{item.Quantity, item.Price}); s.Order.TakenOver && !values.equal(ItemValues{line.Quantity, line.Price}) {
			// Whose the difference is nobody knows, so it stays and is told.
			facts.Quantity, facts.Price = line.Quantity, line.Price
			facts.Theirs, facts.Kept = &values, true
		}
		s.setLine(line.Key, facts)
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

const (
	// ownEcho is for how long after a write of ours a list that may lag behind is
	// not believed by itself: the order is read before its status counts as news.
	ownEcho = 2 * time.Minute
	// sameTime is by how much RO App's clock may differ from ours before a
	// change made by staff is taken for ours, or the other way round.
	sameTime = 10 * time.Second
)

// SeeAccountOrder takes in RO App's side of the order.
func (s *State) SeeAccountOrder(o OrderRead, now time.Time) {
	at := s.Order
	if at == nil || at.ID != o.OrderID || o.At.Before(at.SeenAt) {
		return
	}
	if o.Listed && o.ModifiedAt.Before(at.ModifiedAt) {
		return // a list that lags behind what was seen already
	}
	at.SeenAt, at.Number = o.At, cmp.Or(o.Number, at.Number)
	if s.Hold != nil && s.Hold.Reason == HoldUnreachable && s.Hold.Side == SideRoapp {
		s.TryAgain(now) // it answers again
	}
	if !o.ModifiedAt.IsZero() {
		at.ModifiedAt = o.ModifiedAt
	}
	if s.settled() && o.Listed {
		s.lookCloser(o)
	}
	total := o.Total
	at.Total = &total
	own, ours := at.Sets.find(func(f StatusFacts) bool { return f.Account == o.StatusID })
	ours = ours && o.StatusID != at.StatusID
	at.Sets.settle(ours, o.At)
	if o.StatusID == 0 || o.StatusID == at.StatusID {
		return
	}
	if ours {
		s.seeOwnStatus(own)
		return
	}
	if s.settled() && (o.At.Before(at.WroteAt) || o.Listed && o.At.Sub(at.WroteAt) < ownEcho) {
		s.OrderDue = true // it may show what was before our own write
		return
	}
	s.Tell(now, "", fmt.Sprintf("status in RO App: %d", o.StatusID))
	if at.StatusID != 0 && !s.settled() {
		// Somebody has gone on with it; the import does not put it back.
		s.refuse(StepSetStatus, StatusRefuse{Text: "staff moved the order on in the meantime", ByStaff: true})
	}
	s.forgetRefusal()
	at.StatusID = o.StatusID
	s.Unsettled = true
}

// forgetRefusal lets rest a status that RO App refused: what staff chose since is
// not overwritten with it when a person asks.
func (s *State) forgetRefusal() {
	if s.settled() {
		delete(s.Refused, StepSetStatus)
	}
}

// seeOwnStatus takes in a status that we wrote, though the answer was lost. It is
// no news.
func (s *State) seeOwnStatus(own StatusFacts) {
	s.Order.StatusID = own.Account
	if s.settled() {
		s.Handled = own
	}
}

// lookCloser asks for the items where somebody else has changed the order: only
// they tell of a write-off.
func (s *State) lookCloser(o OrderRead) {
	deducted := o.DeductionRequired != nil && !*o.DeductionRequired
	turned := deducted && !s.Items.Deducted
	s.Items.Deducted = deducted
	if !s.Order.WrittenOff && (turned || o.ModifiedAt.After(s.Order.WroteAt.Add(sameTime))) {
		s.Items.Due = true
	}
}

func (o *ItemAdded) apply(s *State, step Step, now time.Time) {
	in := step.AddItem
	delete(s.Items.Before, in.Line)
	if o.WrittenOff {
		s.freeze("", now)
		return
	}
	facts := LineFacts{ItemID: o.ID, ProductID: in.ProductID, Quantity: in.Quantity, Price: in.Price}
	if o.Found != nil {
		facts.Quantity, facts.Price = o.Found.Quantity, o.Found.Price
	}
	s.setLine(in.Line, facts)
	if s.settled() {
		s.Tell(now, "", fmt.Sprintf("added in RO App: %s: %s x %s", in.Line.label(), facts.Quantity, facts.Price.StringFixed(2)))
		s.Order.FieldsDue = true
	}
	if o.DeductedAtOnce {
		s.Order.DeductedAtOnce = true
		s.Tell(now, "", fmt.Sprintf("RO App wrote item %d off as it was added", o.ID))
	}
}

func (o *LinesWritten) apply(s *State, step Step, now time.Time) {
	in := step.WriteLines
	if slices.ContainsFunc(o.Items, func(i Item) bool { return i.WrittenOff && slices.Contains(s.ourItems(), i.ID) }) {
		s.freeze("", now)
	}
	s.seeItems(in, o)
	for _, line := range in.Lines {
		if sent, ok := o.Written[line.Key]; ok {
			s.Tell(now, "", fmt.Sprintf("written to RO App: %s", sent.describe(line.Key)))
			s.Order.FieldsDue = true
		}
	}
}

// describe reads "A-12: quantity 3, price 10.00".
func (d Decided) describe(key LineKey) string {
	var values []string
	if d.Quantity != nil {
		values = append(values, "quantity "+d.Quantity.String())
	}
	if d.Price != nil {
		values = append(values, "price "+d.Price.StringFixed(2))
	}
	return key.label() + ": " + strings.Join(values, ", ")
}

func (*FieldsUpdated) apply(s *State, _ Step, _ time.Time) { s.Order.FieldsDue = false }

func (o *StatusPushed) apply(s *State, step Step, now time.Time) {
	in := step.PushStatus
	if o.Snapshot == nil {
		// It is pushed once the shop shows the order again; only sweeps say that
		// it is gone.
		s.Missing++
		s.refuse(StepPushStatus, StatusRefuse{StatusID: int64(in.To), Text: "it does not show the order"})
		s.Handled.Account = in.Account
		return
	}
	if o.Pushed {
		s.Handled.Account = in.Account // whatever the shop has now is its own
	}
	if o.Snapshot.Status == in.To {
		s.Tell(now, "", fmt.Sprintf("status in the shop set to %d", in.To))
		s.Handled = StatusFacts{Shop: in.To, Account: in.Account}
		delete(s.Refused, StepPushStatus)
		s.Order.FieldsDue = true
	}
	s.seeSnapshot(o.Snapshot, o.Digest, now)
	s.Pushes = OwnStatuses{}
}

func (o *StatusSet) apply(s *State, step Step, now time.Time) {
	in := step.SetStatus
	own, ours := s.Order.Sets.find(func(f StatusFacts) bool { return f.Account == o.StatusID })
	s.Order.Sets = OwnStatuses{}
	if now := s.Order.StatusID; s.settled() && o.StatusID == in.To && now != in.From && now != in.To {
		// Staff's change was seen while ours was under way: which came last?
		s.Handled = StatusFacts{Shop: in.Shop, Account: in.To}
		s.OrderDue = true
		return
	}
	if o.StatusID == in.To {
		s.Order.StatusID = o.StatusID
		s.Tell(now, "", fmt.Sprintf("status in RO App set to %d", o.StatusID))
		delete(s.Refused, StepSetStatus)
		if s.settled() {
			s.Handled = StatusFacts{Shop: in.Shop, Account: in.To}
			s.Order.FieldsDue = true
		}
		return
	}
	if ours {
		s.seeOwnStatus(own) // of an attempt for another status
		return
	}
	// Staff were faster; what they chose stays.
	s.forgetRefusal()
	s.Order.StatusID = o.StatusID
	s.Tell(now, "", fmt.Sprintf("status in RO App is %d, set by staff; left as it is", o.StatusID))
	if !s.settled() {
		s.refuse(StepSetStatus, StatusRefuse{StatusID: in.To, Text: "staff moved the order on in the meantime", ByStaff: true})
	}
}

func (s *State) refuse(kind StepKind, r StatusRefuse) {
	if s.Refused == nil {
		s.Refused = map[StepKind]StatusRefuse{}
	}
	s.Refused[kind] = r
}

func (*CommentPosted) apply(s *State, step Step, now time.Time) {
	in := step.PostComment
	if s.Comment.About != in.About {
		s.Comment.About, s.Comment.Parts = in.About, 0
	}
	s.Comment.Parts++
	if !in.Last {
		return
	}
	s.Comment.Parts, s.Comment.Told = 0, in.Told
	if s.Comment.FirstAt.IsZero() {
		s.Comment.FirstAt = now
		s.Tell(now, "", "first comment written")
		return
	}
	s.Tell(now, "", "comment written")
	s.Order.FieldsDue = true
}
