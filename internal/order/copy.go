package order

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"time"

	"github.com/shopspring/decimal"
)

// clone is a deep copy. It is made at each call of [Advance], so it does not go
// through an encoding.
func clone[T any](value T) T {
	deepen(reflect.ValueOf(&value).Elem())
	return value
}

// deepen puts copies in the place of all that v shares with what it was copied from.
func deepen(v reflect.Value) {
	if immutable(v.Type()) {
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			deepen(v.Field(i))
		}
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		copied := reflect.New(v.Type().Elem())
		copied.Elem().Set(v.Elem())
		deepen(copied.Elem())
		v.Set(copied)
	case reflect.Slice:
		if v.IsNil() {
			return
		}
		copied := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(copied, v)
		for i := range copied.Len() {
			deepen(copied.Index(i))
		}
		v.Set(copied)
	case reflect.Map:
		if v.IsNil() {
			return
		}
		copied := reflect.MakeMapWithSize(v.Type(), v.Len())
		for entries := v.MapRange(); entries.Next(); {
			value := reflect.New(v.Type().Elem()).Elem()
			value.Set(entries.Value())
			deepen(value)
			copied.SetMapIndex(entries.Key(), value)
		}
		v.Set(copied)
	default:
		panic(fmt.Sprintf("a state cannot hold a %s", v.Type()))
	}
}

var (
	timeType    = reflect.TypeFor[time.Time]()
	decimalType = reflect.TypeFor[decimal.Decimal]()
	rawType     = reflect.TypeFor[json.RawMessage]()
)

// immutables remembers what immutable found out of a type.
var immutables sync.Map

// immutable reports whether nobody can change a value through a copy of it.
func immutable(t reflect.Type) bool {
	if known, ok := immutables.Load(t); ok {
		return known.(bool)
	}
	is := true
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface, reflect.Func, reflect.Chan, reflect.UnsafePointer:
		is = false
	case reflect.Struct:
		if t == timeType || t == decimalType {
			break // their methods give new values
		}
		for i := range t.NumField() {
			is = is && immutable(t.Field(i).Type)
		}
	default:
	}
	immutables.Store(t, is)
	return is
}

// encodable reports why a value cannot be recorded as JSON, nil where it can.
func encodable(v reflect.Value) error {
	switch {
	case v.Type() == timeType:
		if year := v.Interface().(time.Time).Year(); year < 0 || year > 9999 {
			return fmt.Errorf("a time in the year %d cannot be recorded", year)
		}
		return nil
	case v.Type() == decimalType:
		return nil
	case v.Type() == rawType:
		if raw := v.Bytes(); raw != nil && !json.Valid(raw) {
			return errors.New("what is no JSON cannot be recorded")
		}
		return nil
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if err := encodable(v.Field(i)); err != nil {
				return err
			}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			return encodable(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			if err := encodable(v.Index(i)); err != nil {
				return err
			}
		}
	case reflect.Map:
		for entries := v.MapRange(); entries.Next(); {
			if err := encodable(entries.Value()); err != nil {
				return err
			}
		}
	default:
	}
	return nil
}
