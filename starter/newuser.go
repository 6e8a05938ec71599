package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/term"

	"github.com/cartumsync/cartumsync/internal/access"
)

// passwordCost makes one attempt take about a quarter of a second.
const passwordCost = 12

func passwordCommand() *cobra.Command {
	var name, role string
	var stdin bool
	cmd := &cobra.Command{
		Use:          "password --name NAME [--role view|act]",
		Short:        "Ask for a password and print the settings' lines for its user",
		Args:         cobra.NoArgs,
		SilenceUsage: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := fitUser(name, role); err != nil {
				return err
			}
			password, err := readPassword(cmd, stdin)
			if err != nil {
				return err
			}
			hash, err := bcrypt.GenerateFromPassword([]byte(password), passwordCost)
			if err != nil {
				return fmt.Errorf("hash the password: %w", err)
			}
			return write(cmd.OutOrStdout(), "users:\n  - name: %s\n    password_bcrypt: %s\n    role: %s\n", quoteYAML(name), hash, role)
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "the person's `name`, which stands in the timeline of what the person did")
	cmd.Flags().StringVar(&role, "role", string(access.RoleView), "look (see everything) or act (also update and decide)")
	cmd.Flags().BoolVar(&stdin, "stdin", false, "read the password from the first line of the standard input")
	return cmd
}

func fitUser(name, role string) error {
	if name == "" || len([]rune(name)) > 64 || strings.TrimSpace(name) != name || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return errors.New("say who it is: --name NAME, up to 64 characters")
	}
	return knownRole(role)
}

func knownRole(role string) error {
	if role != string(access.RoleView) && role != string(access.RoleAct) {
		return fmt.Errorf("%q is no role; write --role view or --role act", role)
	}
	return nil
}

// readPassword asks twice on a terminal, without showing what is typed.
func readPassword(cmd *cobra.Command, stdin bool) (string, error) {
	if stdin {
		line, err := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", fmt.Errorf("read the password: %w", err)
		}
		return fitPassword(strings.TrimRight(line, "\r\n"))
	}
	terminal := int(os.Stdin.Fd())
	if !term.IsTerminal(terminal) {
		return "", errors.New("there is no terminal to ask for the password; give it with --stdin")
	}
	first, err := ask(cmd, terminal, "Password: ")
	if err != nil {
		return "", err
	}
	second, err := ask(cmd, terminal, "The same again: ")
	if err != nil {
		return "", err
	}
	if !bytes.Equal(first, second) {
		return "", errors.New("the two passwords are not the same; nothing was made")
	}
	return fitPassword(string(first))
}

func ask(cmd *cobra.Command, terminal int, question string) ([]byte, error) {
	_, _ = fmt.Fprint(cmd.ErrOrStderr(), question) // the terminal is there
	typed, err := term.ReadPassword(terminal)
	_, _ = fmt.Fprintln(cmd.ErrOrStderr())
	if err != nil {
		return nil, fmt.Errorf("read the password: %w", err)
	}
	return typed, nil
}

// Passwords shorter than this are guessed; bcrypt takes no more bytes than that.
const (
	shortestPassword = 10
	longestPassword  = 72
)

func fitPassword(password string) (string, error) {
	switch {
	case utf8.RuneCountInString(password) < shortestPassword:
		return "", fmt.Errorf("the password is shorter than %d characters; choose a longer one", shortestPassword)
	case len(password) > longestPassword:
		return "", fmt.Errorf("the password is longer than %d bytes; choose a shorter one", longestPassword)
	}
	return password, nil
}

// quoteYAML keeps a name from being read as something else.
func quoteYAML(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

func write(to io.Writer, format string, args ...any) error {
	_, err := fmt.Fprintf(to, format, args...)
	return err
}
