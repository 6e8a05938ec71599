package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"
)

// typed runs a command that needs no installation.
func typed(t *testing.T, stdin string, args ...string) (output string, err error) {
	t.Helper()
	var out bytes.Buffer
	cmd := command()
	cmd.SetArgs(args)
	cmd.SetIn(strings.NewReader(stdin))
	cmd.SetOut(&out)
	cmd.SetErr(&bytes.Buffer{})
	err = cmd.ExecuteContext(t.Context())
	return out.String(), err
}

func TestPasswordPrintsTheUsersLines(t *testing.T) {
	t.Parallel()
	output, err := typed(t, "correct horse battery\r\n", "password", "--stdin", "--name", "Anna O'Hara: 1", "--role", "act")
	require.NoError(t, err)
	assert.NotContains(t, output, "horse")
	var lines struct {
		Users []struct {
			Name, Role string
			Hash       string `yaml:"password_bcrypt"`
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte(output), &lines))
	require.Len(t, lines.Users, 1)
	assert.Equal(t, "Anna O'Hara: 1", lines.Users[0].Name)
	assert.Equal(t, "act", lines.Users[0].Role)
	assert.NoError(t, bcrypt.CompareHashAndPassword([]byte(lines.Users[0].Hash), []byte("correct horse battery")))
}

func TestPasswordsThatAreNotTaken(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		stdin string
		args  []string
		want  string
	}{
		{"short\n", []string{"--stdin", "--name", "anna"}, "shorter than 10"},
		{"", []string{"--stdin", "--name", "anna"}, "shorter than 10"},
		{strings.Repeat("x", 73), []string{"--stdin", "--name", "anna"}, "longer than 72"},
		{"correct horse", []string{"--stdin"}, "--name"},
		{"correct horse", []string{"--stdin", "--name", "an\nna"}, "--name"},
		{"correct horse", []string{"--stdin", "--name", "anna", "--role", "boss"}, "--role view"},
	} {
		output, err := typed(t, test.stdin, append([]string{"password"}, test.args...)...)
		require.ErrorContains(t, err, test.want)
		assert.NotContains(t, output, "bcrypt")
	}
}

func TestTokenIsShownWithTheHashForTheSettings(t *testing.T) {
	t.Parallel()
	output, err := typed(t, "", "token", "--name", "prometheus")
	require.NoError(t, err)
	token, lines, found := strings.Cut(output, "\n\n")
	require.True(t, found)
	assert.Regexp(t, `^[0-9a-f]{64}$`, token)
	assert.Equal(t, fmt.Sprintf("api_tokens:\n  - name: prometheus\n    sha256: %x\n    role: view\n", sha256.Sum256([]byte(token))), lines)

	_, err = typed(t, "", "token", "--name", "Ware House")
	require.ErrorContains(t, err, "--name")
	_, err = typed(t, "", "token", "--name", "warehouse", "--role", "")
	require.ErrorContains(t, err, "--role view")
}
