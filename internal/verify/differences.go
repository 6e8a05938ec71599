package verify

import (
	"slices"

	"github.com/cartumsync/cartumsync/internal/contract"
)

// differences are the places where answers are not as docs/reference describes them. They name fields, never values.
func differences(service string, w *wire) []string {
	described := map[string]*contract.Contract{shopService: contract.Cartum(), accountService: contract.Roapp()}[service]
	var all []string
	for _, x := range w.since(0) {
		for _, place := range described.Differences(x.request, x.status, x.header, x.body) {
			if line := service + " " + x.endpoint + ": " + place; !slices.Contains(all, line) {
				all = append(all, line)
			}
		}
	}
	return all
}
