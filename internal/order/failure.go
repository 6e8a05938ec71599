package order

import (
	"fmt"
	"time"
)

// FailureKind classifies why a step ended without success. It is the type of
// the error that an activity answers with.
type FailureKind string

// The kinds of failure; one table in the activities assigns them.
const (
	FailUnreachable  FailureKind = "Unreachable" // no usable answer: try again
	FailThrottled    FailureKind = "Throttled"   // told to slow down: try again later
	FailCredentials  FailureKind = "Credentials"
	FailMissingRight FailureKind = "MissingRight"
	FailNotCreatable FailureKind = "NotCreatable" // the API refuses to make such records
	FailRejected     FailureKind = "Rejected"     // this record, in the service's words
	FailGone         FailureKind = "Gone"         // a record that we made is not there any more
	FailMalformed    FailureKind = "Malformed"    // a value has no safe meaning
	FailDeducts      FailureKind = "DeductsAtOnce"
	FailUnknownShop  FailureKind = "UnknownShop"
)

// Failure is why a step ended without success.
type Failure struct {
	Kind  FailureKind
	Side  Side
	Field string // of Malformed
	Text  string // the service's words; travels encrypted only
	// Definite tells that nothing was made by any attempt since the step was
	// last scheduled.
	Definite bool
}

// Passes tells that the failure may pass by itself, so that a step is tried
// again.
func (f Failure) Passes() bool { return f.Kind == FailUnreachable || f.Kind == FailThrottled }

// Fail takes in that a step failed for good.
func (s *State) Fail(step Step, f Failure, now time.Time) {
	switch {
	case f.Definite && !step.lost():
		delete(s.Begun, step.Key)
		s.nothingWritten(step)
	default:
		s.Withdraw(step, now)
	}
	if step.Kind == StepReadShopOrder {
		s.readFailed()
	}
	if step.ReadOrder != nil || (step.WriteLines != nil && !step.WriteLines.writes()) {
		s.lookFailed()
	}
	if f.Kind == FailRejected && s.refusedForGood(step, f, now) {
		return
	}
	if f.Kind == FailRejected {
		s.doubt(step)
	}
	s.SetHold(holdOf(step, f), now)
}

// nothingWritten notes that a status is known not to have been written.
func (s *State) nothingWritten(step Step) {
	switch {
	case step.SetStatus != nil:
		s.Order.Sets = OwnStatuses{}
	case step.PushStatus != nil:
		s.Pushes = OwnStatuses{}
	}
}

// refusedForGood takes in a refusal that holds nothing up: the row warns of it,
// and it is tried again with the next change or when a person asks.
func (s *State) refusedForGood(step Step, f Failure, now time.Time) bool {
	switch {
	case step.SetStatus != nil:
		s.refuse(StepSetStatus, StatusRefuse{StatusID: step.SetStatus.To, Text: f.Text, Asked: s.Pressed})
		if s.settled() {
			s.Handled.Shop = step.SetStatus.Shop
		}
		s.Tell(now, "", fmt.Sprintf("RO App refused status %d: %s", step.SetStatus.To, f.Text))
	case step.PushStatus != nil:
		s.refuse(StepPushStatus, StatusRefuse{StatusID: int64(step.PushStatus.To), Text: f.Text, Asked: s.Pressed})
		s.Handled.Account = step.PushStatus.Account
		s.Tell(now, "", fmt.Sprintf("the shop refused status %d: %s", step.PushStatus.To, f.Text))
	case step.UpdateFields != nil:
		s.Order.FieldsDue = false
		s.Tell(now, "", "RO App refused to update its field Last updated: "+f.Text)
	default:
		return false
	}
	return true
}

// doubt forgets what a refused step was made of, as far as it can be found
// again: staff may have merged or deleted the contact or the product since.
func (s *State) doubt(step Step) {
	if step.CreateOrder != nil {
		s.Customer.Ensured = nil
	}
	if step.AddItem == nil {
		return
	}
	//workflowcheck:ignore each is changed for itself
	for key, facts := range s.Goods {
		product := facts.product()
		if facts.Chosen == nil && product != nil && product.ID == step.AddItem.ProductID {
			s.Goods[key] = GoodsFacts{Create: facts.Create}
		}
	}
}

// holdOf says what a person should know of a failure.
func holdOf(step Step, f Failure) Hold {
	service := serviceName(f.Side)
	h := Hold{Field: f.Field, Text: f.Text}
	switch f.Kind {
	case FailCredentials:
		h.Reason, h.Side = HoldCredentials, f.Side
		h.Text = service + " refuses the credentials: " + f.Text
		h.Remedy = "Correct the " + credentialsOf(f.Side, step) + "; the order goes on by itself."
	case FailMissingRight:
		h.Reason = HoldMissingRight
		h.Text = "RO App refuses to add the goods: " + f.Text
		h.Remedy = "Give the employee behind the API key the right \"Can add products without deduction\"; the order goes on by itself."
	case FailNotCreatable:
		h = notCreatable(step, f)
	case FailRejected:
		h.Reason = HoldRejected
		h.Text = fmt.Sprintf("%s refused %q: %s", service, step.Summary, f.Text)
		h.Remedy = "Mend what it says and decide \"try again\"; it is looked at again every hour too."
	case FailGone:
		h.Reason = HoldOrderGone
		h.Text = "The order does not exist in RO App any more."
		h.Remedy = "Decide \"create again\" or \"leave\"; it is never made anew by itself."
	case FailMalformed:
		h.Reason = HoldMalformed
		h.Remedy = "Mend the value in " + service + "; the order goes on by itself."
	case FailDeducts:
		h.Reason = HoldDeductedAtOnce
		h.Text = "RO App writes goods off as soon as they are added, so nothing more is added to this account."
		h.Remedy = "Check the right \"Can add products without deduction\" of the employee behind the API key, then restart the workers."
	case FailUnknownShop:
		h = unknownShop(f.Text)
	case FailUnreachable, FailThrottled:
		h.Reason, h.Side = HoldUnreachable, f.Side
		h.Text = service + " does not answer as it should: " + f.Text
		h.Remedy = "Nothing to do: it is tried again after 1, 5, 15 and then every 60 minutes."
	}
	return h
}

func unknownShop(text string) Hold {
	return Hold{
		Reason: HoldUnknownShop, Text: text,
		Remedy: "Put the shop back into the settings; its orders go on by themselves.",
	}
}

func notCreatable(step Step, f Failure) Hold {
	h := Hold{Reason: HoldRejected, Text: "RO App's API refuses to make it: " + f.Text, Remedy: "Make it by hand in RO App and decide \"try again\"."}
	if in := step.EnsureProduct; in != nil {
		h.Reason, h.Goods = HoldProductNotCreated, in.Goods
		h.Text = "RO App's API refuses to make the product: " + f.Text
		h.Remedy = fmt.Sprintf("Make a product with the title %q in RO App and the order goes on by itself, or choose one.", in.Product.Title)
		if in.Product.Article != "" {
			h.Remedy = fmt.Sprintf("Make a product with the article %q in RO App and the order goes on by itself, or choose one.", in.Product.Article)
		}
	}
	return h
}

func serviceName(side Side) string {
	if side == SideCartum {
		return "Cartum"
	}
	return "RO App"
}

func credentialsOf(side Side, step Step) string {
	if side == SideCartum {
		return "shop's login and password in the settings"
	}
	return "account's api_key in the settings (queue " + step.Queue + ")"
}
