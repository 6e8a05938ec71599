package cartum

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Whatever arithmetic of binary fractions a shop did, the amount is the one that it meant.
func TestNoiseOfBinaryFractionsIsRoundedAwayInEveryNumber(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		places := rapid.IntRange(0, 3).Draw(t, "places")
		want := decimal.New(rapid.Int64Range(0, 99_999_999).Draw(t, "units"), int32(-places))
		exact, _ := want.Float64()
		noisy := exact
		for range rapid.IntRange(0, 3).Draw(t, "steps") {
			noisy = math.Nextafter(noisy, math.Inf(rapid.SampledFrom([]int{-1, 1}).Draw(t, "direction")))
		}
		if exact == 0 { // what a subtraction leaves
			noisy = rapid.SampledFrom([]float64{0, 5.551115123125783e-17, -2.7755575615628914e-17, 1.4210854715202004e-14}).Draw(t, "rest")
		}
		written := rapid.SampledFrom([]string{
			strconv.FormatFloat(noisy, 'f', -1, 64),
			strconv.FormatFloat(noisy, 'f', 20, 64),
			strconv.FormatFloat(noisy, 'e', -1, 64),
			strconv.FormatFloat(noisy, 'g', 17, 64),
			want.StringFixed(10),
			want.String(),
		}).Draw(t, "written")
		if rapid.Bool().Draw(t, "as a text") {
			written = strconv.Quote(written)
		}
		field := rapid.SampledFrom([]string{"price", "quantity", "total_price"}).Draw(t, "field")
		noted := flaws{}
		got := decodeLine(json.RawMessage(fmt.Sprintf(`{"title":"Rose","article":"R","price":1,"quantity":1,"total_price":1,%q:%s}`, field, written)), "products[0]", &noted)
		value := map[string]decimal.Decimal{"price": got.Price, "quantity": got.Quantity, "total_price": got.Total}[field]
		require.True(t, want.Equal(value), "%s is %s, not %s", written, value, want)
		require.Empty(t, noted.list, written)

		for _, name := range []string{"total_sum", "total_default", "delivery_price", "payment_price", "discount_percent", "discount_value", "coupon_percent", "coupon_discount_value", "manager_discount"} {
			order, bad := decodeOrder(json.RawMessage(orderRow(map[string]string{name: written})))
			require.Nil(t, bad)
			require.Empty(t, order.Flaws, name+" "+written)
		}
	})
}

// PHP writes a list with gaps as an object.
func TestObjectsWithNumericKeysAreListsWhereverAListIs(t *testing.T) {
	t.Parallel()
	const row = `{"order_id":7,"stat_status":1,"total_default":"20.00","total_sum":20,"products":{"3":{"title":"Rose","article":"R-1","price":10,"quantity":2,"total_price":20},"7":{"title":"Lily","article":"L-1","price":10,"quantity":1,"total_price":10}}}`
	for name, orders := range map[string]string{
		"a list": `[` + row + `]`, "from 0": `{"0":` + row + `}`, "with a gap": `{"4":` + row + `}`, "by number": `{"7":` + row + `}`,
	} {
		s := newShop(t, one("orders/get", answerJSON(200, `{"status":"OK","response":{"orders":`+orders+`}}`)))
		page, err := s.client().Orders(t.Context(), OrdersQuery{})
		require.NoError(t, err, name)
		require.Len(t, page.Orders, 1, name)
		require.Len(t, page.Orders[0].Lines, 2, name)
		require.Empty(t, page.Orders[0].Flaws, name)
	}
	for name, read := range map[string]struct {
		function, response string
		ask                func(*Client) (int, error)
	}{
		"currencies": {"currency/export", `{"currency":{"1":{"iso":"PLN"},"3":{"iso":"EUR"}}}`, func(c *Client) (int, error) {
			all, err := c.Currencies(t.Context())
			return len(all), err
		}},
		"products": {"catalog/export", `{"products":{"1":{"article":"A","title":{"pl":"A"}},"4":{"article":"B","title":{"pl":"B"}}}}`, func(c *Client) (int, error) {
			all, err := c.Products(t.Context(), []string{"A", "B"})
			return len(all), err
		}},
	} {
		s := newShop(t, one(read.function, answerJSON(200, `{"status":"OK","response":`+read.response+`}`)))
		count, err := read.ask(s.client())
		require.NoError(t, err, name)
		require.Equal(t, 2, count, name)
	}
}

func TestSeveralPhonesComeAsAListOrAsAnObject(t *testing.T) {
	t.Parallel()
	for _, written := range []string{`["601000201","601000202"]`, `{"0":"601000201","1":"601000202"}`, `{"2":"601000201","5":"601000202"}`} {
		order, bad := decodeOrder(json.RawMessage(orderRow(map[string]string{"delivery_phone": written})))
		require.Nil(t, bad)
		require.Equal(t, "601000201, 601000202", order.Phone, written)
		require.Empty(t, order.Flaws, written)
	}
}
