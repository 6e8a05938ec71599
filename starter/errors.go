package main

import (
	"fmt"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/service"
)

// hints are what a person at a command line can do about an error of the service.
// The text of the others says it.
var hints = map[service.Code]func(order.Key) string{
	service.Unanswered:   func(order.Key) string { return "; is a worker running? Orders answer through one" },
	service.LookupFailed: func(order.Key) string { return "; is a worker running? It asks the services" },
	service.NoOrder:      func(key order.Key) string { return "; import it with: starter import " + flagsOf(key) },
	service.Closed:       func(key order.Key) string { return ": starter import " + flagsOf(key) },
	service.NotInShop:    func(order.Key) string { return "; check the number" },
}

// explained adds to an error of the service what can be done about it.
func explained(key order.Key, err error) error {
	if err == nil {
		return nil
	}
	if hint, ok := hints[service.As(err).Code]; ok {
		return fmt.Errorf("%w%s", err, hint(key))
	}
	return err
}
