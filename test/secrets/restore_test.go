package secrets

import (
	"context"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
	"github.com/flinks-operator/flinks-operator/internal/testenv/cluster"
)

// linksBank links a bank on the page, for the connection acme, and returns the loginId.
func (c *fixture) linksBank(url string) string {
	c.T.Helper()
	const gateway = "https://connect.example.com"
	asked := c.Gateway(url)
	c.CreateInstance()
	c.AddGateway(gateway)
	c.Apply(c.Connection("acme", "  reconnect: {link: {type: Gateway}}\n"))
	var token linkapi.Identifier
	c.Eventually("a link", 20*time.Second, func(ctx context.Context) (bool, error) {
		var connection v1alpha1.BankConnection
		err := c.Client.Get(ctx, client.ObjectKey{Namespace: c.Namespace, Name: "acme"}, &connection)
		if r := connection.Status.Reconnect; r != nil {
			text, found := strings.CutPrefix(r.Link.URL, gateway+"/c/")
			token = linkapi.NewIdentifier(text)
			return found, err
		}
		return false, err
	})
	frame, err := asked.Connect(c.T.Context(), linkapi.Visit{Token: token})
	if err != nil {
		c.T.Fatal(err)
	}
	linked, err := (&flinkssim.Person{Username: "greatday_nomfa"}).Link(c.T.Context(), frame.Reveal())
	if err != nil {
		c.T.Fatal(err)
	}
	c.Guard(linked.LoginID)
	c.Eventually("the login is kept", 40*time.Second, func(ctx context.Context) (bool, error) {
		v, err := asked.Finish(ctx, linkapi.Visit{Token: token}, linkapi.NewIdentifier(linked.LoginID), linkapi.Identifier{})
		return v.State == linkapi.StateDone, err
	})
	c.Kubectl("wait", "--for=condition=Ready", "bankconn/acme", "-n", c.Namespace, "--timeout=20s")
	return linked.LoginID
}

// restore deletes an object past its finalizers and creates it again as it was, with another UID.
func (c *fixture) restore(o client.Object) {
	c.T.Helper()
	ctx := c.T.Context()
	o.SetFinalizers(nil)
	if err := c.Client.Update(ctx, o); err != nil {
		c.T.Fatal(err)
	}
	if err := c.Client.Delete(ctx, o); err != nil {
		c.T.Fatal(err)
	}
	o.SetUID("")
	o.SetResourceVersion("")
	c.Create(o)
}

// TestLoginSecretSurvivesARestore: a restored connection has another UID, and a Secret that
// names the old one as its owner is garbage. The loginId is in no other place.
func TestLoginSecretSurvivesARestore(t *testing.T) {
	c := newFixture(t)
	if err := c.Sim.SetKnobs(func(k *flinkssim.Knobs) { k.TagScope = flinkssim.TagScopeLogin }); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Kubectl("delete", "secret", "flinks-operator-links", "flinks-operator-link-api-tls", "-n", cluster.LeaseNamespace)
	})
	url, stop := c.StartServing()
	id := c.linksBank(url)
	stop()
	connection, secret := c.Get("acme"), &corev1.Secret{}
	if err := c.Client.Get(t.Context(), client.ObjectKey{Namespace: c.Namespace, Name: "acme-login"}, secret); err != nil {
		t.Fatal(err)
	}
	gone := metav1.OwnerReference{APIVersion: v1alpha1.GroupVersion.String(), Kind: "BankConnection", Name: "acme", UID: connection.UID}
	c.restore(connection)
	c.restore(secret)
	c.Create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: c.Namespace, Name: "garbage", OwnerReferences: []metav1.OwnerReference{gone}}})
	c.Eventually("garbage is collected", 30*time.Second, func(ctx context.Context) (bool, error) {
		_, ok, err := c.secret(ctx, "garbage")
		return !ok, err
	})
	if s, ok, err := c.secret(t.Context(), "acme-login"); err != nil || !ok || s.DeletionTimestamp != nil {
		t.Fatalf("the login is lost: %v", err)
	}
	c.Start()
	c.Kubectl("wait", "--for=condition=Ready", "bankconn/acme", "-n", c.Namespace, "--timeout=20s")
	c.Kubectl("delete", "bankconn", "acme", "-n", c.Namespace, "--timeout=30s")
	if state, _ := c.Sim.Login(id); !state.Deleted {
		t.Error("the login is not deleted at Flinks")
	}
	c.Eventually("the Secret goes with its login", 30*time.Second, func(ctx context.Context) (bool, error) {
		_, ok, err := c.secret(ctx, "acme-login")
		return !ok, err
	})
	c.CheckCanaries()
	c.CheckForbidden()
}
