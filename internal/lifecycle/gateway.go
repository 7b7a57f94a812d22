package lifecycle

import "time"

// MaxLinkLifetime is the longest life of a link that the API accepts.
const MaxLinkLifetime = 90 * 24 * time.Hour

const (
	defaultLinkLifetime = 7 * 24 * time.Hour
	// A value that got past the validation of the API must make neither a link that never
	// works nor one that never expires.
	minLinkLifetime = time.Hour
)

// Gateway makes links to the page of an instance's gateway.
type Gateway struct {
	// Lifetime of a link; zero for the default.
	Lifetime time.Duration
	// SigningKey is the id of the key that signs the links that are issued now.
	SigningKey string
	// KnowsKey reports whether the links that a key signed work.
	KnowsKey func(id string) bool
	// Link returns the link for the given claims; empty if it cannot be made. Equal claims
	// make equal links.
	Link func(LinkClaims) string
}

// LinkClaims holds the claims that a link to the gateway carries, besides its connection.
type LinkClaims struct {
	// Connects reports whether the customer links the bank for the first time.
	Connects bool
	// KeyID is the id of the key that signs the link.
	KeyID string
	// Issued and Expires have whole seconds.
	Issued, Expires time.Time
}

func (g *Gateway) lifetime() time.Duration {
	if g.Lifetime == 0 {
		return defaultLinkLifetime
	}
	return clamp(g.Lifetime, minLinkLifetime, MaxLinkLifetime).Truncate(time.Second)
}
