package activities

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/roapp"
	"github.com/cartumsync/cartumsync/workflows"
)

// CreateOrder creates the order, or links the one that exists.
func (a *Activities) CreateOrder(ctx context.Context, in order.CreateOrder) (order.OrderCreated, error) {
	acc, err := a.openAccount(ctx, in.Account)
	if err != nil {
		return order.OrderCreated{}, err
	}
	if err := acc.mayAdd(ctx); err != nil {
		return order.OrderCreated{}, err
	}
	fields, err := acc.orderFields(ctx)
	if err != nil {
		return order.OrderCreated{}, acc.roappFailed(ctx, err, asks, false)
	}
	fields.otherShops = a.otherShops(in)
	if taken, found, err := a.takeEarlier(ctx, acc, &in, fields); found || err != nil {
		return taken, err
	}
	found, err := lookupFirst(ctx, in.Precheck, func(ctx context.Context) (*roapp.Order, error) { return acc.standingOrder(ctx, in, fields) })
	if err != nil {
		return order.OrderCreated{}, acc.roappFailed(ctx, err, asks, false)
	}
	if found != nil {
		return a.link(ctx, acc, in, found.ID)
	}
	if in.OnlyLink {
		return order.OrderCreated{}, nil
	}
	values, notes := fields.write(in, time.Now())
	given, err := acc.givenOrderFields(ctx)
	if err != nil {
		return order.OrderCreated{}, acc.roappFailed(ctx, err, asks, true)
	}
	maps.Copy(given, values)
	key := order.Key{Shop: in.Shop, Number: in.Number}
	acc.attempted.put(key, workflows.CreatedOrder{At: time.Now()})
	made, err := acc.client.CreateOrder(ctx, roapp.NewOrder{
		LocationID: in.LocationID, OrderTypeID: in.OrderTypeID, ClientID: in.ContactID, ManagerID: in.ManagerID,
		ManagerNotes: notes, CustomFields: given,
	})
	if err != nil {
		if refusal, ok := errors.AsType[*roapp.Error](err); ok && !refusal.MayHaveCommitted {
			acc.attempted.forget(key)
		}
		return order.OrderCreated{}, acc.roappFailed(ctx, err, asks, true)
	}
	if made.ID == 0 {
		row, err := findCreated(ctx, acc.settings.SearchLag, func(ctx context.Context) (*roapp.Order, error) { return acc.standingOrder(ctx, in, fields) })
		if err != nil {
			return order.OrderCreated{}, acc.roappFailed(ctx, err, asks, true)
		}
		made = roapp.CreatedOrder{ID: row.ID, Number: row.Number, StatusID: row.StatusID}
	}
	acc.attempted.put(key, workflows.CreatedOrder{At: time.Now(), OrderID: made.ID})
	acc.learnFieldsPatch(ctx, made.ID, given, fields)
	created := order.OrderCreated{ID: made.ID, Number: made.Number, StatusID: made.StatusID, InitialStatusID: made.StatusID}
	if made.StatusID == 0 {
		created.InitialStatusID = acc.learnFirstStatus(ctx, in.OrderTypeID, made.ID)
	}
	return created, nil
}

// learnFieldsPatch finds out on a new order, which has no values of staff yet, what
// a PATCH does to the custom fields that it does not name. Once for each process; an
// order is not the worse for a failure.
func (acc *account) learnFieldsPatch(ctx context.Context, orderID int64, values map[string]string, fields orderFields) {
	if fields.lastUpdated == nil || acc.learning.Swap(true) {
		return
	}
	if err := acc.client.LearnFieldsPatch(ctx, orderID, values, fields.probe()); err != nil {
		activity.GetLogger(ctx).Warn("it is not known whether RO App keeps custom fields that are not written", "roapp_order", orderID, "error", err)
	}
}

// otherShops are the names of the shops whose orders come into the account, too.
func (a *Activities) otherShops(in order.CreateOrder) []string {
	current := a.settings.Current()
	var names []string
	for _, id := range current.ShopsOf(in.Account) {
		if id != in.Shop {
			names = append(names, current.Shops[id].Name)
		}
	}
	return names
}

