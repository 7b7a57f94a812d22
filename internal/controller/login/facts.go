package login

import (
	"context"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/instance"
	"github.com/flinks-operator/flinks-operator/internal/controller/refreshpolicy"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// ReadFacts returns what the cluster says about a connection, and the instance that it refers
// to. It reads the cache, except for the connections that share a login which is about to be
// deleted.
func (r *Reader) ReadFacts(ctx context.Context, c *v1alpha1.BankConnection) (f lifecycle.Facts, v instance.View, err error) {
	v, problem, err := r.Instances.Resolve(ctx, c)
	if err != nil {
		return f, v, err
	}
	f.Connection = c
	if f.Policy, err = refreshpolicy.Resolve(ctx, r.Client, c); err != nil {
		return f, v, err
	}
	if f.Duplicate, err = r.isDuplicate(ctx, c); err != nil {
		return f, v, err
	}
	deletions, err := r.Deletions.Ask(ctx, r.Clock.Now(), v, c)
	if err != nil {
		return f, v, err
	}
	r.Admission.Occupy(v, c)
	f.Instance = lifecycle.Instance{
		Problem: problem, Policy: v.Identity.RefreshPolicy, Retention: v.Identity.Retention,
		Name: v.Identity.Instance, CustomerID: v.Identity.CustomerID, Host: v.HostFingerprint(),
		Deletions: deletions, LinksPausedUntil: v.LinksPausedUntil(),
	}
	r.SetLinkRules(&f, v)
	if v.Object != nil {
		f.Instance.Revocation = v.Revocation()
	}
	if lifecycle.PartsWithLogin(c) {
		f.Sharers, err = r.Sharers(ctx, v, c)
	}
	return f, v, err
}

// SetLinkRules sets what the instance says of links.
func (r *Reader) SetLinkRules(f *lifecycle.Facts, v instance.View) {
	f.Gateway = r.Links.gateway(v, f.Connection.UID)
	f.Instance.HasGateway = v.Identity.Gateway != nil
	f.Instance.TokenInLinks, f.Instance.TokenInStatus = v.Identity.Connect.TokenInLinks, v.Identity.Connect.TokenInStatus
	f.Instance.Reconnect = v.Identity.Connect.Reconnect
}
