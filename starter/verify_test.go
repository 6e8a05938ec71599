package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/internal/verify"
	cartumfake "github.com/cartumsync/cartumsync/sandbox/cartum"
	roappfake "github.com/cartumsync/cartumsync/sandbox/roapp"
)

// verifies runs the command on a world with what a person types, and gives what it prints and the report file.
func (w *checkWorld) verifies(options verify.Options, yes bool, typed string) (printed, asked, file string, err error) {
	w.t.Helper()
	path := filepath.Join(w.t.TempDir(), "settings.yaml")
	require.NoError(w.t, os.WriteFile(path, []byte(w.yaml), 0o600))
	loaded, err := settings.Load(path, w.checker.env)
	require.NoError(w.t, err)
	v := verifier{Options: options, yes: yes, report: filepath.Join(w.t.TempDir(), "report.txt")}
	v.Settings, v.ShopID, v.Patience = loaded, "demo", patience
	var out, questions strings.Builder
	err = v.run(w.t.Context(), &out, &questions, strings.NewReader(typed))
	text, _ := os.ReadFile(v.report)
	return strings.Join(strings.Fields(out.String()), " "), questions.String(), string(text), err
}

const patience = 300_000_000 // a third of a second

func TestVerifyPrintsATableAndWritesAReport(t *testing.T) {
	t.Parallel()
	w := newCheckWorld(t,
		roappfake.Options{CustomFields: true, Unlimited: true, Switches: map[string]string{"search-lag": "0s", "required-contact-field": "yes"}}, cartumfake.Options{})
	printed, asked, file, err := w.verifies(verify.Options{}, false, "")
	require.ErrorIs(t, err, errProblems)
	for _, text := range []string{
		"VERDICT ASSUMPTION EXPECTED SEEN WHAT IT MEANS FOR YOUR SETTINGS",
		"as expected The legacy catalogue is offered yes yes nothing to do",
		"PROBLEM Contacts need no custom field none required some required: f201",
		"not seen A create answers an object with the id an object with the id needs --write",
		`accounts.main.contact_fields.f201: "" # or another value`, "problems: 1",
		"The report for the project is in",
	} {
		assert.Contains(t, printed, text)
	}
	assert.NotContains(t, asked, "May I")
	assert.Contains(t, file, "Report of starter verify")
	assert.NotContains(t, file, "Kwiaty")
}

func TestVerifyAsksBeforeItWrites(t *testing.T) {
	t.Parallel()
	options := roappfake.Options{CustomFields: true, Unlimited: true, Switches: map[string]string{"search-lag": "0s"}}
	w := newCheckWorld(t, options, cartumfake.Options{})
	_, asked, _, err := w.verifies(verify.Options{Write: true}, false, "") // nobody is there
	require.NoError(t, err)
	assert.Contains(t, asked, "May I create the contact")
	assert.NotContains(t, w.read(w.roapp+"/sandbox/requests"), http.MethodPost)

	printed, asked, _, err := w.verifies(verify.Options{Write: true}, false, "y\ny\n") // the contact, and a look for it
	require.NoError(t, err)
	assert.Contains(t, asked, "May I create an order")
	assert.Contains(t, printed, `== Left for you to delete contact "cartumsync verify, please delete"`)
	assert.NotContains(t, printed, "product \"cartumsync", "it was not agreed to")

	printed, asked, _, err = w.verifies(verify.Options{Write: true}, true, "") // a script
	require.NoError(t, err)
	assert.NotContains(t, asked, "May I")
	assert.NotContains(t, asked, "Please")
	assert.Contains(t, printed, "order Z")
	assert.Contains(t, printed, "nobody wrote the item off")
}

func TestVerifyRefuses(t *testing.T) {
	t.Parallel()
	w := standard(t)
	_, _, _, err := w.verifies(verify.Options{Order: -1}, false, "")
	require.ErrorContains(t, err, "-1 is no order")
	v := verifier{Options: verify.Options{Settings: &settings.Settings{}, ShopID: "nobody"}}
	require.ErrorContains(t, v.run(t.Context(), nil, nil, nil), `no shop "nobody"`)
}
