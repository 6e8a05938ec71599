package service

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

const (
	// roappOrdersFor is how long a page of RO App's list is shown before it is
	// asked for again.
	roappOrdersFor = 30 * time.Second
	// roappPatience is how long a page waits for a list or a search of RO App.
	roappPatience = 10 * time.Second
)

// accounts are those whose own orders are wanted, sorted.
func (l *tableQuery) accounts() []string {
	if only := cmp.Or(l.filter.Account, l.set.Shops[l.filter.Shop].Account); only != "" {
		if _, known := l.set.Accounts[only]; !known {
			return nil
		}
		return []string{only}
	}
	return slices.Sorted(maps.Keys(l.set.Accounts))
}

// roappPage reads a page of an account's own list. Other work on the account goes
// first, so it may take until ctx ends.
func (l *tableQuery) roappPage(ctx context.Context, in workflows.RoappOrdersInput) (workflows.RoappOrdersPage, error) {
	id := workflows.RoappOrdersID(in, []byte(l.set.IdentityKey.Reveal()))
	return kept(ctx, l.Orders, l.roapp, id, in.Account, in.Number != "", workflows.RoappOrdersWorkflow, in)
}

// roappByNumber asks an account for an order by the number that its staff see.
func (l *tableQuery) roappByNumber(ctx context.Context, account string) ([]Row, error) {
	ctx, cancel := context.WithTimeout(ctx, roappPatience)
	defer cancel()
	page, err := l.roappPage(ctx, workflows.RoappOrdersInput{Account: account, Page: 1, Number: l.filter.Number})
	if err != nil {
		return nil, err
	}
	wanted := slices.DeleteFunc(slices.Clone(page.Orders), func(one workflows.RoappOrder) bool {
		return !strings.EqualFold(one.Number, l.filter.Number) && strconv.FormatInt(one.ID, 10) != l.filter.Number
	})
	return l.recognise(ctx, account, wanted)
}

// recognise makes rows of what RO App lists: orders of ours as the exchange knows
// them, and the others as RO App does.
func (l *tableQuery) recognise(ctx context.Context, account string, listed []workflows.RoappOrder) ([]Row, error) {
	known, elsewhere, err := l.knownAmong(ctx, account, listed)
	if err != nil {
		return nil, err
	}
	rows := make([]Row, 0, len(listed))
	for _, one := range listed {
		row, mine := known[one.ID]
		if !mine {
			row = l.foreign(account, one, elsewhere)
		}
		row.RoappOrder, row.RoappNumber, row.RoappStatus, row.RoappStatusName = one.ID, one.Number, one.StatusID, one.StatusName
		row.Links.Order = l.orderLink(account, one.ID)
		rows = append(rows, row)
	}
	return rows, nil
}

// foreign is an order that no workflow knows: made by staff, who may have copied
// one of ours, or by the exchange so long ago that its workflow is forgotten.
func (l *tableQuery) foreign(account string, one workflows.RoappOrder, elsewhere map[order.Key]bool) Row {
	row := Row{
		Account: account, Customer: one.Customer, Created: one.Created, Amount: &one.Total, Currency: l.set.Accounts[account].Currency,
	}
	if len(one.Keys) == 1 && !elsewhere[one.Keys[0]] {
		row.Key = one.Keys[0]
		shop := l.set.Shops[row.Key.Shop]
		row.ShopName = cmp.Or(shop.Name, row.Key.Shop)
		row.Links.ShopName, row.Links.Shop = row.ShopName, shop.AdminURL
	}
	return row
}

