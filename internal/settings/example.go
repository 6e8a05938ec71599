package settings

import (
	_ "embed"
	"slices"
)

//go:embed settings.example.yaml
var example []byte

// Example is a complete settings file with every key explained, to start from.
func Example() []byte { return slices.Clone(example) }
