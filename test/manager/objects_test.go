package manager

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

func seed(username string, lastRefresh time.Time) flinkssim.SeedOptions {
	return flinkssim.SeedOptions{Username: username, LastRefresh: lastRefresh}
}

func loginSecret(namespace, name, id string) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name + "-login"},
		Data:       map[string][]byte{"loginId": []byte(id)},
	}
}

func newConnection(namespace, name, instance string) *v1alpha1.BankConnection {
	return &v1alpha1.BankConnection{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: v1alpha1.BankConnectionSpec{
			InstanceRef:      v1alpha1.InstanceReference{Kind: v1alpha1.KindClusterFlinksInstance, Name: instance},
			LoginIDSecretRef: v1alpha1.LoginIDSecretReference{Name: name + "-login"},
		},
	}
}
