package reconcile

import (
	"bytes"
	"image"
	"image/png"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// aLogo returns a PNG of a width.
func aLogo(t *testing.T, width int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, 8))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// shows checks that the page has a logo; none if it is empty.
func (v *openedLink) shows(logo []byte, when string) {
	v.t.Helper()
	want := ""
	if logo != nil {
		want = linkapi.LogoDigest(logo)
	}
	view := v.looks(linkapi.StateConnect)
	if view.Brand.Logo != want {
		v.t.Errorf("%s, the page has the logo %q, want %q", when, view.Brand.Logo, want)
	}
	got, err := v.service.Logo(v.ctx(), v.visit)
	if !bytes.Equal(got, logo) || (err == nil) != (logo != nil) {
		v.t.Errorf("%s, the logo has %d bytes, %v", when, len(got), err)
	}
}

// TestLogo: the page has the image in the ConfigMap beside the Secret with the keys, as it was in
// the last minute, and no text of it. An instance whose ConfigMap has none says so once.
func TestLogo(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	v := h.awaitLogin()
	v.shows(nil, "without a reference")
	h.onInstance(func(i *v1alpha1.ClusterFlinksInstance) {
		i.Spec.Gateway.DisplayName = "Acme"
		i.Spec.Gateway.Page.LogoConfigMapRef = &v1alpha1.ConfigMapKeyReference{Name: "brand", Key: "logo.png"}
	})
	unusable := func() int { return strings.Count(h.eventsSoFar(), v1alpha1.ReasonLogoUnusable) }
	v.shows(nil, "without a ConfigMap")
	first, second := aLogo(t, 20), aLogo(t, 30)
	brand := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: h.theInstance().Spec.CredentialsSecretRef.Namespace, Name: "brand"},
		BinaryData: map[string][]byte{"logo.png": first},
	}
	h.create(brand)
	v.shows(nil, "within the minute")
	h.run(time.Minute)
	v.shows(first, "with an image")
	if n := unusable(); n != 1 {
		t.Errorf("%d events that the logo cannot be used, want 1", n)
	}
	put := func(data map[string][]byte, text map[string]string) {
		brand.BinaryData, brand.Data = data, text
		h.update(brand)
		h.run(time.Minute)
	}
	put(map[string][]byte{"logo.png": second}, nil)
	v.shows(second, "with another image")
	put(nil, map[string]string{"logo.png": `<svg xmlns="http://www.w3.org/2000/svg"/>`})
	v.shows(nil, "with a drawing that could have scripts")
	put(nil, map[string]string{"logo.png": "the password of a database"})
	v.shows(nil, "with a text")
	put(map[string][]byte{"logo.png": append(aLogo(t, 20), make([]byte, linkapi.MaxLogo)...)}, nil)
	v.shows(nil, "with too many bytes")
	put(map[string][]byte{"other.png": first}, nil)
	v.shows(nil, "without the key")
	if n := unusable(); n != 2 {
		t.Errorf("%d events that the logo cannot be used, want 2: another one for the images that are none", n)
	}
}
