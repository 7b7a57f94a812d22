package lifecycle

import "time"

const (
	defaultLinkLifetime = 7 * 24 * time.Hour
	// What the API accepts; a value that got past its validation must make neither a
	// link that never works nor one that always does.
	minLinkLifetime = time.Hour
	maxLinkLifetime = 90 * 24 * time.Hour
)

// Gateway makes links to the page of an instance's gateway.
type Gateway struct {
	// Lifetime of a link; zero for the default.
	Lifetime time.Duration
	// Link is the whole link that claims make up; empty if there is none. Equal
	// claims make equal links.
	Link func(LinkClaims) string
}

// LinkClaims are what a link to the gateway says, next to whose it is.
type LinkClaims struct {
	// Connects is true if the bank is linked for the first time.
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
