package roapp

import (
	"testing"
	"testing/synctest"
	"time"
)

// Between reading all custom fields and writing them back lies no wait for the budget, and the budget holds.
func TestFieldsAreWrittenRightAfterTheyWereRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, times := clocked(3, always(200, nil, `{"id":7,"custom_fields":{"f104":"x"}}`))
		for range 5 {
			if err := c.UpdateFields(t.Context(), 7, map[string]string{"f104": "x"}, ""); err != nil {
				t.Fatal(err)
			}
		}
		sent := times()
		if len(sent) != 15 {
			t.Fatalf("%d requests", len(sent))
		}
		for i := 0; i < len(sent); i += 3 {
			if gap := sent[i+1] - sent[i]; gap > time.Millisecond {
				t.Errorf("%s between read and write", gap)
			}
		}
		assertWithinBudget(t, sent)
	})
}
