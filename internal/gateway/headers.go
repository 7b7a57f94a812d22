package gateway

import "net/http"

// contentPolicy allows a page its own script and style, requests to itself, and a frame
// of one origin; nothing else.
func contentPolicy(nonce, frame string) string {
	if frame == "" {
		frame = "'none'"
	}
	return "default-src 'none'; script-src 'nonce-" + nonce + "'; style-src 'nonce-" + nonce + "'; " +
		"connect-src 'self'; frame-src " + frame + "; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
}

// noContent is the policy of answers that are no pages.
const noContent = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// withHeaders adds to every answer what keeps it from being kept, framed or guessed at.
// Cross-Origin-Opener-Policy leaves banks the windows that they open.
func withHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range map[string]string{
			"Cache-Control":                "no-store",
			"Content-Security-Policy":      noContent,
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
