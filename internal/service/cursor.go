package service

import (
	"bytes"
	"encoding/base64"
	"encoding/json"

	"github.com/cartumsync/cartumsync/internal/index"
	"github.com/cartumsync/cartumsync/internal/order"
)

// place is where a page ended. At least one of the two is set.
type place struct {
	// Order is the last one of ours, by when it was placed.
	Order *index.Position `json:"o,omitempty"`
	// Roapp is how far each account's own list was read.
	Roapp map[string]reading `json:"r,omitempty"`
}

// reading is how far an account's list was read: its page, and the last order
// that was shown. A list that grew since then shows some of it again.
type reading struct {
	Page int   `json:"p"`
	Last int64 `json:"l,omitempty"`
	Done bool  `json:"d,omitempty"`
}

// longestCursor is more than any cursor of ours has.
const longestCursor = 4000

var errCursor = invalid("cursor", "is not of this table; start at the first page")

func (p place) cursor() string {
	text, _ := json.Marshal(p) // data that always can be written
	return base64.RawURLEncoding.EncodeToString(text)
}

// placeOf reads a cursor; "" is the begin.
func placeOf(cursor string) (place, error) {
	var p place
	if cursor == "" {
		return p, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(cursor) > longestCursor {
		return p, errCursor
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if decoder.Decode(&p) != nil || !p.sound() {
		return place{}, errCursor
	}
	return p, nil
}

func (p place) sound() bool {
	for account, at := range p.Roapp {
		if !order.ValidID(account) || at.Page < 1 || at.Page > mostPages || at.Last < 0 {
			return false
		}
	}
	if at := p.Order; at != nil {
		return order.ValidID(at.Shop) && at.Number > 0 && at.At.Year() > 1970 && at.At.Year() < 10000
	}
	return len(p.Roapp) > 0
}

// mostPages is more than any account's list has.
const mostPages = 1_000_000
