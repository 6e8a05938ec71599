package access

import (
	"net/http"
	"net/netip"
	"strings"

	"github.com/cartumsync/cartumsync/internal/settings"
)

// byProxy is who a trusted proxy says it is, and whether that person has a role.
func byProxy(from settings.ProxyHeader, r *http.Request) (User, bool) {
	name := strings.TrimSpace(r.Header.Get(from.User))
	if !trusted(from.Trusted, peer(r)) || name == "" || len(name) > longestName {
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

func trusted(networks []string, peer string) bool {
	address, err := netip.ParseAddr(peer)
	if err != nil {
		return false
	}
	for _, text := range networks {
		if network, err := netip.ParsePrefix(text); err == nil && network.Contains(address.Unmap().WithZone("")) {
			return true
		}
	}
	return false
}

// longestName is the most bytes of a name that is made elsewhere.
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
