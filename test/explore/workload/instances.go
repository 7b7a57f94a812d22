package workload

import (
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

const (
	otherCustomer = "0ccb5e02-9d1c-4f0e-8a7e-1d2c3b4a5f60"
	otherAPIKey   = "0af1c3d5-e7f9-4a1b-8c2d-3e4f5a6b7c8d"
	proxyHost     = "egress.proxy.test"
)

var keysSecret = world.Key{Namespace: world.SystemNamespace, Name: world.InstanceName + "-keys"}

// instances returns the workloads in which instances and their keys change.
func instances() []Workload {
	return slices.Concat(changedInstances(), changedKeys(), severalInstances(), suspendedInstances())
}

// changedInstances returns those in which what an instance says of itself changes.
func changedInstances() []Workload {
	return []Workload{
		{
			ID: "W21", Title: "the limits of the instance change", Prepare: connected(quiet, every(2*time.Hour)), Tail: 5 * time.Hour,
			Steps: []Step{
				step(30*time.Minute, "another burst", editInstance(func(i *v1alpha1.ClusterFlinksInstance) {
					burst := int32(300)
					i.Spec.Limits = &v1alpha1.InstanceLimits{Burst: &burst}
				})),
				application(time.Minute, acme),
			},
		},
		{
			ID: "W52", Title: "the limits of the instance change, and nothing else happens", Prepare: connected(quiet, every(2*time.Hour)),
			Tail: 5 * time.Hour,
			Steps: []Step{step(30*time.Minute, "another burst", editInstance(func(i *v1alpha1.ClusterFlinksInstance) {
				burst := int32(300)
				i.Spec.Limits = &v1alpha1.InstanceLimits{Burst: &burst}
			}))},
		},
		{
			ID: "W22", Title: "the customerId was wrong, and is corrected", Prepare: wrongCustomer,
			Steps: []Step{
				step(30*time.Minute, "the right customerId", ofCustomer(flinkssim.ToolboxCustomerID)),
				looks(time.Minute, v1alpha1.ReasonRefreshed),
			},
		},
		{
			ID: "W44", Title: "the customerId becomes wrong, and is put back",
			Prepare: func(w *world.World) { connected(quiet)(w); addCustomer(w) },
			Steps: []Step{
				step(30*time.Minute, "the wrong customerId", ofCustomer(otherCustomer)),
				looks(time.Minute, v1alpha1.ReasonLoginChanged),
				step(9*time.Minute, "the right one", ofCustomer(flinkssim.ToolboxCustomerID)),
				looks(time.Minute, v1alpha1.ReasonRefreshed),
				application(9*time.Minute, acme),
			},
		},
		{
			ID: "W23", Title: "Flinks is reached through a proxy from now on",
			Prepare: func(w *world.World) { connected(quiet)(w); w.Banks()[0].Alias(proxyHost) },
			Steps: []Step{
				step(30*time.Minute, "another host", editInstance(func(i *v1alpha1.ClusterFlinksInstance) {
					i.Spec.Endpoints.API = "https://" + proxyHost
				})),
				application(5*time.Minute, acme),
			},
		},
	}
}

// changedKeys returns those in which keys of Flinks are replaced.
func changedKeys() []Workload {
	return []Workload{
		{
			ID: "W24", Title: "Flinks replaces the api key, and the operator gets the new one later", Prepare: connected(quiet),
			Steps: []Step{
				step(30*time.Minute, "another api key", func(w *world.World) { w.Banks()[0].APIKeys = []string{otherAPIKey} }),
				request(time.Minute, acme, "once"),
				step(5*time.Minute, "see what is said of the instance", undisturbed(func(w *world.World) string {
					return instanceIs(w, v1alpha1.ReasonAPIKeyRefused)
				})),
				step(35*time.Minute, "the right key", keyed(world.SecretKey, otherAPIKey)),
				application(2*time.Minute, acme),
			},
		},
		{
			ID: "W51", Title: "Flinks replaces the secret key, a connection is deleted, and the operator gets the new key later",
			Prepare: connected(quiet),
			Steps: []Step{
				step(30*time.Minute, "another secret key", func(w *world.World) { w.Banks()[0].SecretKeys = []string{otherAPIKey} }),
				remove(time.Minute, acme),
				step(20*time.Minute, "the right key", keyed(otherAPIKey, world.APIKey)),
			},
			Ends: ends([]string{quiet}, end{"acme", gone}),
		},
		{
			ID: "W43", Title: "a key that leaked is replaced in the Secret", Prepare: connected(quiet, every(time.Hour)), Tail: 4 * time.Hour,
			Steps: []Step{
				step(30*time.Minute, "another api key", func(w *world.World) {
					w.Banks()[0].APIKeys = append(w.Banks()[0].APIKeys, otherAPIKey)
					keyed(world.SecretKey, otherAPIKey)(w)
				}),
				application(6*time.Minute, acme),
			},
			Ends: func(w *world.World) string {
				if late := w.Banks()[0].LastUse[world.APIKey]; !w.ClocksMoved && len(w.Restores) == 0 && late.After(world.Epoch.Add(36*time.Minute)) {
					return fmt.Sprintf("the key that leaked was used %s after the start", late.Sub(world.Epoch))
				}
				return allWell(w)
			},
		},
	}
}

// severalInstances returns those with more than one instance.
func severalInstances() []Workload {
	return []Workload{
		{
			ID: "W45", Title: "one login through two instances that lead to the same Flinks", Twins: true,
			Prepare: func(w *world.World) {
				connected(quiet)(w)
				b := w.Banks()[0]
				b.Alias(proxyHost)
				w.CreateInstance("proxied", b, func(i *v1alpha1.ClusterFlinksInstance) {
					i.Spec.Endpoints = &v1alpha1.Endpoints{API: "https://" + proxyHost, Connect: "https://" + proxyHost}
				})
			},
			Steps: []Step{step(10*time.Minute, "the second connection", func(w *world.World) {
				w.CreateConnection(twin, onSame, func(c *v1alpha1.BankConnection) { c.Spec.InstanceRef.Name = "proxied" })
			})},
			Ends: ends(nil, end{"acme", v1alpha1.ReasonRefreshed}, end{"twin", v1alpha1.ReasonDuplicateLogin}),
		},
		{ID: "W20", Title: "two tenants, with an instance of their own each", Prepare: twoTenants, Steps: []Step{
			application(5*time.Minute, acme), application(time.Second, world.Key{Namespace: "savings", Name: "acme"}),
			remove(30*time.Minute, acme),
		}, Ends: allWell},
	}
}

// instanceIs says what Ready of the shared instance says, if that is not the reason.
func instanceIs(w *world.World, reason string) string {
	i, _ := w.Server.Get(apiserver.ClusterFlinksInstance, types.NamespacedName{Name: world.InstanceName}).(*v1alpha1.ClusterFlinksInstance)
	if ready := meta.FindStatusCondition(i.Status.Conditions, v1alpha1.ConditionReady); ready == nil || ready.Reason != reason {
		return fmt.Sprintf("the instance is %+v", ready)
	}
	return ""
}

func editInstance(f func(*v1alpha1.ClusterFlinksInstance)) func(*world.World) {
	return func(w *world.World) { w.EditInstance(world.InstanceName, f) }
}

func ofCustomer(id string) func(*world.World) {
	return editInstance(func(i *v1alpha1.ClusterFlinksInstance) { i.Spec.CustomerID = id })
}

func keyed(secretKey, apiKey string) func(*world.World) {
	return func(w *world.World) {
		w.EditSecret(keysSecret, map[string]string{"secretKey": secretKey, "apiKey": apiKey})
	}
}

// addCustomer adds another customer of Flinks, on the same host and with the same keys.
func addCustomer(w *world.World) {
	w.AddFlinks(world.BankHost, func(o *flinkssim.Options) { o.CustomerID = otherCustomer })
}

func wrongCustomer(w *world.World) {
	connected(quiet)(w)
	addCustomer(w)
	ofCustomer(otherCustomer)(w)
}

// twoTenants makes two namespaces with an instance in each, of two customers.
func twoTenants(w *world.World) {
	for n, namespace := range []string{world.Namespace, "savings"} {
		w.Server.AddNamespace(namespace, nil)
		id := fmt.Sprintf("1ccb5e02-9d1c-4f0e-8a7e-1d2c3b4a5f6%d", n)
		key := fmt.Sprintf("2ccb5e02-9d1c-4f0e-8a7e-1d2c3b4a5f6%d", n)
		b := w.AddBank(fmt.Sprintf("bank%d-api.private.fin.ag", n), flinkssim.Options{
			Instance: fmt.Sprintf("bank%d", n), CustomerID: id, SecretKey: key, APIKey: key, BearerToken: key,
		})
		w.CreateSecret(world.Key{Namespace: namespace, Name: "keys"}, map[string]string{"secretKey": key, "apiKey": key})
		w.Create(&v1alpha1.FlinksInstance{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "bank"},
			Spec: v1alpha1.FlinksInstanceSpec{
				InstanceIdentity:     v1alpha1.InstanceIdentity{Instance: fmt.Sprintf("bank%d", n), CustomerID: id},
				CredentialsSecretRef: v1alpha1.LocalSecretReference{Name: "keys"},
			},
		})
		name := world.Key{Namespace: namespace, Name: "acme"}
		w.CreateLogin(name, b.SeedLogin(flinkssim.SeedOptions{Username: quiet, LastRefresh: world.Epoch.Add(-24 * time.Hour)}))
		w.CreateConnection(name, func(c *v1alpha1.BankConnection) {
			c.Spec.InstanceRef = v1alpha1.InstanceReference{Kind: v1alpha1.KindFlinksInstance, Name: "bank"}
		})
	}
}
