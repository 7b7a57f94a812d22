package lifecycle_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// TestNeeds: who keeps an instance from going.
func TestNeeds(t *testing.T) {
	shared := func(s *scene) {
		s.edit(func(spec *v1alpha1.BankConnectionSpec) { spec.InstanceRef.Kind = v1alpha1.KindClusterFlinksInstance })
	}
	done := func(s *scene) {
		c := s.Connection.DeepCopy()
		c.Finalizers = []string{v1alpha1.ReleaseSecretFinalizer}
		s.Connection = c
	}
	for name, row := range map[string]struct {
		arrange func(s *scene)
		want    bool
	}{
		"bound":              {func(*scene) {}, true},
		"not bound":          {wipe, true},
		"deleted at Flinks":  {done, false},
		"shared":             {shared, true},
		"shared, not bound":  {func(s *scene) { shared(s); wipe(s) }, false},
		"shared, let go":     {func(s *scene) { shared(s); done(s) }, false},
		"shared, terminates": {func(s *scene) { shared(s); s.delete() }, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newBound(t)
			row.arrange(s)
			if got := lifecycle.Needs(s.Connection); got != row.want {
				t.Errorf("needs its instance: %v", got)
			}
		})
	}
}

// TestDecideUse starts from an instance that was probed and is not used.
func TestDecideUse(t *testing.T) {
	used := lifecycle.InstanceUse{InUse: true}
	owner := lifecycle.InstanceUse{InUse: true, Held: true, Secret: "keys"}
	deleting := func(u lifecycle.InstanceUse) lifecycle.InstanceUse { u.Deleting = true; return u }
	for name, row := range map[string]struct {
		use   lifecycle.InstanceUse
		held  string // on record
		stale bool   // the spec was changed
		want  lifecycle.UseAction
	}{
		"not used":                           {lifecycle.InstanceUse{}, "", false, lifecycle.LeaveUse},
		"first use":                          {used, "", false, lifecycle.TakeUse},
		"in use":                             {lifecycle.InstanceUse{InUse: true, Held: true}, "", false, lifecycle.LeaveUse},
		"in use no more":                     {lifecycle.InstanceUse{Held: true}, "", false, lifecycle.DropUse},
		"deleted in use":                     {deleting(lifecycle.InstanceUse{InUse: true, Held: true}), "", false, lifecycle.LeaveUse},
		"deleted, too late":                  {deleting(used), "", false, lifecycle.LeaveUse},
		"deleted, in use no more":            {deleting(lifecycle.InstanceUse{Held: true}), "", false, lifecycle.DropUse},
		"Secret not held":                    {owner, "", false, lifecycle.TakeUse},
		"Secret held":                        {owner, "keys", false, lifecycle.LeaveUse},
		"another Secret held":                {owner, "old", false, lifecycle.TakeUse},
		"Secret held, but keys are read":     {owner, "keys", true, lifecycle.TakeUse},
		"deleted in use, Secret not held":    {deleting(owner), "", false, lifecycle.TakeUse},
		"too late for instance and Secret":   {deleting(lifecycle.InstanceUse{InUse: true, Secret: "keys"}), "", false, lifecycle.LeaveUse},
		"not used, Secret is left on record": {lifecycle.InstanceUse{Secret: "keys"}, "keys", false, lifecycle.LeaveUse},
	} {
		t.Run(name, func(t *testing.T) {
			now := newScene(t).now
			w := newInstance()
			st := lifecycle.RecordInstance(now, w, &lifecycle.Probe{})
			st.HeldSecretName = row.held
			w.Status, w.InstanceUse = &st, row.use
			if row.stale {
				w.Generation++
			}
			if got := lifecycle.DecideUse(now, w); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
		})
	}
}

// TestRecordUse: a status says which Secret is held, and whether it is.
func TestRecordUse(t *testing.T) {
	now := newScene(t).now
	w := newInstance()
	w.InstanceUse = lifecycle.InstanceUse{InUse: true, Held: true, Secret: "keys"}
	record := func(hold *lifecycle.SecretHold) []string {
		before := *w.Status
		w.Hold = hold
		st := lifecycle.RecordInstance(now, w, &lifecycle.Probe{})
		w.Status = &st
		return summaries(t, lifecycle.InstanceEvents(&before, &st))
	}
	expect := func(name string, unprotected bool) {
		t.Helper()
		got := meta.IsStatusConditionTrue(w.Status.Conditions, v1alpha1.ConditionSecretUnprotected)
		if w.Status.HeldSecretName != name || got != unprotected {
			t.Errorf("held %q, unprotected %v", w.Status.HeldSecretName, got)
		}
	}
	told := record(&lifecycle.SecretHold{SecretName: "keys", Forbidden: true})
	expect("keys", true)
	want := []string{"Normal Probe CredentialsAccepted", "Warning SecretUnprotected SecretHoldForbidden"}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if told := record(nil); told != nil {
		t.Errorf("told again: %v", told)
	}
	expect("keys", true)
	record(&lifecycle.SecretHold{SecretName: "keys"})
	expect("keys", false)
	w.Held = false
	record(nil)
	expect("", false)
	w.Deletions = inNamespace("lending", wave)
	if diff := cmp.Diff([]string{"Warning DeletionsPaused DeletionsPaused"}, record(nil)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if look := lifecycle.NextDeletionsLook(now, w, w.Status); look == 0 || look > time.Minute {
		t.Errorf("looked at again after %v", look)
	}
}
