package bankconnection

import (
	"context"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/secret"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// Finish implements linkapi.Backend. What the browser says is checked: a new login is
// kept if Flinks says that it was linked with this very link, and one that is bound
// already is merely looked at.
func (v *Visits) Finish(ctx context.Context, token, loginID, requestID linkapi.Identifier) (linkapi.View, error) {
	login, err := flinks.ParseLoginID([]byte(loginID.Reveal()))
	if err != nil {
		return linkapi.View{}, linkapi.ErrInvalid
	}
	if !requestID.IsZero() {
		if _, err := flinks.ParseRequestID([]byte(requestID.Reveal())); err != nil {
			return linkapi.View{}, linkapi.ErrInvalid
		}
	}
	p, err := v.enter(ctx, token, cached)
	if err != nil || p.scene == nil || p.view.State == linkapi.StateBlocked {
		return p.view, err
	}
	switch bound := p.binding(); {
	case bound != nil && bound.LoginFingerprint != p.fingerprint(login):
		p.view.State, p.view.Reason = linkapi.StateOtherLogin, ""
		return p.view, nil
	case !p.open:
		return p.view, nil
	case bound != nil:
		return v.finishKnown(ctx, token, p)
	case p.view.State == linkapi.StateConnect:
		return v.finishNew(ctx, token, p, login)
	}
	return p.view, nil
}

// fingerprint is that of a login on the visitor's instance; empty if there is none.
func (p visitor) fingerprint(login flinks.LoginID) string {
	if p.scene.view.Object == nil {
		return ""
	}
	return p.scene.view.Fingerprint(login)
}

// finishKnown has the leader look at the login. The page repeats it until that has
// brought something about; it costs Flinks a call every ten seconds at most.
func (v *Visits) finishKnown(ctx context.Context, token linkapi.Identifier, p visitor) (linkapi.View, error) {
	now, uid := v.Reconciler.Clock.Now(), p.connection().UID
	if age, next := v.looks.next(now, uid, lifecycle.CollectPoll); !next {
		return v.finishedTwice(ctx, token, age)
	}
	if !v.checks.allow(now, uid, checksPerHour).IsZero() {
		return p.view, nil
	}
	p, err := v.ask(ctx, token, lifecycle.FinishVisit)
	return p.view, err
}

// finishedTwice is for a page that tells what was told before: it repeats that, or
// the landing page says it too. The cache may not know of the first time yet, and the
// first time may not be written yet.
func (v *Visits) finishedTwice(ctx context.Context, token linkapi.Identifier, age time.Duration) (linkapi.View, error) {
	p, err := v.enter(ctx, token, live)
	if err != nil || !p.open || age >= writePatience {
		return p.view, err
	}
	switch p.view.State {
	case linkapi.StateConnect, linkapi.StateStart, linkapi.StateResume, linkapi.StateWait:
		p.view.State, p.view.Reason, p.view.Until = linkapi.StateWorking, "", time.Time{}
	default:
	}
	return p.view, nil
}

// writePatience is how long the write of a status may take.
const writePatience = 5 * time.Second

// finishNew checks a new login, keeps it in the Secret that the spec names, and has the
// leader look at it.
func (v *Visits) finishNew(ctx context.Context, token linkapi.Identifier, p visitor, login flinks.LoginID) (linkapi.View, error) {
	if view, linked := v.verify(ctx, &p, login); !linked {
		return view, nil
	}
	// That took a while: the link may have been replaced, the spec changed.
	p, err := v.enter(ctx, token, live)
	if err != nil || !p.open || p.view.State != linkapi.StateConnect {
		return p.view, err
	}
	if view, kept, err := v.keep(ctx, p, login); err != nil || !kept {
		return view, err
	}
	p, err = v.ask(ctx, token, lifecycle.FinishVisit)
	return p.view, err
}

// keep writes the Secret with the login. One that is there already is never changed.
func (v *Visits) keep(ctx context.Context, p visitor, login flinks.LoginID) (view linkapi.View, kept bool, err error) {
	c := p.connection()
	name, key := loginSecret(c)
	var owner client.Object
	if c.Spec.DeletionPolicy != v1alpha1.DeletionPolicyRetain {
		owner = c
	}
	problem := v.Reconciler.Handouts.Create(ctx, name, owner, map[string][]byte{key: login.ForSecret()})
	switch problem {
	case secret.Written:
		return p.view, true, nil
	case secret.Exists:
		return v.compare(ctx, p, login)
	case secret.WriteForbidden:
		v.tellForbidden(ctx, p)
		p.view.State, p.view.Reason = linkapi.StateBlocked, v1alpha1.ReasonSecretWriteForbidden
		return p.view, false, nil
	case secret.NotOwned, secret.Failed:
	}
	return p.view, false, linkapi.ErrUnavailable
}

// compare finds out whether the Secret that is there already holds the same login: then
// somebody was faster, perhaps this very visitor.
func (v *Visits) compare(ctx context.Context, p visitor, login flinks.LoginID) (view linkapi.View, kept bool, err error) {
	var a access
	problem, err := v.Reconciler.login(ctx, p.connection(), &a)
	switch {
	case err != nil:
		return p.view, false, unavailable(ctx, err)
	case problem != "":
		p.view.State, p.view.Reason = linkapi.StateBlocked, problem
	case a.login.Equal(login):
		return p.view, true, nil
	default:
		p.view.State, p.view.Reason = linkapi.StateOtherLogin, ""
	}
	return p.view, false, nil
}
