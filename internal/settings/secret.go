package settings

const hidden = "***"

// Secret is a value that must not be seen: printing and encoding show "***",
// and only [Secret.Reveal] gives it away.
type Secret struct {
	// A pointer, because fmt does not ask unexported fields of other types for
	// their String: it prints an address there, not the value.
	value *string
}

// NewSecret hides a value.
func NewSecret(value string) Secret { return Secret{value: &value} }

// Reveal is the value itself, empty where none is set.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

func (Secret) String() string { return hidden }

// GoString hides the value from %#v.
func (Secret) GoString() string { return hidden }

// MarshalText hides the value from text encoders, YAML and JSON among them.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// MarshalJSON hides the value from JSON encoders that do not ask for text.
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }
