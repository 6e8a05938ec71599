package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/cartumsync/cartumsync/internal/settings"
	"github.com/cartumsync/cartumsync/sandbox/cartum"
	"github.com/cartumsync/cartumsync/sandbox/roapp"
)

// startFakes opens the shops and the accounts inside this process. They
// outlive worker and starter, whose last requests they answer.
func (m *machine) startFakes(ctx context.Context) error {
	open, stop := context.WithCancel(context.WithoutCancel(ctx))
	m.stopFakes = stop
	for _, p := range pairs {
		zone, err := time.LoadLocation(p.TimeZone)
		if err != nil {
			return err
		}
		shop, err := openCartum(cartum.Options{
			Login: cartumLogin, Password: cartumPassword, Currency: p.Currency, TimeZone: zone,
			Languages: p.cartumLanguages, WebhookDelay: m.webhookDelay,
		}, m.behaviour)
		if err != nil {
			return err
		}
		o := roapp.Options{
			APIKey: roappKey, Currency: p.Currency, CustomFields: p.CustomFields,
			WebhookURL: m.at.url(partStarter) + "/webhooks/roapp/" + p.Account, WebhookSecret: m.keys[envWebhookSecret],
		}
		account, err := openRoapp(o, m.behaviour) //nolint:contextcheck // it ends by its Close
		if err != nil {
			return err
		}
		m.fakes.Go(func() { defer shop.Close(); m.answer(open, p.cartum, shop) })
		m.fakes.Go(func() { defer account.Close(); m.answer(open, p.roapp, account) })
		m.t.step(p.Shop, fmt.Sprintf("%s: Cartum's fake %s, RO App's %s", p.ShopName, m.at.url(p.cartum), m.at.url(p.roapp)))
	}
	return nil
}

func (m *machine) answer(ctx context.Context, p part, stand http.Handler) {
	if err := serve(ctx, m.at[p], stand); err != nil {
		m.fail(fmt.Errorf("the fake %s: %w", p, err))
	}
}

func (m *machine) build(ctx context.Context) error {
	if m.bin != "" {
		var err error
		m.programs, err = filepath.Abs(m.bin)
		return err
	}
	m.t.step("programs", "building worker and starter ...")
	m.programs = filepath.Join(m.dir, "bin")
	began := time.Now()
	if err := buildPrograms(ctx, m.programs); err != nil {
		return err
	}
	m.t.step("programs", "built"+after(began))
	return nil
}

// temporalConfig is what a demonstration needs of deploy/dynamicconfig.yaml.
var temporalConfig = []string{
	"matching.numTaskqueueReadPartitions=1",
	"matching.numTaskqueueWritePartitions=1",
	"matching.useNewMatcher=true",
}

func (m *machine) startTemporal(ctx context.Context) error {
	cli, err := findTemporal()
	if err != nil {
		return err
	}
	m.t.step("Temporal", "starting "+cli+" ...")
	command := []string{
		cli, "server", "start-dev", "--ip", m.ip(), "--port", m.at.port(partTemporal),
		"--ui-port", m.at.port(partTemporalUI), "--ui-codec-endpoint", m.at.url(partCodec) + "/codec", "--namespace", namespace,
	}
	for _, value := range temporalConfig {
		command = append(command, "--dynamic-config-value", value)
	}
	began := time.Now()
	m.at.release(partTemporal, partTemporalUI)
	if err := m.start("temporal", command, os.Environ()); err != nil {
		return err
	}
	if err := await(ctx, "Temporal's UI", readyWithin, func(ctx context.Context) error { return answers(ctx, m.at.url(partTemporalUI)) }); err != nil {
		return err
	}
	m.t.step("Temporal", "runs"+after(began)+", its UI is "+m.at.url(partTemporalUI))
	return nil
}

// startPrograms starts worker and starter and connects to what they connect to.
func (m *machine) startPrograms(ctx context.Context) error {
	path, parsed, err := m.settings()
	if err != nil {
		return err
	}
	env := os.Environ()
	for name, value := range m.keys {
		env = append(env, name+"="+value)
	}
	common := []string{"--settings", path, "--log-format", "console"}
	worker := append([]string{filepath.Join(m.programs, "worker"), "--listen", m.at.listen(partWorker)}, common...)
	starter := append([]string{
		filepath.Join(m.programs, "starter"), "--listen", m.at.listen(partStarter), "--public-url", m.at.url(partStarter),
		"--codec-listen", m.at.listen(partCodec), "--codec-origin", m.at.url(partTemporalUI),
		"--temporal-ui", m.at.url(partTemporalUI) + "/namespaces/" + namespace,
	}, common...)
	began := time.Now()
	m.at.release(partWorker, partStarter, partCodec)
	if err := m.start("worker", worker, env); err != nil {
		return err
	}
	if err := m.start("starter", starter, env); err != nil {
		return err
	}
	for name, p := range map[string]part{"worker": partWorker, "starter": partStarter} {
		if err := await(ctx, name, readyWithin, func(ctx context.Context) error { return answers(ctx, m.at.url(p)+"/readyz") }); err != nil {
			return err
		}
	}
	m.t.step("exchange", "worker and starter are ready"+after(began))
	if err := m.writeCommand(path, m.keys); err != nil {
		return err
	}
	m.installation, err = connect(ctx, parsed)
	return err
}

// settings writes the settings file and reads it as worker and starter will.
func (m *machine) settings() (string, *settings.Settings, error) {
	var all []pairSettings
	for _, p := range pairs {
		cartumURL, roappURL := m.at.url(p.cartum), m.at.url(p.roapp)
		all = append(all, pairSettings{pair: p, CartumURL: cartumURL, CartumWebURL: cartumURL, RoappURL: roappURL, RoappWebURL: roappURL, PagesURL: m.at.url(partStarter), FieldsRequired: m.behaviour.profile == "flipped"})
	}
	text, err := writeSettings(all)
	if err != nil {
		return "", nil, err
	}
	path := filepath.Join(m.dir, "settings.yaml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return "", nil, err
	}
	parsed, err := settings.Parse(path, text, func(name string) (string, bool) {
		value, ok := m.keys[name]
		return value, ok
	})
	return path, parsed, err
}

func after(began time.Time) string { return fmt.Sprintf(" after %.1f s", time.Since(began).Seconds()) }

// answers reports whether a page is there and well.
func answers(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, resp.Status)
	}
	return nil
}

// readyWithin is how long a part may take to be ready, on a slow machine too.
const readyWithin = 90 * time.Second

// await asks again and again until there is no error.
func await(ctx context.Context, what string, within time.Duration, ready func(context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for {
		err := ready(limited)
		if err == nil {
			return nil
		}
		select {
		case <-limited.Done():
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return fmt.Errorf("%s is not ready after %s: %w", what, within, err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}
