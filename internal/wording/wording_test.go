package wording

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/order/flow"
)

func textsIn(t *testing.T, language string) map[string]string {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("locales", language+".json"))
	require.NoError(t, err)
	var all map[string]string
	require.NoError(t, json.Unmarshal(file, &all))
	return all
}

var parameter = regexp.MustCompile(`\.[a-zA-Z]+`)

func TestEveryLanguageSaysTheSame(t *testing.T) {
	t.Parallel()
	english := textsIn(t, "en")
	for _, language := range []string{"pl", "uk"} {
		texts := textsIn(t, language)
		require.Equal(t, slices.Sorted(maps.Keys(english)), slices.Sorted(maps.Keys(texts)), language)
		for key, text := range texts {
			used := func(text string) []string {
				var names []string
				for _, action := range regexp.MustCompile(`{{[^}]*}}`).FindAllString(text, -1) {
					names = append(names, parameter.FindAllString(action, -1)...)
				}
				slices.Sort(names)
				return slices.Compact(names)
			}
			assert.Equal(t, used(english[key]), used(text), "%s %s", language, key)
		}
	}
}

// codes are what the rules of orders say, read from their source: the constants of
// the types that name it, and the codes given to msg.
type codes struct {
	consts  map[string][]string // by type
	named   map[string]string   // values of all string constants, by name
	said    []string            // msg("…")
	results []string            // of cannotDecide, Unfit and notAmong
}

func readSource(t *testing.T) codes {
	t.Helper()
	c := codes{consts: map[string][]string{}, named: map[string]string{}}
	files, err := filepath.Glob("../order/*.go")
	require.NoError(t, err)
	var parsed []*ast.File
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		require.NoError(t, err)
		parsed = append(parsed, tree)
		ast.Inspect(tree, c.readConstant)
	}
	for _, tree := range parsed {
		ast.Inspect(tree, c.readCall)
		ast.Inspect(tree, c.readResults)
	}
	return c
}

func (c *codes) readConstant(node ast.Node) bool {
	spec, ok := node.(*ast.ValueSpec)
	if !ok || len(spec.Values) != 1 {
		return true
	}
	if text, ok := literal(spec.Values[0]); ok {
		c.named[spec.Names[0].Name] = text
		if kind, ok := spec.Type.(*ast.Ident); ok {
			c.consts[kind.Name] = append(c.consts[kind.Name], text)
		}
	}
	return true
}

func (c *codes) readCall(node ast.Node) bool {
	call, ok := node.(*ast.CallExpr)
	if !ok || len(call.Args) == 0 {
		return true
	}
	name, ok := call.Fun.(*ast.Ident)
	if !ok || name.Name != "msg" && name.Name != "note" && name.Name != "warn" {
		return true
	}
	at := 0
	if name.Name == "note" && len(call.Args) > 1 {
		at = 1 // after the condition
	}
	if code, ok := c.text(call.Args[at]); ok && code != "" {
		c.said = append(c.said, code)
	}
	return true
}

func (c *codes) readResults(node ast.Node) bool {
	f, ok := node.(*ast.FuncDecl)
	if !ok || !slices.Contains([]string{"cannotDecide", "Unfit", "notAmong"}, f.Name.Name) {
		return true
	}
	ast.Inspect(f, func(node ast.Node) bool {
		if back, ok := node.(*ast.ReturnStmt); ok && len(back.Results) == 1 {
			if text, ok := literal(back.Results[0]); ok && text != "" {
				c.results = append(c.results, text)
			}
		}
		return true
	})
	return true
}

func (c *codes) text(node ast.Expr) (string, bool) {
	if name, ok := node.(*ast.Ident); ok {
		text, known := c.named[name.Name]
		return text, known
	}
	return literal(node)
}

func literal(node ast.Expr) (string, bool) {
	lit, ok := node.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}

func TestEveryCodeHasAText(t *testing.T) {
	t.Parallel()
	english, c := textsIn(t, "en"), readSource(t)
	var wanted []string
	add := func(prefix string, codes []string, least int) {
		require.GreaterOrEqual(t, len(codes), least, "the source is read: %s", prefix)
		for _, code := range codes {
			wanted = append(wanted, prefix+code)
		}
	}
	add("", c.said, 40)
	add("reason.", c.consts["HoldReason"], 19)
	add("hold.", c.consts["HoldReason"], 19)
	add("remedy.", c.consts["HoldReason"], 19)
	add("decision.", c.consts["DecisionKind"], 11)
	add("undecided.", c.results, 8)
	add("amount-", c.consts["AmountKind"], 4)
	for _, refused := range []string{
		"no-account", "no-such-person", "no-such-organization", "no-such-product", "no-such-order", "archived-product",
		"other-phone", "contact-without-phone",
	} {
		wanted = append(wanted, "undecided."+refused)
	}
	for _, kind := range order.StepKinds() {
		wanted = append(wanted, "step."+string(kind))
	}
	for _, code := range c.consts["ProblemCode"] {
		if code != string(order.ProblemSpelling) { // never holds
			wanted = append(wanted, "hold.malformed."+code)
		}
	}
	wanted = append(wanted, "choice-recalled", "choice-outdated", "why.no-such-order", "why.linked-to-another")
	for _, code := range []string{"final-on-both-sides", "watched-long-enough", "cancelled-before-import", "deleted-before-import", "not-in-shop", "skipped", "canceled"} {
		wanted = append(wanted, code, "closed."+code)
	}
	for _, id := range wanted {
		assert.NotEmpty(t, english[id], id)
	}
}

