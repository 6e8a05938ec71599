package roapp

import "time"

// rateSeconds is over how many seconds [Limiter.Rate] is measured.
const rateSeconds = 30

// sentCount counts requests by the second they were sent in, for the last seconds
// and the one that is not over.
type sentCount struct {
	unix     [rateSeconds + 1]int64 // the second that the count is of
	requests [rateSeconds + 1]int
}

func (c *sentCount) add(now time.Time) {
	second := now.Unix()
	i := int(second % int64(len(c.unix)))
	if c.unix[i] != second {
		c.unix[i], c.requests[i] = second, 0
	}
	c.requests[i]++
}

// perSecond is the mean of the last whole seconds.
func (c *sentCount) perSecond(now time.Time) float64 {
	sum := 0
	for i, second := range c.unix {
		if age := now.Unix() - second; 1 <= age && age <= rateSeconds {
			sum += c.requests[i]
		}
	}
	return float64(sum) / rateSeconds
}

// Rate is how many requests a second were sent, over the last half minute.
func (l *Limiter) Rate() float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.count.perSecond(time.Now())
}
