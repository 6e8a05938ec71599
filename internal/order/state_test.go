package order_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// fill gives all that is reachable from v values that are not zero.
func fill(t *testing.T, v reflect.Value, depth int) {
	t.Helper()
	switch v.Type() {
	case reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(noon))
		return
	case reflect.TypeFor[decimal.Decimal]():
		v.Set(reflect.ValueOf(decimal.NewFromInt(7)))
		return
	case reflect.TypeFor[json.RawMessage]():
		v.Set(reflect.ValueOf(json.RawMessage(`{"A":1}`)))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("text")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(7)
	case reflect.Uint8:
		v.SetUint(7)
	case reflect.Float64:
		v.SetFloat(7)
	case reflect.Struct:
		for i := range v.NumField() {
			require.True(t, v.Type().Field(i).IsExported() || v.Type().Field(i).Anonymous, "%s.%s is lost in JSON", v.Type(), v.Type().Field(i).Name)
			fill(t, v.Field(i), depth)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), depth)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(t, v.Index(0), depth)
		fill(t, v.Index(1), depth)
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(t, key, depth)
		fill(t, value, depth)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	default:
		t.Fatalf("a state has a %s", v.Type())
	}
}

// spoil overwrites all that is reachable from v through pointers, slices and maps.
func spoil(v reflect.Value) {
	if v.Type() == reflect.TypeFor[time.Time]() || v.Type() == reflect.TypeFor[decimal.Decimal]() {
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			spoil(v.Field(i))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			spoil(v.Elem())
			v.Elem().SetZero()
		}
	case reflect.Slice:
		for i := range v.Len() {
			spoil(v.Index(i))
			v.Index(i).SetZero()
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			value := reflect.New(v.Type().Elem()).Elem()
			value.Set(v.MapIndex(key))
			spoil(value)
		}
		v.Clear()
	default:
	}
}

func TestAdvanceSharesNothingWithTheStateThatItIsGiven(t *testing.T) {
	t.Parallel()
	var full order.State
	fill(t, reflect.ValueOf(&full).Elem(), 0)
	before, err := json.Marshal(full)
	require.NoError(t, err)

	copied := order.Clone(full)
	after, err := json.Marshal(copied)
	require.NoError(t, err)
	require.JSONEq(t, string(before), string(after))
	spoil(reflect.ValueOf(&copied).Elem())
	after, err = json.Marshal(full)
	require.NoError(t, err)
	assert.JSONEq(t, string(before), string(after), "the copy shares something")

	l := imported(t)
	l.changed(func(o *order.Snapshot) { o.Delivery.Address = "ul. Długa 2" })
	before, err = json.Marshal(l.state)
	require.NoError(t, err)
	next, _ := order.Advance(l.state, nil, l.runningSteps(), l.rules, l.now)
	spoil(reflect.ValueOf(&next).Elem())
	after, err = json.Marshal(l.state)
	require.NoError(t, err)
	assert.Equal(t, string(before), string(after))
}

// What is recorded is the change of the state, as a JSON merge patch: it must give
// the state.
func TestAnySequenceGivesMergePatchesOfTheState(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := newImportedSimulation(t)
		happenings := s.happenings()
		was, err := json.Marshal(s.state)
		require.NoError(t, err)
		for range rapid.IntRange(1, 8).Draw(t, "events") {
			s.event(happenings)
			s.pass()
			is, err := json.Marshal(s.state)
			require.NoError(t, err)
			patch, err := jsonpatch.CreateMergePatch(was, is)
			require.NoError(t, err)
			merged, err := jsonpatch.MergePatch(was, patch)
			require.NoError(t, err)
			var state order.State
			require.NoError(t, json.Unmarshal(merged, &state))
			again, err := json.Marshal(state)
			require.NoError(t, err)
			var direct order.State
			require.NoError(t, json.Unmarshal(is, &direct))
			is, err = json.Marshal(direct)
			require.NoError(t, err)
			require.JSONEq(t, string(is), string(again))
			was = merged
		}
	})
}

const (
	// largestState and largestInput are the bounds of an order of 900 lines. The
	// engine takes 2 MB.
	largestState = 1_200_000
	largestInput = 120_000
)

