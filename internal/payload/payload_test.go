package payload_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/engine"
	"github.com/cartumsync/cartumsync/internal/payload"
	"github.com/cartumsync/cartumsync/internal/settings"
)

func TestPayloadsAreEncryptedWithTheKeysOfTheSettings(t *testing.T) {
	t.Parallel()
	key := settings.EncryptionKey{ID: "k1", Key: settings.NewSecret("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")}
	codec, err := payload.Codec(&settings.Settings{Encryption: []settings.EncryptionKey{key}})
	require.NoError(t, err)
	converter := engine.DataConverter(codec)
	stored, err := converter.ToPayload("Anna Nowak")
	require.NoError(t, err)
	assert.NotContains(t, string(stored.GetData()), "Anna")
	var read string
	require.NoError(t, converter.FromPayload(stored, &read))
	assert.Equal(t, "Anna Nowak", read)
}

func TestKeyThatCannotBeUsedIsNamed(t *testing.T) {
	t.Parallel()
	_, err := payload.Codec(&settings.Settings{Encryption: []settings.EncryptionKey{{ID: "k1", Key: settings.NewSecret("short")}}})
	require.ErrorContains(t, err, "encryption_keys")
	_, err = payload.KeyNames(&settings.Settings{Encryption: []settings.EncryptionKey{{ID: "k1", Key: settings.NewSecret("short")}}})
	require.ErrorContains(t, err, "encryption_keys")
	_, err = payload.Codec(&settings.Settings{})
	require.ErrorContains(t, err, "encryption_keys")
}

func TestKeysOfTheSameIDHaveDifferentNames(t *testing.T) {
	t.Parallel()
	one := settings.EncryptionKey{ID: "k1", Key: settings.NewSecret("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")}
	other := settings.EncryptionKey{ID: "k1", Key: settings.NewSecret("MTEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")}
	names, err := payload.KeyNames(&settings.Settings{Encryption: []settings.EncryptionKey{one, other}})
	require.NoError(t, err)
	require.Len(t, names, 2)
	assert.NotEqual(t, names[0], names[1])
	for _, name := range names {
		assert.Contains(t, name, "k1:")
	}
}
