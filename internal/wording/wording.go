// Package wording puts what cartumsync notes about orders into words, in the
// reader's language. Orders hold codes and parameters only.
package wording

import (
	"embed"
	"encoding/json"
	"maps"
	"regexp"
	"strconv"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/order/flow"
)

//go:embed locales/*.json
var localeFiles embed.FS

// texts are all texts by language; English stands in for any other language. They
// are part of the program, so a fault in them stops it.
var texts = order.MustLoadTexts(localeFiles, "json", json.Unmarshal)

// StatusNames name the statuses of an order's two sides; "" where a name is not
// known.
type StatusNames interface {
	CartumStatus(id int) string
	RoappStatus(id int64) string
}

// Words writes in one language about one order.
type Words struct {
	localizer *i18n.Localizer
	names     StatusNames
	comma     bool // is the decimal sign
}

// In gives the words of a language: "en", "pl" or "uk". Names may be nil: statuses
// are then shown by number.
func In(lang string, names StatusNames) Words {
	return Words{i18n.NewLocalizer(texts, lang), names, lang == "pl" || lang == "uk"}
}

// English is for logs and for programs that name no language.
func English() Words { return In("en", nil) }

// Message puts a message into words. A code without a text is shown as it is.
func (w Words) Message(m flow.Message) string {
	if m.Code == "hold" {
		return w.hold("hold", m.Params)
	}
	return w.say(m.Code, m.Params)
}

// Hold says what an order waits for, and what a person can do.
func (w Words) Hold(h order.Hold) (text, remedy string) {
	params := h.Message().Params
	return w.hold("hold", params), w.hold("remedy", params)
}

// Note says what came of a person's last answer, "" where nothing is to be said.
func (w Words) Note(h order.Hold) string {
	if h.Note == nil {
		return ""
	}
	return w.Message(*h.Note)
}

// Reason says in a few words what a hold is about.
func (w Words) Reason(reason order.HoldReason) string { return w.say("reason."+string(reason), nil) }

// Step says what a step does, by its kind.
func (w Words) Step(kind string) string { return w.say("step."+kind, nil) }

// WhyUndecided says why a decision cannot be taken, by its code and the values in its
// text.
func (w Words) WhyUndecided(code string, params map[string]string) string {
	return w.say("undecided."+code, params)
}

func (w Words) hold(part string, params map[string]string) string {
	id := part + "." + params["reason"]
	if text, ok := w.find(id+"."+params["variant"], params); ok {
		return text
	}
	return w.say(id, params)
}

func (w Words) say(id string, params map[string]string) string {
	if text, ok := w.find(id, params); ok {
		return text
	}
	return id
}

func (w Words) find(id string, params map[string]string) (string, bool) {
	// The error also reports a text taken from English, which is what is wanted.
	text, _ := w.localizer.Localize(&i18n.LocalizeConfig{MessageID: id, TemplateData: w.named(params)})
	return text, text != ""
}

// decimals are numbers with a fraction.
var decimals = regexp.MustCompile(`^-?[0-9]+\.[0-9]+$`)

// named puts names in the place of numbers, and words in the place of codes. Amounts and
// quantities get the language's decimal sign.
func (w Words) named(params map[string]string) map[string]string {
	named := maps.Clone(params)
	for key, value := range named {
		switch key {
		case "price", "quantity", "amount", "was", "is", "roappPrice", "roappQuantity", "roapp", "cartum", "difference", "lines":
			if w.comma && decimals.MatchString(value) {
				named[key] = strings.Replace(value, ".", ",", 1)
			}
		case "cartumStatus", "wasCartumStatus":
			named[key] = w.status(value, func(id int64) string { return w.names.CartumStatus(int(id)) })
		case "roappStatus", "wasRoappStatus":
			named[key] = w.status(value, func(id int64) string { return w.names.RoappStatus(id) })
		case "step":
			named[key] = w.say("step."+value, nil)
		case "decision":
			named[key] = w.say("decision."+value, nil)
		case "why":
			// The first one needs no parameters.
			for _, kind := range []string{"why.", "undecided.", "closed."} {
				if text, ok := w.find(kind+value, nil); ok {
					named[key] = text
					break
				}
			}
		}
	}
	if reason := named["reason"]; reason != "" {
		if text, ok := w.find("reason."+reason, nil); ok {
			named["reasonText"] = text
		}
	}
	return named
}

// status is a status by its name, else by its number.
func (w Words) status(written string, name func(int64) string) string {
	id, err := strconv.ParseInt(written, 10, 64)
	if err != nil || w.names == nil {
		return written
	}
	if text := name(id); text != "" {
		return text
	}
	return written
}
