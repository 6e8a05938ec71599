package settings

import (
	"fmt"
	"io"
	"os"

	"github.com/goccy/go-yaml/token"
)

// Limits of what is read. The parser's time and memory grow with the square of the
// nesting, so that is limited before it parses.
const (
	mostBytes       = 1 << 20 // of the settings file, about 2,000 shops
	mostSecretBytes = 64 << 10
	mostBrackets    = 16  // [ and { inside one another
	mostColumns     = 100 // before a line or a list's entry begins
)

// readFile reads a whole file that is not larger than that, in bytes.
func readFile(path string, most int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, most+1))
	if err == nil && int64(len(text)) > most {
		err = fmt.Errorf("%s is larger than %d KiB", path, most>>10)
	}
	return text, err
}

// tooDeep is the token at which the file is nested deeper than any settings are,
// nil where it is not.
func tooDeep(tokens token.Tokens) *token.Token {
	brackets, line := 0, 0
	for _, tk := range tokens {
		begins := tk.Position.Line != line
		line = tk.Position.Line
		switch tk.Type {
		case token.SequenceStartType, token.MappingStartType:
			brackets++
		case token.SequenceEndType, token.MappingEndType:
			brackets--
		case token.CommentType:
			continue
		case token.SequenceEntryType, token.MappingKeyType:
			begins = true
		default:
		}
		if brackets > mostBrackets || begins && tk.Position.Column > mostColumns {
			return tk
		}
	}
	return nil
}
