package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const namespace = "default"

// temporalVariables lead every Temporal client to the sandbox's server, and to
// no profile of the person's.
func (m *machine) temporalVariables() map[string]string {
	return map[string]string{
		"TEMPORAL_ADDRESS":     m.at.of(partTemporal),
		"TEMPORAL_NAMESPACE":   namespace,
		"TEMPORAL_CONFIG_FILE": os.DevNull,
	}
}

// isolate keeps the person's own connection to Temporal away from the sandbox.
func (m *machine) isolate() error {
	var errs []error
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "TEMPORAL_") {
			errs = append(errs, os.Unsetenv(name))
		}
	}
	for name, value := range m.temporalVariables() {
		errs = append(errs, os.Setenv(name, value))
	}
	return errors.Join(errs...)
}

// command is where writeCommand puts the starter.
func (m *machine) command() string { return filepath.Join(m.dir, "starter") }

// typed is how a person calls the command.
func (m *machine) typed() string {
	if m.inContainer {
		return "docker compose -f compose.sandbox.yml exec sandbox sh " + m.command()
	}
	return m.command()
}

// writeCommand makes the starter's commands usable from another terminal, which
// does not have the sandbox's keys. The file is for this person's eyes only and
// goes with the sandbox.
func (m *machine) writeCommand(settingsPath string, keys map[string]string) error {
	variables := m.temporalVariables()
	maps.Copy(variables, keys)
	variables["CARTUMSYNC_SETTINGS"] = settingsPath
	var text strings.Builder
	text.WriteString("#!/bin/sh\n# The starter, with the settings and keys of this sandbox.\nexec env -i PATH=\"$PATH\" HOME=\"$HOME\" TERM=\"$TERM\" \\\n")
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		fmt.Fprintf(&text, "  %s='%s' \\\n", name, variables[name])
	}
	fmt.Fprintf(&text, "  '%s' \"$@\"\n", filepath.Join(m.programs, "starter"))
	return os.WriteFile(m.command(), []byte(text.String()), 0o700) //nolint:gosec // it is a program
}
