// Assumptions prints docs/assumptions.md: what is assumed about the two services.
package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/cartumsync/cartumsync/docs/reference"
	"github.com/cartumsync/cartumsync/internal/verify"
	"github.com/cartumsync/cartumsync/sandbox/cartum"
	"github.com/cartumsync/cartumsync/sandbox/described"
	"github.com/cartumsync/cartumsync/sandbox/roapp"
)

// assumptions is docs/assumptions.md.
func assumptions() (string, error) {
	var text strings.Builder
	text.WriteString(`# What is assumed about the two services

Made by ` + "`make assumptions`" + ` from the marks in [cartum.openapi.yaml](reference/cartum.openapi.yaml) and
[roapp.openapi.yaml](reference/roapp.openapi.yaml) and from the switches of the fake services; a test checks that it is up to date.

Neither service documents its API in full. Each row below is a guess: nobody could tell. Where a fake has a switch for it, the
main scenarios are tested in the profile ` + "`documented`" + `, which takes the less comfortable reading, and in the profile ` + "`flipped`" + `,
which takes the other one.

` + "`starter verify`" + ` finds out on a real shop and account ([operations](operations.md#verify)): the last column names the command that
checks an assumption, or says why none does.
`)
	for _, service := range []struct {
		name     string
		document []byte
		switches []described.Switch
	}{
		{"Cartum", reference.Cartum, cartum.Switches()},
		{"RO App", reference.Roapp, roapp.Switches()},
	} {
		guesses, err := reference.Guesses(service.document)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&text, "\n## %s\n\n| where | assumed | switches of the fake | checked by |\n|---|---|---|---|\n", service.name)
		for _, g := range guesses {
			where := "`" + g.Where + "`"
			if len(g.Fields) > 0 {
				where += ": `" + strings.Join(g.Fields, "`, `") + "`"
			}
			fmt.Fprintf(&text, "| %s | %s | %s | %s |\n", where, cell(g.Text), code(g.Switches...), checkedBy(append([]string{g.Place()}, g.Switches...)...))
		}
		fmt.Fprintf(&text, "\n### Switches of the fake of %s\n\n| switch | documented | flipped | values | what it decides | checked by |\n|---|---|---|---|---|---|\n", service.name)
		for _, s := range service.switches {
			fmt.Fprintf(&text, "| `%s` | %s | %s | %s | %s | %s |\n",
				s.Name, code(s.Documented), code(s.Flipped), cell(s.Values), cell(s.About), checkedBy(s.Name))
		}
	}
	return text.String(), nil
}

// checkedBy is the command that checks one of the places, else why none does.
func checkedBy(places ...string) string {
	covered := verify.Covered()
	for _, place := range places {
		if by := covered[place]; by != "" {
			return code(by)
		}
	}
	for _, place := range places {
		if reason := verify.Unprobed[place]; reason != "" {
			return "nothing: " + cell(reason)
		}
	}
	return ""
}

// code shows values as they are written; the empty one is none.
func code(values ...string) string {
	if strings.Join(values, "") == "" {
		return ""
	}
	return "`" + strings.Join(values, "`, `") + "`"
}

// cell is a text inside a table.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", ">", "&gt;").Replace(text)
}

func main() {
	text, err := assumptions()
	if err == nil {
		_, err = os.Stdout.WriteString(text)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
