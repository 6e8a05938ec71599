package access

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/cartumsync/cartumsync/internal/settings"
)

// byProxy is who a trusted proxy says it is, and whether that person has a role.
func byProxy(from settings.ProxyHeader, r *http.Request) (User, bool) {
	name := strings.TrimSpace(r.Header.Get(from.User))
	if !within(from.Trusted, connection(r)) || name == "" || len(name) > longestName {
		return User{}, false
	}
	var groups []string
	for _, header := range r.Header.Values(from.Groups) {
		for group := range strings.SplitSeq(header, ",") {
			groups = append(groups, strings.TrimSpace(group))
		}
	}
	role, known := highest(from.Roles, groups)
	return User{Name: name, Role: role}, known
}

// ownHost tells whether a request is for the public URL's host, if that is
// known. A proxy that knows a person by the network adds its header to whatever
// the person's browser sends, also for a foreign name that leads here; no cookie
// protects from that.
func (g *Guard) ownHost(r *http.Request) bool {
	return g.public == nil || strings.EqualFold(withoutDefaultPort(r.Host, g.public.Scheme), withoutDefaultPort(g.public.Host, g.public.Scheme))
}

func withoutDefaultPort(host, scheme string) string {
	if u := (&url.URL{Host: host}); u.Port() == map[string]string{"http": "80", "https": "443"}[scheme] {
		return strings.TrimSuffix(host, ":"+u.Port())
	}
	return host
}

// longestName is the most bytes of a name that comes from elsewhere.
const longestName = 256

// highest is the highest role of a person's groups.
func highest(roles map[string]string, groups []string) (role Role, known bool) {
	for _, group := range append(groups, settings.Everybody) {
		if found, mapped := roles[group]; mapped && !role.includes(Role(found)) {
			role, known = Role(found), true
		}
	}
	return role, known
}