// No text fails on its template, and none shows a parameter that is not there.
func TestEveryTextCanBeSaid(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"en", "pl", "uk"} {
		words := In(language, nil)
		for id := range textsIn(t, language) {
			params := map[string]string{}
			for _, name := range []string{"sku", "message", "roappStatus", "cartumStatus", "quantity", "price", "is", "was", "currency", "field", "value"} {
				params[name] = "x"
			}
			text, found := words.find(id, params)
			assert.True(t, found, language+" "+id)
			assert.NotContains(t, text, "{{", language+" "+id)
		}
	}
}

func TestHoldIsSaidInTheReadersLanguage(t *testing.T) {
	t.Parallel()
	hold := order.Hold{Reason: order.HoldCredentials, Variant: "roapp", Params: map[string]string{"service": "RO App", "message": "401", "account": "main"}}
	for language, want := range map[string][2]string{
		"en": {"RO App refuses the credentials: 401", "Correct the api_key of the account main in the settings; the order continues by itself."},
		"pl": {"RO App odrzuca dane logowania: 401", "Popraw api_key konta main w ustawieniach; zamówienie zostanie wznowione samo."},
		"uk": {"RO App відхиляє дані для входу: 401", "Виправте api_key облікового запису main у налаштуваннях; замовлення відновиться саме."},
	} {
		text, remedy := In(language, nil).Hold(hold)
		assert.Equal(t, want, [2]string{text, remedy})
	}
}

type names struct{}

func (names) CartumStatus(int) string  { return "Nowe" }
func (names) RoappStatus(int64) string { return "" }

func TestStatusesAreNamedWhereTheirNamesAreKnown(t *testing.T) {
	t.Parallel()
	words := In("en", names{})
	assert.Equal(t, "status in Cartum set to Nowe", words.Message(flow.Message{Code: "shop-status-set", Params: map[string]string{"cartumStatus": "1"}}))
	assert.Equal(t, "status in RO App set to 101", words.Message(flow.Message{Code: "roapp-status-set", Params: map[string]string{"roappStatus": "101"}}))
	assert.Equal(t, "of-a-later-release", words.Message(flow.Message{Code: "of-a-later-release"}))
}

// Codes inside a text become words: a reason, a step, a decision, and why a decision cannot be taken.
func TestCodesInTextsBecomeWords(t *testing.T) {
	t.Parallel()
	words := English()
	english := textsIn(t, "en")
	assert.Equal(t, english["reason.credentials"], words.Reason(order.HoldCredentials))
	for key, value := range map[string]string{"step": "AddItems", "decision": "retry"} {
		named := words.named(map[string]string{key: value})
		assert.Equal(t, words.say(key+"."+value, nil), named[key], key)
	}
	for why, id := range map[string]string{"no-such-order": "why.no-such-order", "skipped": "closed.skipped"} {
		assert.Equal(t, english[id], words.named(map[string]string{"why": why})["why"])
	}
	assert.Equal(t, "of-a-later-release", words.named(map[string]string{"why": "of-a-later-release"})["why"])
	assert.Equal(t, english["reason.credentials"], words.named(map[string]string{"reason": "credentials"})["reasonText"])
	assert.Equal(t, "undecided.of-a-later-release", words.WhyUndecided("of-a-later-release", nil))

	assert.Empty(t, words.Note(order.Hold{Reason: order.HoldCredentials}))
	note := flow.Message{Code: "not-linked", Params: map[string]string{"roappOrder": "7", "why": "no-such-order"}}
	assert.Contains(t, words.Note(order.Hold{Reason: order.HoldCredentials, Note: &note}), english["why.no-such-order"])
	held := flow.Message{Code: "hold", Params: map[string]string{"reason": "credentials", "variant": "roapp", "service": "RO App", "message": "401"}}
	assert.Equal(t, "RO App refuses the credentials: 401", words.Message(held))
	assert.Equal(t, "many", In("en", names{}).named(map[string]string{"cartumStatus": "many"})["cartumStatus"], "what is no number stays")
}
