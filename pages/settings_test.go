package pages

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/cartumsync/cartumsync/internal/refdata"
	"github.com/cartumsync/cartumsync/internal/service/servicetest"
	"github.com/cartumsync/cartumsync/internal/settings"
)

func TestSettingsOpenWhatFails(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.checked(refdata.Account{Company: refdata.Company{Name: "Kwiaty", Currency: "UAH"}}, refdata.Shop{}) // another currency, and no statuses
	for _, lang := range []string{"en", "pl", "uk"} {
		page := d.opens("/settings", "Accept-Language", lang)
		require.Equal(t, http.StatusOK, page.Code, page.Text)
		assert.Contains(t, page.Text, "<details open><summary>", "the part with a problem is open")
	}
	page := d.opens("/settings").Text
	_, heading, _ := strings.Cut(page, `<article id="check"`)
	heading, _, _ = strings.Cut(heading, "</h2>")
	assert.Regexp(t, `Check <strong class="badge bad">\d+ problems?</strong>`, heading, "the number of problems is in the heading")
	assert.Contains(t, page, "shops.demo.statuses.import.1")
	assert.Less(t, strings.Index(page, ">problem<"), strings.Index(page, ">note<"), "problems come first")
	for _, text := range []string{"every 1 min", "Polled every"} {
		assert.Contains(t, page, text)
	}
	assert.NotContains(t, page, "1m0s", "durations are as people write them")
}

func TestWithoutAlertAddressThereIsAWarning(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	set := *d.Settings.Current()
	set.Alerts.URL = settings.Secret{}
	d.Settings.Replace(&set)
	page := d.opens("/settings").Text
	assert.Contains(t, page, "No alert address is set")
	assert.Contains(t, page, `<span class="badge wait">warning</span>`)
	assert.NotContains(t, page, "Send a test alert")
	assert.Equal(t, http.StatusUnprocessableEntity, d.sends("/settings/test-alert", url.Values{}).Code)
}

func TestATestAlertIsSentFromThePage(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	set := *d.Settings.Current()
	set.Alerts.URL = settings.NewSecret("https://alerts.example/secret-path")
	d.Settings.Replace(&set)
	page := d.opens("/settings").Text
	assert.Contains(t, page, "Send a test alert")
	assert.NotContains(t, page, "secret-path")
	require.Equal(t, http.StatusSeeOther, d.sends("/settings/test-alert", url.Values{}).Code)
	assert.True(t, d.runs("alert:test"))
	assert.Contains(t, d.opens("/settings").Text, "The test alert is being sent.")

	d.Complete("alert:test", nil, nil)
	assert.Contains(t, d.opens("/settings/test-alert").Text, "test alert accepted")
	d.ended("alert:test", nil, temporal.NewNonRetryableApplicationError("the receiver answered 500", "Alert", errors.New("500")))
	refused := d.opens("/settings/test-alert").Text
	assert.Contains(t, refused, "The test alert was not accepted")
	assert.Contains(t, refused, "the receiver answered 500")
	assert.NotContains(t, d.sees("/settings").Text, "Send a test alert")
	assert.Equal(t, http.StatusForbidden, d.asks(servicetest.ViewToken, http.MethodPost, "/settings/test-alert", url.Values{}).Code)
}

func TestSettingsAreCheckedAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	require.Equal(t, http.StatusSeeOther, d.sends("/settings/check", url.Values{}).Code)
	for _, id := range []string{"check:account:main", "check:shop:demo"} {
		assert.True(t, d.runs(id), id)
	}
	assert.Contains(t, d.opens("/settings/check").Text, "Both services are being checked.")
}
