package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"
)

// options of the root command.
type options struct {
	ports        ports
	webhookDelay time.Duration
	behaviour    behaviour
	bin          string
	inContainer  bool
	verbose      bool
}

func (o *options) addFlags(flags *pflag.FlagSet) {
	o.ports.addFlags(flags)
	flags.DurationVar(&o.webhookDelay, "webhook-delay", time.Second, "time from an event in a shop to its webhook; the service takes up to 5m")
	flags.StringVar(&o.behaviour.profile, "profile", "documented", "what the stand-ins do where the services' behaviour is not known: documented or flipped")
	flags.StringVar(&o.bin, "bin", "", "folder with the programs worker and starter; empty: build them")
	flags.BoolVar(&o.inContainer, "in-container", false, "listen on all addresses of the container, and show commands as they are typed outside of it")
	flags.BoolVarP(&o.verbose, "verbose", "v", false, "show the logs of Temporal, worker and starter as well")
}

// run is the sandbox from its start to Ctrl-C.
func run(ctx context.Context, o options, t *terminal) error {
	at, err := o.ports.claim(ctx, o.ip())
	if err != nil {
		return err
	}
	defer at.close()
	dir, err := o.folder()
	if err != nil {
		return fmt.Errorf("folder for logs: %w", err)
	}
	running, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	m := &machine{options: o, t: t, at: at, dir: dir, keys: throwawayKeys(), fail: fail}
	err = m.live(running)
	if cause := context.Cause(running); cause != nil {
		err = cause // what else went wrong comes of it
	}
	if ctx.Err() != nil {
		err = nil // a person ended it
	}
	return m.end(err)
}

func (o options) ip() string {
	if o.inContainer {
		return everywhere
	}
	return loopback
}

// folder is new for each sandbox. A container has one sandbox only, and a name that
// can be typed is worth more there.
func (o options) folder() (string, error) {
	if !o.inContainer {
		return os.MkdirTemp("", "cartumsync-sandbox-")
	}
	dir := filepath.Join(os.TempDir(), "sandbox")
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	return dir, os.Mkdir(dir, 0o700)
}

// machine is the running sandbox.
type machine struct {
	options
	t    *terminal
	at   addresses
	dir  string            // of logs, settings and what is built
	keys map[string]string // of the settings' variables
	fail context.CancelCauseFunc

	programs     string // folder of worker and starter
	installation installation
	children     []*child // in the order of their start
	stopStandIns func()
	standIns     sync.WaitGroup
	stopping     atomic.Bool // what ends from that time on was asked to
}

func (m *machine) live(ctx context.Context) error {
	m.t.printf("%s\n", m.t.paint(bold, "The order exchange's sandbox"))
	m.t.step("logs", m.dir)
	if err := m.isolate(); err != nil {
		return err
	}
	if err := m.startStandIns(ctx); err != nil {
		return err
	}
	group, starting := errgroup.WithContext(ctx)
	group.Go(func() error { return m.build(starting) })
	group.Go(func() error { return m.startTemporal(starting) })
	if err := group.Wait(); err != nil {
		return err
	}
	if err := m.startPrograms(ctx); err != nil {
		return err
	}
	defer m.installation.close()
	d := newDemo(m.installation, m.t, demoOptions{temporalUI: m.at.url(partTemporalUI), starterCLI: m.typed()})
	if err := d.run(ctx); err != nil && !errors.Is(err, errUnexpected) {
		return err
	}
	m.links()
	d.watch(ctx)
	return nil
}

// end stops all parts in order. The logs of a failure are kept.
func (m *machine) end(err error) error {
	m.t.printf("\nStopping ...\n")
	m.stop()
	if err != nil {
		m.t.printf("The logs are kept in %s\n", m.dir)
		return err
	}
	m.t.printf("Stopped.\n")
	return os.RemoveAll(m.dir)
}

// stop ends first those that ask others, then those that are asked.
func (m *machine) stop() {
	m.stopping.Store(true)
	var clients sync.WaitGroup
	for i, c := range m.children {
		if i > 0 {
			clients.Go(c.stop)
		}
	}
	clients.Wait()
	if len(m.children) > 0 {
		m.children[0].stop()
	}
	if m.stopStandIns != nil {
		m.stopStandIns()
	}
	m.standIns.Wait()
}

// start starts a process; its end ends the sandbox.
func (m *machine) start(name string, command, env []string) error {
	s := spec{name: name, command: command, env: env, logPath: filepath.Join(m.dir, name+".log")}
	if m.verbose {
		s.echo = &echo{t: m.t, name: name}
	}
	c, err := startChild(s)
	if err != nil {
		return err
	}
	m.children = append(m.children, c)
	go func() {
		<-c.exited
		if !m.stopping.Load() {
			m.fail(c.ended())
		}
	}()
	return nil
}

// links are what a person may open now.
func (m *machine) links() {
	m.t.printf("\n%s\n", m.t.paint(bold, "Have a look"))
	m.t.step("Temporal", m.at.url(partTemporalUI))
	m.t.step("orders", m.at.url(partStarter)+"/")
	m.t.step("", "log in as "+userName+" with the password "+userPassword+"; "+viewerName+" may only look")
	m.t.step("API", m.at.url(partStarter)+"/v1/docs, with the token "+apiToken)
	m.t.step("starter", m.at.url(partStarter)+"/readyz")
	for _, p := range pairs {
		m.t.step(p.Shop, "Cartum  "+m.at.url(p.cartum)+"/edit/")
		m.t.step("", "RO App  "+m.at.url(p.roapp)+"/")
	}
	m.t.step("commands", m.typed()+" --help")
	m.t.step("logs", m.dir)
	m.t.printf("\nWhat happens from here on is shown below. %s ends it.\n\n", m.t.paint(bold, "Ctrl-C"))
}
