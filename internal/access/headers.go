package access

import (
	"net/http"

	"github.com/unrolled/secure"
)

const yearSeconds = 365 * 24 * 60 * 60

// headers tell browsers what the pages never need. Styles have small pictures in
// them, as data.
func (g *Guard) headers() *secure.Secure {
	return secure.New(secure.Options{
		ContentSecurityPolicy:     "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
		FrameDeny:                 true,
		ContentTypeNosniff:        true,
		ReferrerPolicy:            "same-origin",
		PermissionsPolicy:         "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
		CrossOriginOpenerPolicy:   "same-origin",
		CrossOriginResourcePolicy: "same-origin",
		STSSeconds:                yearSeconds,
		ForceSTSHeader:            g.publicHTTPS(),
		SSLProxyHeaders:           map[string]string{forwardedProto: "https"},
	})
}

const forwardedProto = "X-Forwarded-Proto"

// byHTTPS tells whether the browser came by HTTPS. The header may be anybody's,
// but it only makes cookies stricter.
func (g *Guard) byHTTPS(r *http.Request) bool {
	return g.publicHTTPS() || r.TLS != nil || r.Header.Get(forwardedProto) == "https"
}

// publicHTTPS tells whether browsers come by HTTPS, whatever a request looks like.
func (g *Guard) publicHTTPS() bool { return g.public != nil && g.public.Scheme == "https" }
