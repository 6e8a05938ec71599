package main

import (
	"fmt"

	"github.com/cartumsync/cartumsync/internal/exchange"
	"github.com/cartumsync/cartumsync/internal/order"
)

// hints are what a person at a command line can do about an error of the service.
// The text of the others says it.
var hints = map[exchange.Code]func(order.Key) string{
	exchange.Unanswered:  func(order.Key) string { return "; is a worker running? Orders answer through one" },
	exchange.NotLookedUp: func(order.Key) string { return "; is a worker running? It asks the services" },
	exchange.NoOrder:     func(key order.Key) string { return "; import it with: starter import " + flagsOf(key) },
	exchange.Closed:      func(key order.Key) string { return ": starter import " + flagsOf(key) },
	exchange.NotInShop:   func(order.Key) string { return "; check the number" },
}

// explained adds to an error of the service what can be done about it.
func explained(key order.Key, err error) error {
	if err == nil {
		return nil
	}
	if hint, ok := hints[exchange.As(err).Code]; ok {
		return fmt.Errorf("%w%s", err, hint(key))
	}
	return err
}
