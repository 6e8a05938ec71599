package workflows_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/workflows"
)

const rulesPackage = "github.com/cartumsync/cartumsync/internal/order"

// The workflow of orders must replay whatever the rules have become, so it does not
// know them: it has the data types of the package flow only. The other workflows use
// types of the rules' package, and none of its functions.
func TestWorkflowsUseNoRules(t *testing.T) {
	t.Parallel()
	rules := functionsOf(t, "../internal/order")
	// Names, hashes and first states, which are created once and then recorded or are part of ids, and how views are
	// shown, which is not recorded.
	harmless := []string{"KeyedHash", "NormalizeText", "ProductKeys", "ParseWorkflowID", "ValidID", "NewState", "UIText"}
	for name, file := range parse(t, ".") {
		if name == "dispatch.go" {
			continue // it starts workflows, and is in none
		}
		imported := slices.ContainsFunc(file.Imports, func(i *ast.ImportSpec) bool {
			path, err := strconv.Unquote(i.Path.Value)
			return err == nil && path == rulesPackage
		})
		if strings.HasPrefix(name, "order") {
			assert.False(t, imported, "%s imports the rules", name)
		}
		if !imported {
			continue
		}
		ast.Inspect(file, func(node ast.Node) bool {
			selector, ok := node.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if from, ok := selector.X.(*ast.Ident); ok && from.Name == "order" && rules[selector.Sel.Name] && !slices.Contains(harmless, selector.Sel.Name) {
				t.Errorf("%s uses order.%s: a rule in replayed code", name, selector.Sel.Name)
			}
			return true
		})
	}
}

// A signal that the rules take has a channel in the workflow, and the other way
// round.
func TestOrdersTakeTheSignalsOfTheRules(t *testing.T) {
	t.Parallel()
	assert.Equal(t, order.Signals(), workflows.OrderSignals)
	assert.Equal(t, order.UpdateRefresh, workflows.UpdateRefresh)
}

func parse(t *testing.T, dir string) map[string]*ast.File {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	files := map[string]*ast.File{}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		require.NoError(t, err)
		files[filepath.Base(path)] = file
	}
	require.NotEmpty(t, files)
	return files
}

// functionsOf are the exported functions of a package.
func functionsOf(t *testing.T, dir string) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for _, file := range parse(t, dir) {
		for _, declared := range file.Decls {
			if function, ok := declared.(*ast.FuncDecl); ok && function.Recv == nil {
				names[function.Name.Name] = true
			}
		}
	}
	require.Contains(t, names, "Advance")
	return names
}
