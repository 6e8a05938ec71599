// Package docs checks that the documents hold what others say of them: links
// and citations lead somewhere, and every setting and flag is described.
package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/settings"
)

// root is the repository's.
const root = ".."

// generated are folders whose files are not ours, or not in git.
var generated = []string{".git", "bin", "dist", "node_modules", "npm", "testdata"}

// files are the paths below root of all files with one of the endings.
func files(t *testing.T, endings ...string) []string {
	t.Helper()
	var paths []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains(generated, entry.Name()):
			return fs.SkipDir
		case !entry.IsDir() && slices.Contains(endings, filepath.Ext(path)):
			paths = append(paths, path)
		}
		return nil
	})
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	return paths
}

// document is a Markdown file.
type document struct {
	prose    string            // without code
	headings map[string]string // by anchor: the text up to the next heading
}

var (
	codeBlock = regexp.MustCompile("(?ms)^```.*?\n```$")
	codeSpan  = regexp.MustCompile("`[^`]*`")
	heading   = regexp.MustCompile(`(?m)^#+ +(.+?) *$`)

	read = struct {
		sync.Mutex
		documents map[string]document
	}{documents: map[string]document{}}
)

// open reads a document, once for all tests.
func open(t *testing.T, path string) document {
	t.Helper()
	read.Lock()
	defer read.Unlock()
	if known, ok := read.documents[path]; ok {
		return known
	}
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	text := codeBlock.ReplaceAllString(string(raw), "")
	d := document{prose: codeSpan.ReplaceAllString(text, ""), headings: map[string]string{}}
	places := heading.FindAllStringSubmatchIndex(text, -1)
	for i, place := range places {
		end := len(text)
		if i+1 < len(places) {
			end = places[i+1][0]
		}
		anchor := anchorOf(text[place[2]:place[3]])
		if _, taken := d.headings[anchor]; taken {
			t.Errorf("%s: two headings have the anchor #%s, so links to it are ambiguous", path, anchor)
		}
		d.headings[anchor] = text[place[1]:end]
	}
	read.documents[path] = d
	return d
}

// anchorOf is the anchor that GitHub gives a heading.
func anchorOf(title string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		default:
			return -1
		}
	}, title)
}

var link = regexp.MustCompile(`\]\(([^()\s]+)\)|(?:src|href)="([^"]+)"`)

func TestLinksResolve(t *testing.T) {
	t.Parallel()
	for _, path := range files(t, ".md") {
		for _, match := range link.FindAllStringSubmatch(open(t, path).prose, -1) {
			target, err := url.Parse(match[1] + match[2])
			if assert.NoError(t, err, path) && target.Scheme == "" {
				resolves(t, path, filepath.Dir(path), target.Path, target.Fragment)
			}
		}
	}
}

// resolves checks that a file exists and has the heading. An empty file is the
// citing one.
func resolves(t *testing.T, from, folder, file, fragment string) {
	t.Helper()
	path := filepath.Join(folder, filepath.FromSlash(file))
	if file == "" {
		path = from
	}
	if _, err := os.Stat(path); err != nil || filepath.IsAbs(file) {
		t.Errorf("%s: there is no file %s", from, file)
		return
	}
	if fragment == "" {
		return
	}
	if _, has := open(t, path).headings[fragment]; !has {
		t.Errorf("%s: %s has no heading #%s", from, path, fragment)
	}
}

var (
	// An id is a requirement, a quality, a failure scenario or one of Temporal's.
	id           = regexp.MustCompile(`\b([RQFT])0?([1-9][0-9]?)\b`)
	idsOfTest    = regexp.MustCompile(`^(?:Test|Fuzz|Benchmark)((?:[RQFT][0-9]+(?:_|\b))+)`)
	idOfMessage  = regexp.MustCompile(`^[RQFT][0-9]{1,2}\b[: ]`)
	citation     = regexp.MustCompile(`\bdocs/([\w./-]+\.md)(?:#([\w-]+))?`)
	elsewhere    = regexp.MustCompile(`\b(?:roapp-api|cartum-api|engine-findings)\b|\breference,`)
	documentOfID = map[string]string{"R": "requirements.md", "Q": "requirements.md", "F": "failure-scenarios.md", "T": "failure-scenarios.md"}
)