// learnFirstStatus tells with which status orders of a type begin. It is read
// off one new order and remembered for minutes; unknown is 0, for the order
// exists and must not be made again for want of it.
func (acc *account) learnFirstStatus(ctx context.Context, orderType, orderID int64) int64 {
	if status, ok := acc.firstStatus.get(orderType); ok {
		return status
	}
	row, err := acc.client.Order(ctx, orderID)
	if err != nil {
		activity.GetLogger(ctx).Warn("the new order's status is not known", "roapp_order", orderID, "error", err)
		return 0
	}
	acc.firstStatus.put(orderType, row.StatusID)
	return row.StatusID
}

// standingOrder finds the order that an earlier attempt or an earlier life of
// the workflow made, among the customer's orders since it was placed.
func (acc *account) standingOrder(ctx context.Context, in order.CreateOrder, fields orderFields) (*roapp.Order, error) {
	// A day earlier: the shop's time zone may be set wrong.
	contacts := slices.Compact(slices.Sorted(slices.Values(append([]int64{in.ContactID}, in.Others...))))
	query := roapp.OrderQuery{ClientIDs: contacts, CreatedFrom: in.Created.Add(-24 * time.Hour), Sort: "-id"}
	for query.Page = 1; ; query.Page++ {
		page, err := acc.client.FindOrders(ctx, query)
		if err != nil {
			return nil, err
		}
		for _, row := range page.Orders {
			if fields.standFor(row, in) {
				return &row, nil
			}
		}
		if len(page.Failed) > 0 {
			return nil, page.Failed[0].Err // it may be the one
		}
		if query.Page >= page.TotalPages {
			return nil, nil
		}
	}
}

// link reads the order by its id, for the list that it was found in may show
// an older status.
func (a *Activities) link(ctx context.Context, acc *account, in order.CreateOrder, id int64) (order.OrderCreated, error) {
	row, err := acc.client.Order(ctx, id)
	if err != nil {
		return order.OrderCreated{}, acc.roappFailed(ctx, err, asks, false)
	}
	items, err := acc.items(ctx, row.ID)
	if err != nil {
		return order.OrderCreated{}, acc.roappFailed(ctx, err, asks, false)
	}
	if len(items) == 0 && untouched(*row) {
		acc.firstStatus.put(in.OrderTypeID, row.StatusID)
	}
	first, _ := acc.firstStatus.get(in.OrderTypeID)
	return order.OrderCreated{
		ID: row.ID, Number: row.Number, StatusID: row.StatusID, InitialStatusID: first, Linked: true, ContactID: row.ClientID, Late: late(ctx), Items: items,
	}, nil
}

// untouched tells that nobody has changed the order since it was made, so that
// its status is the one that its type begins with. An import may take no longer
// than the times can tell: it writes the status last, after the items.
func untouched(row roapp.Order) bool {
	return !row.CreatedAt.IsZero() && !row.ModifiedAt.IsZero() && row.ModifiedAt.Sub(row.CreatedAt) <= sameMoment
}

// sameMoment allows for times in whole seconds.
const sameMoment = 2 * time.Second

func itemOf(item roapp.Item) order.Item {
	return order.Item{ID: item.ID, ProductID: item.ProductID, Quantity: item.Quantity, Price: item.Price, WrittenOff: item.WrittenOff}
}

// ReadOrder reads RO App's side of an order.
func (a *Activities) ReadOrder(ctx context.Context, in order.ReadOrder) (order.OrderRead, error) {
	return onAccount(ctx, a, in.Account, func(acc *account) (order.OrderRead, error) {
		at := time.Now()
		row, err := acc.client.Order(ctx, in.OrderID)
		if err != nil {
			return order.OrderRead{}, acc.roappFailed(ctx, err, touchesOurs, true)
		}
		return acc.readOf(*row, at), nil
	})
}

