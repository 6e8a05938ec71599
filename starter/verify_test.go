package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/contract"
	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/internal/settings/settingstest"
	"github.com/cartumsync/cartumsync/internal/verify"
	cartumfake "github.com/cartumsync/cartumsync/sandbox/cartum"
	roappfake "github.com/cartumsync/cartumsync/sandbox/roapp"
)

// services are fakes of an account and a shop, and settings that fit them.
type services struct {
	t           *testing.T
	roapp, text string
}

func newServices(t *testing.T, switches map[string]string) services {
	t.Helper()
	account := roappfake.New(roappfake.Options{CustomFields: true, Unlimited: true, Switches: switches})
	shop := cartumfake.New(cartumfake.Options{})
	roapp, cartum := httptest.NewServer(contract.Roapp().Check(t, account)), httptest.NewServer(contract.Cartum().Check(t, shop))
	t.Cleanup(func() { roapp.Close(); cartum.Close(); account.Close(); shop.Close() })
	return services{t: t, roapp: roapp.URL, text: settingstest.Text(roapp.URL, cartum.URL)}
}

// verify runs the command with what a person types, and gives what it prints and the report file.
func (s services) verify(options verify.Options, yes bool, typed string) (printed, asked, file string, err error) {
	s.t.Helper()
	v := verifier{Options: options, yes: yes, report: filepath.Join(s.t.TempDir(), "report.txt")}
	v.Settings, v.ShopID, v.Patience = settingstest.Load(s.t, s.text, settingstest.Env()), "demo", patience
	var out, questions strings.Builder
	err = v.run(s.t.Context(), &out, &questions, strings.NewReader(typed))
	text, _ := os.ReadFile(v.report)
	return strings.Join(strings.Fields(out.String()), " "), questions.String(), string(text), err
}

// requests are what the account was asked.
func (s services) requests() string {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.roapp+"/sandbox/requests", http.NoBody)
	require.NoError(s.t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(s.t, err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	return string(text)
}

const patience = 300_000_000 // a third of a second

func TestVerifyPrintsATableAndWritesAReport(t *testing.T) {
	t.Parallel()
	printed, asked, file, err := newServices(t, map[string]string{"search-lag": "0s", "required-contact-field": "yes"}).verify(verify.Options{}, false, "")
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
	s := newServices(t, map[string]string{"search-lag": "0s"})
	_, asked, _, err := s.verify(verify.Options{Write: true}, false, "") // nobody is there
	require.NoError(t, err)
	assert.Contains(t, asked, "May I create the contact")
	assert.NotContains(t, s.requests(), http.MethodPost)

	printed, asked, _, err := s.verify(verify.Options{Write: true}, false, "y\ny\n") // the contact, and a look for it
	require.NoError(t, err)
	assert.Contains(t, asked, "May I create an order")
	assert.Contains(t, printed, `== Left for you to delete contact "cartumsync verify, please delete"`)
	assert.NotContains(t, printed, "product \"cartumsync", "it was not agreed to")

	printed, asked, _, err = s.verify(verify.Options{Write: true}, true, "") // a script
	require.NoError(t, err)
	assert.NotContains(t, asked, "May I")
	assert.NotContains(t, asked, "Please")
	assert.Contains(t, printed, "order Z")
	assert.Contains(t, printed, "nobody wrote the item off")
}

func TestVerifyRefuses(t *testing.T) {
	t.Parallel()
	_, _, _, err := newServices(t, nil).verify(verify.Options{Order: -1}, false, "")
	require.ErrorContains(t, err, "-1 is no order")
	v := verifier{Options: verify.Options{Settings: &settings.Settings{}, ShopID: "nobody"}}
	require.ErrorContains(t, v.run(t.Context(), nil, nil, nil), `no shop "nobody"`)
}
