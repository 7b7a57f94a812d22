package arbitrary_test

import (
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
	"github.com/flinks-operator/flinks-operator/test/explore/arbitrary"
	"github.com/flinks-operator/flinks-operator/test/explore/invariant"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

// aDay is how long a world is watched. It does not end when something is due.
const aDay = 24*time.Hour + 37*time.Second

// FuzzWorlds gives the real reconcilers any connection that the API lets in, whatever its status
// says, at a shared instance with any policy, limits and gateway. For a day nothing panics, no
// invariant of the explorer is violated, and the API server refuses no status that they write.
func FuzzWorlds(f *testing.F) {
	connections := basesOf(f, apiserver.BankConnection, "bankconnection", "bankconnection-status")
	instances := basesOf(f, apiserver.ClusterFlinksInstance, "clusterflinksinstance", "instance-status")
	addSeeds(f, 12)
	f.Fuzz(func(t *testing.T, raw []byte) {
		watch(t, arbitrary.NewSource(raw[:min(len(raw), 512)]), connections, instances)
	})
}

// watch watches the world that a source makes.
func watch(t *testing.T, s *arbitrary.Source, connections, instances bases) {
	t.Helper()
	c, i := connection(t, s, connections, world.Epoch), &v1alpha1.ClusterFlinksInstance{}
	instances.read(t, s, world.Epoch, i)
	w := world.New(t.Context())
	defer w.Close()
	checker := invariant.Watch(w)
	w.Actors = append(w.Actors, &world.Supervisor{})
	// The status is edited, which makes another story of it.
	w.Disturbed, w.Unclear, w.LinksInDoubt, w.AnyLogins = true, true, true, true
	prepare(w, s, c, i)
	w.Run(aDay)
	if !w.Failed() {
		w.Hooks = w.Hooks[:1]
		checker.End()
	}
	for _, v := range w.Violations() {
		t.Error(v)
	}
	for line := range strings.Lines(w.Said()) {
		if strings.Contains(line, "is invalid") || strings.Contains(line, "panic") {
			t.Errorf("said: %s", line)
		}
	}
}

// prepare makes the objects of a world.
func prepare(w *world.World, s *arbitrary.Source, c *v1alpha1.BankConnection, i *v1alpha1.ClusterFlinksInstance) {
	w.Server.AddNamespace(world.Namespace, nil)
	w.Server.AddNamespace(world.SystemNamespace, nil)
	bank := w.AddFlinks(world.BankHost)
	w.CreateInstance(world.InstanceName, bank, func(o *v1alpha1.ClusterFlinksInstance) {
		o.Spec.RefreshPolicy, o.Spec.Limits, o.Spec.Retention, o.Spec.Suspend = i.Spec.RefreshPolicy, i.Spec.Limits, i.Spec.Retention, i.Spec.Suspend
		if i.Spec.Gateway != nil {
			o.Spec.Gateway.LinkLifetime, o.Spec.Gateway.DisplayName = i.Spec.Gateway.LinkLifetime, i.Spec.Gateway.DisplayName
		}
	})
	login := bank.SeedLogin(flinkssim.SeedOptions{
		Username: arbitrary.OneOf(s, "greatday_nomfa", "Greatday"), LastRefresh: world.Epoch.Add(-arbitrary.OneOf(s, 24*time.Hour, 0, 90*24*time.Hour)),
	})
	key := client.ObjectKeyFromObject(c)
	secret := c.Spec.LoginIDSecretRef
	if secret.Key == "" {
		secret.Key = v1alpha1.DefaultLoginIDKey
	}
	w.CreateSecret(world.Name(secret.Name), map[string]string{secret.Key: login})
	w.CreateConnection(key, func(o *v1alpha1.BankConnection) {
		o.Annotations, o.Spec = c.Annotations, *c.Spec.DeepCopy()
		o.Spec.InstanceRef = v1alpha1.InstanceReference{Kind: v1alpha1.KindClusterFlinksInstance, Name: world.InstanceName}
		o.Spec.RefreshPolicyRef = nil
	})
	if c.DeletionTimestamp != nil {
		w.After(6*time.Hour, func() { w.Delete(apiserver.BankConnection, key) })
	}
	w.NoteMutation(key)
	w.Server.Mutate(apiserver.BankConnection, key, func(o client.Object) {
		st := c.Status.DeepCopy()
		if id, err := flinks.ParseLoginID([]byte(login)); err == nil && st.Binding != nil && !s.Chance(4) {
			keys := bank.Credentials()
			st.Binding.Instance, st.Binding.CustomerID = keys.Instance, keys.CustomerID
			st.Binding.LoginFingerprint = id.Fingerprint(keys.Instance, keys.CustomerID)
		}
		o.(*v1alpha1.BankConnection).Status = *st
	})
}
