package e2e

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/cartumsync/cartumsync/e2e/testenv"
)

// write is a request of an import that changes RO App.
type write struct {
	name     string
	match    string // of faults
	endpoint string // of counts
}

// writes are those of a scene's import, in their order.
var writes = []write{
	{"category", "POST /warehouse/categories", "POST /warehouse/categories"},
	{"contact", "POST /v2/contacts/people", "POST /v2/contacts/people"},
	{"product", "POST /products", "POST /products"},
	{"order", "POST /v2/orders", "POST /v2/orders"},
	{"item", "POST /v2/orders/*/items", "POST /v2/orders/{id}/items"},
	{"comment", "POST /v2/orders/*/comments", "POST /v2/orders/{id}/comments"},
	{"status", "POST /v2/orders/*/status", "POST /v2/orders/{id}/status"},
}

// settled is the account with the one trace that is allowed: a comment may be
// repeated once for each answer that was lost.
func (wr write) settled(w *testenv.Env, lost int) account {
	w.T.Helper()
	a := accountOf(w)
	if wr.name == "comment" {
		return withoutRepetitions(a, lost)
	}
	return a
}

func TestF01_WebhookAndByHandMeetOnOneNewOrder(t *testing.T) {
	t.Parallel()
	s := sceneByArticle()
	w := s.open(t, s.options)
	w.Cartum.PutOrder(sceneNumber, s.fields())
	var asked sync.WaitGroup
	for range 4 {
		asked.Go(func() { w.Webhook(sceneNumber) })
		asked.Go(func() { w.ByHand(sceneNumber) })
	}
	asked.Wait()
	w.AwaitSynced(sceneNumber)
	assertQuiet(t, s.quiet(t), w)
}

// F4 the order; F5 the customer; and every other thing that is written. What is lost
// together does not depend on each other.
func TestF04_F05_LostAnswerIsNotWrittenTwice(t *testing.T) {
	t.Parallel()
	for _, lost := range []struct {
		byTitle bool
		names   []string
	}{
		{false, []string{"contact", "product", "item", "status"}},
		{false, []string{"category", "order", "comment"}},
		{true, []string{"product", "order"}},
	} {
		s := sceneBy(lost.byTitle)
		t.Run(strings.Join(lost.names, " and "), func(t *testing.T) {
			t.Parallel()
			w := s.open(t, s.options)
			for _, name := range lost.names {
				w.Roapp.Break(testenv.Fault{Match: one(name).match, Kind: "lose-answer"})
			}
			s.place(w)
			w.AwaitSynced(sceneNumber)
			got := accountOf(w)
			if slices.Contains(lost.names, "comment") {
				got = withoutRepetitions(got, 1)
			}
			assert.Equal(t, s.quiet(t), got)
		})
	}
}

func TestF04_F05_EveryAnswerIsLostOnce(t *testing.T) {
	t.Parallel()
	s := sceneByArticle()
	w := s.open(t, s.options)
	for _, write := range writes {
		w.Roapp.Break(testenv.Fault{Match: write.match, Kind: "lose-answer"})
	}
	s.place(w)
	w.AwaitSynced(sceneNumber)
	assert.Equal(t, s.quiet(t), withoutRepetitions(accountOf(w), 1))
}

// The order's create fails after its customer's answer was lost.
func TestF05_OrderFailsAfterACustomerWhoseAnswerWasLost(t *testing.T) {
	t.Parallel()
	s := sceneByArticle()
	w := s.open(t, s.options)
	w.Roapp.Break(testenv.Fault{Match: "POST /v2/contacts/people", Kind: "lose-answer"})
	w.Roapp.Break(testenv.Fault{Match: "POST /v2/orders", Kind: "status", Status: 500, Times: 2})
	s.place(w)
	w.AwaitSynced(sceneNumber)
	assertQuiet(t, s.quiet(t), w)
}
