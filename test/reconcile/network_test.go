package reconcile

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// proxy returns the address of a proxy for the simulator, and how many calls went through it.
func (h *harness) proxy() (address string, calls *atomic.Int32) {
	h.t.Helper()
	to, err := url.Parse(h.url)
	if err != nil {
		h.t.Fatal(err)
	}
	calls = &atomic.Int32{}
	forward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		forward.ServeHTTP(w, r)
	}))
	h.t.Cleanup(server.Close)
	return server.URL, calls
}

// TestProxyOfAnInstance: all calls of the instance go through it, and none before the keys
// were tried through it. A proxy is no other host: logins stay bound.
func TestProxyOfAnInstance(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	login := h.seed("greatday_nomfa")
	h.connect("acme", login)
	h.run(time.Minute)
	address, calls := h.proxy()
	i := h.theInstance()
	i.Spec.Proxy = &v1alpha1.ProxySpec{URL: address}
	h.update(i)
	before := len(h.sim.Journal())
	h.request("acme", "1")
	h.run(10 * time.Second)
	if n := len(h.sim.Journal()); n != before {
		t.Errorf("%d calls before the keys were tried by this way", n-before)
	}
	h.probe()
	h.poke("acme")
	h.run(5 * time.Minute)
	h.delete("acme")
	h.run(10 * time.Minute)
	h.expectGone("acme")
	h.expectDeleted(login, true)
	if got := len(h.sim.Journal()) - before; got < 4 || int(calls.Load()) != got {
		t.Errorf("%d calls, %d of them through the proxy", got, calls.Load())
	}
}

// TestCABundleThatIsNone is a condition of the instance, and ends with the right one.
func TestCABundleThatIsNone(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.connect("acme", h.seed("greatday_nomfa"))
	h.run(time.Minute)
	for name, bundle := range map[string]string{
		"text":          "no certificate",
		"a key":         "-----BEGIN EC PRIVATE KEY-----\nMHcCAQE=\n-----END EC PRIVATE KEY-----\n",
		"a broken one":  "-----BEGIN CERTIFICATE-----\nMHcCAQE=\n-----END CERTIFICATE-----\n",
		"an empty file": "\n",
	} {
		before := len(h.sim.Journal())
		h.onInstance(func(i *v1alpha1.ClusterFlinksInstance) { i.Spec.CABundle = []byte(bundle) }, "acme")
		h.run(time.Minute)
		if got := h.instanceReason(); got != v1alpha1.ReasonCABundleInvalid || len(h.sim.Journal()) != before {
			t.Errorf("%s: the instance is %s, %d calls", name, got, len(h.sim.Journal())-before)
		}
	}
	h.onInstance(func(i *v1alpha1.ClusterFlinksInstance) { i.Spec.CABundle = nil }, "acme")
	h.run(time.Minute)
	h.expect("acme", "Ready=True Refreshed")
	if got := h.instanceReason(); got != v1alpha1.ReasonCredentialsAccepted {
		t.Errorf("the instance is %s", got)
	}
}
