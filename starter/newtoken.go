package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"github.com/spf13/cobra"

	"github.com/cartumsync/cartumsync/internal/access"
	"github.com/cartumsync/cartumsync/internal/order"
)

const tokenBytes = 32

func tokenCommand() *cobra.Command {
	var name, role string
	cmd := &cobra.Command{
		Use:          "token --name NAME [--role view|act]",
		Short:        "Make a token for a program, show it once, and print its settings' lines",
		Args:         cobra.NoArgs,
		SilenceUsage: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !order.ValidID(name) {
				return errors.New("say which program it is for: --name NAME, up to 40 small letters, digits and hyphens")
			}
			if err := knownRole(role); err != nil {
				return err
			}
			random := make([]byte, tokenBytes)
			_, _ = rand.Read(random) // never fails
			token := hex.EncodeToString(random)
			if err := write(cmd.ErrOrStderr(), "The program's token, which is not shown again and stands nowhere:\n"); err != nil {
				return err
			}
			return write(cmd.OutOrStdout(), "%s\n\napi_tokens:\n  - name: %s\n    sha256: %x\n    role: %s\n", token, name, sha256.Sum256([]byte(token)), role)
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "the program's `name`, which stands in the timeline of what it did")
	cmd.Flags().StringVar(&role, "role", string(access.RoleView), "look (see everything, for Prometheus too) or act (also update, decide and write off)")
	return cmd
}