func TestStatesAndPayloadsOfHugeOrdersHaveABound(t *testing.T) {
	t.Parallel()
	endless := strings.Repeat("Ї🌹 ", 10_000)
	l := received(t, func(l *life) {
		l.rules.LastUpdatedField = true
		l.shop.Lines = nil
		for i := range 900 {
			sku := fmt.Sprintf("SKU-%d", i)
			huge := line(sku, 2, 10)
			huge.Title = shortened(endless, 120)
			l.shop.Lines = append(l.shop.Lines, huge)
			if i%45 > 0 { // some are new
				l.products[order.ArticleKey(sku)] = []order.Product{{ID: int64(10_000 + i), Article: sku, Title: huge.Title}}
			}
		}
		// Texts are cut where the order is converted.
		remark, short := shortened(endless, 4000), shortened(endless, 500)
		l.shop.BuyerComment, l.shop.ManagerComment, l.shop.Delivery.Address, l.shop.Customer.Name = remark, remark, short, short
		l.shop.Payment.Method, l.shop.Totals.CouponCode = short, short
		total(&l.shop)
	})
	l.settle()
	require.Equal(t, order.SyncSynced, l.state.SyncState(), "%+v", l.state.Hold)
	l.now = noon
	for i := range 250 {
		l.state.LastEntry = i
		l.state.Timeline[i] = order.Entry{At: noon, By: shortened(endless, 200), Message: flow.Message{Code: "value", Params: params("message", shortened(endless, 300))}}
		delete(l.state.Timeline, i-200)
	}
	l.report(order.SignalShopOrderChanged, order.ChangeNotice{At: l.now, By: order.OriginSweep, Who: endless})
	l.settle()
	require.Len(t, l.state.Timeline, 200)
	text, err := json.Marshal(l.state)
	require.NoError(t, err)
	assert.Less(t, len(text), largestState)
	for _, step := range l.starts {
		assert.Less(t, len(step.Input), largestInput, step.Kind)
	}
	t.Logf("state %d bytes, steps %d", len(text), len(l.starts))
}

// shortened is a text of so many letters.
func shortened(text string, letters int) string { return order.Shorten(text, letters) }

// What could not be read is read again as soon as the shop has news of it, not only
// with the next retry.
func TestUnreadableOrderIsReadAgainOnNews(t *testing.T) {
	t.Parallel()
	l := received(t)
	l.fail(order.StepReadShopOrder, order.Failure{Kind: order.FailMalformed, Side: order.SideCartum, Field: "order_id"})
	l.holds(order.HoldMalformed)
	assert.Empty(t, l.kinds(), "it is not repeated without news")
	l.wait(l.now.Add(10 * time.Minute))
	l.report(order.SignalShopOrderChanged, order.ChangeNotice{At: l.now, By: order.OriginWebhook})
	assert.Equal(t, []order.StepKind{order.StepReadShopOrder}, l.kinds())
	l.settle()
	assert.Equal(t, order.SyncSynced, l.state.SyncState())
}

// An order that is too large keeps none of its items, and a problem that nobody can
// accept.
func TestOrderThatIsTooLargeWaitsAndCanBeSkipped(t *testing.T) {
	t.Parallel()
	huge := func(o *order.Snapshot) {
		o.Lines = nil
		o.Problems = []order.Problem{{Code: order.ProblemTooLarge, Field: "products", Subject: order.SubjectItems, Value: "5000 items"}}
	}
	l := received(t, func(l *life) { huge(&l.shop) })
	l.settle()
	hold := l.holds(order.HoldMalformed)
	assert.Equal(t, "too-large", hold.Variant)
	assert.NotContains(t, l.state.Answers(), order.DecideAccept)
	l.decide(order.Decision{Kind: order.DecideSkip, Reason: "by hand"})
	require.NotNil(t, l.last.Close)

	l = imported(t)
	l.changed(huge)
	l.settle()
	assert.Equal(t, "too-large", l.holds(order.HoldMalformed).Variant)
	assert.Len(t, l.account.items, 1)
}
