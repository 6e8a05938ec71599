package order_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/order"
)

var digestKey = []byte("a key of the settings")

func digestedOrder() order.Snapshot {
	s := couponOrder()
	s.Lines = append(s.Lines, products(order.LineGift, "Wstążka", "1", "0"))
	order.KeyLines(s.Lines)
	s.Delivery.Price, s.Payment.Fee = amountOf("0"), amountOf("1")
	s.Problems = []order.Problem{{Field: "stat_created"}}
	return s
}

func TestF37_UnchangedOrderHasTheSameDigest(t *testing.T) {
	t.Parallel()
	digest := order.Digest(digestedOrder(), digestKey)
	assert.Regexp(t, `^1:[0-9a-f]{32}$`, digest)
	assert.Equal(t, digest, order.Digest(digestedOrder(), digestKey))
	assert.NotEqual(t, digest, order.Digest(digestedOrder(), []byte("another key")))

	later := digestedOrder()
	later.SeenAt, later.Created = time.Now(), time.Now()
	assert.Equal(t, digest, order.Digest(later, digestKey), "when it was seen is no news")

	unsorted := digestedOrder()
	slices.Reverse(unsorted.Lines)
	assert.Equal(t, digest, order.Digest(unsorted, digestKey), "the order of lines is no news")

	written := digestedOrder()
	written.Totals.Sum, written.Lines[0].Price = amount("599.00"), amount("799.000")
	assert.Equal(t, digest, order.Digest(written, digestKey), "nor is how a number is written")
}

func TestF14_EveryChangeThatRulesUseChangesTheDigest(t *testing.T) {
	t.Parallel()
	untold := []string{"SeenAt", "Created", "CreatedAsWritten", "Problems.Subject", "Problems.Line", "Problems.Understood", "Problems.Acceptable"}
	before := order.Digest(digestedOrder(), digestKey)
	seen := map[string]string{before: "nothing"}
	for _, path := range leaves(reflect.ValueOf(digestedOrder()), "") {
		changed := digestedOrder()
		change(t, reflect.ValueOf(&changed).Elem(), path)
		digest := order.Digest(changed, digestKey)
		if slices.Contains(untold, path.name) {
			assert.Equal(t, before, digest, path.name)
			continue
		}
		assert.Empty(t, seen[digest], "%s changed as well as", path.name)
		seen[digest] = path.name
	}
}

func TestF36_UnknownPriceIsNotFree(t *testing.T) {
	t.Parallel()
	free, unknown := digestedOrder(), digestedOrder()
	unknown.Delivery.Price = nil
	assert.NotEqual(t, order.Digest(free, digestKey), order.Digest(unknown, digestKey))
}

func TestF2_KeyedHashIsUnambiguous(t *testing.T) {
	t.Parallel()
	hash := order.KeyedHash(digestKey, "phone", "+48501234567")
	assert.Len(t, hash, 32)
	assert.NotContains(t, hash, "501234567")
	assert.Equal(t, hash, order.KeyedHash(digestKey, "phone", "+48501234567"))
	for _, other := range [][]string{
		{"phon", "e+48501234567"}, {"phone+48501234567"}, {"phone", "+48501234567", ""}, {"+48501234567", "phone"}, {},
	} {
		assert.NotEqual(t, hash, order.KeyedHash(digestKey, other...))
	}
	assert.NotEqual(t, hash, order.KeyedHash(nil, "phone", "+48501234567"))
}

// leaf is a field of a snapshot that holds a value: its name without places in
// lists, and the way to it.
type leaf struct {
	name  string
	index []int
}

func leaves(v reflect.Value, prefix string) []leaf {
	var found []leaf
	for i := range v.NumField() {
		field, name := v.Field(i), prefix+v.Type().Field(i).Name
		if field.Kind() == reflect.Slice {
			field = field.Index(0)
		}
		if field.Kind() != reflect.Struct || isValue(field) {
			found = append(found, leaf{name, []int{i}})
			continue
		}
		for _, inner := range leaves(field, name+".") {
			found = append(found, leaf{inner.name, append([]int{i}, inner.index...)})
		}
	}
	return found
}

func isValue(v reflect.Value) bool {
	return v.Type() == reflect.TypeFor[decimal.Decimal]() || v.Type() == reflect.TypeFor[time.Time]()
}

func change(t *testing.T, v reflect.Value, path leaf) {
	t.Helper()
	for _, i := range path.index {
		v = v.Field(i)
		if v.Kind() == reflect.Slice {
			v = v.Index(0)
		}
	}
	switch value := v.Interface().(type) {
	case decimal.Decimal:
		v.Set(reflect.ValueOf(value.Add(decimal.New(1, -2))))
	case *decimal.Decimal:
		v.Set(reflect.ValueOf(amountOf("77")))
	case time.Time:
		v.Set(reflect.ValueOf(value.Add(time.Hour)))
	default:
		switch v.Kind() {
		case reflect.String:
			v.SetString(v.String() + "x")
		case reflect.Bool:
			v.SetBool(!v.Bool())
		default:
			require.True(t, v.CanInt(), path.name)
			v.SetInt(v.Int() + 1)
		}
	}
}
