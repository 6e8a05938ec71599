package activities

import (
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/settings"
)

// inForce are settings of two accounts and two shops, of which some are changed.
func inForce(account func(*settings.Account), shop func(*settings.Shop)) *settings.Settings {
	// Secrets of two readings are equal by value only.
	set := settings.Account{URL: "https://api.roapp.example", APIKey: settings.NewSecret("key"), RequestsPerSecond: 3}
	from := settings.Shop{URL: "https://kwiaty.example", Password: settings.NewSecret("password"), Managers: []int64{56}, Enabled: true}
	s := &settings.Settings{
		Accounts: map[string]settings.Account{"changed": set, "other": set},
		Shops:    map[string]settings.Shop{"changed": from, "other": from},
	}
	account(&set)
	shop(&from)
	s.Accounts["changed"], s.Shops["changed"] = set, from
	return s
}

func asBefore() *settings.Settings {
	return inForce(func(*settings.Account) {}, func(*settings.Shop) {})
}

// What a process knows of an account, such as its proof and its refused key, is
// forgotten when this account's settings change and not with another's.
func TestPoolForgetsWhatChanged(t *testing.T) {
	t.Parallel()
	accounts, shops := New(settings.NewStore(asBefore()), nil, nil).accounts, New(settings.NewStore(asBefore()), nil, nil).shops
	both := func(s *settings.Settings) (accs map[string]*account, shs map[string]*shop) {
		accs, shs = map[string]*account{}, map[string]*shop{}
		for _, id := range []string{"changed", "other"} {
			var err error
			accs[id], err = accounts.get(s, id)
			require.NoError(t, err)
			shs[id], err = shops.get(s, id)
			require.NoError(t, err)
		}
		return accs, shs
	}
	firstAccounts, firstShops := both(asBefore())
	firstAccounts["other"].proof.note(false)
	firstAccounts["changed"].breaker.refused(time.Now(), errors.New("refused"))

	sameAccounts, sameShops := both(asBefore())
	assert.True(t, maps.Equal(firstAccounts, sameAccounts))
	assert.True(t, maps.Equal(firstShops, sameShops))

	accs, shs := both(inForce(
		func(a *settings.Account) { a.APIKey = settings.NewSecret("another") },
		func(s *settings.Shop) { s.Managers = []int64{57} },
	))
	assert.Same(t, firstAccounts["other"], accs["other"])
	assert.Same(t, firstShops["other"], shs["other"])
	assert.NotSame(t, firstAccounts["changed"], accs["changed"])
	assert.NotSame(t, firstShops["changed"], shs["changed"])
	assert.NoError(t, accs["changed"].breaker.open(time.Now()), "another key was not refused yet")
}

func TestPoolHasNoShopThatIsOff(t *testing.T) {
	t.Parallel()
	shops := New(settings.NewStore(asBefore()), nil, nil).shops
	first, err := shops.get(asBefore(), "changed")
	require.NoError(t, err)
	off := inForce(func(*settings.Account) {}, func(s *settings.Shop) { s.Enabled = false })
	_, err = shops.get(off, "changed")
	require.EqualError(t, err, `The shop "changed" is switched off in the settings.`)
	_, err = shops.get(off, "unknown")
	require.EqualError(t, err, `The settings have no shop "unknown".`)
	again, err := shops.get(asBefore(), "changed")
	require.NoError(t, err)
	assert.NotSame(t, first, again)
}
