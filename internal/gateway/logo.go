package gateway

import (
	"context"
	"encoding/base64"
	"html/template"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// mostLogos bounds the logos in memory, to twice as many of 88 KiB.
const mostLogos = 32

// logoCache has the logos of pages, as URLs that contain them. They are found by their digest, so
// that none can take the place of another.
type logoCache struct {
	backend linkapi.Backend
	known   *lru[string, template.URL]
}

func newLogoCache(backend linkapi.Backend) *logoCache {
	return &logoCache{backend: backend, known: newLRU[string, template.URL](mostLogos)}
}

// of returns the logo of a view; empty if it has none. A logo is never a reason to show no page,
// and is shown beside a name only, which says the same to those who do not see it.
func (c *logoCache) of(ctx context.Context, visit linkapi.Visit, v linkapi.View) template.URL {
	digest := v.Brand.Logo
	if digest == "" || v.DisplayName == "" {
		return ""
	}
	if known, ok := c.known.get(digest); ok {
		return known
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	logo, err := c.backend.Logo(ctx, visit)
	if err != nil || linkapi.LogoDigest(logo) != digest {
		return ""
	}
	mediaType := linkapi.LogoType(logo)
	if mediaType == "" {
		return ""
	}
	//nolint:gosec // An image of one of two types.
	shown := template.URL("data:" + mediaType + ";base64," + base64.StdEncoding.EncodeToString(logo))
	return c.known.update(digest, func(template.URL, bool) template.URL { return shown })
}
