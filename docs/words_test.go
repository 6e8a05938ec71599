package docs

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// bannedWord is a row of the glossary's table.
type bannedWord struct {
	pattern *regexp.Regexp
	instead string
	starts  []string // the first words of its phrases, in small letters
}

// among are the words that a text may hold. To look for them is much faster than to match their patterns.
func among(text string, words []bannedWord) []bannedWord {
	text = strings.ToLower(text)
	return slices.DeleteFunc(slices.Clone(words), func(word bannedWord) bool {
		return !slices.ContainsFunc(word.starts, func(start string) bool { return strings.Contains(text, start) })
	})
}

var tableRow = regexp.MustCompile(`(?m)^\| ([^|]+) \| ([^|]+) \|$`)

// bannedWords are the rows of a section of the glossary that holds a table.
func bannedWords(section string) (words []bannedWord) {
	for _, row := range tableRow.FindAllStringSubmatch(section, -1) {
		if row[1] == "not" {
			continue
		}
		var alternatives, starts []string
		for phrase := range strings.SplitSeq(row[1], ",") {
			parts := strings.Fields(phrase)
			starts = append(starts, strings.ToLower(parts[0]))
			for i, part := range parts {
				parts[i] = regexp.QuoteMeta(part)
			}
			// A phrase may be broken over two lines of a comment.
			alternatives = append(alternatives, strings.Join(parts, `[\s/#*]+`))
		}
		words = append(words, bannedWord{
			pattern: regexp.MustCompile(`(?i)\b(?:` + strings.Join(alternatives, "|") + `)\b`), instead: row[2], starts: starts,
		})
	}
	return words
}

// findings are the banned words in a text that starts at a line of a file.
func findings(path string, line int, text string, words []bannedWord) (found []string) {
	for _, word := range words {
		for _, at := range word.pattern.FindAllStringIndex(text, -1) {
			found = append(found, fmt.Sprintf("%s:%d: %q; write %q instead",
				path, line+strings.Count(text[:at[0]], "\n"), text[at[0]:at[1]], word.instead))
		}
	}
	return found
}

// findingsInGo looks at the comments and the string literals of a Go file.
func findingsInGo(t *testing.T, path, source string, words []bannedWord) (found []string) {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, source, parser.ParseComments|parser.SkipObjectResolution)
	require.NoError(t, err)
	check := func(node ast.Node) {
		from, to := set.Position(node.Pos()), set.Position(node.End())
		found = append(found, findings(path, from.Line, source[from.Offset:to.Offset], words)...)
	}
	for _, comment := range file.Comments {
		check(comment)
	}
	ast.Inspect(file, func(node ast.Node) bool {
		if literal, ok := node.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			check(literal)
		}
		return true
	})
	return found
}

const wordsHeading = "words-that-are-not-used"

// The glossary's table of words that are not used holds everywhere.
func TestWordsOfTheGlossary(t *testing.T) {
	t.Parallel()
	glossary := filepath.Join(root, "docs", "glossary.md")
	table := open(t, glossary).headings[wordsHeading]
	words := bannedWords(table)
	require.NotEmpty(t, words)
	for _, path := range files(t, ".go", ".md", ".yml", ".yaml", ".html", ".json") {
		below, err := filepath.Rel(root, path)
		require.NoError(t, err)
		below = filepath.ToSlash(below)
		if filepath.Ext(path) == ".json" && !strings.HasSuffix(below, "locales/en.json") {
			continue
		}
		raw, err := os.ReadFile(path)
		require.NoError(t, err)
		text := string(raw)
		words := among(text, words)
		var found []string
		switch {
		case below == "docs/words_test.go": // its examples are such words
		case filepath.Ext(path) == ".go":
			found = findingsInGo(t, below, text, words)
		case path == glossary:
			require.Contains(t, text, table)
			found = findings(below, 1, strings.Replace(text, table, strings.Repeat("\n", strings.Count(table, "\n")), 1), words)
		default:
			found = findings(below, 1, text, words)
		}
		for _, finding := range found {
			t.Error(finding)
		}
	}
}

func TestBannedWordsAreFound(t *testing.T) {
	t.Parallel()
	words := bannedWords("| not | but |\n|---|---|\n| anew | again |\n| in step, under way | synced |\n")
	require.Len(t, words, 2)
	assert.Len(t, among("It is begun Anew", words), 1)
	assert.Len(t, among("In\nstep, under way and anew", words), 2)
	assert.Equal(t, []string{`a.md:3: "Anew"; write "again" instead`}, findings("a.md", 2, "x\nAnew", words))
	assert.Equal(t, []string{"a.md:1: \"in\\nstep\"; write \"synced\" instead"}, findings("a.md", 1, "in\nstep", words))
	assert.Empty(t, findings("a.md", 1, "a minstep renewed", words))
	source := "package a\n\n// It is under\n// way.\nvar anew = `again` + \"done anew\"\n"
	assert.Equal(t, []string{
		"a.go:3: \"under\\n// way\"; write \"synced\" instead", `a.go:5: "anew"; write "again" instead`,
	}, findingsInGo(t, "a.go", source, words))
}
