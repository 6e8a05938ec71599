package check

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strconv"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/refdata"
)

// shownOnPages are the files whose texts are shown to staff, so that they need translations. The others are of commands.
var shownOnPages = []string{"account.go", "shop.go", "directory.go", "byhand.go"}

// written are the texts that a file gives to [Section.Find], [Words.Sprintf] and those that call them.
func written(t *testing.T, file string) (texts []string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	require.NoError(t, err)
	ast.Inspect(parsed, func(n ast.Node) bool {
		var strings []ast.Expr
		switch n := n.(type) {
		case *ast.CallExpr:
			switch name := called(n); name {
			case "Find":
				strings = n.Args[2:3]
			case "Sprintf", "section", "say":
				strings = n.Args[:1]
			case "columns":
				strings = n.Args
			}
		case *ast.CompositeLit: // of the custom fields, each with what is without it
			if last := len(n.Elts) - 1; last == 3 {
				strings = n.Elts[last:]
			}
		}
		for _, one := range strings {
			if text, ok := one.(*ast.BasicLit); ok && text.Kind == token.STRING {
				plain, err := strconv.Unquote(text.Value)
				require.NoError(t, err)
				texts = append(texts, plain)
			}
		}
		return true
	})
	return texts
}

func called(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.SelectorExpr:
		if of, ok := f.X.(*ast.Ident); ok && of.Name == "fmt" {
			return ""
		}
		return f.Sel.Name
	case *ast.Ident:
		return f.Name
	default:
		return ""
	}
}

var verbs = regexp.MustCompile(`%[a-z]`)

func TestFindingsAreTranslated(t *testing.T) {
	t.Parallel()
	wanted := map[string]bool{}
	for _, file := range shownOnPages {
		for _, text := range written(t, file) {
			wanted[text] = true
		}
	}
	assert.Greater(t, len(wanted), 60, "texts are found in the code")
	for _, kind := range append(refdata.AccountReads(), refdata.ShopStatuses) {
		wanted[string(kind)] = true
	}
	for _, lang := range []string{"pl", "uk"} {
		text, err := localeFiles.ReadFile("locales/" + lang + ".yaml")
		require.NoError(t, err)
		translated := map[string]string{}
		require.NoError(t, yaml.Unmarshal(text, &translated))
		for english := range wanted {
			if english == "%s" || english == "" {
				continue
			}
			if assert.NotEmpty(t, translated[english], "%s has no text for %q", lang, english) {
				assert.Equal(t, verbs.FindAllString(english, -1), verbs.FindAllString(translated[english], -1), "%s: %q", lang, english)
			}
		}
		for english := range translated {
			assert.True(t, wanted[english], "%s: nothing says %q", lang, english)
		}
	}
}

func TestFindingsAreInTheReadersLanguage(t *testing.T) {
	t.Parallel()
	said := func(w Words) string {
		s := w.section("Shop, %s", "https://kwiaty.example")
		s.id("shops.demo.location", refdata.Directory{Kind: refdata.Locations, Read: true, Records: []refdata.Record{{ID: "1"}}}, 12345, w.account("main"))
		return s.Title + " | " + s.Findings[0].Text
	}
	assert.Equal(t, "Shop, https://kwiaty.example | account main has no location 12345; use an id of this list: locations", said(In("en")))
	assert.Equal(t, said(Words{}), said(In("en")))
	assert.Equal(t, "Sklep, https://kwiaty.example | konto main: nie ma lokalizacji 12345; użyj identyfikatora z listy: lokalizacje", said(In("pl")))
	assert.Equal(t, "Магазин, https://kwiaty.example | акаунт main: немає локації 12345; використайте ідентифікатор зі списку: локації", said(In("uk")))
}
