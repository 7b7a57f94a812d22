package manager

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

const (
	// linkAPISecret holds the certificate of the link API, and its CA.
	linkAPISecret = "flinks-operator-link-api-tls"
	authorityKey  = "ca.crt"
	// linkAPIService is the Service that the gateway calls.
	linkAPIService = "flinks-operator-link-api"

	certificateLife = 10 * 365 * 24 * time.Hour
	// certificateAge is how long the certificate is cached. A tool such as cert-manager
	// renews it long before it expires.
	certificateAge = time.Minute

	ownNamespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"
)

// bootstrapSecrets reads the Secrets of the operator itself, in its own namespace. The
// first replica that needs one creates it, if it does not exist.
type bootstrapSecrets struct {
	live      client.Client
	namespace string
	clock     clock.PassiveClock
}

func newBootstrapSecrets(live client.Client, o Options) (*bootstrapSecrets, error) {
	namespace, err := ownNamespace(o)
	if err != nil {
		return nil, fmt.Errorf("the link API needs to know its namespace; set --namespace, or --link-api-bind-address=0: %w", err)
	}
	return &bootstrapSecrets{live: live, namespace: namespace, clock: o.Clock}, nil
}

// ownNamespace returns the namespace of this process: that of the options, or that of the pod.
func ownNamespace(o Options) (string, error) {
	if o.Namespace != "" {
		return o.Namespace, nil
	}
	raw, err := os.ReadFile(ownNamespaceFile)
	return strings.TrimSpace(string(raw)), err
}

// certificate returns the certificate of the link API.
func (s *bootstrapSecrets) certificate(ctx context.Context) (*certificate, error) {
	c := &certificate{secrets: s}
	if _, err := c.current(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// getOrMake returns the data of a Secret, and creates the Secret if it does not exist. If
// two replicas create it at once, the slower one takes the other's data.
func (s *bootstrapSecrets) getOrMake(
	ctx context.Context, name, purpose string, of corev1.SecretType, fresh func() (map[string][]byte, error),
) (map[string][]byte, error) {
	data, err := s.get(ctx, name)
	if !apierrors.IsNotFound(err) {
		return data, err
	}
	if data, err = fresh(); err != nil {
		return nil, err
	}
	err = s.live.Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: s.namespace, Name: name,
			Labels: map[string]string{
				"app.kubernetes.io/name": "flinks-operator", "app.kubernetes.io/managed-by": "flinks-operator",
				v1alpha1.PurposeLabel: purpose,
			},
		},
		Type: of,
		Data: data,
	})
	switch {
	case apierrors.IsAlreadyExists(err):
		return s.get(ctx, name)
	case err != nil:
		return nil, fmt.Errorf("creating Secret %s/%s: %w", s.namespace, name, err)
	}
	return data, nil
}

func (s *bootstrapSecrets) get(ctx context.Context, name string) (map[string][]byte, error) {
	var secret corev1.Secret
	if err := s.live.Get(ctx, types.NamespacedName{Namespace: s.namespace, Name: name}, &secret); err != nil {
		return nil, fmt.Errorf("reading Secret %s/%s: %w", s.namespace, name, err)
	}
	return secret.Data, nil
}

// certificate reads the Secret every minute, so that a renewal needs no restart. It is
// safe for concurrent use.
type certificate struct {
	secrets *bootstrapSecrets

	mu     sync.Mutex
	asked  time.Time
	loaded *tls.Certificate
}

// forClient returns the certificate that a TLS client is shown.
func (c *certificate) forClient(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	return c.current(hello.Context())
}

// current returns the newest certificate that is valid.
func (c *certificate) current(ctx context.Context) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.secrets.clock.Now()
	if c.loaded != nil && now.Before(c.asked.Add(certificateAge)) {
		return c.loaded, nil
	}
	c.asked = now
	data, err := c.secrets.getOrMake(ctx, linkAPISecret, v1alpha1.PurposeLinkAPICertificate, corev1.SecretTypeTLS, func() (map[string][]byte, error) {
		return selfSigned(now, c.secrets.namespace)
	})
	if err == nil {
		var loaded tls.Certificate
		if loaded, err = tls.X509KeyPair(data[corev1.TLSCertKey], data[corev1.TLSPrivateKeyKey]); err == nil {
			c.loaded = &loaded
			return c.loaded, nil
		}
		err = errors.New("the certificate of the link API cannot be read; see Secret " + c.secrets.namespace + "/" + linkAPISecret)
	}
	if c.loaded != nil {
		return c.loaded, nil // The previous certificate is better than none.
	}
	return nil, err
}

// selfSigned returns a self-signed certificate. Only the gateway trusts it, which is given
// it as a CA, so it may be valid for long.
func selfSigned(now time.Time, namespace string) (map[string][]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("making a serial number: %w", err)
	}
	host := linkAPIService + "." + namespace
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: linkAPIService},
		// Clocks differ.
		NotBefore:   now.Add(-time.Hour),
		NotAfter:    now.Add(certificateLife),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		// The last two are for a gateway on the same machine.
		DNSNames:              []string{host + ".svc", host + ".svc.cluster.local", host, linkAPIService, "localhost"},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("signing the certificate of the link API: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("writing the key of the link API: %w", err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return map[string][]byte{
		corev1.TLSCertKey:       public,
		corev1.TLSPrivateKeyKey: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
		authorityKey:            public,
	}, nil
}