// readOf is RO App's side of an order, as it was asked for at a moment.
func (acc *account) readOf(row roapp.Order, at time.Time) order.OrderRead {
	return order.OrderRead{
		Account: acc.id, At: at, OrderID: row.ID, Number: order.Shorten(row.Number, shortText), StatusID: row.StatusID, Total: row.Total,
		ModifiedAt: row.ModifiedAt, DeductionRequired: row.DeductionRequired,
	}
}

// SetStatus moves the order to a status. After an attempt whose answer was lost
// it reads the order first: staff may have moved it on in between.
func (a *Activities) SetStatus(ctx context.Context, in order.SetStatus) (order.StatusSet, error) {
	return onAccount(ctx, a, in.Account, func(acc *account) (order.StatusSet, error) {
		if precheckNeeded(ctx, in.Precheck) {
			if err := settle(ctx, in.Precheck); err != nil {
				return order.StatusSet{}, err
			}
			row, err := acc.client.Order(ctx, in.OrderID)
			if err != nil {
				return order.StatusSet{}, acc.roappFailed(ctx, err, touchesOurs, false)
			}
			if row.StatusID == in.To || (in.From != 0 && row.StatusID != in.From) {
				return order.StatusSet{StatusID: row.StatusID}, nil
			}
		}
		err := acc.client.SetStatus(ctx, in.OrderID, in.To, in.Comment)
		return order.StatusSet{StatusID: in.To}, acc.roappFailed(ctx, err, touchesOurs, true)
	})
}

// PostComment writes into the event feed, for staff only: comments hold
// addresses. They cannot be read back, so a lost answer may repeat one; the
// moment that it names makes the repetition recognisable.
func (a *Activities) PostComment(ctx context.Context, in order.PostComment) (order.CommentPosted, error) {
	return onAccount(ctx, a, in.Account, func(acc *account) (order.CommentPosted, error) {
		err := acc.client.AddComment(ctx, in.OrderID, in.Text, true)
		return order.CommentPosted{}, acc.roappFailed(ctx, err, touchesOurs, true)
	})
}

// orderFields are the custom fields of the account's orders that the exchange
// fills, as the account has them.
type orderFields struct {
	shop, externalID, created, lastUpdated *roapp.CustomField
	// otherShops are the names of the account's shops besides the order's own.
	otherShops []string
}

// orderFields finds the configured fields, by id or by title.
func (acc *account) orderFields(ctx context.Context) (orderFields, error) {
	set := acc.settings.Fields
	if set.Shop+set.ExternalID+set.Created+set.LastUpdated == "" {
		return orderFields{}, nil
	}
	directory, err := remembered(ctx, acc.fields, acc.client.OrderCustomFields)
	if err != nil {
		return orderFields{}, err
	}
	var fields orderFields
	for _, want := range []struct {
		key, configured string
		into            **roapp.CustomField
	}{
		{"shop", set.Shop, &fields.shop},
		{"external_id", set.ExternalID, &fields.externalID},
		{"created", set.Created, &fields.created},
		{"last_updated", set.LastUpdated, &fields.lastUpdated},
	} {
		if want.configured == "" {
			continue
		}
		if *want.into = findField(directory, want.configured); *want.into == nil {
			acc.fields.forget("")
			return orderFields{}, acc.noField("fields."+want.key, "orders", want.configured)
		}
	}
	return fields, nil
}

// givenOrderFields are the values that the settings give every new order; the
// caller owns them.
func (acc *account) givenOrderFields(ctx context.Context) (map[string]string, error) {
	return acc.given(ctx, acc.settings.OrderFields, "order_fields", "orders", acc.fields, acc.client.OrderCustomFields)
}

// contactFields are the values that the settings give every new contact.
func (acc *account) contactFields(ctx context.Context) (map[string]string, error) {
	return acc.given(ctx, acc.settings.ContactFields, "contact_fields", "contacts", acc.peopleFields, acc.client.PeopleCustomFields)
}

// fieldID is how RO App names a custom field, which needs no directory.
var fieldID = regexp.MustCompile(`^f[0-9]+$`)