// Comments and test names cite a heading of these documents, or nothing.
func TestCitationsResolve(t *testing.T) {
	t.Parallel()
	cited := 0
	for _, path := range files(t, ".go") {
		for place, text := range citing(t, path) {
			cited += checkCitations(t, place, text)
		}
	}
	assert.Greater(t, cited, 300, "citations are not found any more")
}

// citing are the comments of a Go file, and the ids in the names and messages
// of its tests, by their place.
func citing(t *testing.T, path string) map[string]string {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, nil, parser.ParseComments|parser.SkipObjectResolution)
	require.NoError(t, err)
	texts := map[string]string{}
	for _, comment := range file.Comments {
		// A citation may be broken over two lines.
		texts[set.Position(comment.Pos()).String()] = strings.Join(strings.Fields(comment.Text()), " ")
	}
	if !strings.HasSuffix(path, "_test.go") || filepath.Clean(path) == "docs_test.go" {
		return texts
	}
	ast.Inspect(file, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.FuncDecl:
			if ids := idsOfTest.FindStringSubmatch(node.Name.Name); ids != nil {
				texts[set.Position(node.Pos()).String()+" "+node.Name.Name] = strings.ReplaceAll(ids[1], "_", " ")
			}
		case *ast.BasicLit:
			if text, err := strconv.Unquote(node.Value); err == nil && node.Kind == token.STRING {
				texts[set.Position(node.Pos()).String()+" message"] = idOfMessage.FindString(text)
			}
		}
		return true
	})
	return texts
}

// checkCitations returns how many there are.
func checkCitations(t *testing.T, place, text string) int {
	t.Helper()
	if wrong := elsewhere.FindString(text); wrong != "" {
		t.Errorf("%s: %q cites a document that is not here; write docs/FILE.md#heading", place, wrong)
	}
	files := citation.FindAllStringSubmatch(text, -1)
	for _, match := range files {
		if path := filepath.FromSlash(match[1]); fileExists(path) {
			resolves(t, place, ".", path, match[2])
		} else {
			t.Errorf("%s: there is no docs/%s", place, match[1])
		}
	}
	ids := id.FindAllStringSubmatch(citation.ReplaceAllString(text, ""), -1)
	for _, match := range ids {
		resolves(t, place, ".", documentOfID[match[1]], strings.ToLower(match[1]+match[2]))
	}
	return len(files) + len(ids)
}

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// sections say where the keys of each part of the settings are described.
var sections = map[reflect.Type]string{
	reflect.TypeFor[settings.EncryptionKey](): "installation",
	reflect.TypeFor[settings.Account]():       "accounts",
	reflect.TypeFor[settings.CustomFields]():  "custom-fields",
	reflect.TypeFor[settings.Shop]():          "shops",
	reflect.TypeFor[settings.Statuses]():      "statuses",
	reflect.TypeFor[settings.Sweep]():         "sweep",
	reflect.TypeFor[settings.InitialImport](): "initial-import",
	reflect.TypeFor[settings.Final]():         "final-statuses",
	reflect.TypeFor[settings.Alerts]():        "alerts",
	reflect.TypeFor[settings.APIToken]():      "access",
	reflect.TypeFor[settings.User]():          "access",
	reflect.TypeFor[settings.OIDC]():          "openid-connect",
	reflect.TypeFor[settings.ProxyHeader]():   "reverse-proxy",
}

func TestEverySettingIsDescribedWithItsDefault(t *testing.T) {
	t.Parallel()
	described := open(t, "configuration.md")
	for part, section := range sections {
		text, has := described.headings[section]
		require.True(t, has, "configuration.md has no heading #%s", section)
		for _, field := range reflect.VisibleFields(part) {
			key := field.Tag.Get("yaml")
			if isPart(field.Type) {
				continue // a heading of its own
			}
			written := "`" + key + "`"
			if value, has := field.Tag.Lookup("default"); has {
				written += " (default `" + value + "`)"
			}
			if !strings.Contains(plain(text), written) {
				t.Errorf("configuration.md#%s does not describe %s.%s: it has no %s", section, part.Name(), field.Name, written)
			}
		}
	}
	checkParts(t, reflect.TypeFor[settings.Settings]())
}

// plain is a text without emphasis, in one line.
func plain(text string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(text, "**", "")), " ")
}

// isPart tells whether a type of the settings has keys of its own.
func isPart(of reflect.Type) bool {
	return of.Kind() == reflect.Struct && of != reflect.TypeFor[settings.Secret]() && of != reflect.TypeFor[time.Time]()
}

