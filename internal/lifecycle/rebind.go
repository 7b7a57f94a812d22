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
func MayRebind(now time.Time, w World) bool { return w.mayRebind(now) }

func (w World) mayRebind(now time.Time) bool {
	b, value := w.status().Binding, w.Connection.Annotations[v1alpha1.RebindAnnotation]
	return b != nil && value != "" && value == b.LoginFingerprint && !isOpenStill(now, w.status())
}

// mayTakeOther reports whether the login of another customer takes the place of the bound
// one. The observe that finds it makes no call: it only reads the Secret.
func (w World) mayTakeOther(now time.Time) bool {
	return w.isRenamed() && w.Instance.Problem == "" && !w.Duplicate && !w.Connection.Spec.Suspend && w.mayRebind(now)
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
func supersede(now time.Time, st *v1alpha1.BankConnectionStatus, o Outcome) {
	if st.Binding == nil {
		return
	}
	settleRequest(st, v1alpha1.RequestFailed)
	left := st.Nightly != nil && !o.SwitchedOff
	takeBack(st, st.Binding.LoginFingerprint)
	given := slices.Concat(st.SupersededLogins, []v1alpha1.SupersededLogin{
		{LoginFingerprint: st.Binding.LoginFingerprint, Time: *past(now), Nightly: left},
	})
	*st = v1alpha1.BankConnectionStatus{
		ObservedGeneration: st.ObservedGeneration,
		Conditions:         st.Conditions,
		RefreshPolicy:      st.RefreshPolicy,
		LastHandledRequest: st.LastHandledRequest,
		SupersededLogins:   given[max(0, len(given)-maxSuperseded):],
		Refresh:            leftOver(st.Refresh),
		Session:            st.Session,
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
func takeBack(st *v1alpha1.BankConnectionStatus, fingerprint string) {
	st.SupersededLogins = slices.DeleteFunc(st.SupersededLogins, func(l v1alpha1.SupersededLogin) bool {
		back := l.LoginFingerprint == fingerprint
		if back && l.Nightly && st.Nightly == nil {
			st.Nightly = &v1alpha1.NightlyStatus{Enabled: true}
		}
		return back
	})
	if len(st.SupersededLogins) == 0 {
		st.SupersededLogins = nil
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
