package devplane

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// The accounts under which the operator and its gateway run.
const (
	managerAccount = "flinks-operator-manager"
	gatewayAccount = "flinks-operator-gateway"
)

// install installs what is shipped, as it is shipped: the CRDs, the namespace and
// the RBAC. It returns the account of the operator.
func (p *Plane) install(ctx context.Context) (serviceAccount, error) {
	var shipped []*unstructured.Unstructured
	for _, path := range []string{"crd/bases", "manager/namespace.yaml", "rbac", "gateway/service_account.yaml"} {
		objects, err := readManifests(p.tree.path("config", path))
		if err != nil {
			return serviceAccount{}, err
		}
		shipped = append(shipped, objects...)
	}
	account, err := findServiceAccount(shipped, managerAccount)
	if err != nil {
		return account, err
	}
	return account, p.apply(ctx, shipped...)
}

func findServiceAccount(objects []*unstructured.Unstructured, name string) (serviceAccount, error) {
	for _, u := range objects {
		if u.GroupVersionKind() == corev1.SchemeGroupVersion.WithKind(rbacv1.ServiceAccountKind) && u.GetName() == name {
			return serviceAccount{Namespace: u.GetNamespace(), Name: name}, nil
		}
	}
	return serviceAccount{}, fmt.Errorf("config has no ServiceAccount %s", name)
}

// connectInstance makes the simulator known to the operator, by the sample of a
// ClusterFlinksInstance, and waits until the operator has tried its keys.
func (p *Plane) connectInstance(ctx context.Context) error {
	samples, err := p.tree.readSamples()
	if err != nil {
		return err
	}
	instance, secretName, err := samples.instance()
	if err != nil {
		return err
	}
	keys := p.Simulator.Credentials()
	secret, err := samples.secret(secretName, map[string]string{"secretKey": keys.SecretKey, "apiKey": keys.APIKey})
	if err != nil {
		return err
	}
	endpoints := map[string]string{"api": p.SimulatorURL, "connect": p.SimulatorURL}
	if err := unstructured.SetNestedStringMap(instance.Object, endpoints, "spec", "endpoints"); err != nil {
		return err
	}
	gateway := map[string]string{"url": p.GatewayURL}
	if err := unstructured.SetNestedStringMap(instance.Object, gateway, "spec", "gateway"); err != nil {
		return err
	}
	if err := p.apply(ctx, secret, instance); err != nil {
		return err
	}
	p.Instance = instance.GetName()
	return p.waitForInstance(ctx)
}

func (p *Plane) waitForInstance(ctx context.Context) error {
	var instance v1alpha1.ClusterFlinksInstance
	err := wait.PollUntilContextTimeout(ctx, pollInterval, p.options.Patience, true, func(ctx context.Context) (bool, error) {
		err := p.Client.Get(ctx, client.ObjectKey{Name: p.Instance}, &instance)
		return meta.IsStatusConditionTrue(instance.Status.Conditions, v1alpha1.ConditionReady), err
	})
	if err == nil {
		return nil
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("waiting for ClusterFlinksInstance %s: %w", p.Instance, err)
	}
	reason := "the operator has not looked at it"
	if ready := meta.FindStatusCondition(instance.Status.Conditions, v1alpha1.ConditionReady); ready != nil {
		reason = ready.Reason + ": " + ready.Message
	}
	err = fmt.Errorf("ClusterFlinksInstance %s was not ready within %s: %s", p.Instance, p.options.Patience, reason)
	return errors.Join(err, p.managerErrors())
}
