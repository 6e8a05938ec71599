package access

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/go-chi/httprate"

	"github.com/cartumsync/cartumsync/internal/settings"
)

const forwardedFor = "X-Forwarded-For"

// Client is the address that a request comes from, for logs and limits: the
// connection's or, where that is a trusted proxy, the nearest address in
// X-Forwarded-For that is no trusted proxy. What stands before that address may
// be forged.
func Client(proxies []string, r *http.Request) string {
	client := connection(r)
	hops := strings.Split(strings.Join(r.Header.Values(forwardedFor), ","), ",")
	for i := len(hops) - 1; i >= 0 && within(proxies, client); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		client = plain(hop).String()
	}
	return client
}

// ByClient counts requests by the client's address, with the proxies that are
// trusted at the time.
func ByClient(store *settings.Store) httprate.KeyFunc {
	return func(r *http.Request) (string, error) {
		return limitKey(Client(store.Current().TrustedProxies, r)), nil
	}
}

// limitKey is what counts as one client: who has one IPv6 address has its whole
// network of 64 bits.
func limitKey(client string) string {
	address, err := netip.ParseAddr(client)
	if err != nil || address.Is4() {
		return client
	}
	const network = 64
	prefix, err := address.Prefix(network)
	if err != nil {
		return client
	}
	return prefix.String()
}

// connection is the address at the other end of the connection.
func connection(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	if address, err := netip.ParseAddr(host); err == nil {
		return plain(address).String()
	}
	return host
}

// plain writes an address in one way only.
func plain(address netip.Addr) netip.Addr { return address.Unmap().WithZone("") }

// within tells whether an address is in one of the networks.
func within(networks []string, text string) bool {
	address, err := netip.ParseAddr(text)
	if err != nil {
		return false
	}
	for _, network := range networks {
		if prefix, err := netip.ParsePrefix(network); err == nil && prefix.Contains(address) {
			return true
		}
	}
	return false
}
