package bankconnection

import (
	"context"
	"errors"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/instance"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
	"github.com/flinks-operator/flinks-operator/internal/link"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// Visits answer the gateway: they implement linkapi.Backend. Every replica has them.
// They open no live session: what a person asks for goes into the status, and the
// leader's reconcile does it.
//
// They hold in memory how often Flinks was called for a link, and how far the check of
// a new login got. A replica that remembers nothing begins the check anew.
type Visits struct {
	// Reconciler of the same process, with Links. It need not be reconciling.
	Reconciler *Reconciler

	tokens, checks, hints limiter
	looks                 pacer
	proofs                proofs
}

var _ linkapi.Backend = (*Visits)(nil)

const (
	// writeTries is how often a status is written when somebody else is faster.
	writeTries = 3
	// How often Flinks may be called for one link within an hour. A person who tries
	// again and again needs less; a stolen link gets no more.
	tokensPerHour, checksPerHour = 20, 30
	// hintsPerHour bounds what webhooks for one login bring about.
	hintsPerHour = 60
)

// visitor is whoever opens a link, and what they find.
type visitor struct {
	claims link.Claims
	// scene is nil if the link leads nowhere.
	scene *scene
	view  linkapi.View
	// open is true if the link is the one that counts, so that something may be done
	// with it.
	open bool
}

func (p visitor) connection() *v1alpha1.BankConnection { return p.scene.Connection }

func (p visitor) binding() *v1alpha1.Binding { return p.connection().Status.Binding }

// Look implements linkapi.Backend, out of the cache alone.
func (v *Visits) Look(ctx context.Context, token linkapi.Identifier) (linkapi.View, error) {
	p, err := v.enter(ctx, token, cached)
	return p.view, err
}

// Start implements linkapi.Backend.
func (v *Visits) Start(ctx context.Context, token linkapi.Identifier) (linkapi.View, error) {
	p, err := v.enter(ctx, token, cached)
	if err != nil || !p.open || p.view.State != linkapi.StateStart {
		return p.view, err
	}
	p, err = v.ask(ctx, token, lifecycle.RequestRefresh)
	return p.view, err
}

// freshness is how new what is read of a connection has to be.
type freshness bool

const (
	// cached is good enough for what is shown.
	cached freshness = false
	// live is for what is written.
	live freshness = true
)

// enter reads what a link is about. Errors are those of the link API.
func (v *Visits) enter(ctx context.Context, token linkapi.Identifier, f freshness) (visitor, error) {
	r := v.Reconciler
	p := visitor{view: linkapi.View{State: linkapi.StateLinkInvalid}}
	claims, err := r.Links.Keys.Verify(r.Clock.Now(), token.Reveal())
	expired := errors.Is(err, link.ErrExpired)
	if err != nil && !expired {
		return p, nil
	}
	p.claims = claims
	c, err := v.find(ctx, claims.UID, f)
	if err != nil || c == nil {
		return p, unavailable(ctx, err)
	}
	if p.scene, err = r.look(ctx, c); err != nil {
		return p, unavailable(ctx, err)
	}
	p.judge(r.Clock.Now(), expired)
	return p, nil
}

// find is the connection that a link names; nil if there is none. The cache knows what
// it is called.
func (v *Visits) find(ctx context.Context, uid string, f freshness) (*v1alpha1.BankConnection, error) {
	var list v1alpha1.BankConnectionList
	err := v.Reconciler.Client.List(ctx, &list, client.MatchingFields{indexUID: uid}, client.UnsafeDisableDeepCopy, client.DisableReadYourWritesConsistency)
	if err != nil || len(list.Items) != 1 {
		return nil, err
	}
	var from client.Reader = v.Reconciler.Live
	if f == cached {
		from = v.Reconciler.Client // which waits for writes of this object, and of no other.
	}
	latest := &v1alpha1.BankConnection{}
	if err := from.Get(ctx, client.ObjectKeyFromObject(&list.Items[0]), latest); err != nil || string(latest.UID) != uid {
		return nil, client.IgnoreNotFound(err)
	}
	return latest, nil
}

// judge finds out what the visitor sees. Where nobody is wanted, a genuine link shows
// that, however old it is.
func (p *visitor) judge(now time.Time, expired bool) {
	visit := lifecycle.FindVisit(now, p.scene.Inputs)
	p.view = linkapi.View{State: linkapi.State(visit.State), Reason: visit.Reason, Until: visit.Until}
	wanted := p.connection().Status.Reconnect
	switch {
	case p.claims.Purpose == link.Connect && p.binding() != nil:
		if p.view.State != linkapi.StateBlocked {
			p.view = linkapi.View{State: linkapi.StateDone}
		}
	case wanted == nil:
	case expired:
		p.view = linkapi.View{State: linkapi.StateLinkExpired}
	case !p.isNewest(wanted):
		p.view = linkapi.View{State: linkapi.StateLinkReplaced}
	default:
		p.open = true
	}
	p.describe()
}

// isNewest is true if the link is the one that the status speaks of.
func (p *visitor) isNewest(r *v1alpha1.ReconnectStatus) bool {
	purpose := link.Reconnect
	if r.Reason == v1alpha1.ReasonConnectRequired {
		purpose = link.Connect
	}
	return r.LinkIssueTime != nil && r.LinkIssueTime.Time.Equal(p.claims.Issued) && p.claims.Purpose == purpose
}

// describe adds what the page is made with, whatever it shows.
func (p *visitor) describe() {
	if reconnect := p.connection().Spec.Reconnect; reconnect != nil {
		p.view.Language, p.view.ReturnURL = reconnect.Language, reconnect.RedirectURL
	}
	if p.scene.view.Object == nil {
		return
	}
	if endpoint, err := p.scene.view.Endpoint(); err == nil {
		p.view.ConnectOrigin = endpoint.ConnectOrigin()
	}
}

// request is what is to be asked of the leader: the status to write, or false if
// nothing has to be.
type request func(time.Time, lifecycle.Inputs) (v1alpha1.BankConnectionStatus, bool)

// ask writes a request into the status, if it still is to be made of the object as it is
// now. The visitor is who finds it written.
func (v *Visits) ask(ctx context.Context, token linkapi.Identifier, of request) (p visitor, err error) {
	for range writeTries {
		p, err = v.enter(ctx, token, live)
		if err != nil || !p.open {
			return p, err
		}
		written, err := v.write(ctx, p.scene, of)
		switch {
		case err == nil && written:
			p.judge(v.Reconciler.Clock.Now(), false)
			return p, nil
		case err == nil:
			return p, nil
		case !apierrors.IsConflict(err):
			return p, unavailable(ctx, err)
		}
	}
	return p, linkapi.ErrUnavailable
}

// write makes a request of the object that was read, and of no later one.
func (v *Visits) write(ctx context.Context, s *scene, of request) (written bool, err error) {
	status, wanted := of(v.Reconciler.Clock.Now(), s.Inputs)
	if !wanted {
		return false, nil
	}
	s.Connection = s.Connection.DeepCopy()
	s.Connection.Status = status
	return true, v.Reconciler.Client.Status().Update(ctx, s.Connection)
}

// admit takes the permission for calls to the instance of a visitor, and makes the
// client for them. denied is what the visitor finds if there is none.
func (v *Visits) admit(p *visitor, calls int) (release func(), denied *linkapi.View) {
	r := v.Reconciler
	grant, denial := r.Gate.TakeForVisitor(p.scene.view, calls)
	if grant == nil {
		view := p.view
		view.State, view.Reason, view.Until = linkapi.StateUnavailable, instance.Reason(denial.Reason), denial.Until
		return nil, &view
	}
	p.scene.flinks = metered{r.Flinks, instance.Meter{Grant: grant, Clock: r.Clock, View: p.scene.view, Suspects: r.Suspects}}
	return grant.Release, nil
}

// keys are the credentials and the endpoint of the visitor's instance. false if there
// are none, which the instance says itself.
func (v *Visits) keys(ctx context.Context, p visitor) (a access, ok bool, err error) {
	if a.endpoint, err = p.scene.view.Endpoint(); err != nil || !p.scene.view.IsProven() {
		return a, false, nil //nolint:nilerr // The instance says what is wrong with it.
	}
	var problem string
	a.credentials, problem, err = v.Reconciler.credentials(ctx, p.scene)
	return a, problem == "", err
}

// refused takes note of what Flinks answered instead of success.
func (v *Visits) refused(ctx context.Context, p visitor, err error) *flinks.Error {
	o, err := v.Reconciler.failed(p.scene, lifecycle.Outcome{}, err)
	if err != nil {
		return unsent()
	}
	log.FromContext(ctx).Info("Flinks refused a call for a visitor", "connection", p.scene.name(),
		"operation", o.Err.Op, "code", o.Err.Code)
	return o.Err
}

// unavailable is nil for no error, and drops what an error says: the gateway faces the
// public.
func unavailable(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	log.FromContext(ctx).Error(err, "Visit failed")
	return linkapi.ErrUnavailable
}

// tellForbidden: a person stands in front of a page that cannot go on, and whoever
// granted the rights has to know.
func (v *Visits) tellForbidden(ctx context.Context, p visitor) {
	log.FromContext(ctx).Info("Login Secret not written", "connection", p.scene.name(), "reason", v1alpha1.ReasonSecretWriteForbidden)
	v.Reconciler.tell(p.connection(), lifecycle.LoginForbiddenEvent())
}
