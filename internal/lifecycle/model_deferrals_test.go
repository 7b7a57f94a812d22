package lifecycle_test

import (
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// safekeeping is the Secret: which login is in it, and who keeps it from vanishing.
type safekeeping struct {
	// login is the number of the login in the Secret. The others are still at Flinks.
	login  int
	logins map[string]*remote
	// held reports whether the Secret carries the operator's finalizer.
	held, holdForbidden bool
	// lateFinalizer reports whether a manager that did not know yet of the deletion added the
	// finalizer again.
	lateFinalizer bool
}

func newSafekeeping(f *remote) safekeeping {
	s := safekeeping{}
	s.logins = map[string]*remote{s.identity().Fingerprint: f}
	return s
}

// identity returns the identity of the login in the Secret.
func (s *safekeeping) identity() lifecycle.Identity {
	id := identity
	id.Fingerprint = fmt.Sprintf("%032x", s.login)
	return id
}

// access returns the reason why no call is made for a connection.
func (m *manager) access(c *v1alpha1.BankConnection) string {
	b := c.Status.Binding
	if m.secretProblem == "" && b != nil && b.LoginFingerprint != m.identity().Fingerprint {
		return v1alpha1.ReasonLoginChanged
	}
	return m.secretProblem
}

func (m *manager) hold(c *v1alpha1.BankConnection) *lifecycle.SecretProtection {
	m.lateFinalizer = m.lateFinalizer || c.DeletionTimestamp.IsZero() && !m.stored.DeletionTimestamp.IsZero()
	inherited := m.held
	m.held = m.held || !m.holdForbidden
	return &lifecycle.SecretProtection{SecretName: c.Spec.LoginIDSecretRef.Name, Forbidden: !m.held, Inherited: inherited}
}

// release takes the first finalizer off, and goes on if it is not killed.
func (m *manager) release(w lifecycle.Inputs) {
	if !m.finalized(w, v1alpha1.Finalizer) {
		return
	}
	m.log("%s releases the object", m.name)
	if m.f.chance(30) {
		m.log("%s dies before it lets go", m.name)
		m.restart()
		return
	}
	w.Connection = m.stored.BankConnection
	m.letGo(w)
}

func (m *manager) letGo(w lifecycle.Inputs) {
	m.held = false
	m.wake = m.now.Add(time.Second)
	if m.f.chance(30) {
		m.log("%s dies after it removed the finalizer of the Secret", m.name)
		m.restart()
		return
	}
	m.finalized(w, v1alpha1.ReleaseSecretFinalizer)
}

// finalized takes a finalizer off an object that has not changed.
func (m *manager) finalized(w lifecycle.Inputs, finalizer string) bool {
	c := w.Connection.DeepCopy()
	c.Finalizers = slices.DeleteFunc(c.Finalizers, func(f string) bool { return f == finalizer })
	m.wake = m.now.Add(time.Second)
	return m.stored.put(c)
}

// swapsLogin replaces a Secret: the customer linked the account again.
func (w *walk) swapsLogin() {
	if !w.f.chance(20) {
		return
	}
	w.login = w.f.IntN(4)
	w.log("the Secret holds login %d", w.login)
	f := w.logins[w.identity().Fingerprint]
	if f == nil {
		f = newRemote(w.f.Rand, w.now)
		w.logins[w.identity().Fingerprint] = f
	}
	f.calm, f.down = w.f.calm, w.f.down
	f.advance(w.now)
	w.f = f
}

// allowsRebind sets the annotation: for the bound login, or for another one.
func (w *walk) allowsRebind() {
	value := oneOf(w.f, "", "nonsense", identity.Fingerprint)
	if b := w.stored.Status.Binding; b != nil && w.f.chance(50) {
		value = b.LoginFingerprint
	}
	w.annotate(v1alpha1.RebindAnnotation, value)
	for _, m := range []*manager{w.leader, w.other} {
		m.rebindAsked = m.rebindAsked || w.f.chance(50)
	}
}

func (w *walk) annotate(key, value string) {
	w.log("%s: %q", key, value)
	w.change(func(c *v1alpha1.BankConnection) { metav1.SetMetaDataAnnotation(&c.ObjectMeta, key, value) })
}

// rebinds ends a disagreement between Secret and binding, if there is one.
func (w *walk) rebinds() {
	if b := w.stored.Status.Binding; b != nil {
		w.annotate(v1alpha1.RebindAnnotation, b.LoginFingerprint)
		w.leader.rebindAsked = true
	}
}

// abandonsIfLost abandons the login of an object if the login is not in the Secret, or if
// the status lost which host can say that the login is gone.
func (w *walk) abandonsIfLost() {
	b := w.stored.Status.Binding
	if b != nil && (b.LoginFingerprint != w.identity().Fingerprint || !lifecycle.IsHostProven(b, w.identity().Host)) {
		w.annotate(v1alpha1.AbandonLoginAnnotation, "true")
	}
}

func (w *walk) breaksHold() {
	w.holdForbidden = w.f.chance(30)
	w.held = w.held && w.f.chance(80)
	w.log("the Secret is held: %v, may not be: %v", w.held, w.holdForbidden)
}

// massDeletion deletes other connections of the instance, and may confirm that.
func (w *walk) massDeletion() {
	d := alone(w.f.IntN(30), w.f.IntN(10), 100)
	d.Confirmation.Annotation = oneOf(w.f, "", "", w.now.Add(w.f.upTo(48*time.Hour)).Format(time.RFC3339))
	var st v1alpha1.InstanceStatus
	lifecycle.NoteConfirmation(w.now, d.Confirmation.Annotation, &st)
	d.Confirmation.Noted = st.DeletionConfirmation
	w.outside.Instance.Deletions = d
	w.poke()
}

// parted: a login is left at Flinks only when no session of it can be open, and deleted
// only after a claim that says so.
func (w *walk) parted(inputs lifecycle.Inputs, a lifecycle.Action) {
	if f := w.f; lifecycle.Is[lifecycle.RemoveFinalizer](a) && !w.isCorrupted(w.now, time.Hour) {
		if s := f.open(w.now); s != nil && s.ours && !s.byCustomer {
			w.broken("the object goes and leaves session %d open", s.id)
		}
	}
	if c := inputs.Connection; lifecycle.Is[lifecycle.RemoveFinalizer](a) && c.Status.Binding != nil && c.Status.Nightly != nil && !isAbandoned(c) {
		w.broken("the object goes and leaves nightly refresh on")
	}
	if lifecycle.Is[lifecycle.Delete](a) && inputs.Connection.Status.DeletionClaim == nil {
		w.broken("a login is deleted without a claim")
	}
}

func isAbandoned(c *v1alpha1.BankConnection) bool {
	return c.Annotations[v1alpha1.AbandonLoginAnnotation] == "true"
}

// keepsLogin reports whether the login of an object that goes stays at Flinks.
func keepsLogin(c *v1alpha1.BankConnection) bool {
	return isAbandoned(c) || c.Spec.DeletionPolicy == v1alpha1.DeletionPolicyRetain
}

// braked: nothing is deleted while deletions are paused, but for what was let through
// long ago.
func (w *walk) braked(inputs lifecycle.Inputs, a lifecycle.Action) {
	if !lifecycle.Is[lifecycle.Delete](a) {
		return
	}
	b := inputs.Connection.Status.Binding
	switch {
	case b == nil || inputs.Connection.Spec.DeletionPolicy == v1alpha1.DeletionPolicyRetain:
		w.broken("a login is deleted that must not be")
	case inputs.Instance.Deletions.Paused(w.now) && lifecycle.IsPendingDeletion(w.now, inputs.Connection):
		w.broken("a login is deleted although deletions are paused")
	}
}

// bindings: a login is given up only if the annotation says so, and while no session of it
// can be open; and none is bound whose Secret can vanish unnoticed.
func (w *walk) bindings(before, st *v1alpha1.BankConnectionStatus) {
	switch {
	case before.Binding == nil && st.Binding != nil:
		unprotected := meta.IsStatusConditionTrue(st.Conditions, v1alpha1.ConditionSecretUnprotected)
		if w.held == unprotected || st.Binding.SecretName != w.stored.Spec.LoginIDSecretRef.Name {
			w.broken("bound to a Secret that is held: %v; said to be unprotected: %v", w.held, unprotected)
		}
	case before.Binding != nil && st.Binding == nil:
		w.gaveUp(before, st)
	}
	seen := map[string]bool{}
	for _, l := range st.SupersededLogins {
		bound := st.Binding != nil && st.Binding.LoginFingerprint == l.LoginFingerprint
		if seen[l.LoginFingerprint] || bound || len(st.SupersededLogins) > 10 {
			w.broken("superseded logins: %+v", st.SupersededLogins)
		}
		seen[l.LoginFingerprint] = true
	}
}

func (w *walk) gaveUp(before, st *v1alpha1.BankConnectionStatus) {
	fingerprint := before.Binding.LoginFingerprint
	if w.stored.Annotations[v1alpha1.RebindAnnotation] != fingerprint {
		w.broken("a login was given up without a rebind annotation")
	}
	if n := len(st.SupersededLogins); n == 0 || st.SupersededLogins[n-1].LoginFingerprint != fingerprint {
		w.broken("a login was given up without a trace")
	}
	if f := w.logins[fingerprint]; f != nil && !w.isCorrupted(w.now, time.Hour) {
		if s := f.open(w.now); s != nil && s.ours && !s.byCustomer {
			w.broken("a login was given up while its session %d was open", s.id)
		}
	}
	// What was promised about the one login is not promised about the next.
	w.dataFixed, w.unattended, w.planned = false, nil, nil
	w.succeeded, w.pausedUntil = time.Time{}, time.Time{}
}

// gaveData reports whether the bank gave data of a login in that second.
func (w *walk) gaveData(second int64) bool {
	for _, f := range w.logins {
		f.advance(w.now) // A call goes on when another login is put into the Secret.
		if f.successes[second] {
			return true
		}
	}
	return false
}

// safe: when all is calm, the login in the Secret is the bound one, and kept.
func (w *walk) safe(st *v1alpha1.BankConnectionStatus) {
	if st.Binding.LoginFingerprint != w.identity().Fingerprint {
		w.broken("the login in the Secret is not bound")
	}
}
