package service

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/workflows"
)

// usualImportDays is how far back an initial import goes where nobody says
// otherwise.
const usualImportDays = 60

// WantedImport is the initial import of a shop from one day to another, as
// "2006-01-02". Without them it goes back from the day before the shop's since,
// from which on orders come by themselves, as many days as the settings say,
// else 60.
func WantedImport(shop settings.Shop, from, to, by string) (workflows.InitialImportWanted, error) {
	days := cmp.Or(shop.InitialImport.Days, usualImportDays)
	want := workflows.InitialImportWanted{
		From: shop.Since.AddDate(0, 0, -days).Format(time.DateOnly), To: shop.Since.AddDate(0, 0, -1).Format(time.DateOnly),
		SkipStatuses: shop.InitialImport.SkipStatuses, By: by,
	}
	for _, day := range []struct {
		field, given string
		into         *string
	}{{"from", from, &want.From}, {"to", to, &want.To}} {
		if day.given == "" {
			continue
		}
		if _, err := time.Parse(time.DateOnly, day.given); err != nil {
			return want, invalid(day.field, fmt.Sprintf("%q is no day; write it as 2026-09-01", day.given))
		}
		*day.into = day.given
	}
	if want.To < want.From {
		return want, invalid("from", fmt.Sprintf("the days %s to %s are in the wrong order", want.From, want.To))
	}
	return want, nil
}

// StartInitialImport begins an initial import, or goes on with the one of the same
// days. One of other days is stopped by a person first.
func (o *Orders) StartInitialImport(ctx context.Context, shop string, want workflows.InitialImportWanted) error {
	if err := o.InForce(shop); err != nil {
		return err
	}
	asking, cancel := context.WithTimeout(ctx, viewWithin)
	defer cancel()
	view, err := o.Shop(asking, shop)
	if err != nil {
		return err
	}
	if begun := view.Import; begun.Goes() && (begun.From != want.From || begun.To != want.To) {
		return &Error{
			Code: ImportRuns,
			Text: fmt.Sprintf("an initial import of other days runs, %s to %s; stop it first", begun.From, begun.To),
		}
	}
	return o.InitialImport(ctx, shop, want)
}
