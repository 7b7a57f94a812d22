package devplane

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// known are the customers whose loginId the application has.
func (d *demo) known() []*customer { return []*customer{d.calm, d.asked} }

func (d *demo) customers() []*customer { return append(d.known(), d.newcomer) }

// connect stores each loginId in a Secret, applies a BankConnection for it, and
// waits until the operator has looked at the login.
func (d *demo) connect(ctx context.Context) error {
	samples, err := d.tree.readSamples()
	if err != nil {
		return err
	}
	connections, err := samples.connections(len(d.known()))
	if err != nil {
		return err
	}
	d.story.say("kubectl apply: config/samples, with these loginIds")
	for i, c := range d.known() {
		if err := d.applySample(ctx, c, samples, connections[i]); err != nil {
			return err
		}
	}
	for _, c := range d.known() {
		if _, err := d.follower.until(ctx, d.options.Patience, c.connection, "become ready", isReady); err != nil {
			return err
		}
		if err := d.checkObserved(c); err != nil {
			return err
		}
	}
	return nil
}

// applySample applies a sample for the customer's login, and its Secret.
func (d *demo) applySample(ctx context.Context, c *customer, all samples, manifest sample) error {
	typed, err := manifest.connection()
	if err != nil {
		return err
	}
	c.connection = client.ObjectKeyFromObject(typed)
	ref := client.ObjectKey{Namespace: typed.Namespace, Name: typed.Spec.LoginIDSecretRef.Name}
	secret, err := all.secret(ref, map[string]string{loginIDKey(typed): c.loginID})
	if err != nil {
		return err
	}
	if err := d.atSimulator(manifest); err != nil {
		return err
	}
	return d.apply(ctx, secret, manifest.Unstructured)
}

// atSimulator makes a sample refer to the simulator's instance. The hosts of a
// namespaced one follow from its name, so it cannot lead there.
func (p *Plane) atSimulator(manifest sample) error {
	instance := map[string]string{"kind": string(v1alpha1.KindClusterFlinksInstance), "name": p.Instance}
	return unstructured.SetNestedStringMap(manifest.Object, instance, "spec", "instanceRef")
}

// checkObserved makes sure that one cached Authorize was enough to know a login,
// and that no bank was contacted.
func (d *demo) checkObserved(c *customer) error {
	calls := d.calls(func(e flinkssim.Entry) bool { return e.Endpoint == "Authorize" && e.LoginID == c.loginID })
	d.story.say("Flinks saw: %s", listed(calls))
	if len(calls) != 1 || calls[0].Mode != "cached" {
		return fmt.Errorf("connecting %s took these calls of Authorize, want a cached one alone:\n%s", c.connection.Name, listed(calls))
	}
	return nil
}
