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
	"maps"
	"math/big"
	"net"
	"strconv"
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

// TestCertificatesAreReplaced while the manager runs, by an administrator; what cannot be read replaces
// nothing.
func TestCertificatesAreReplaced(t *testing.T) {
	c := newCluster(t)
	clock := clocktesting.NewFakePassiveClock(c.Sim.Now())
	url, _ := c.StartServing(func(o *manager.Options) { o.Clock = clock })
	first := served(t.Context(), t, url)
	public, private := certificate(t, clock.Now())
	replace := func(public, private []byte) {
		changeSecret(c, "flinks-operator-link-api-tls", func(data map[string][]byte) {
			data["tls.crt"], data["tls.key"], data["ca.crt"] = public, private, public
		})
	}
	// minute lets the manager read the Secret again.
	minute := func() {
		reads := func() int {
			return strings.Count(c.Audit(), "/api/v1/namespaces/"+cluster.LeaseNamespace+"/secrets/flinks-operator-link-api-tls")
		}
		before := reads()
		clock.SetTime(clock.Now().Add(time.Minute))
		c.Eventually("the Secret is read", 20*time.Second, func(context.Context) (bool, error) { return reads() > before, nil })
	}
	replace(public, private)
	if !bytes.Equal(served(t.Context(), t, url), first) {
		t.Error("the Secret is read for every connection")
	}
	clock.SetTime(clock.Now().Add(time.Minute))
	c.Eventually("the other certificate is served", 20*time.Second, func(ctx context.Context) (bool, error) {
		return !bytes.Equal(served(ctx, t, url), first), nil
	})
	second := served(t.Context(), t, url)
	if v, err := c.Gateway(url).View(t.Context(), linkapi.Visit{Token: linkapi.NewIdentifier("x")}); err != nil || v.State != linkapi.StateLinkInvalid {
		t.Errorf("with the new one: %+v, %v", v, err)
	}
	replace([]byte("half of"), []byte("a file"))
	minute()
	if !bytes.Equal(served(t.Context(), t, url), second) {
		t.Error("what cannot be read is served")
	}
	c.Kubectl("delete", "secret", "flinks-operator-link-api-tls", "-n", cluster.LeaseNamespace)
	clock.SetTime(clock.Now().Add(time.Minute))
	c.Eventually("another one is made for the one that is gone", 20*time.Second, func(ctx context.Context) (bool, error) {
		third := served(ctx, t, url)
		return !bytes.Equal(third, second) && !bytes.Equal(third, first), nil
	})
}

// served returns the certificate that a replica shows.
func served(ctx context.Context, t *testing.T, url string) []byte {
	t.Helper()
	conn, err := (&tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}).DialContext(ctx, "tcp", strings.TrimPrefix(url, "https://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0].Raw
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

// TestKeysAreReplaced while two replicas run: a new key signs when it is its time, and links of the old
// one are known as long as it is there.
func TestKeysAreReplaced(t *testing.T) {
	c := newCluster(t)
	clock := clocktesting.NewFakePassiveClock(c.Sim.Now())
	replicas := [2]*linkapi.Client{}
	for i := range replicas {
		url, _ := c.StartServing(func(o *manager.Options) { o.Clock = clock })
		replicas[i] = c.Gateway(url)
	}
	c.CreateInstance()
	c.AddGateway(gatewayURL)
	c.Apply(c.Connection("acme", "  reconnect: {link: {type: Gateway}}\n"))
	old := awaitLink(c, "acme", "")
	first := c.Get("acme").Status.Reconnect.Link.KeyID
	pass := func(d time.Duration) { clock.SetTime(clock.Now().Add(d)) }
	next := clock.Now().UTC().Add(10 * time.Minute).Format("20060102T150405Z")
	changeSecret(c, "flinks-operator-links", func(data map[string][]byte) { data[next] = link.RandomKey() })
	pass(time.Minute)
	if early := anotherLink(c, "1"); early != first {
		t.Errorf("%s signs before its time", early)
	}
	pass(10 * time.Minute)
	for n := 2; anotherLink(c, strconv.Itoa(n)) == first; n++ {
		if n > 60 {
			t.Fatal("the new key never signs")
		}
		pass(time.Minute)
	}
	young := awaitLink(c, "acme", "")
	for _, replica := range replicas {
		awaitState(c, replica, young, linkapi.StateConnect)
		if v, err := replica.View(t.Context(), linkapi.Visit{Token: old}); err != nil || v.State != linkapi.StateLinkReplaced {
			t.Errorf("the first link: %+v, %v", v, err)
		}
	}
	changeSecret(c, "flinks-operator-links", func(data map[string][]byte) { keepOnly(data, next) })
	pass(time.Minute)
	for _, replica := range replicas {
		awaitState(c, replica, young, linkapi.StateConnect)
		c.Eventually("the key that was removed counts for nothing", 20*time.Second, func(ctx context.Context) (bool, error) {
			v, err := replica.View(ctx, linkapi.Visit{Token: old})
			return v.State == linkapi.StateLinkInvalid, err
		})
	}
}

// TestStolenKey: when an administrator replaces all keys, the customer gets another link, and the one
// before does not work.
func TestStolenKey(t *testing.T) {
	c := newCluster(t)
	clock := clocktesting.NewFakePassiveClock(c.Sim.Now())
	url, _ := c.StartServing(func(o *manager.Options) { o.Clock = clock })
	gateway := c.Gateway(url)
	c.CreateInstance()
	c.AddGateway(gatewayURL)
	c.Apply(c.Connection("acme", "  reconnect: {link: {type: Gateway}}\n"))
	stolen := awaitLink(c, "acme", "")
	first := c.Get("acme").Status.Reconnect.Link.KeyID
	changeSecret(c, "flinks-operator-links", func(data map[string][]byte) {
		clear(data)
		data[clock.Now().UTC().Format("20060102T150405Z")] = link.RandomKey()
	})
	clock.SetTime(clock.Now().Add(time.Minute))
	c.Eventually("a link of the other key", 30*time.Second, func(ctx context.Context) (bool, error) {
		var connection v1alpha1.BankConnection
		err := c.Client.Get(ctx, client.ObjectKey{Namespace: c.Namespace, Name: "acme"}, &connection)
		return connection.Status.Reconnect != nil && connection.Status.Reconnect.Link.KeyID != first, err
	})
	awaitState(c, gateway, awaitLink(c, "acme", ""), linkapi.StateConnect)
	if v, err := gateway.View(t.Context(), linkapi.Visit{Token: stolen}); err != nil || v.State != linkapi.StateLinkInvalid {
		t.Errorf("the link of the stolen key: %+v, %v", v, err)
	}
}

func keepOnly(data map[string][]byte, name string) {
	maps.DeleteFunc(data, func(other string, _ []byte) bool { return other != name })
}

// anotherLink asks for another link, and returns the key that signs it.
func anotherLink(c *cluster.Cluster, request string) (keyID string) {
	c.T.Helper()
	c.Kubectl("annotate", "bankconn", "acme", "-n", c.Namespace, "--overwrite", "connect.flinks-operator.dev/link-requested-at="+request)
	c.Eventually("another link", 20*time.Second, func(ctx context.Context) (bool, error) {
		var connection v1alpha1.BankConnection
		err := c.Client.Get(ctx, client.ObjectKey{Namespace: c.Namespace, Name: "acme"}, &connection)
		r := connection.Status.Reconnect
		if r == nil || r.Link.Request != request {
			return false, err
		}
		keyID = r.Link.KeyID
		return true, err
	})
	return keyID
}
