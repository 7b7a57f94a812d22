package world

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
)

const (
	// Namespace is where connections are, unless a workload says otherwise.
	Namespace = "lending"
	// SystemNamespace is where the keys of shared instances are.
	SystemNamespace = "flinks-system"
	// Gateway is where links to the gateway lead.
	Gateway = "https://connect.example.com"
	// InstanceName is that of the shared instance.
	InstanceName = "toolbox"
	// BankHost is where it is reached.
	BankHost = "api.bank.test"
)

// Keys of Flinks, the same in every world: what they look like in any spelling is found out
// once.
const (
	SecretKey   = "5a1c0de5-ec2e-4cea-9a11-0123456789ab"
	APIKey      = "a91be7ed-5ec2-4cea-9b22-ba9876543210"
	BearerToken = "bea2e2ed-70ce-4cea-9c33-00ff11ee22dd"
)

// Key names an object.
type Key = types.NamespacedName

// Name of an object in the namespace of the connections.
func Name(name string) types.NamespacedName {
	return types.NamespacedName{Namespace: Namespace, Name: name}
}

// must stops a world whose script does what cannot be done.
func (w *World) must(err error, what string, args ...any) {
	if err != nil {
		panic(fmt.Sprintf("world: %s: %v", fmt.Sprintf(what, args...), err))
	}
}

// Create creates an object.
func (w *World) Create(o client.Object) {
	w.want(o)
	w.must(w.Users.Create(w.Context(), o), "creating %T %s", o, o.GetName())
}

// CreateSecret creates a Secret.
func (w *World) CreateSecret(key types.NamespacedName, data map[string]string) {
	w.Create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name},
		StringData: data, Data: bytesOf(data),
	})
}

func bytesOf(data map[string]string) map[string][]byte {
	all := map[string][]byte{}
	for k, v := range data {
		all[k] = []byte(v)
	}
	return all
}

// AddFlinks adds an instance of Flinks with the keys of every world.
func (w *World) AddFlinks(host string, change ...func(*flinkssim.Options)) *Bank {
	o := flinkssim.Options{SecretKey: SecretKey, APIKey: APIKey, BearerToken: BearerToken}
	for _, f := range change {
		f(&o)
	}
	return w.AddBank(host, o)
}

// CreateInstance creates a shared instance that leads to a bank, and the Secret with its
// keys.
func (w *World) CreateInstance(name string, b *Bank, change ...func(*v1alpha1.ClusterFlinksInstance)) {
	keys := b.Credentials()
	w.CreateSecret(types.NamespacedName{Namespace: SystemNamespace, Name: name + "-keys"}, map[string]string{
		"secretKey": keys.SecretKey, "apiKey": keys.APIKey,
	})
	i := &v1alpha1.ClusterFlinksInstance{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: v1alpha1.ClusterFlinksInstanceSpec{
			InstanceIdentity: v1alpha1.InstanceIdentity{
				Instance: keys.Instance, CustomerID: keys.CustomerID, Gateway: &v1alpha1.GatewaySpec{URL: Gateway},
			},
			CredentialsSecretRef: v1alpha1.SecretReference{Name: name + "-keys", Namespace: SystemNamespace},
			Endpoints:            &v1alpha1.Endpoints{API: "https://" + b.Host, Connect: "https://" + b.Host},
		},
	}
	for _, f := range change {
		f(i)
	}
	w.Create(i)
}

// CreateConnection creates a connection whose login is in a Secret of its own.
func (w *World) CreateConnection(key types.NamespacedName, change ...func(*v1alpha1.BankConnection)) {
	c := &v1alpha1.BankConnection{
		ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name},
		Spec: v1alpha1.BankConnectionSpec{
			InstanceRef:      v1alpha1.InstanceReference{Kind: v1alpha1.KindClusterFlinksInstance, Name: InstanceName},
			LoginIDSecretRef: v1alpha1.LoginIDSecretReference{Name: key.Name + "-login"},
			Reconnect:        &v1alpha1.ReconnectSpec{Link: v1alpha1.LinkSpec{Type: v1alpha1.LinkDirect}},
		},
	}
	for _, f := range change {
		f(c)
	}
	w.Create(c)
}

// CreateAgain creates a connection as soon as the one of that name is gone.
func (w *World) CreateAgain(key types.NamespacedName, change ...func(*v1alpha1.BankConnection)) {
	if w.Connection(key) == nil {
		w.CreateConnection(key, change...)
		return
	}
	w.After(10*time.Second, func() { w.CreateAgain(key, change...) })
}

// CreateLogin creates the Secret of a connection with a login.
func (w *World) CreateLogin(key types.NamespacedName, loginID string) {
	key.Name += "-login"
	w.CreateSecret(key, map[string]string{v1alpha1.DefaultLoginIDKey: loginID})
}

// Connection returns a connection as it is stored, for reading only; nil if none exists.
func (w *World) Connection(key types.NamespacedName) *v1alpha1.BankConnection {
	c, _ := w.Server.Get(apiserver.BankConnection, key).(*v1alpha1.BankConnection)
	return c
}

// Edit changes a connection as a person with kubectl would. One that is gone stays gone, and one that
// is being deleted is wanted no more than before.
func (w *World) Edit(key types.NamespacedName, change func(*v1alpha1.BankConnection)) {
	if c := w.Connection(key); c != nil {
		c = c.DeepCopy()
		change(c)
		if w.desired[nameOf(c)] != nil {
			w.want(c)
		}
		w.must(w.Users.Update(w.Context(), c), "editing %s", key)
	}
}

