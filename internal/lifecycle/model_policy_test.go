package lifecycle_test

import (
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// policyEdits is what has to be remembered of edits, of whichever object the policy
// comes from.
type policyEdits struct {
	// changed is when another schedule got on record.
	changed time.Time
	// edited is when anything about the policy last changed; planned is the refresh
	// that was on record then.
	edited  time.Time
	planned *metav1.Time
}

// holds returns the policy of a connection; nil if it is missing, or not set.
func holds(inputs lifecycle.Inputs) *v1alpha1.RefreshPolicySpec {
	switch spec := inputs.Connection.Spec; {
	case spec.RefreshPolicyRef != nil:
		return inputs.Policy
	case spec.RefreshPolicy != nil:
		return spec.RefreshPolicy
	}
	return inputs.Instance.Policy
}

func isMissing(inputs lifecycle.Inputs) bool {
	return inputs.Connection.Spec.RefreshPolicyRef != nil && inputs.Policy == nil
}

// replans records that the policy was changed or deleted.
func (w *walk) replans(change func()) {
	change()
	w.policy.edited, w.policy.planned = w.now, w.stored.Status.NextRefreshTime
}

// namesPolicy makes the connection name a policy, whether there is one or not.
func (w *walk) namesPolicy() {
	w.log("a named policy")
	w.replans(func() {
		w.edit(func(spec *v1alpha1.BankConnectionSpec) {
			spec.RefreshPolicy = nil
			spec.RefreshPolicyRef = &v1alpha1.RefreshPolicyReference{Name: "shared"}
		})
	})
}

// changesPolicyObject edits, deletes or makes the object that is named, or makes it
// again as it was.
func (w *walk) changesPolicyObject() {
	w.replans(func() {
		switch p := w.outside.Policy; {
		case p != nil && w.f.chance(40):
			w.deleted, w.outside.Policy = p, nil
		case p == nil && w.deleted != nil && w.f.chance(50):
			w.outside.Policy = w.deleted
		default:
			w.outside.Policy = w.anyPolicy()
		}
		w.log("the named policy is %+v", w.outside.Policy)
		w.poke()
	})
}

// rests gives the connection a named policy that leaves it alone.
func (w *walk) rests() {
	w.namesPolicy()
	w.replans(func() {
		w.outside.Policy = &v1alpha1.RefreshPolicySpec{
			Type: v1alpha1.RefreshManual, ObserveInterval: &metav1.Duration{Duration: 720 * time.Hour},
		}
		w.poke()
	})
}

func (w *walk) anyPolicy() *v1alpha1.RefreshPolicySpec {
	interval := oneOf(w.f, time.Hour, 6*time.Hour, 24*time.Hour, 240*time.Hour)
	switch w.f.IntN(5) {
	case 0:
		return &v1alpha1.RefreshPolicySpec{Type: v1alpha1.RefreshManual, ObserveInterval: hours(24), MaxDataAge: hours(100)}
	case 1:
		return cron(oneOf(w.f, "0 * * * *", "30 2 * * *", "0 9 * * 1-5"))
	case 2:
		p := everyInterval(interval)
		p.AllowedWindows = office()
		return p
	default:
		return everyInterval(interval)
	}
}

func scheduleOf(p *v1alpha1.EffectivePolicy) string {
	if p == nil {
		return ""
	}
	return p.Schedule
}

// editClaimed: a refresh follows the schedule that is on record, and an edit starts
// none at once, unless it was about to start anyway.
func (w *walk) editClaimed(st *v1alpha1.BankConnectionStatus, p *v1alpha1.RefreshPolicySpec) {
	e := w.policy
	if scheduleOf(st.RefreshPolicy) != p.Schedule {
		w.broken("refreshed by schedule %q, on record is %q", p.Schedule, scheduleOf(st.RefreshPolicy))
	}
	if w.now.After(e.edited.Add(hold)) || w.landed.After(e.edited) || w.corrupted.After(e.edited) {
		return
	}
	if e.planned == nil || e.planned.After(w.now) {
		w.broken("refreshed %v after the policy was edited, planned for %v", w.now.Sub(e.edited), e.planned)
	}
}

// saysWhichPolicy: a missing policy is told, and what was known of it is kept.
func (w *walk) saysWhichPolicy(before, st *v1alpha1.BankConnectionStatus, inputs lifecycle.Inputs) {
	if !inputs.Connection.DeletionTimestamp.IsZero() {
		return
	}
	if told := meta.IsStatusConditionTrue(st.Conditions, v1alpha1.ConditionPolicyMissing); told != isMissing(inputs) {
		w.broken("the policy is missing: %v, told: %v", isMissing(inputs), told)
	}
	was := before.RefreshPolicy
	if scheduleOf(was) != scheduleOf(st.RefreshPolicy) {
		w.policy.changed = w.now
	}
	if !isMissing(inputs) || (was != nil && (was.EffectiveTime.IsZero() || was.EffectiveTime.After(w.now))) {
		return
	}
	if !equality.Semantic.DeepEqual(was, st.RefreshPolicy) {
		w.broken("the missing policy %+v became %+v", was, st.RefreshPolicy)
	}
}
