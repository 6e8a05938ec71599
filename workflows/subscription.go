package workflows

import "time"

const (
	// EventNoticeEvery is how often at most a starter tells a shop's entity that events arrive.
	EventNoticeEvery = time.Hour
	// eventDelay is how late an event of Cartum may come and still count as delivered.
	eventDelay = 30 * time.Minute
	// missedEvents is how many new orders without an event show that a subscription delivers nothing.
	missedEvents = 3
	// renewEvery is the least time between two renewals, as Cartum may send no events at all.
	renewEvery = 6 * time.Hour
)

// Delivery is what a shop's entity knows of whether Cartum's events arrive.
type Delivery struct {
	PublicURL  string    `json:",omitempty"` // where the events are sent
	Subscribed time.Time `json:",omitzero"`  // the last subscription or renewal
	LastEvent  time.Time `json:",omitzero"`  // when the entity was last told that events arrive
	// Unannounced is when polls found the first new orders, [missedEvents] at most, since events are known to arrive.
	Unannounced []time.Time `json:",omitempty"`
}

// subscribed starts counting afresh.
func (d *Delivery) subscribed(now time.Time) { d.Subscribed, d.Unannounced = now, nil }

// received applies that events arrive.
func (d *Delivery) received(now time.Time) { d.LastEvent, d.Unannounced = now, nil }

// found applies that a poll found new orders of which no event had come. Soon
// after an event it proves nothing, for the entity is not told of the next ones.
func (d *Delivery) found(orders int, at time.Time) {
	if !d.LastEvent.IsZero() && at.Sub(d.LastEvent) < EventNoticeEvery {
		return
	}
	for range min(orders, missedEvents-len(d.Unannounced)) {
		d.Unannounced = append(d.Unannounced, at)
	}
}

// Stale reports whether the subscriptions seem to deliver nothing any more, so
// that they are to be renewed: polls found several new orders, and no event came
// for any of them or after them.
func (d *Delivery) Stale(now time.Time) bool {
	if d.PublicURL == "" || d.Subscribed.IsZero() || now.Sub(d.Subscribed) < renewEvery || len(d.Unannounced) < missedEvents {
		return false
	}
	return now.Sub(d.Unannounced[len(d.Unannounced)-1]) >= eventDelay
}
