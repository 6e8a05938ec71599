package workflows

import "time"

const (
	// eventDelay is how late an event of Cartum may come and still count as delivered.
	eventDelay = 30 * time.Minute
	// missedEvents is how many new orders without an event show that a subscription delivers nothing.
	missedEvents = 3
	// renewEvery is the least time between two renewals, as Cartum may send no events at all.
	renewEvery = 6 * time.Hour
)

// SubscriptionStale tells whether a shop's subscriptions seem to deliver nothing any more, so that they are to be renewed:
// polls found several new orders, and no event came for any of them or after them. Subscribed is when the shop was last
// subscribed, lastEvent when an event last came (zero: never), found when polls found new orders.
func SubscriptionStale(subscribed, lastEvent time.Time, found []time.Time, now time.Time) bool {
	if subscribed.IsZero() || now.Sub(subscribed) < renewEvery {
		return false
	}
	missed := 0
	for _, at := range found {
		if at.After(later(subscribed, lastEvent)) && now.Sub(at) >= eventDelay {
			missed++
		}
	}
	return missed >= missedEvents
}
