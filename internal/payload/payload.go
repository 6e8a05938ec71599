// Package payload encrypts what Temporal stores with the keys of the settings.
package payload

import (
	"fmt"

	"go.temporal.io/sdk/converter"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/settings"
)

// Codec returns the codec of the settings' keys.
func Codec(s *settings.Settings) (converter.PayloadCodec, error) {
	keys, err := keysOf(s)
	if err != nil {
		return nil, err
	}
	codec, err := engine.NewCodec(keys)
	if err != nil {
		return nil, fmt.Errorf("encryption_keys: %w", err)
	}
	return codec, nil
}

// KeyNames are the names of the settings' keys, see [engine.Key.Name]. The first one encrypts.
func KeyNames(s *settings.Settings) ([]string, error) {
	keys, err := keysOf(s)
	names := make([]string, 0, len(keys))
	for _, key := range keys {
		names = append(names, key.Name())
	}
	return names, err
}

func keysOf(s *settings.Settings) ([]engine.Key, error) {
	keys := make([]engine.Key, 0, len(s.Encryption))
	for _, configured := range s.Encryption {
		key, err := configured.Bytes()
		if err != nil {
			return nil, fmt.Errorf("encryption_keys: %w", err)
		}
		keys = append(keys, engine.Key{ID: configured.ID, Key: key})
	}
	return keys, nil
}
