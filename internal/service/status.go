package service

import "net/http"

// statuses are what the codes are in HTTP.
var statuses = map[Code]int{
	Unanswered:   http.StatusServiceUnavailable,
	NotConnected: http.StatusServiceUnavailable,
	LookupFailed: http.StatusServiceUnavailable,
	StillReading: http.StatusServiceUnavailable,
	NotRead:      http.StatusBadGateway,
	Invalid:      http.StatusUnprocessableEntity,
	NoShop:       http.StatusNotFound,
	NoAccount:    http.StatusNotFound,
	NoOrder:      http.StatusNotFound,
	NotInShop:    http.StatusNotFound,
	NoRefresh:    http.StatusNotFound,
	ShopOff:      http.StatusConflict,
	NotImported:  http.StatusConflict,
	Closed:       http.StatusConflict,
	Unfit:        http.StatusConflict,
	ImportRuns:   http.StatusConflict,
}

// Status is the HTTP status of an error with the code, the same for pages and API.
func (c Code) Status() int { return statuses[c] }
