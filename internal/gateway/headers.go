package gateway

import "net/http"

// pagePolicy returns the Content-Security-Policy of a page: its own script and style,
// requests to its own origin, and a frame of one origin; a logo that is a part of the page, if it
// has one; nothing else.
func pagePolicy(nonce, frame string, logo bool) string {
	if frame == "" {
		frame = "'none'"
	}
	images := ""
	if logo {
		images = "img-src data:; "
	}
	return "default-src 'none'; script-src 'nonce-" + nonce + "'; style-src 'nonce-" + nonce + "'; " +
		images + "connect-src 'self'; frame-src " + frame + "; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
}

// defaultPolicy is the Content-Security-Policy of answers that are not pages.
const defaultPolicy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// withSecurityHeaders adds the headers that every answer has: browsers must not cache it,
// frame it, or guess its type. Cross-Origin-Opener-Policy allows the windows that banks
// open.
func withSecurityHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range map[string]string{
			"Cache-Control":                "no-store",
			"Content-Security-Policy":      defaultPolicy,
			"Cross-Origin-Opener-Policy":   "same-origin-allow-popups",
			"Cross-Origin-Resource-Policy": "same-origin",
			"Permissions-Policy":           "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
			"Referrer-Policy":              "no-referrer",
			"Strict-Transport-Security":    "max-age=31536000",
			"X-Content-Type-Options":       "nosniff",
			"X-Frame-Options":              "DENY",
			"X-Robots-Tag":                 "noindex, nofollow",
		} {
			w.Header().Set(name, value)
		}
		next.ServeHTTP(w, r)
	})
}
