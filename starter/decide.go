package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/process"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/wording"
)

// decisionKinds are the answers with what each needs and may have.
var decisionKinds = []struct {
	kind         order.DecisionKind
	needs, takes []string
	means        string
}{
	{order.DecideContact, []string{"contact"}, []string{"organization", "confirm-other-phone"}, "this contact is the customer"},
	{order.DecideCreateContact, nil, nil, "a new contact is the customer, also without phone"},
	{order.DecideProduct, []string{"product"}, []string{"product-key"}, "this product is the line's"},
	{order.DecideCreateProduct, nil, []string{"product-key"}, "a new product under the line's title"},
	{order.DecideAccept, nil, nil, "take the value as it was understood"},
	{order.DecideRetry, nil, nil, "the cause is corrected"},
	{order.DecideCreateAgain, nil, nil, "create the order again that was deleted in RO App"},
	{order.DecideLink, []string{"roapp-order"}, nil, "link this order in RO App"},
	{order.DecideSkip, []string{"reason"}, nil, "skip this order"},
	{order.DecideNewOrder, nil, nil, "the shop gave the number to another order: import that one"},
	{order.DecideSameOrder, nil, nil, "the order is the one that was imported before"},
}

func decideCommand(flags *process.Flags) *cobra.Command {
	var t target
	var d order.Decision
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   "decide --shop ID --order NUMBER --as NAME KIND",
		Short: "Answer what an order waits for",
		Long:  "Decide answers a hold, and then shows what becomes of the order. KIND is one of:\n\n" + kindsHelp(),
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			d.Kind, d.By, d.Reason = order.DecisionKind(strings.Join(args, "")), strings.TrimSpace(d.By), strings.TrimSpace(d.Reason)
			if err := checkDecision(cmd, d); err != nil {
				return err
			}
			return withOrder(cmd, *flags, t, func(ctx context.Context, c console, key order.Key) error { return c.decide(ctx, key, d, wait) })
		},
	}
	t.add(cmd, "Cartum's `number` of the order")
	cmd.Flags().StringVar(&d.By, "as", "", "your `name`, for the order's timeline")
	cmd.Flags().Int64Var(&d.ContactID, "contact", 0, "`id` of a contact in RO App")
	cmd.Flags().BoolVar(&d.Organization, "organization", false, "the contact is an organization")
	cmd.Flags().BoolVar(&d.Confirmed, "confirm-other-phone", false, "the contact is meant although it has another phone than the order")
	cmd.Flags().Int64Var(&d.ProductID, "product", 0, "`id` of a product in RO App")
	cmd.Flags().Int64Var(&d.OrderID, "roapp-order", 0, "`id` of an order in RO App, as the end of its page's address")
	cmd.Flags().StringVar((*string)(&d.ProductKey), "product-key", "", "`key` of the product that it is about, such as a:A-12, where not those of the hold")
	cmd.Flags().StringVar(&d.Reason, "reason", "", "`text` that says why, for the order's timeline")
	addWait(cmd, &wait)
	return cmd
}

func kindsHelp() string {
	var text strings.Builder
	for _, k := range decisionKinds {
		usage := string(k.kind)
		for _, flag := range k.needs {
			usage += " --" + flag + " ..."
		}
		for _, flag := range k.takes {
			usage += " [--" + flag + "]"
		}
		fmt.Fprintf(&text, "  %-40s %s\n", usage, k.means)
	}
	return text.String()
}

// checkDecision refuses what does not make one whole answer.
func checkDecision(cmd *cobra.Command, d order.Decision) error {
	if d.By == "" {
		return errors.New("say who decides: --as NAME")
	}
	var kinds []string
	for _, k := range decisionKinds {
		kinds = append(kinds, string(k.kind))
		if k.kind == d.Kind {
			return checkFlags(cmd, d, k.needs, k.takes)
		}
	}
	return fmt.Errorf("%q is no decision; decisions are: %s", d.Kind, strings.Join(kinds, ", "))
}

func checkFlags(cmd *cobra.Command, d order.Decision, needs, takes []string) error {
	for _, flag := range needs {
		if !cmd.Flags().Changed(flag) {
			return fmt.Errorf("the decision %s needs --%s", d.Kind, flag)
		}
	}
	for _, flag := range []string{"contact", "organization", "confirm-other-phone", "product", "product-key", "roapp-order"} {
		if cmd.Flags().Changed(flag) && !slices.Contains(append(takes, needs...), flag) {
			return fmt.Errorf("the decision %s takes no --%s", d.Kind, flag)
		}
	}
	for flag, id := range map[string]int64{"contact": d.ContactID, "product": d.ProductID, "roapp-order": d.OrderID} {
		if cmd.Flags().Changed(flag) && id <= 0 {
			return fmt.Errorf("--%s: %d is no id: ids are above 0", flag, id)
		}
	}
	if slices.Contains(needs, "reason") && d.Reason == "" {
		return fmt.Errorf("the decision %s needs a --reason that is not empty", d.Kind)
	}
	return nil
}

// decide brings an answer that fits to the order, and follows it.
func (c console) decide(ctx context.Context, key order.Key, d order.Decision, wait time.Duration) error {
	view, err := look(ctx, c.orders, key)
	if err != nil {
		return explained(key, err)
	}
	if why := view.State.Unfit(d); why != "" {
		if err := writeOutcome(c.out, view); err != nil {
			return err
		}
		return fmt.Errorf("the decision %s does not fit: %s", d.Kind, wording.English().WhyUndecided(why, nil))
	}
	f := &followed{key: key, leaves: d.Kind == order.DecideSkip}
	f.start(view)
	err = c.orders.DecideShowing(ctx, key, d, func(contact service.NamedContact) error {
		return c.say(key, fmt.Sprintf("contact %d: %s, %s", contact.ID, contact.Name, cmp.Or(contact.PhonesText(), "no phone")))
	})
	if err != nil && service.As(err).Contact != nil {
		return fmt.Errorf("%w: --confirm-other-phone", err)
	}
	if err != nil {
		return explained(key, err)
	}
	if wait <= 0 {
		return c.say(key, "decided: "+string(d.Kind))
	}
	return c.follow(ctx, []*followed{f}, wait)
}
