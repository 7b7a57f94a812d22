package lifecycle

import (
	"slices"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// bind records the identity of a login when Flinks first confirms it.
func (s *state) bind(o Outcome) {
	if institution := institutionOf(o); institution != "" {
		s.st.Institution = institution
	}
	if b := s.st.Binding; b != nil {
		if s.isRenamed() && b.LoginFingerprint == o.Identity.Fingerprint {
			// The fingerprint is of both names too, so it is the status that was edited.
			b.Instance, b.CustomerID = o.Identity.Instance, o.Identity.CustomerID
		}
		return
	}
	s.st.Binding = &v1alpha1.Binding{
		Instance:         o.Identity.Instance,
		CustomerID:       o.Identity.CustomerID,
		LoginFingerprint: o.Identity.Fingerprint,
		BoundTime:        *Past(s.now),
	}
	s.takeBack(o.Identity.Fingerprint)
	s.acceptLogin(o.Identity.Fingerprint)
	if s.LinkInSecret() {
		// A status that is lost may have announced it: a backup brings Secrets back without their owners.
		s.announceLinkSecret()
	}
}

// recordProtection records which Secret the login is in, and whether it carries the
// finalizer.
func (s *state) recordProtection(hold *SecretProtection) {
	if hold == nil || s.st.Binding == nil {
		return
	}
	s.st.Binding.SecretName = hold.SecretName
	if s.isBoundAgain(hold) {
		s.st.Binding.NotBefore = future(s.now.Add(processingTime))
	}
	s.setWhileTrue(v1alpha1.ConditionSecretUnprotected, hold.Forbidden, v1alpha1.ReasonSecretFinalizerForbidden)
}

// isBoundAgain reports whether a new binding may be of a login that was bound before: the
// Secret already carries the finalizer, or the operator cannot tell. The lost status may
// have recorded a live session. If another connection has the login, its status records
// the session, and after a login that was given up the finalizer is of that one.
func (s *state) isBoundAgain(hold *SecretProtection) bool {
	st := s.was
	known := st.Binding != nil || s.Duplicate || len(st.SupersededLogins) > 0
	return !known && (hold.Inherited || hold.Forbidden)
}

// maxSuperseded is how many logins that were given up a status holds.
const maxSuperseded = 10

// MayRebind reports whether the rebind annotation allows giving up the bound login for
// another, and no live session of it can be open.
func MayRebind(now time.Time, in Inputs) bool { return in.at(now).mayRebind() }

func (s *state) mayRebind() bool {
	b, value := s.st.Binding, s.Connection.Annotations[v1alpha1.RebindAnnotation]
	return b != nil && value != "" && value == b.LoginFingerprint && !isOpenStill(s.now, s.st)
}

// mayTakeOther reports whether the login of another customerId replaces the bound one. The
// observe that finds it makes no call: it only reads the Secret.
func (s *state) mayTakeOther() bool {
	return s.isRenamed() && s.Instance.Problem == "" && !s.Duplicate && !s.Connection.Spec.Suspend && s.mayRebind()
}

// supersede gives the bound login up. It stays at Flinks and is never called for again;
// nothing that was known of it holds for the next one.
func (s *state) supersede(login SupersededLogin) {
	if s.st.Binding == nil {
		return
	}
	s.st.Reconnect = nil // What the customer does for another login is no answer.
	s.settleRequest(v1alpha1.RequestFailed)
	if s.handOffDue() {
		s.st.Session.IssueTime = Past(s.now) // Nothing is delivered for this login any more.
	}
	left := s.st.Nightly != nil && !login.SwitchedOff
	s.takeBack(s.st.Binding.LoginFingerprint)
	given := slices.Concat(s.st.SupersededLogins, []v1alpha1.SupersededLogin{
		{LoginFingerprint: s.st.Binding.LoginFingerprint, SupersededTime: *Past(s.now), Nightly: left},
	})
	*s.st = v1alpha1.BankConnectionStatus{
		ObservedGeneration: s.st.ObservedGeneration,
		Conditions:         s.st.Conditions,
		RefreshPolicy:      s.st.RefreshPolicy,
		SupersededLogins:   given[max(0, len(given)-maxSuperseded):],
		UnverifiedLogins:   s.st.UnverifiedLogins,

		LastHandledRequest:        s.st.LastHandledRequest,
		LastHandledSessionRequest: s.st.LastHandledSessionRequest,
		// Secrets that may still have to be deleted.
		Session:  s.st.Session,
		Internal: v1alpha1.InternalStatus{LinkSecretName: s.st.Internal.LinkSecretName},
	}
}

// takeBack forgets that a login was given up, because it is bound again. The operator must
// then switch its nightly refresh off, as before.
func (s *state) takeBack(fingerprint string) {
	s.st.SupersededLogins = slices.DeleteFunc(s.st.SupersededLogins, func(l v1alpha1.SupersededLogin) bool {
		back := l.LoginFingerprint == fingerprint
		if back && l.Nightly && s.st.Nightly == nil {
			s.st.Nightly = &v1alpha1.NightlyStatus{Enabled: true}
		}
		return back
	})
	if len(s.st.SupersededLogins) == 0 {
		s.st.SupersededLogins = nil
	}
}

// confirms reports whether the answer to an observe shows that Flinks knows the login.
func confirms(o Outcome) bool {
	return o.Authorization != nil || o.Err != nil && isReplay(o.Err)
}

// binds reports whether the answer to an observe binds a login. That the bank was down at
// the last live call is such an answer, although some instances give it without a
// RequestId: an object that waited for a better answer could not be refreshed, and would
// never get one. It proves no host, because a Flinks in trouble may say it of any login.
func binds(o Outcome) bool {
	return confirms(o) || o.Err != nil && isOutcome(o.Err) && o.Err.HTTPStatus < 500
}

// NeedsProtection reports whether the connection has a bound login after an outcome. Its
// Secret gets the finalizer before the binding is recorded.
func NeedsProtection(c *v1alpha1.BankConnection, o Outcome) bool {
	return c.Status.Binding != nil || Is[Observe](o.Action) && binds(o)
}

func institutionOf(o Outcome) string {
	if o.Err != nil {
		return o.Err.Institution
	}
	return o.Authorization.Institution
}

// proveHost records that an API host answered for the bound login.
func proveHost(b *v1alpha1.Binding, o Outcome) {
	if b == nil || o.Identity.Host == "" || o.Identity.Fingerprint != b.LoginFingerprint || !confirms(o) || IsHostProven(b, o.Identity.Host) {
		return
	}
	hosts := slices.Concat(b.HostFingerprints, []string{o.Identity.Host})
	b.HostFingerprints = hosts[max(0, len(hosts)-maxProvenHosts):]
}