// knownAmong finds those of RO App's orders that workflows know, by RO App's id,
// and which orders of shops stand for another one in RO App.
func (l *tableQuery) knownAmong(ctx context.Context, account string, listed []workflows.RoappOrder) (known map[int64]Row, elsewhere map[order.Key]bool, err error) {
	shops := l.set.ShopsOf(account)
	if len(listed) == 0 || len(shops) == 0 {
		return nil, nil, nil
	}
	var ids []int64
	var keys []string
	meant := map[order.Key]int64{}
	for _, one := range listed {
		ids = append(ids, one.ID)
		for _, key := range one.Keys {
			keys = append(keys, key.WorkflowID())
			meant[key] = one.ID
		}
	}
	is := index.WithRoappOrders(ids...)
	if len(keys) > 0 {
		is = index.Any(is, index.WithIDs(keys...))
	}
	rows, err := l.index.Orders(ctx, index.All(index.OfShops(shops...), is), 0)
	if err != nil {
		return nil, nil, err
	}
	known, elsewhere = map[int64]Row{}, map[order.Key]bool{}
	for _, one := range rows {
		row := l.row(one)
		id := cmp.Or(row.RoappOrder, meant[row.Key]) // one that was made a moment ago is not told yet
		elsewhere[row.Key] = id != meant[row.Key]
		if id != 0 {
			known[id] = row
		}
	}
	return known, elsewhere, nil
}

// withRoapp is a page of orders that staff created in RO App, or of these and all
// that came through an integration.
func (l *tableQuery) withRoapp(ctx context.Context, from place, size int) (Page, error) {
	var ours []index.Order
	var last *index.Position
	if l.filter.Source == SourceAny {
		var err error
		if ours, last, err = l.index.NewestFirst(ctx, l.where(), from.Order, size); err != nil {
			return Page{}, err
		}
	}
	waiting, cancel := context.WithTimeout(ctx, roappPatience)
	defer cancel()
	m := merging{ours: l.rows(ours), streams: roappReader(l.readRoapp).open(waiting, l.accounts(), from.Roapp)}
	page := Page{Rows: m.newestFirst(waiting, size)}
	for i := range page.Rows {
		row := &page.Rows[i]
		if there, ok := l.seenRow(row.Workflow); ok {
			row.RoappNumber, row.RoappStatus, row.RoappStatusName = there.RoappNumber, there.RoappStatus, there.RoappStatusName
		}
	}
	to := place{Order: from.Order, Roapp: map[string]reading{}}
	if m.taken > 0 {
		at := ours[m.taken-1].Position()
		to.Order = &at
	}
	more := last != nil || m.taken < len(ours)
	for _, s := range m.streams {
		to.Roapp[s.account] = s.at
		more = more || !s.at.Done && s.err == nil
		if s.err != nil {
			page.Problems = append(page.Problems, problemOf(s.account, s.err))
		}
		if s.unreadable > 0 {
			page.Problems = append(page.Problems, Problem{Code: ProblemUnreadable, Account: s.account, Count: s.unreadable})
		}
	}
	if more {
		page.Next = to.cursor()
	}
	return page, nil
}

// readRoapp reads a page of an account's list: the orders that no workflow knows.
func (l *tableQuery) readRoapp(ctx context.Context, account string, number int) (roappList, error) {
	page, err := l.roappPage(ctx, workflows.RoappOrdersInput{Account: account, Page: number})
	if err != nil {
		return roappList{}, err
	}
	list := roappList{pages: page.Pages, unreadable: page.Unreadable}
	for _, one := range page.Orders {
		if list.oldest.IsZero() || one.Created.Before(list.oldest) {
			list.oldest = one.Created
		}
	}
	rows, err := l.recognise(ctx, account, page.Orders)
	l.see(rows)
	list.rows = slices.DeleteFunc(rows, func(row Row) bool {
		return row.Workflow != "" || l.filter.Source == SourceRoapp && row.Key != order.Key{} || !l.filter.placed(row)
	})
	if !l.filter.From.IsZero() && list.oldest.Before(l.filter.From) {
		list.pages = number // all others are older
	}
	return list, err
}

// see remembers rows of ours as RO App's list shows them.
func (l *tableQuery) see(rows []Row) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, row := range rows {
		if row.Workflow != "" {
			l.seen[row.Workflow] = row
		}
	}
}

// seenRow is what RO App's list shows of an order of ours, if it was read.
func (l *tableQuery) seenRow(workflow string) (Row, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	row, ok := l.seen[workflow]
	return row, ok
}
