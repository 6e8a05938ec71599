package service

import (
	"context"
	"sync"
	"time"
)

// roappPagesAtOnce bounds the requests of an account for one page of a table:
// where most orders are ours, few of its own stand on each.
const roappPagesAtOnce = 4

// roappList is what a page of an account's list has for a table, the newest order
// first.
type roappList struct {
	rows       []Row
	oldest     time.Time // of all orders of the page
	pages      int       // of the whole list
	unreadable int
}

// roappReader reads a page of an account's list, counted from 1.
type roappReader func(ctx context.Context, account string, page int) (roappList, error)

// open reads the lists of all accounts, each from where it was read to.
func (read roappReader) open(ctx context.Context, accounts []string, from map[string]reading) []*stream {
	var opening sync.WaitGroup
	var streams []*stream
	for _, account := range accounts {
		s := &stream{reader: read, account: account, at: from[account]}
		s.at.Page = max(s.at.Page, 1)
		streams = append(streams, s)
		opening.Go(func() { s.fill(ctx) })
	}
	opening.Wait()
	return streams
}

// merging puts orders of the integration and of accounts' own lists in one order.
type merging struct {
	ours    []Row // newest first
	taken   int   // of ours
	streams []*stream
}

// newestFirst takes up to size orders, newest first. It takes fewer where an
// account's list was read so far that older orders may still come on its next page.
func (m *merging) newestFirst(ctx context.Context, size int) (rows []Row) {
	for len(rows) < size {
		next := newestOf(m.streams)
		switch {
		case m.taken < len(m.ours) && (next == nil || !next.rows[0].Created.After(m.ours[m.taken].at())):
			if m.ours[m.taken].at().Before(m.horizon()) {
				return rows
			}
			rows = append(rows, m.ours[m.taken])
			m.taken++
		case next == nil || next.rows[0].Created.Before(m.horizon()):
			return rows
		default:
			rows = append(rows, next.take(ctx))
		}
	}
	return rows
}

// horizon is before when the lists may have orders that were not read yet, zero
// where each list shows its next order or its end.
func (m *merging) horizon() time.Time {
	var at time.Time
	for _, s := range m.streams {
		if len(s.rows) == 0 && !s.at.Done && s.err == nil && s.oldest.After(at) {
			at = s.oldest
		}
	}
	return at
}

// newestOf is the stream whose next row is the newest, nil where none has one.
func newestOf(streams []*stream) *stream {
	var newest *stream
	for _, s := range streams {
		if len(s.rows) > 0 && (newest == nil || s.rows[0].Created.After(newest.rows[0].Created)) {
			newest = s
		}
	}
	return newest
}

// stream is an account's list as far as it is read.
type stream struct {
	reader  roappReader
	account string
	at      reading
	rows    []Row
	pages   int // of the list, 0 before the first was read
	asked   int
	oldest  time.Time // of the last page that was read
	err     error

	unreadable int
}

// take gives the next row.
func (s *stream) take(ctx context.Context) Row {
	row := s.rows[0]
	s.rows, s.at.Last = s.rows[1:], row.RoappOrder
	s.fill(ctx)
	return row
}

// fill reads on until there is a row, or no more of them, or enough was asked.
func (s *stream) fill(ctx context.Context) {
	for len(s.rows) == 0 && !s.at.Done && s.err == nil && s.asked < roappPagesAtOnce {
		if s.pages > 0 {
			if s.at.Page >= s.pages {
				s.at.Done = true
				return
			}
			s.at.Page++
		}
		s.asked++
		s.err = s.read(ctx)
	}
	if len(s.rows) == 0 && !s.at.Done && s.err == nil { // the next page of the table goes on behind what was read
		s.at.Done = s.at.Page >= s.pages
		s.at.Page++
	}
}

// read reads the page that it stands at. What was shown already is left out: a
// list that grew since then shows it again.
func (s *stream) read(ctx context.Context) error {
	list, err := s.reader(ctx, s.account, s.at.Page)
	if err != nil {
		return err
	}
	s.pages, s.unreadable, s.oldest = max(list.pages, 1), s.unreadable+list.unreadable, list.oldest
	for _, row := range list.rows {
		if s.at.Last == 0 || row.RoappOrder < s.at.Last {
			s.rows = append(s.rows, row)
		}
	}
	return nil
}
