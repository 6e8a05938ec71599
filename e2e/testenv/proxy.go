package testenv

import (
	"net/url"
	"strings"
	"testing"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// Proxy sits between the worker and a service, and breaks the network between
// them.
type Proxy struct {
	t     testing.TB
	proxy *toxiproxy.Proxy
}

// NewProxy creates a proxy that ends with the test; [Proxy.Before] puts it in
// front of a service.
func NewProxy(t testing.TB) *Proxy { t.Helper(); return &Proxy{t: t} }

// Before is for the options of a test environment: it starts the proxy in front of the
// service at the URL and gives the proxy's own.
func (p *Proxy) Before(service string) string {
	p.t.Helper()
	to, err := url.Parse(service)
	if err != nil {
		p.t.Fatal(err)
	}
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	p.proxy = toxiproxy.NewProxy(server, "service", "127.0.0.1:0", to.Host)
	if err := p.proxy.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(p.proxy.Stop)
	return "http://" + p.proxy.Listen
}

// ResetAnswers breaks each connection as soon as an answer would come over it.
func (p *Proxy) ResetAnswers() { p.t.Helper(); p.add(`{"name": "answers", "type": "reset_peer"}`) }

// SwallowAnswers lets requests through and no answer back.
func (p *Proxy) SwallowAnswers() { p.t.Helper(); p.add(`{"name": "answers", "type": "timeout"}`) }

// SwallowRequests lets no request through and no answer back.
func (p *Proxy) SwallowRequests() {
	p.t.Helper()
	p.add(`{"name": "answers", "type": "timeout", "stream": "upstream"}`)
}

// Restore lets everything through again.
func (p *Proxy) Restore() {
	p.t.Helper()
	if err := p.proxy.Toxics.RemoveToxic(p.t.Context(), "answers"); err != nil {
		p.t.Fatal(err)
	}
}

func (p *Proxy) add(toxic string) {
	p.t.Helper()
	if _, err := p.proxy.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
		p.t.Fatal(err)
	}
}
