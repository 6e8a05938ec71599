package world

import (
	"fmt"
	"time"

	"github.com/cartumsync/cartumsync/workflows"
)

// Sweep has all the shop's orders looked through and waits until that is done.
func (w *World) Sweep() workflows.Swept {
	w.T.Helper()
	begun := time.Now()
	w.must(w.Orders.Sweep(w.T.Context(), w.Shop))
	view := w.AwaitShop(func(v workflows.ShopView) string {
		if v.Whole == nil || v.Whole.At.Before(begun) {
			return "not swept"
		}
		return ""
	})
	return *view.Whole
}

// AwaitShop waits until the shop's entity is as the condition wants it: "" or
// what is missing.
func (w *World) AwaitShop(condition func(workflows.ShopView) string) workflows.ShopView {
	w.T.Helper()
	var view workflows.ShopView
	w.Eventually(Patience, func() string {
		var err error
		if view, err = w.Orders.Shop(w.T.Context(), w.Shop); err != nil {
			return err.Error()
		}
		if text := condition(view); text != "" {
			return fmt.Sprintf("the shop: %s; paused %q, health %+v, import %+v", text, view.Paused, view.Health, view.Import)
		}
		return ""
	})
	return view
}
