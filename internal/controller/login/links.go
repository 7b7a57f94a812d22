package login

import (
	"context"
	"strings"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/instance"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
	"github.com/flinks-operator/flinks-operator/internal/link"
)

// LinkPath is the path of a link at the gateway, in front of its token.
const LinkPath = "/c/"

// Links make links to gateways, and seal what their pages need. There are none without the
// link API, which opens them.
type Links struct {
	// Keys returns the keys of now. It does not block.
	Keys  func() link.Keys
	Clock clock.PassiveClock
	// Removed tells that a key was removed; nil if no key ever is.
	Removed <-chan event.GenericEvent
}

// Lost reports whether the link of a connection does not work any more, because its key was
// removed.
func (l *Links) Lost(c *v1alpha1.BankConnection) bool {
	r := c.Status.Reconnect
	return r != nil && r.Link.Type == v1alpha1.LinkGateway && !l.Keys().Knows(l.Clock.Now(), r.Link.KeyID)
}

// gateway returns what makes the links of one connection; nil if there are none.
func (l *Links) gateway(v instance.View, uid types.UID) *lifecycle.Gateway {
	spec := v.Identity.Gateway
	if l == nil || spec == nil {
		return nil
	}
	keys, now := l.Keys(), l.Clock.Now()
	g := &lifecycle.Gateway{SigningKey: keys.Signer(now), KnowsKey: func(id string) bool { return keys.Knows(now, id) }}
	if spec.LinkLifetime != nil {
		g.Lifetime = spec.LinkLifetime.Duration
	}
	base := strings.TrimSuffix(spec.URL, "/") + LinkPath
	g.Link = func(c lifecycle.LinkClaims) string {
		token, err := keys.Token(link.Claims{
			KeyID: c.KeyID, UID: string(uid), Purpose: purposeOf(c), Issued: c.Issued, Expires: c.Expires,
		})
		if err != nil {
			return "" // Only a UID that no API server gives has no token: the key is known.
		}
		return base + token
	}
	return g
}

func purposeOf(c lifecycle.LinkClaims) link.Purpose {
	if c.Connects {
		return link.Connect
	}
	return link.Reconnect
}

// ClaimsOf returns what a link says, next to whose it is.
func ClaimsOf(c link.Claims) lifecycle.LinkClaims {
	return lifecycle.LinkClaims{Connects: c.Purpose == link.Connect, KeyID: c.KeyID, Issued: c.Issued, Expires: c.Expires}
}

// Seal hides the session of the bank's question, so that every replica can lead the customer to
// it. It returns an empty string if that fails, and the session is lost.
func (l *Links) Seal(ctx context.Context, c *v1alpha1.BankConnection, id flinks.RequestID) string {
	if l == nil {
		return ""
	}
	sealed, err := l.Keys().Seal(l.Clock.Now(), string(c.UID), id.ForSecret())
	if err != nil {
		log.FromContext(ctx).Error(err, "Session not sealed")
	}
	return sealed
}
