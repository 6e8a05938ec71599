package main

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/sdk/client"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/order"
)

// desk is where a demonstration works on one pair.
type desk struct {
	shop   string
	cartum cartumFake
	roapp  roappFake
	web    string // RO App's web address, for links
	feeds  []*feed

	first   int64 // number of its first order in this run
	stock   func(first int64) stock
	scripts func(first int64) []script
}

// openDesks finds the sandbox's shops in the settings.
func openDesks(i installation) ([]*desk, error) {
	known := []*desk{
		{shop: pairs[0].Shop, first: 101, stock: polishStock, scripts: polishOrders},
		{shop: pairs[1].Shop, first: documentedNumber, stock: ukrainianStock, scripts: ukrainianOrders},
	}
	var desks []*desk
	for _, d := range known {
		shop, ok := i.settings.Shops[d.shop]
		if !ok {
			continue
		}
		account := i.settings.Accounts[shop.Account]
		d.cartum = cartumFake{fake{shop.URL}}
		d.roapp = roappFake{fake{account.URL}}
		d.web = account.WebURL
		d.feeds = []*feed{{who: "Cartum", stand: d.cartum.fake}, {who: "RO App", stand: d.roapp.fake}}
		desks = append(desks, d)
	}
	if len(desks) == 0 {
		return nil, errors.New(`the settings have none of the sandbox's shops; "sandbox settings" prints some that do`)
	}
	return desks, nil
}

// prepare finds free order numbers and makes what stands there beforehand.
func (d *desk) prepare(ctx context.Context, temporal client.Client) error {
	highest, err := d.cartum.highest(ctx)
	if err != nil {
		return err
	}
	d.first = max(d.first, highest+1)
	if err := d.skipKnown(ctx, temporal); err != nil {
		return err
	}
	s := d.stock(d.first)
	for article, product := range s.products {
		if err := d.cartum.putProduct(ctx, article, product); err != nil {
			return err
		}
	}
	for _, one := range s.staff {
		if err := d.roapp.create(ctx, one.kind, one.name, one.record); err != nil {
			return err
		}
	}
	return d.roapp.createOrder(ctx, s.order)
}

// skipKnown passes the numbers that an earlier run used: Temporal may remember
// orders that a fake has forgotten.
func (d *desk) skipKnown(ctx context.Context, temporal client.Client) error {
	for {
		_, err := temporal.DescribeWorkflow(ctx, order.Key{Shop: d.shop, Number: d.first}.WorkflowID(), "")
		if engine.Missing(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("find a free order number: %w", err)
		}
		d.first++
	}
}
