package pages

import (
	"crypto/rand"
	"time"

	"github.com/jellydator/ttlcache/v3"

	"github.com/cartumsync/cartumsync/internal/service"
)

const (
	// resultsFor is how long the results of an answer to several orders can be shown
	// again, and resultsMost how many are kept.
	resultsFor  = time.Hour
	resultsMost = 1000
)

// results keeps what became of answers to several orders, so that the page that
// shows it can be loaded again. Only who answered sees it.
type results struct {
	kept *ttlcache.Cache[string, result]
}

type result struct {
	user    string
	decided []service.Decided
}

func newResults() results {
	return results{ttlcache.New(ttlcache.WithTTL[string, result](resultsFor), ttlcache.WithCapacity[string, result](resultsMost))}
}

// keep gives the name under which the result is found.
func (r results) keep(user string, decided []service.Decided) string {
	id := rand.Text()
	r.kept.Set(id, result{user, decided}, ttlcache.DefaultTTL)
	return id
}

// of is nothing where no such result is kept for the user.
func (r results) of(id, user string) []service.Decided {
	found := r.kept.Get(id)
	if found == nil || found.Value().user != user {
		return nil
	}
	return found.Value().decided
}