// EditInstance changes a shared instance.
func (w *World) EditInstance(name string, change func(*v1alpha1.ClusterFlinksInstance)) {
	key := types.NamespacedName{Name: name}
	if i, ok := w.Server.Get(apiserver.ClusterFlinksInstance, key).(*v1alpha1.ClusterFlinksInstance); ok {
		i = i.DeepCopy()
		change(i)
		w.want(i)
		w.must(w.Users.Update(w.Context(), i), "editing instance %s", name)
	}
}

// EditSecret changes the data of a Secret.
func (w *World) EditSecret(key types.NamespacedName, data map[string]string) {
	if s, ok := w.Server.Get(apiserver.Secret, key).(*corev1.Secret); ok {
		for _, o := range w.Server.List(apiserver.BankConnection) {
			c := o.(*v1alpha1.BankConnection)
			if c.Namespace == key.Namespace && c.Spec.LoginIDSecretRef.Name == key.Name && c.Status.Binding == nil {
				w.Unclear = true // It is bound to what is found there first.
			}
		}
		s = s.DeepCopy()
		s.Data = bytesOf(data)
		w.want(s)
		w.must(w.Users.Update(w.Context(), s), "editing Secret %s", key)
	}
}

// PutPolicy creates a policy, or changes the one that is there.
func (w *World) PutPolicy(p *v1alpha1.RefreshPolicy) {
	old, ok := w.Server.Get(apiserver.RefreshPolicy, client.ObjectKeyFromObject(p)).(*v1alpha1.RefreshPolicy)
	if !ok {
		w.Create(p)
		return
	}
	is := old.DeepCopy()
	is.Spec = p.Spec
	w.want(is)
	w.Must(w.Users.Update(w.Context(), is))
}

// Must stops a world whose script does what cannot be done.
func (w *World) Must(err error) { w.must(err, "a step") }

// Delete deletes an object; one that is gone is left alone.
func (w *World) Delete(kind apiserver.Kind, key types.NamespacedName) {
	if o := w.Server.Get(kind, key); o != nil {
		o = o.DeepCopyObject().(client.Object)
		if c, ok := o.(*v1alpha1.BankConnection); ok && c.Status.Binding == nil {
			w.Unclear = true // What becomes of its login depends on whether it was bound.
		}
		w.unwant(o)
		if kind == apiserver.Namespace {
			w.gone[key.Name] = true
			for _, inside := range w.Server.List(apiserver.BankConnection) {
				w.Unclear = w.Unclear || inside.GetNamespace() == key.Name && inside.(*v1alpha1.BankConnection).Status.Binding == nil
			}
		}
		w.must(w.Users.Delete(w.Context(), o), "deleting %s %s", kind, key)
	}
}

// Lose deletes an object that is wanted all the same.
func (w *World) Lose(kind apiserver.Kind, key types.NamespacedName) {
	if o := w.Server.Get(kind, key); o != nil {
		w.must(w.Users.Delete(w.Context(), o.DeepCopyObject().(client.Object)), "losing %s %s", kind, key)
	}
}

// Annotate sets an annotation of a connection.
func (w *World) Annotate(key types.NamespacedName, name, value string) {
	c := w.Connection(key)
	if c == nil {
		return
	}
	c = c.DeepCopy()
	metav1.SetMetaDataAnnotation(&c.ObjectMeta, name, value)
	if wanted, ok := w.desired[nameOf(c)]; ok {
		metav1.SetMetaDataAnnotation(meta(wanted), name, value) // The spec may be an older one just now.
	}
	w.must(w.Users.Update(w.Context(), c), "annotating %s", key)
}

// StripFinalizers takes all finalizers off an object, past everybody who put them there.
func (w *World) StripFinalizers(kind apiserver.Kind, key types.NamespacedName) {
	if o := w.Server.Get(kind, key); o != nil && len(o.GetFinalizers()) > 0 {
		o = o.DeepCopyObject().(client.Object)
		o.SetFinalizers(nil)
		w.Stripped = true
		if kind == apiserver.BankConnection && o.GetDeletionTimestamp() != nil {
			w.Torn[key] = w.now
		}
		w.must(w.Users.Update(w.Context(), o), "stripping %s %s", kind, key)
	}
}

// SecretData returns what is in a Secret; nil if none exists.
func (w *World) SecretData(key types.NamespacedName) map[string]string {
	s, ok := w.Server.Get(apiserver.Secret, key).(*corev1.Secret)
	if !ok {
		return nil
	}
	data := map[string]string{}
	for k, v := range s.Data {
		data[k] = string(v)
	}
	return data
}

// PutSecret creates a Secret, or changes the one that is there. In a namespace that is being deleted
// nothing can be created.
func (w *World) PutSecret(key types.NamespacedName, data map[string]string) {
	switch {
	case w.Server.Get(apiserver.Secret, key) != nil:
		w.EditSecret(key, data)
	case !w.gone[key.Namespace]:
		w.CreateSecret(key, data)
	}
}

// Stranger returns a login of the first bank that belongs to no connection: one for each name.
func (w *World) Stranger(name types.NamespacedName) string {
	return w.Banks()[0].SeedLogin(flinkssim.SeedOptions{Username: "greatday_nomfa+stranger-" + name.Name, LastRefresh: Epoch.Add(-48 * time.Hour)})
}
