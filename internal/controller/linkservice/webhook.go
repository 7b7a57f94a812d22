package linkservice

import (
	"bytes"
	"context"
	"unicode/utf8"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/instance"
	"github.com/flinks-operator/flinks-operator/internal/controller/secret"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// A key for webhooks that is shorter can be guessed; one that is longer is not a key.
const minWebhookKey, maxWebhookKey = 16, 1024

// WebhookKeys implements linkapi.Backend. The keys open nothing at Flinks.
func (s *Service) WebhookKeys(ctx context.Context, i linkapi.Instance) ([]linkapi.Identifier, error) {
	view, err := s.findInstance(ctx, i)
	if err != nil {
		return nil, err
	}
	data, problem, err := s.Logins.Secrets.Data(ctx, view.Secret)
	if err != nil {
		return nil, unavailable(ctx, err)
	}
	var keys []linkapi.Identifier
	for _, name := range []string{view.SecretKeys.WebhookKey, view.SecretKeys.PreviousWebhookKey} {
		key := bytes.TrimSpace(data[name])
		if len(key) >= minWebhookKey && len(key) <= maxWebhookKey && utf8.Valid(key) {
			keys = append(keys, linkapi.NewIdentifier(string(key)))
		}
	}
	if problem != secret.None || len(keys) == 0 {
		return nil, linkapi.ErrNotFound
	}
	return keys, nil
}

// Notify implements linkapi.Backend. A notification proves nothing: it makes the leader
// observe the login, once, if it belongs to a connection of this very instance.
func (s *Service) Notify(ctx context.Context, i linkapi.Instance, loginID linkapi.Identifier) error {
	id, err := flinks.ParseLoginID([]byte(loginID.Reveal()))
	if err != nil {
		return linkapi.ErrInvalid
	}
	view, err := s.findInstance(ctx, i)
	if err != nil {
		return err
	}
	c, err := s.owner(ctx, view.Key, view.Fingerprint(id))
	if err != nil || c == nil {
		return unavailable(ctx, err)
	}
	if !s.notifications.allow(s.Clock.Now(), c.UID, notificationsPerHour).IsZero() {
		return nil // The observe that is due anyway will do.
	}
	_, err = s.demand(ctx, c, lifecycle.RequestObserve)
	return err
}

// findInstance returns the instance that a webhook is for. One without a gateway gives no
// keys away, and gets no notifications. The error is ErrNotFound or ErrUnavailable.
func (s *Service) findInstance(ctx context.Context, i linkapi.Instance) (instance.View, error) {
	key := instance.Key{Kind: v1alpha1.KindClusterFlinksInstance, Name: i.Name}
	if i.Namespace != "" {
		key.Kind, key.Namespace = v1alpha1.KindFlinksInstance, i.Namespace
	}
	view, found, err := s.Logins.Instances.Find(ctx, key)
	switch {
	case err != nil:
		return view, unavailable(ctx, err)
	case !found, view.Identity.Gateway == nil:
		return view, linkapi.ErrNotFound
	}
	return view, nil
}

// owner returns the connection of an instance that a login belongs to; nil if none exists.
// Other instances may be the same customer of Flinks, and their connections have the same
// fingerprints, but another key signs their webhooks.
func (s *Service) owner(ctx context.Context, of instance.Key, fingerprint string) (*v1alpha1.BankConnection, error) {
	bound, err := s.Logins.Duplicates(ctx, &v1alpha1.BankConnection{}, fingerprint)
	for _, c := range bound {
		if instance.KeyOf(c) == of && lifecycle.HasLogin(c, fingerprint) {
			return c.DeepCopy(), nil
		}
	}
	return nil, err
}
