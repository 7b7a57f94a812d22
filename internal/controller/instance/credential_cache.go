package instance

import (
	"cmp"
	"context"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/secret"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
)

// secretKeys returns the keys of a credentials Secret, of which a spec may name some.
func secretKeys(named v1alpha1.CredentialKeys) v1alpha1.CredentialKeys {
	return v1alpha1.CredentialKeys{
		SecretKey:          cmp.Or(named.SecretKey, "secretKey"),
		APIKey:             cmp.Or(named.APIKey, "apiKey"),
		BearerToken:        cmp.Or(named.BearerToken, "bearerToken"),
		WebhookKey:         cmp.Or(named.WebhookKey, "webhookKey"),
		PreviousWebhookKey: cmp.Or(named.PreviousWebhookKey, "previousWebhookKey"),
	}
}

// cardCredentials are the keys for DeleteCard and SetScheduledRefresh; the apiKey if an
// instance does not say.
var cardCredentials = map[v1alpha1.CardCredential]flinks.CardCredential{
	v1alpha1.CardSecretKey: flinks.CardSecretKey, v1alpha1.CardBoth: flinks.CardBoth,
}

// keysLifetime is how long keys are used before their Secret is read again. Those that
// were replaced may be known to others: they must go out of use even where Flinks still
// accepts them.
const keysLifetime = 5 * time.Minute

// CredentialCache holds the keys of the instances in use, so that each call does not
// cost a read of a Secret. Keys that Flinks refuses are forgotten and read again.
// It is safe for concurrent use.
type CredentialCache struct {
	// Secrets reads the credentials Secrets.
	Secrets secret.Reader
	Clock   clock.PassiveClock

	mu   sync.Mutex
	keys map[Key]cachedKeys
}

// cachedKeys are valid for one generation of one object, and for a while.
type cachedKeys struct {
	uid         types.UID
	generation  int64
	read        time.Time
	credentials flinks.Credentials
}

// Credentials returns the keys of an instance, or the reason why it has no keys.
func (k *CredentialCache) Credentials(ctx context.Context, v View) (flinks.Credentials, string, error) {
	held, ok := k.cached(v)
	now := k.Clock.Now()
	if ok && now.Sub(held.read) < keysLifetime {
		return held.credentials, "", nil
	}
	data, problem, err := k.Secrets.Data(ctx, v.Secret)
	if err != nil || problem != secret.None {
		return flinks.Credentials{}, credentialsReason(problem), err
	}
	credentials, reason := parseCredentials(v.SecretKeys, data)
	credentials.Card = cardCredentials[v.Identity.CardCredential]
	if reason == "" {
		k.keep(v, cachedKeys{read: now, credentials: credentials})
	}
	return credentials, reason, nil
}

// cached returns the keys of an instance that were read last, however long ago.
func (k *CredentialCache) cached(v View) (cachedKeys, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	held, ok := k.keys[v.Key]
	if !ok || held.uid != v.Object.GetUID() || held.generation != v.Object.GetGeneration() {
		return cachedKeys{}, false
	}
	return held, true
}

func (k *CredentialCache) keep(v View, held cachedKeys) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.keys == nil {
		k.keys = map[Key]cachedKeys{}
	}
	held.uid, held.generation = v.Object.GetUID(), v.Object.GetGeneration()
	k.keys[v.Key] = held
}

// Forget makes the next use read the Secret again.
func (k *CredentialCache) Forget(key Key) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.keys, key)
}

func credentialsReason(p secret.Problem) string {
	switch p {
	case secret.NotFound:
		return v1alpha1.ReasonCredentialsNotFound
	case secret.Forbidden:
		return v1alpha1.ReasonCredentialsForbidden
	case secret.None:
	}
	return ""
}

// parseCredentials reads the keys. The secretKey and the apiKey must be there; the
// bearerToken is only needed by some calls.
func parseCredentials(keys v1alpha1.CredentialKeys, data map[string][]byte) (c flinks.Credentials, reason string) {
	secretKey, apiKey, bearer := data[keys.SecretKey], data[keys.APIKey], data[keys.BearerToken]
	if len(secretKey) == 0 || len(apiKey) == 0 {
		return c, v1alpha1.ReasonCredentialsNotFound
	}
	var err error
	if c.SecretKey, err = flinks.ParseSecretKey(secretKey); err != nil {
		return c, v1alpha1.ReasonCredentialsInvalid
	}
	if c.APIKey, err = flinks.ParseAPIKey(apiKey); err != nil {
		return c, v1alpha1.ReasonCredentialsInvalid
	}
	if len(bearer) == 0 {
		return c, ""
	}
	if c.BearerToken, err = flinks.ParseBearerToken(bearer); err != nil {
		return c, v1alpha1.ReasonCredentialsInvalid
	}
	return c, ""
}
