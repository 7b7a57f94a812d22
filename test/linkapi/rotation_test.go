package linkapi

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/link"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
	"github.com/flinks-operator/flinks-operator/internal/manager"
	"github.com/flinks-operator/flinks-operator/internal/testenv/cluster"
)

// TestCertificatesAreReplaced while the manager runs, by the operator itself; what
// cannot be read replaces nothing.
func TestCertificatesAreReplaced(t *testing.T) {
	c := newCluster(t)
	clock := clocktesting.NewFakePassiveClock(c.Sim.Now())
	url, _ := c.StartServing(func(o *manager.Options) { o.Clock = clock })
	served := func() []byte {
		conn, err := (&tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}).DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "https://"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		return conn.(*tls.Conn).ConnectionState().PeerCertificates[0].Raw
	}
	first := served()
	public, private := certificate(t, clock.Now())
	replace := func(public, private []byte) {
		changeSecret(c, "flinks-operator-link-api-tls", func(data map[string][]byte) {
			data["tls.crt"], data["tls.key"], data["ca.crt"] = public, private, public
		})
	}
	replace(public, private)
	if !bytes.Equal(served(), first) {
		t.Error("the Secret is read for every connection")
	}
	clock.SetTime(clock.Now().Add(time.Minute))
	second := served()
	if bytes.Equal(second, first) {
		t.Error("the certificate was not replaced")
	}
	if v, err := c.Gateway(url).View(t.Context(), linkapi.NewIdentifier("x")); err != nil || v.State != linkapi.StateLinkInvalid {
		t.Errorf("with the new one: %+v, %v", v, err)
	}
	replace([]byte("half of"), []byte("a file"))
	clock.SetTime(clock.Now().Add(time.Minute))
	if !bytes.Equal(served(), second) {
		t.Error("what cannot be read is served")
	}
	c.Kubectl("delete", "secret", "flinks-operator-link-api-tls", "-n", cluster.LeaseNamespace)
	clock.SetTime(clock.Now().Add(time.Minute))
	if third := served(); bytes.Equal(third, second) || bytes.Equal(third, first) {
		t.Error("no other one was made for the one that is gone")
	}
}

// certificate returns one that cert-manager could have made.
func certificate(t *testing.T, now time.Time) (public, private []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(7), DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})
}

func changeSecret(c *cluster.Cluster, name string, change func(map[string][]byte)) {
	c.T.Helper()
	var secret corev1.Secret
	if err := c.Client.Get(c.T.Context(), client.ObjectKey{Namespace: cluster.LeaseNamespace, Name: name}, &secret); err != nil {
		c.T.Fatal(err)
	}
	change(secret.Data)
	if err := c.Client.Update(c.T.Context(), &secret); err != nil {
		c.T.Fatal(err)
	}
}

// TestLinksOutliveTheirKey for as long as it is the previous one.
func TestLinksOutliveTheirKey(t *testing.T) {
	c := newCluster(t)
	url, stop := c.StartServing()
	c.CreateInstance()
	c.AddGateway(gatewayURL)
	c.Apply(c.Connection("acme", "  reconnect: {link: {type: Gateway}}\n"))
	old := awaitLink(c, "acme", "")
	awaitState(c, c.Gateway(url), old, linkapi.StateConnect)
	for _, tc := range []struct {
		change func(map[string][]byte)
		want   linkapi.State
	}{
		{func(data map[string][]byte) { data["previousKey"], data["key"] = data["key"], link.NewKey() }, linkapi.StateConnect},
		{func(data map[string][]byte) { delete(data, "previousKey") }, linkapi.StateLinkInvalid},
	} {
		stop()
		changeSecret(c, "flinks-operator-links", tc.change)
		url, stop = c.StartServing()
		gateway := c.Gateway(url)
		if v, err := gateway.View(t.Context(), old); err != nil || v.State != tc.want {
			t.Errorf("%+v, %v, want %s", v, err, tc.want)
		}
		requested := string(tc.want)
		c.Kubectl("annotate", "bankconn", "acme", "-n", c.Namespace, "--overwrite", "connect.flinks-operator.dev/link-requested-at="+requested)
		c.Eventually("a link of the new key", 20*time.Second, func(ctx context.Context) (bool, error) {
			var connection v1alpha1.BankConnection
			err := c.Client.Get(ctx, client.ObjectKey{Namespace: c.Namespace, Name: "acme"}, &connection)
			r := connection.Status.Reconnect
			return r != nil && r.Link.Request == requested, err
		})
		awaitState(c, gateway, awaitLink(c, "acme", ""), linkapi.StateConnect)
	}
}
