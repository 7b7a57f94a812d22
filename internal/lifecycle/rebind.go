package lifecycle

import (
	"slices"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// maxSuperseded is how many logins that were given up a status holds.
const maxSuperseded = 10

// LeavesNightlyBehind reports whether nightly refresh of the bound login is to be switched
// off before it is given up. The Secret that was held for it may still have the loginId.
func LeavesNightlyBehind(c *v1alpha1.BankConnection) bool {
	return c.Status.Nightly != nil && len(HeldSecrets(c)) > 1
}

// MayRebind is true if somebody allows that the bound login is given up for another,
// and no live session of it can be open.
func MayRebind(now time.Time, in Inputs) bool { return in.at(now).mayRebind() }

func (s *state) mayRebind() bool {
	b, value := s.st.Binding, s.Connection.Annotations[v1alpha1.RebindAnnotation]
	return b != nil && value != "" && value == b.LoginFingerprint && !isOpenStill(s.now, s.st)
}

// mayTakeOther reports whether the login of another customer takes the place of the bound
// one. The observe that finds it makes no call: it only reads the Secret.
func (s *state) mayTakeOther() bool {
	return s.isRenamed() && s.Instance.Problem == "" && !s.Duplicate && !s.Connection.Spec.Suspend && s.mayRebind()
}

// isOpenStill is true while a live session may be open. One of unknown outcome, which
// nobody can ask about once the Secret holds another login, has ended with its hold.
func isOpenStill(now time.Time, st *v1alpha1.BankConnectionStatus) bool {
	if sessionUnknown(st) && due(now, st.Refresh.NotBefore) {
		return false
	}
	return SessionMayBeOpen(now, st)
}

// supersede gives the bound login up. It stays at Flinks and is never called for
// again; nothing that was known of it holds for the next one.
func (s *state) supersede(o Outcome) {
	if s.st.Binding == nil {
		return
	}
	s.settleRequest(v1alpha1.RequestFailed)
	left := s.st.Nightly != nil && !o.SwitchedOff
	s.takeBack(s.st.Binding.LoginFingerprint)
	given := slices.Concat(s.st.SupersededLogins, []v1alpha1.SupersededLogin{
		{LoginFingerprint: s.st.Binding.LoginFingerprint, Time: *past(s.now), Nightly: left},
	})
	*s.st = v1alpha1.BankConnectionStatus{
		ObservedGeneration: s.st.ObservedGeneration,
		Conditions:         s.st.Conditions,
		RefreshPolicy:      s.st.RefreshPolicy,
		LastHandledRequest: s.st.LastHandledRequest,
		SupersededLogins:   given[max(0, len(given)-maxSuperseded):],
		Refresh:            leftOver(s.st.Refresh),
		Session:            s.st.Session,
	}
}

// leftOver keeps in mind that there may be a Secret to delete.
func leftOver(r *v1alpha1.RefreshStatus) *v1alpha1.RefreshStatus {
	if r == nil || r.Delivery == "" {
		return nil
	}
	return &v1alpha1.RefreshStatus{Delivery: r.Delivery, Attempt: r.Attempt}
}

// takeBack forgets that a login was given up, because it is bound again. Its nightly
// refresh is the operator's to switch off, as it was before.
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

// supersededEvents tell that a login was given up.
func supersededEvents(before, after *v1alpha1.BankConnectionStatus) []Event {
	if before.Binding == nil {
		return nil
	}
	given := slices.IndexFunc(after.SupersededLogins, func(l v1alpha1.SupersededLogin) bool {
		return l.LoginFingerprint == before.Binding.LoginFingerprint
	})
	if given < 0 {
		return nil
	}
	reason := v1alpha1.ReasonLoginSuperseded
	told := []Event{{Warning: true, Reason: reason, Action: "Rebind", Note: message(reason)}}
	if after.SupersededLogins[given].Nightly {
		told = append(told, nightlyLeftOn())
	}
	return told
}