// given are the values by the fields' ids. The directory is read only for fields
// that the settings name by title.
func (acc *account) given(
	ctx context.Context, values map[string]string, key, of string,
	memory *memory[string, []roapp.CustomField], read func(context.Context) ([]roapp.CustomField, error),
) (map[string]string, error) {
	byID := map[string]string{}
	for configured, value := range values {
		if fieldID.MatchString(configured) {
			byID[configured] = value
			continue
		}
		fields, err := remembered(ctx, memory, read)
		if err != nil {
			return nil, err
		}
		field := findField(fields, configured)
		if field == nil {
			memory.forget("")
			return nil, acc.noField(key, of, configured)
		}
		byID[field.ID] = value
	}
	return byID, nil
}

// noField is the refusal of settings that name a custom field which does not exist.
func (acc *account) noField(key, of, configured string) error {
	return &roapp.Error{
		Kind: roapp.Rejected, Endpoint: "GET custom-fields",
		Message: fmt.Sprintf("accounts.%s.%s: the account's %s have no custom field %q; correct the settings or add the field", acc.id, key, of, configured),
	}
}

// remembered reads a directory at most once in directoryLife.
func remembered[T any](ctx context.Context, in *memory[string, T], read func(context.Context) (T, error)) (T, error) {
	if known, ok := in.get(""); ok {
		return known, nil
	}
	value, err := read(ctx)
	if err == nil {
		in.put("", value)
	}
	return value, err
}

func findField(directory []roapp.CustomField, configured string) *roapp.CustomField {
	for _, field := range directory {
		if field.ID == configured || order.SameText(field.Title, configured) {
			return &field
		}
	}
	return nil
}

// probe is the key of a field of ours that may be empty for a moment: no order is
// recognised by it.
func (f orderFields) probe() string {
	if f.created == nil {
		return ""
	}
	return f.created.ID
}

// write gives the fields' values and, where the account has no field for the
// number, the marker line for the manager's notes.
func (f orderFields) write(in order.CreateOrder, lastUpdated time.Time) (values map[string]string, notes string) {
	zone, err := time.LoadLocation(in.Zone)
	if err != nil {
		zone = time.UTC
	}
	values = map[string]string{}
	put := func(field *roapp.CustomField, value string) {
		if field != nil {
			values[field.ID] = value
		}
	}
	put(f.shop, in.ShopName)
	put(f.externalID, strconv.FormatInt(in.Number, 10))
	put(f.created, moment(f.created, in.Created, zone))
	put(f.lastUpdated, moment(f.lastUpdated, lastUpdated, zone))
	if f.externalID == nil || f.shop == nil {
		created := in.Created.In(zone).Format("2006-01-02 15:04")
		notes = fmt.Sprintf("Cartum: %s #%d, %s %s", in.ShopName, in.Number, created, marker(order.Key{Shop: in.Shop, Number: in.Number}))
	}
	return values, notes
}

// marker recognises the order in the manager's notes, whatever else staff
// write there.
func marker(key order.Key) string { return "[" + key.WorkflowID() + "]" }

// moment writes a time as the field wants it: a date field takes ISO without
// milliseconds, a text field the shop's local time
// (docs/reference/roapp.md#custom-fields).
func moment(field *roapp.CustomField, at time.Time, zone *time.Location) string {
	if field != nil && (field.Type == 4 || field.Type == 5) {
		return at.UTC().Format("2006-01-02T15:04:05Z")
	}
	return at.In(zone).Format("2006-01-02 15:04")
}

// standFor tells whether a row is the order: by the marker, or by the number
// together with the shop.
func (f orderFields) standFor(row roapp.Order, in order.CreateOrder) bool {
	if strings.Contains(row.ManagerNotes, marker(order.Key{Shop: in.Shop, Number: in.Number})) {
		return true
	}
	if f.externalID == nil || row.CustomFields[f.externalID.ID] != strconv.FormatInt(in.Number, 10) {
		return false
	}
	if f.shop == nil {
		return len(f.otherShops) == 0
	}
	// The shop may have been renamed since, or staff may have changed the field.
	return !slices.ContainsFunc(f.otherShops, func(name string) bool { return order.SameText(row.CustomFields[f.shop.ID], name) })
}
