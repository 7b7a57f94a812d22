package browser

import (
	"bytes"
	"image"
	"image/png"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/test/browser/chromium"
)

// TestLogoOfTheInstance is shown, under the rights and the policies that are shipped.
func TestLogoOfTheInstance(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 48, 16))); err != nil {
		t.Fatal(err)
	}
	s.Create(&corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.Namespace, Name: "brand"}, BinaryData: map[string][]byte{"logo.png": picture.Bytes()},
	})
	var instance v1alpha1.ClusterFlinksInstance
	if err := s.Client.Get(t.Context(), client.ObjectKey{Name: s.InstanceName()}, &instance); err != nil {
		t.Fatal(err)
	}
	change := client.MergeFrom(instance.DeepCopy())
	instance.Spec.Gateway.DisplayName = "Acme Lending"
	instance.Spec.Gateway.Page.LogoConfigMapRef = &v1alpha1.ConfigMapKeyReference{Name: "brand", Key: "logo.png"}
	if err := s.Client.Patch(t.Context(), &instance, change); err != nil {
		t.Fatal(err)
	}
	p := s.openLink(s.unlinked("acme"), chromium.Options{})
	p.See("#logo")
	p.Until(`document.querySelector("#logo").naturalWidth === 48`)
}
