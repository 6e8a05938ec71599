package exchange

import (
	"context"
	"sync"
)

// roappPagesAtOnce bounds the requests of an account for one page of a table:
// where most orders are ours, few of its own stand on each.
const roappPagesAtOnce = 4

// roappList is what a page of an account's list has for a table, the newest order
// first.
type roappList struct {
	rows       []Row
	pages      int // of the whole list
	unreadable int
}

// roappReader reads a page of an account's list, counted from 1.
type roappReader func(ctx context.Context, account string, page int) (roappList, error)

// newestFirst takes up to size orders of all accounts, newest first, each from
// where it was read to. The streams tell how far they are read now.
func (read roappReader) newestFirst(ctx context.Context, accounts []string, from map[string]reading, size int) (rows []Row, streams []*stream) {
	var opening sync.WaitGroup
	for _, account := range accounts {
		s := &stream{reader: read, account: account, at: from[account]}
		s.at.Page = max(s.at.Page, 1)
		streams = append(streams, s)
		opening.Go(func() { s.fill(ctx) })
	}
	opening.Wait()
	for len(rows) < size {
		next := newestOf(streams)
		if next == nil {
			break
		}
		rows = append(rows, next.take(ctx))
	}
	return rows, streams
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
	s.pages, s.unreadable = max(list.pages, 1), s.unreadable+list.unreadable
	for _, row := range list.rows {
		if s.at.Last == 0 || row.RoappOrder < s.at.Last {
			s.rows = append(s.rows, row)
		}
	}
	return nil
}
