package instance_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle/instance"
)

// TestDecideFinalizers starts from an instance that was probed and is not used.
func TestDecideFinalizers(t *testing.T) {
	used := instance.Finalizers{InUse: true}
	owner := instance.Finalizers{InUse: true, Present: true, Secret: "keys"}
	deleting := func(u instance.Finalizers) instance.Finalizers { u.Deleting = true; return u }
	for name, row := range map[string]struct {
		use   instance.Finalizers
		held  string // on record
		stale bool   // the spec was changed
		want  instance.FinalizerAction
	}{
		"not used":                           {instance.Finalizers{}, "", false, instance.LeaveFinalizers},
		"first use":                          {used, "", false, instance.AddFinalizers},
		"in use":                             {instance.Finalizers{InUse: true, Present: true}, "", false, instance.LeaveFinalizers},
		"in use no more":                     {instance.Finalizers{Present: true}, "", false, instance.RemoveFinalizers},
		"deleted in use":                     {deleting(instance.Finalizers{InUse: true, Present: true}), "", false, instance.LeaveFinalizers},
		"deleted, too late":                  {deleting(used), "", false, instance.LeaveFinalizers},
		"deleted, in use no more":            {deleting(instance.Finalizers{Present: true}), "", false, instance.RemoveFinalizers},
		"Secret not held":                    {owner, "", false, instance.AddFinalizers},
		"Secret held":                        {owner, "keys", false, instance.LeaveFinalizers},
		"another Secret held":                {owner, "old", false, instance.AddFinalizers},
		"Secret held, but keys are read":     {owner, "keys", true, instance.AddFinalizers},
		"deleted in use, Secret not held":    {deleting(owner), "", false, instance.AddFinalizers},
		"too late for instance and Secret":   {deleting(instance.Finalizers{InUse: true, Secret: "keys"}), "", false, instance.LeaveFinalizers},
		"not used, Secret is left on record": {instance.Finalizers{Secret: "keys"}, "keys", false, instance.LeaveFinalizers},
	} {
		t.Run(name, func(t *testing.T) {
			now := start(t)
			w := newInstance()
			st := instance.Record(now, w, &instance.Probe{})
			st.ProtectedSecretName = row.held
			w.Status, w.Finalizers = &st, row.use
			if row.stale {
				w.Generation++
			}
			if got := instance.DecideFinalizers(now, w); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
		})
	}
}

// TestRecordFinalizers: a status says which Secret is held, and whether it is.
func TestRecordFinalizers(t *testing.T) {
	now := start(t)
	w := newInstance()
	w.Finalizers = instance.Finalizers{InUse: true, Present: true, Secret: "keys"}
	record := func(hold *lifecycle.SecretProtection) []string {
		before := *w.Status
		w.Protection = hold
		st := instance.Record(now, w, &instance.Probe{})
		w.Status = &st
		return told(&before, &st)
	}
	expect := func(name string, unprotected bool) {
		t.Helper()
		got := meta.IsStatusConditionTrue(w.Status.Conditions, v1alpha1.ConditionSecretUnprotected)
		if w.Status.ProtectedSecretName != name || got != unprotected {
			t.Errorf("held %q, unprotected %v", w.Status.ProtectedSecretName, got)
		}
	}
	told := record(&lifecycle.SecretProtection{SecretName: "keys", Forbidden: true})
	expect("keys", true)
	want := []string{"warning=false Probe CredentialsAccepted", "warning=true SecretUnprotected SecretFinalizerForbidden"}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if told := record(nil); told != nil {
		t.Errorf("told again: %v", told)
	}
	expect("keys", true)
	record(&lifecycle.SecretProtection{SecretName: "keys"})
	expect("keys", false)
	w.Present = false
	record(nil)
	expect("", false)
	w.Deletions = inNamespace("lending", wave)
	if diff := cmp.Diff([]string{"warning=true DeletionsPaused DeletionsPaused"}, record(nil)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if look := instance.NextDeletionsLook(now, w, w.Status); look == 0 || look > time.Minute {
		t.Errorf("looked at again after %v", look)
	}
}
