package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"

	"github.com/spf13/pflag"
)

// part is a part of the sandbox that listens on a port.
type part string

const (
	partStarter    part = "starter"
	partCartum     part = "cartum"
	partRoapp      part = "roapp"
	partCartumUA   part = "cartum-ua"
	partRoappUA    part = "roapp-ua"
	partTemporal   part = "temporal"
	partTemporalUI part = "temporal-ui"
	partCodec      part = "codec"
	partWorker     part = "worker"
)

var portDefaults = []struct {
	part part
	port int
	what string
}{
	{partStarter, 8080, "the starter"},
	{partCartum, 8081, "the Cartum stand-in of the shop demo"},
	{partRoapp, 8082, "the RO App stand-in of the account main"},
	{partCartumUA, 8083, "the Cartum stand-in of the shop demo-ua"},
	{partRoappUA, 8084, "the RO App stand-in of the account second"},
	{partTemporal, 7233, "Temporal"},
	{partTemporalUI, 8233, "Temporal's UI"},
	{partCodec, 8089, "the starter's codec endpoint for Temporal's UI"},
	{partWorker, 9090, "the worker's health page"},
}

// ports are the port of each part, 0 for any free one.
type ports map[part]*int

func (p *ports) addFlags(flags *pflag.FlagSet) {
	*p = ports{}
	for _, d := range portDefaults {
		(*p)[d.part] = flags.Int(d.part.flag(), d.port, "port of "+d.what+"; 0: any free one")
	}
}

func (p part) flag() string { return string(p) + "-port" }

const (
	loopback = "127.0.0.1"
	// everywhere is for a container, whose ports are published on the machine's
	// loopback.
	everywhere = "0.0.0.0"
)

// addresses holds every part's port from the start, so that a busy one is reported
// before anything runs. A part that is a process of its own gets it at the last
// moment.
type addresses map[part]net.Listener

// claim listens on all ports of an IP address, or says which ones are busy and
// what helps.
func (p ports) claim(ctx context.Context, ip string) (addresses, error) {
	all := addresses{}
	var errs []error
	for _, d := range portDefaults {
		var lc net.ListenConfig
		l, err := lc.Listen(ctx, "tcp4", net.JoinHostPort(ip, strconv.Itoa(*p[d.part])))
		switch {
		case errors.Is(err, syscall.EADDRINUSE):
			errs = append(errs, fmt.Errorf("port %d is busy, and %s needs it: stop what listens there, or choose another port with --%s",
				*p[d.part], d.what, d.part.flag()))
		case err != nil:
			errs = append(errs, fmt.Errorf("port of %s: %w", d.what, err))
		default:
			all[d.part] = l
		}
	}
	if len(errs) > 0 {
		all.close()
		return nil, errors.Join(errs...)
	}
	return all, nil
}

// of is where a part is reached, inside a container and, where the ports are
// published as they are, outside of it too.
func (a addresses) of(p part) string  { return net.JoinHostPort(loopback, a.port(p)) }
func (a addresses) url(p part) string { return "http://" + a.of(p) }

// listen is where a part listens.
func (a addresses) listen(p part) string { return a[p].Addr().String() }

func (a addresses) port(p part) string {
	_, port, _ := net.SplitHostPort(a.listen(p))
	return port
}

// release frees the port for the process that is about to listen on it.
func (a addresses) release(parts ...part) {
	for _, p := range parts {
		_ = a[p].Close()
	}
}

func (a addresses) close() {
	for _, l := range a {
		_ = l.Close()
	}
}
