package pages

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/bojanz/currency"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/shopspring/decimal"

	"github.com/cartumsync/cartumsync/internal/access"
	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/order/flow"
	"github.com/cartumsync/cartumsync/internal/service"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/internal/wording"
)

// view is what a template gets: the person, the language, and the page's data.
type view struct {
	Lang    string
	User    access.User
	Known   bool   // whether somebody is logged in
	Path    string // of the page, with its query
	Section string // of the menu: the path's first part
	Status  int    // of the answer
	Data    any

	request    *http.Request
	names      wording.StatusNames // of the statuses in messages, nil where they are not known
	now        time.Time
	zone       *time.Location
	chosenZone string
	pages      *pages
	localizer  *i18n.Localizer
	money      *currency.Formatter
}

func (p *pages) view(r *http.Request, data any) *view {
	tag := languageOf(r)
	user, known := access.Who(r.Context())
	money := currency.NewFormatter(currency.NewLocale(tag.String()))
	money.MaxDigits = currency.DefaultDigits
	zone, chosen := p.zoneFor(r)
	v := &view{
		request: r, now: time.Now(), zone: zone, chosenZone: chosen,
		Lang: tag.String(), User: user, Known: known, Path: pathOf(r), Section: section(r.URL.Path), Status: http.StatusOK, Data: data,
		pages: p, localizer: i18n.NewLocalizer(bundle, tag.String()), money: money,
	}
	return v.With(data)
}

// pathOf is the page that the person is on: of a form's answer, the one with the
// form.
func pathOf(r *http.Request) string {
	if r.Method == http.MethodGet {
		return r.URL.RequestURI()
	}
	from, err := url.Parse(r.Referer())
	if err != nil {
		return access.LocalPath("")
	}
	return access.LocalPath(from.RequestURI())
}

// With is the same view of a part of the data, for a template within another. Statuses keep
// their names unless the part has names of its own.
func (v *view) With(data any) *view {
	part := *v
	part.Data = data
	if named, ok := data.(interface{ StatusNames() wording.StatusNames }); ok {
		part.names = named.StatusNames()
	}
	return &part
}

// May tells whether the person may act.
func (v *view) May() bool { return v.User.Role == access.RoleAct }

// T is a text. Its places are filled from pairs of name and value; "Count" also
// chooses the plural's form.
func (v *view) T(id string, pairs ...any) (string, error) {
	values := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	config := &i18n.LocalizeConfig{MessageID: id, TemplateData: values}
	if count, plural := values["Count"]; plural {
		config.PluralCount = count
	}
	text, err := v.localizer.Localize(config)
	if err != nil {
		return "", fmt.Errorf("text %s: %w", id, err)
	}
	return text, nil
}

// Has tells whether there is such a text, for ids that data make.
func (v *view) Has(id string) bool {
	_, err := v.localizer.LocalizeMessage(&i18n.Message{ID: id})
	return err == nil
}

// Money is an amount in the person's spelling; a missing one is a dash.
func (v *view) Money(amount any, code string) (string, error) {
	var value decimal.Decimal
	switch amount := amount.(type) {
	case decimal.Decimal:
		value = amount
	case *decimal.Decimal:
		if amount == nil {
			return nothing, nil
		}
		value = *amount
	default:
		return "", fmt.Errorf("%T is no amount", amount)
	}
	known, err := currency.NewAmount(value.String(), code)
	if err != nil {
		return value.StringFixed(2) + " " + code, nil //nolint:nilerr // a currency that is not known is shown as it stands
	}
	return v.money.Format(known), nil
}

// nothing stands for what is not known.
const nothing = "–"

// Workflow links a workflow in Temporal's UI, "" where that is not known.
func (v *view) Workflow(id string) string {
	if v.pages.TemporalUI == "" || id == "" {
		return ""
	}
	return v.pages.TemporalUI + "/workflows/" + id
}

// OrderURL is the page of an order.
func (v *view) OrderURL(key order.Key) string { return orderURL(key) }

func orderURL(key order.Key) string { return fmt.Sprintf("/orders/%s/%d", key.Shop, key.Number) }

// shopName is a shop to choose.
type shopName struct{ ID, Name string }

// shopNames are all shops, sorted by their ids.
func shopNames(set *settings.Settings) []shopName {
	var shops []shopName
	for _, id := range slices.Sorted(maps.Keys(set.Shops)) {
		shops = append(shops, shopName{id, set.Shops[id].Name})
	}
	return shops
}

// userName is who asks, for the timeline.
func userName(r *http.Request) string {
	user, _ := access.Who(r.Context())
	return user.Name
}

// connected serves with the way to the workflows, or says that it is not there yet.
func (p *pages) connected(serve func(http.ResponseWriter, *http.Request, *service.Orders)) http.HandlerFunc {
	return connected(p, p.Orders, serve)
}

func connected[T any](p *pages, source func() (T, bool), serve func(http.ResponseWriter, *http.Request, T)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		way, connected := source()
		if !connected {
			p.failed(w, r, &service.Error{Code: service.NotConnected})
			return
		}
		serve(w, r, way)
	}
}

// words are the words of the reader's language; statuses are named where their names are
// known.
func (v *view) words() wording.Words { return wording.In(v.Lang, v.names) }

// words are the words of the reader's language.
func (p *pages) words(r *http.Request) wording.Words { return wording.In(languageOf(r).String(), nil) }

// Message puts a message into words, "" for none.
func (v *view) Message(m any) string {
	switch m := m.(type) {
	case flow.Message:
		return v.words().Message(m)
	case *flow.Message:
		if m != nil {
			return v.words().Message(*m)
		}
	}
	return ""
}

// HoldText says what an order waits for, HoldRemedy what a person can do.
func (v *view) HoldText(h *order.Hold) string { text, _ := v.words().Hold(*h); return text }

// HoldRemedy says what a person can do about a hold.
func (v *view) HoldRemedy(h *order.Hold) string { _, remedy := v.words().Hold(*h); return remedy }

// Reason says in a few words what a hold is about.
func (v *view) Reason(reason any) string {
	return v.words().Reason(order.HoldReason(fmt.Sprint(reason)))
}

// Step says what an order is at, by the kind of the step.
func (v *view) Step(kind string) string { return v.words().Step(kind) }
