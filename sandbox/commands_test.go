package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/sandbox/cartum"
	"github.com/cartumsync/cartumsync/sandbox/roapp"
)

func TestSettingsAreThoseOfTheStandIns(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	cmd := command()
	cmd.SetArgs([]string{"settings", "--cartum-url", "http://cartum:8081", "--browser-host", "127.0.0.1"})
	cmd.SetOut(&out)
	require.NoError(t, cmd.ExecuteContext(t.Context()))
	keys := throwawayKeys()
	parsed, err := settings.Parse("settings.yaml", out.Bytes(), func(name string) (string, bool) {
		value, ok := keys[name]
		return value, ok
	})
	require.NoError(t, err)
	assert.Equal(t, "http://cartum:8081", parsed.Shops["demo"].URL)
	assert.Equal(t, "http://127.0.0.1:8081/edit/", parsed.Shops["demo"].AdminURL)
	assert.Equal(t, "http://127.0.0.1:8084", parsed.Accounts["second"].URL)
	assert.Equal(t, "External ID", parsed.Accounts["main"].Fields.ExternalID)
	assert.Empty(t, parsed.Accounts["second"].Fields)
}

func TestStandInsRefuseWhatTheyDoNotKnow(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"cartum", "--switch", "no-such=1"},
		{"cartum", "--switch", "orders_sort"},
		{"cartum", "--profile", "no-such"},
		{"cartum", "--time-zone", "No/Such"},
		{"roapp", "--switch", "search-lag=soon"},
		{"roapp", "--profile", "no-such"},
	} {
		cmd := command()
		cmd.SetArgs(append(args, "--listen", loopback+":0"))
		cmd.SetOut(io.Discard)
		cmd.SetErr(io.Discard)
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // one that starts all the same ends at once
		err := cmd.ExecuteContext(ctx)
		assert.Error(t, err, args)
		assert.NotErrorIs(t, err, context.Canceled, args)
	}
}

// Settings and workflows link to the services' own pages.
func TestLinksLeadToTheFakesPages(t *testing.T) {
	t.Parallel()
	shop, account := cartum.New(cartum.Options{}), roapp.New(roapp.Options{APIKey: roappKey})
	t.Cleanup(shop.Close)
	t.Cleanup(account.Close)
	server := httptest.NewServer(account)
	t.Cleanup(server.Close)
	staff := roappFake{fake{server.URL}}
	require.NoError(t, staff.create(t.Context(), "people", "Ewa", fields{"first_name": "Ewa"}))
	require.NoError(t, staff.create(t.Context(), "products", "Róża", fields{"title": "Róża"}))
	for range 2 { // the second one is there
		require.NoError(t, staff.createOrder(t.Context(), staffOrder{"Ewa", "Róża", "12.50", "from the counter"}))
	}
	var orders []struct {
		Order struct{ ID int64 }
	}
	require.NoError(t, staff.get(t.Context(), "/orders", &orders))
	require.Len(t, orders, 1)
	for _, c := range []struct {
		pages       http.Handler
		path, shows string
	}{
		{shop, "/edit/", "This is a fake."},
		{account, "/", fmt.Sprintf(`<a href="/orders/table/%d">`, orders[0].Order.ID)},
		{account, fmt.Sprintf("/orders/table/%d", orders[0].Order.ID), "12.50"},
	} {
		answer := httptest.NewRecorder()
		c.pages.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, c.path, http.NoBody))
		assert.Equal(t, http.StatusOK, answer.Code, c.path)
		assert.Contains(t, answer.Body.String(), c.shows, c.path)
	}
}

func TestLinesAreShort(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "one", shortLine(" one \n"))
	assert.Equal(t, "one …", shortLine("one\ntwo"))
	assert.Len(t, []rune(shortLine(string(make([]rune, 500)))), 122)
}

// Ports of a container are published on the machine's loopback, so all is shown by
// addresses there and listens everywhere.
func TestAddressesInAContainer(t *testing.T) {
	t.Parallel()
	free := ports{}
	for _, d := range portDefaults {
		free[d.part] = new(int)
	}
	for inside, ip := range map[bool]string{true: "0.0.0.0", false: "127.0.0.1"} {
		func() {
			m := &machine{options: options{ports: free, inContainer: inside}, dir: "/tmp/sandbox"}
			at, err := m.ports.claim(t.Context(), m.ip())
			require.NoError(t, err)
			defer at.close()
			assert.Equal(t, "127.0.0.1:"+at.port(partStarter), at.of(partStarter))
			assert.Equal(t, ip+":"+at.port(partStarter), at.listen(partStarter))
			assert.Equal(t, inside, strings.HasPrefix(m.typed(), "docker compose -f compose.sandbox.yml exec sandbox sh /tmp/sandbox/starter"), m.typed())
		}()
	}
}
