package manager

import (
	"context"
	"crypto/tls"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

var linkAPICertificateExpiry = prometheus.NewGauge(prometheus.GaugeOpts{
	Name: "flinks_operator_link_api_certificate_expiry_timestamp_seconds",
	Help: "When the certificate of the link API that this process serves expires.",
})

var dataAPICertificateExpiry = prometheus.NewGauge(prometheus.GaugeOpts{
	Name: "flinks_operator_data_api_certificate_expiry_timestamp_seconds",
	Help: "When the certificate of the data API that this process serves expires.",
})

func init() { metrics.Registry.MustRegister(linkAPICertificateExpiry, dataAPICertificateExpiry) }

// servedBy is a Service whose certificate the operator makes.
type servedBy struct {
	// service is the name of the Service, secret that of the Secret with the certificate and its
	// authorities, and purpose the label of that Secret.
	service, secret, purpose string
	expiry                   prometheus.Gauge
}

var (
	// linkAPIService is what the gateway calls.
	linkAPIService = servedBy{
		service: "flinks-operator-link-api", secret: "flinks-operator-link-api-tls", purpose: v1alpha1.PurposeLinkAPICertificate,
		expiry: linkAPICertificateExpiry,
	}
	// dataAPIService is what applications call.
	dataAPIService = servedBy{
		service: "flinks-operator-data-api", secret: "flinks-operator-data-api-tls", purpose: v1alpha1.PurposeDataAPICertificate,
		expiry: dataAPICertificateExpiry,
	}
)

const (
	// certificateAge is how old the certificate of a process may be.
	certificateAge = time.Minute
	// renewalPause is how long a process waits after it could not write a renewal. There is
	// a month's time for that.
	renewalPause = time.Hour
)

// certificate is the one of a Service, which this process reads again every minute. Any replica
// renews it. It is safe for concurrent use.
type certificate struct {
	of      servedBy
	secrets *bootstrapSecrets
	loaded  atomic.Pointer[tls.Certificate]
	// authorities are those that sign it, in PEM.
	authorities atomic.Pointer[[]byte]

	mu          sync.Mutex
	asked       time.Time
	failure     string
	pausedUntil time.Time
}

// newCertificate reads the certificate, and creates the Secret if it does not exist.
func newCertificate(ctx context.Context, s *bootstrapSecrets, of servedBy) (*certificate, error) {
	c := &certificate{of: of, secrets: s, asked: s.clock.Now()}
	return c, c.read(ctx, c.asked)
}

// forClient returns the certificate that a TLS client is shown.
func (c *certificate) forClient(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return c.loaded.Load(), nil
}

// refresh reads the certificate again if it is a minute old. One that cannot be read replaces
// none.
func (c *certificate) refresh(ctx context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.secrets.clock.Now()
	if now.Before(c.asked.Add(certificateAge)) {
		return
	}
	c.asked = now
	failure := ""
	if err := c.read(ctx, now); err != nil {
		failure = err.Error()
		if failure != c.failure {
			ctrl.LoggerFrom(ctx).Error(err, "Certificate not read again", "secret", c.of.secret)
		}
	}
	c.failure = failure
}

func (c *certificate) read(ctx context.Context, now time.Time) error {
	secret, err := c.secrets.getOrMake(ctx, c.of.secret, c.of.purpose, corev1.SecretTypeTLS, func() (map[string][]byte, error) {
		return selfSigned(now, c.of.service, c.secrets.namespace)
	})
	if err != nil {
		return err
	}
	data := c.renew(ctx, now, secret)
	pair, err := tls.X509KeyPair(data[corev1.TLSCertKey], data[corev1.TLSPrivateKeyKey])
	if err != nil {
		// The error of crypto/tls may quote what it was given.
		return fmt.Errorf("the certificate of %s cannot be read; see Secret %s/%s", c.of.service, c.secrets.namespace, c.of.secret)
	}
	c.loaded.Store(&pair)
	c.authorities.Store(new(data[authorityKey]))
	c.of.expiry.Set(float64(pair.Leaf.NotAfter.Unix()))
	return nil
}

// renew writes the Secret if that is due, and returns what it holds then. Of replicas that
// write at once, one succeeds, and the others read it a minute later.
func (c *certificate) renew(ctx context.Context, now time.Time, secret *corev1.Secret) map[string][]byte {
	if secret.Labels[v1alpha1.PurposeLabel] != c.of.purpose || now.Before(c.pausedUntil) {
		return secret.Data
	}
	renewed, err := renew(now, c.of.service, c.secrets.namespace, secret.Data)
	if err == nil && renewed == nil {
		return secret.Data
	}
	if err == nil {
		written := secret.DeepCopy()
		written.Data = renewed
		err = c.secrets.live.Update(ctx, written)
	}
	switch {
	case err == nil:
		ctrl.LoggerFrom(ctx).Info("Certificate renewed", "secret", c.of.secret, "served", renewed[nextCertKey] == nil)
		return renewed
	case apierrors.IsConflict(err):
		return secret.Data
	}
	c.pausedUntil = now.Add(renewalPause)
	ctrl.LoggerFrom(ctx).Error(err, "Certificate not renewed", "secret", c.of.secret)
	return secret.Data
}