// checkParts checks that every part of the settings has a section.
func checkParts(t *testing.T, part reflect.Type) {
	t.Helper()
	for _, field := range reflect.VisibleFields(part) {
		inner := field.Type
		for inner.Kind() == reflect.Map || inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		if !isPart(inner) {
			continue
		}
		if inner != reflect.TypeFor[settings.SignIn]() {
			assert.Contains(t, sections, inner, "sections say where %s is described", inner.Name())
		}
		checkParts(t, inner)
	}
}

var definesFlag = regexp.MustCompile(`^(?:String|Bool|Int|Int64|Float64|Duration|Count)(?:Slice|Array)?(?:Var)?P?$`)

func TestEveryFlagIsDescribed(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("configuration.md")
	require.NoError(t, err)
	flags := 0
	for _, folder := range []string{"worker", "starter", "internal/process"} {
		paths, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(folder), "*.go"))
		require.NoError(t, err)
		for _, path := range paths {
			for _, flag := range flagsOf(t, path) {
				flags++
				if !regexp.MustCompile(`--` + flag + `[^\w-]`).Match(raw) {
					t.Errorf("configuration.md does not describe --%s of %s", flag, path)
				}
			}
		}
	}
	assert.Greater(t, flags, 20, "flags are not found any more")
}

// flagsOf are the names in calls such as cmd.Flags().StringVar(&to, "name", …).
func flagsOf(t *testing.T, path string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	var names []string
	ast.Inspect(file, func(node ast.Node) bool {
		call, isCall := node.(*ast.CallExpr)
		if !isCall {
			return true
		}
		method, isMethod := call.Fun.(*ast.SelectorExpr)
		if !isMethod || !definesFlag.MatchString(method.Sel.Name) || !onFlags(method.X) {
			return true
		}
		for _, argument := range call.Args {
			literal, isLiteral := argument.(*ast.BasicLit)
			if !isLiteral {
				continue
			}
			if name, err := strconv.Unquote(literal.Value); err == nil {
				names = append(names, name)
				break
			}
		}
		return true
	})
	return names
}

// onFlags tells whether a method is called on a set of flags.
func onFlags(of ast.Expr) bool {
	switch of := of.(type) {
	case *ast.Ident:
		return of.Name == "flags"
	case *ast.CallExpr:
		method, isMethod := of.Fun.(*ast.SelectorExpr)
		return isMethod && strings.HasSuffix(method.Sel.Name, "Flags")
	default:
		return false
	}
}

var variable = regexp.MustCompile(`(?m)^#?([A-Z][A-Z_]+)=`)

func TestEveryVariableOfTheExampleIsDescribed(t *testing.T) {
	t.Parallel()
	described, err := os.ReadFile("configuration.md")
	require.NoError(t, err)
	example, err := os.ReadFile(filepath.Join(root, "deploy", "env.example"))
	require.NoError(t, err)
	names := variable.FindAllStringSubmatch(string(example), -1)
	require.NotEmpty(t, names)
	for _, name := range names {
		if !strings.Contains(string(described), "`"+name[1]+"`") {
			t.Errorf("configuration.md does not describe %s", name[1])
		}
	}
}

func TestEveryHoldIsDescribed(t *testing.T) {
	t.Parallel()
	described := open(t, "operations.md").headings["holds"]
	paths, err := filepath.Glob(filepath.Join(root, "internal", "order", "*.go"))
	require.NoError(t, err)
	reasons := 0
	for _, path := range paths {
		for _, reason := range constantsOf(t, path, "HoldReason") {
			reasons++
			if !strings.Contains(described, "`"+reason+"`") {
				t.Errorf("operations.md#holds does not describe %s", reason)
			}
		}
	}
	assert.Greater(t, reasons, 10, "holds are not found any more")
}

// constantsOf are the values of a file's constants of a text type.
func constantsOf(t *testing.T, path, typeName string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	var values []string
	ast.Inspect(file, func(node ast.Node) bool {
		spec, isValue := node.(*ast.ValueSpec)
		if !isValue {
			return true
		}
		if of, named := spec.Type.(*ast.Ident); !named || of.Name != typeName {
			return true
		}
		for _, value := range spec.Values {
			literal, isLiteral := value.(*ast.BasicLit)
			if !isLiteral {
				continue
			}
			if text, err := strconv.Unquote(literal.Value); err == nil {
				values = append(values, text)
			}
		}
		return true
	})
	return values
}
