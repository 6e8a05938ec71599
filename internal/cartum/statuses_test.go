package cartum

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestStatuses(t *testing.T) {
	t.Parallel()
	want := []Status{
		{ID: 1, Titles: map[string]string{"en": "New", "ro": "Nou"}},
		{ID: 3, Titles: map[string]string{"en": "Delivered"}, Successful: true},
		{ID: 10},
	}
	const first, third, tenth = `{"id":1,"title":{"en":"New","ro":"Nou"},"is_successful":0}`,
		`{"id":"3","title":{"en":"Delivered"},"is_successful":"1"}`, `{"id":10,"title":[],"is_successful":false}`
	for name, statuses := range map[string]string{
		"object": `{"10":` + tenth + `,"3":` + third + `,"1":` + first + `}`,
		"list":   `[` + third + `,` + tenth + `,` + first + `]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, one("orders/get_available_statuses", answerJSON(200, `{"status":"OK","response":{"statuses":`+statuses+`}}`)))
			got, err := s.client().Statuses(t.Context())
			require.NoError(t, err)
			assert.Equal(t, want, got)
		})
	}
}

func TestStatusesThatFail(t *testing.T) {
	t.Parallel()
	for body, field := range map[string]string{
		`{"status":"OK","response":{}}`:                                                                    "statuses",
		`{"status":"OK","response":{"statuses":"none"}}`:                                                   "statuses",
		`{"status":"OK","response":{"statuses":{"8":{"title":{"en":"Paid"}}}}}`:                            "statuses.8.id",
		`{"status":"OK","response":{"statuses":{"8":5}}}`:                                                  "statuses.8",
		`{"status":"OK","response":{"statuses":[{"id":1},{"id":2,"is_successful":"?"}]}}`:                  "statuses[1].is_successful",
		`{"status":"OK","response":{"statuses":{"1":{"id":1,"title":true},"2":{"id":2,"title":{"a":1}}}}}`: "statuses.1.title",
	} {
		t.Run(body, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, one("orders/get_available_statuses", answerJSON(200, body)))
			_, err := s.client().Statuses(t.Context())
			e := asError(t, err)
			assert.Equal(t, Malformed, e.Kind)
			assert.Equal(t, field, e.Field)
		})
	}
	s := newShop(t, one("orders/get_available_statuses", answerJSON(200, `{"status":"ERROR","response":{"message":"no right"}}`)))
	_, err := s.client().Statuses(t.Context())
	assert.Equal(t, Rejected, KindOf(err))

	s = newShop(t, one("orders/get_available_statuses", answerJSON(200, `{"status":"EMPTY","response":[]}`)))
	none, err := s.client().Statuses(t.Context())
	require.NoError(t, err)
	assert.Empty(t, none)
}
