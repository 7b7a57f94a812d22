package bankconnection

import (
	"context"
	"strings"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/secret"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// Keys of the Secrets that are delivered.
const (
	urlKey            = "url"
	requestIDKey      = "requestId"
	institutionKey    = "institution"
	expirationTimeKey = "expirationTime"
	instanceKey       = "instance"
	dataTimeKey       = "dataTime"
	accountIDsKey     = "accountIds"
)

// purposes are those of the Secrets that are delivered.
var purposes = map[lifecycle.DeliveredSecret]string{
	lifecycle.LinkSecret:    v1alpha1.PurposeLink,
	lifecycle.SessionSecret: v1alpha1.PurposeSession,
}

// deliverGatewayLink writes the link to the gateway into its Secret. A process with an old
// cache must not replace a newer link.
func (r *Reconciler) deliverGatewayLink(ctx context.Context, s *scope, a lifecycle.DeliverLink) (lifecycle.Outcome, error) {
	var outdated error
	url, expires := lifecycle.GatewayLink(r.Clock.Now(), s.Inputs)
	o := r.deliver(ctx, s, lifecycle.Outcome{Action: a}, lifecycle.LinkSecret, map[string][]byte{
		urlKey: []byte(url), expirationTimeKey: timestamp(expires),
	}, r.guard(ctx, s.Connection, &outdated))
	return o, outdated
}

// guard returns a guard that forbids what an old object led to, and says why in outdated.
func (r *Reconciler) guard(ctx context.Context, c *v1alpha1.BankConnection, outdated *error) secret.Guard {
	return func() bool {
		*outdated = r.fence(ctx, c)
		return *outdated == nil
	}
}

// deliverSession delivers the session that an observe opened, if it is wanted.
func (r *Reconciler) deliverSession(ctx context.Context, s *scope, o lifecycle.Outcome) lifecycle.Outcome {
	h, wanted := lifecycle.HandOffOf(r.Clock.Now(), s.Connection, o)
	if !wanted {
		return o
	}
	data := map[string][]byte{
		requestIDKey:      h.RequestID.ForSecret(),
		institutionKey:    []byte(h.Institution),
		expirationTimeKey: timestamp(h.ExpirationTime),
		instanceKey:       []byte(h.Instance),
		accountIDsKey:     []byte(strings.Join(h.AccountIDs, ",")),
	}
	if !h.DataTime.IsZero() {
		data[dataTimeKey] = timestamp(h.DataTime)
	}
	return r.deliver(ctx, s, o, lifecycle.SessionSecret, data, nil)
}

func timestamp(t time.Time) []byte { return []byte(t.UTC().Format(time.RFC3339)) }

// deliver writes a Secret. It comes before the status that says so, whose claim or
// announcement is on record.
func (r *Reconciler) deliver(
	ctx context.Context, s *scope, o lifecycle.Outcome, d lifecycle.DeliveredSecret, data map[string][]byte, g secret.Guard,
) lifecycle.Outcome {
	content := secret.Content{
		Name: lifecycle.DeliveredSecretName(s.Connection, d), Purpose: purposes[d],
		Labels: lifecycle.DeliveredSecretLabels(s.Connection, d), Data: data,
	}
	o.Delivery.Problem = undelivered(r.Secrets.Put(ctx, s.Connection, content, g))
	if o.Delivery.Problem == "" {
		o.Delivery.SecretName = content.Name
	}
	return o
}

// revokeSecret deletes a Secret that was delivered. A process with an old cache must not delete a
// newer one.
func (r *Reconciler) revokeSecret(ctx context.Context, s *scope, a lifecycle.RevokeSecret) (lifecycle.Outcome, error) {
	var outdated error
	o := lifecycle.Outcome{Action: a}
	name := lifecycle.DeliveredSecretName(s.Connection, a.Secret)
	deleted, problem := r.Secrets.Delete(ctx, s.Connection, name, purposes[a.Secret], r.guard(ctx, s.Connection, &outdated))
	o.Delivery.Problem = undelivered(problem)
	if deleted {
		o.Delivery.SecretName = name
	}
	return o, outdated
}

// withdrawLink deletes the Secret with a link that was written although its object had changed, unless
// the status tells of such a Secret: then a later reconcile delivers it again, or deletes it.
func (r *Reconciler) withdrawLink(ctx context.Context, c *v1alpha1.BankConnection, o lifecycle.Outcome) {
	name := o.Delivery.SecretName
	if name == "" || !lifecycle.Is[lifecycle.DeliverLink](o.Action) && !lifecycle.Is[lifecycle.Poll](o.Action) {
		return
	}
	r.Secrets.Delete(ctx, c, name, v1alpha1.PurposeLink, func() bool {
		latest := &v1alpha1.BankConnection{}
		err := r.Live.Get(ctx, client.ObjectKeyFromObject(c), latest)
		return err == nil && latest.UID == c.UID && latest.Status.Internal.LinkSecretName != name
	})
}

func undelivered(p secret.WriteProblem) string {
	switch p {
	case secret.WriteForbidden:
		return v1alpha1.ReasonSecretWriteForbidden
	case secret.Unguarded:
		return v1alpha1.ReasonSecretWriteUnguarded
	case secret.NotOwned:
		return v1alpha1.ReasonSecretNotOwned
	case secret.Failed, secret.Exists:
		return v1alpha1.ReasonSecretWriteFailed
	case secret.Written, secret.Outdated:
	}
	return ""
}
