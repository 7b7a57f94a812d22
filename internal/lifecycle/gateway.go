package lifecycle

import "time"

const (
	defaultLinkLifetime = 7 * 24 * time.Hour
	// The bounds that the API accepts. A value that got past its validation must make
	// neither a link that never works nor one that never expires.
	minLinkLifetime = time.Hour
	maxLinkLifetime = 90 * 24 * time.Hour
)

// Gateway makes links to the page of an instance's gateway.
type Gateway struct {
	// Lifetime of a link; zero for the default.
	Lifetime time.Duration
	// Link returns the link for the given claims; empty if it cannot be made. Equal claims
	// make equal links.
	Link func(LinkClaims) string
}

// LinkClaims holds the claims that a link to the gateway carries, besides its connection.
type LinkClaims struct {
	// Connects reports whether the customer links the bank for the first time.
	Connects bool
	// Issued and Expires have whole seconds.
	Issued, Expires time.Time
}

func (g *Gateway) lifetime() time.Duration {
	if g.Lifetime == 0 {
		return defaultLinkLifetime
	}
	return clamp(g.Lifetime, minLinkLifetime, maxLinkLifetime).Truncate(time.Second)
}
