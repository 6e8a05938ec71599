package order_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	"github.com/cartumsync/cartumsync/internal/order"
)

func TestR10_NameIsSplitAsTheShopWritesIt(t *testing.T) {
	t.Parallel()
	for name, split := range map[string]struct {
		full        string
		order       order.NameOrder
		first, last string
	}{
		"first name first":     {"Jan Kowalski", order.FirstLast, "Jan", "Kowalski"},
		"last name first":      {"Шевченко Тарас Григорович", order.LastFirst, "Тарас Григорович", "Шевченко"},
		"several last names":   {"Anna Maria Nowak-Zięba", order.FirstLast, "Anna", "Maria Nowak-Zięba"},
		"spaces":               {"  Jan \u00A0 Kowalski ", order.FirstLast, "Jan", "Kowalski"},
		"one word":             {"Jan", order.FirstLast, "Jan", ""},
		"one word, last first": {"Шевченко", order.LastFirst, "Шевченко", ""},
		"empty":                {" ", order.LastFirst, "", ""},
		"order not set":        {"Jan Kowalski", "", "Jan", "Kowalski"},
		"composed":             {"Jo\u0301zef Z\u0307uk", order.FirstLast, "Józef", "Żuk"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, last := order.SplitName(split.full, split.order)
			assert.Equal(t, split.first, first)
			assert.Equal(t, split.last, last)
		})
	}
}

func TestF31_EndlessNamesAreBounded(t *testing.T) {
	t.Parallel()
	first, last := order.SplitName(strings.Repeat("я", 5000)+" "+strings.Repeat("Ї🌹 ", 5000), order.FirstLast)
	assert.Equal(t, 255, utf8.RuneCountInString(first))
	assert.LessOrEqual(t, utf8.RuneCountInString(last), 255)
}

func TestR31_NamesAgreeInAnyOrderAndCase(t *testing.T) {
	t.Parallel()
	assert.True(t, order.SameName("Jan", "Kowalski", "KOWALSKI", "jan"))
	assert.True(t, order.SameName("Anna Maria", "Nowak", "Anna", "Maria Nowak"))
	assert.True(t, order.SameName("Jan Kowalski", "", "Jan", "Kowalski"))
	assert.True(t, order.SameName("Оксана", "Дем’янчук", "Оксана", "ДЕМ'ЯНЧУК"))
	assert.False(t, order.SameName("Jan", "Kowalski", "Jan", ""))
	assert.False(t, order.SameName("Jan", "Kowalski", "Janina", "Kowalski"))
	assert.False(t, order.SameName("", "", "", " "), "no name agrees with nobody's")
}
