package settings_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/settings"
)

// holder keeps a secret where fmt cannot ask it for its String.
type holder struct{ secret settings.Secret }

func TestSecretsAreNotPrinted(t *testing.T) {
	t.Parallel()
	read := parse(t, string(settings.Example()))
	for name, printed := range map[string]any{
		"settings": read, "value": *read, "shop": read.Shops["kwiaty"], "key": read.Encryption[0],
		"secret": read.IdentityKey, "pointer": &read.IdentityKey, "unexported": holder{read.IdentityKey},
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			requireNoSecret(t, fmt.Sprintf(verb, printed), name+" "+verb)
		}
		requireNoSecret(t, fmt.Sprint(printed), name)
		text, err := json.Marshal(printed)
		require.NoError(t, err)
		requireNoSecret(t, string(text), name+" as JSON")
		text, err = yaml.Marshal(printed)
		require.NoError(t, err)
		requireNoSecret(t, string(text), name+" as YAML")
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("read", "value", printed)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("read", "value", printed)
		requireNoSecret(t, log.String(), name+" in a log")
	}
}

// requireNoSecret looks for the secrets of the example as they are and in
// hexadecimal digits.
func requireNoSecret(t *testing.T, text, where string) {
	t.Helper()
	for _, secret := range []string{"hunter", encryptionKey} {
		for _, form := range []string{secret, fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret)} {
			require.NotContains(t, text, form, where)
		}
	}
}

func TestSecretIsShownAsStars(t *testing.T) {
	t.Parallel()
	for _, secret := range []settings.Secret{settings.NewSecret("hunter2"), {}} {
		text, err := json.Marshal(map[string]any{"key": secret})
		require.NoError(t, err)
		require.JSONEq(t, `{"key": "***"}`, string(text))
		require.Equal(t, "*** *** ***", fmt.Sprintf("%v %+v %#v", secret, secret, secret))
		plain, err := secret.MarshalText()
		require.NoError(t, err)
		require.Equal(t, "***", string(plain))
	}
	require.Equal(t, "hunter2", settings.NewSecret("hunter2").Reveal())
	require.Empty(t, settings.Secret{}.Reveal())
}

// Whatever is wrong with a file, its error shows neither a secret that was
// written out nor what a variable holds.
func TestErrorsShowNoSecrets(t *testing.T) {
	t.Parallel()
	for _, broken := range []string{
		"password: hunter2",
		"password: \"hunter2\nlogin: x",
		"password: @hunter2",
		"password: |hunter2",
		"password:hunter2",
		"password: {hunter2: x}",
		"password: [hunter2]",
		"password: !!str hunter2",
		"password: &hunter2 x",
		"password: *hunter2",
		"password: hunter2: x",
		"password: hunter2 ${KWIATY_PASSWORD}",
		"password: hunter2 ${",
		"password: ${KWIATY_PASSWORD}\n    passwort: hunter2",
		"password: ${KWIATY_PASSWORD}\n    password: hunter2",
		"password: ${KWIATY_PASSWORD}\n    location: ${KWIATY_PASSWORD}",
		"password: ${KWIATY_PASSWORD}\n    language: ${KWIATY_PASSWORD}",
		"password: ${KWIATY_PASSWORD}\n    url: ${KWIATY_PASSWORD}",
		"password: ${KWIATY_PASSWORD}\n    url: https://x:hunter2@kwiaty.example",
		"password: ${KWIATY_PASSWORD}\n    url: https://kwiaty.example/?token=hunter2",
		"password: ${KWIATY_PASSWORD}\n    admin_url: https://x:hunter2@kwiaty.example",
		"password: ${KWIATY_PASSWORD}\n    account: ${KWIATY_PASSWORD}",
		"password: ${KWIATY_PASSWORD}\n    webhook_key: ${KWIATY_LOGIN}",
	} {
		text := strings.Replace(valid, "password: ${KWIATY_PASSWORD}", broken, 1)
		_, err := settings.Parse(file, []byte(text), environment(variables()))
		require.Error(t, err, broken)
		requireNoSecret(t, err.Error(), broken)
		requireNoSecret(t, fmt.Sprintf("%+v %#v", err, err), broken)
	}
}
