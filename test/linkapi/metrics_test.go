package linkapi

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/manager"
	"github.com/flinks-operator/flinks-operator/internal/testenv/cluster"
)

// TestMetricsAreForTheAuthorized: an account that may not read metrics reads none.
func TestMetricsAreForTheAuthorized(t *testing.T) {
	c := newCluster(t)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	c.Start(func(o *manager.Options) { o.MetricsAddress = address })
	c.Kubectl("create", "clusterrolebinding", c.Namespace, "--clusterrole=flinks-operator-metrics-reader", "--serviceaccount="+c.Namespace+":reader")
	t.Cleanup(func() { c.Kubectl("delete", "clusterrolebinding", c.Namespace) })
	get := func(ctx context.Context, scheme, token string) (status int, err error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+address+"/metrics", nil)
		if err != nil {
			return 0, err
		}
		req.Header.Set("Authorization", "Bearer "+token)
		// Its certificate is its own.
		res, err := (&http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}).RoundTrip(req)
		if err != nil {
			return 0, err
		}
		return res.StatusCode, res.Body.Close()
	}
	reader := c.Token(c.Namespace, "reader")
	c.Eventually("a reader of metrics gets them", 20*time.Second, func(ctx context.Context) (bool, error) {
		status, err := get(ctx, "https", reader)
		return err == nil && status == http.StatusOK, nil
	})
	for name, token := range map[string]string{
		"no client":   "",
		"garbage":     "garbage",
		"the gateway": c.Token(cluster.LeaseNamespace, cluster.GatewayAccount),
		"a tenant":    c.Token(c.Namespace, "application"),
	} {
		if status, err := get(t.Context(), "https", token); err != nil || status < 400 {
			t.Errorf("%s gets %d, %v", name, status, err)
		}
	}
	if status, err := get(t.Context(), "http", reader); err == nil && status == http.StatusOK {
		t.Error("the metrics are served without TLS")
	}
}
