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

func init() { metrics.Registry.MustRegister(linkAPICertificateExpiry) }

const (
	// linkAPISecret holds the certificate of the link API, and its authorities.
	linkAPISecret = "flinks-operator-link-api-tls"
	// certificateAge is how old the certificate of a process may be.
	certificateAge = time.Minute
	// renewalPause is how long a process waits after it could not write a renewal. There is
	// a month's time for that.
	renewalPause = time.Hour
)

// certificate is the one of the link API, which this process reads again every minute. Any
// replica renews it. It is safe for concurrent use.
type certificate struct {
	secrets *bootstrapSecrets
	loaded  atomic.Pointer[tls.Certificate]

	mu          sync.Mutex
	asked       time.Time
	failure     string
	pausedUntil time.Time
}

// newCertificate reads the certificate, and creates the Secret if it does not exist.
func newCertificate(ctx context.Context, s *bootstrapSecrets) (*certificate, error) {
	c := &certificate{secrets: s, asked: s.clock.Now()}
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
			ctrl.LoggerFrom(ctx).Error(err, "Certificate of the link API not read again", "secret", linkAPISecret)
		}
	}
	c.failure = failure
}

func (c *certificate) read(ctx context.Context, now time.Time) error {
	secret, err := c.secrets.getOrMake(ctx, linkAPISecret, v1alpha1.PurposeLinkAPICertificate, corev1.SecretTypeTLS, func() (map[string][]byte, error) {
		return selfSigned(now, c.secrets.namespace)
	})
	if err != nil {
		return err
	}
	data := c.renew(ctx, now, secret)
	pair, err := tls.X509KeyPair(data[corev1.TLSCertKey], data[corev1.TLSPrivateKeyKey])
	if err != nil {
		// The error of crypto/tls may quote what it was given.
		return fmt.Errorf("the certificate of the link API cannot be read; see Secret %s/%s", c.secrets.namespace, linkAPISecret)
	}
	c.loaded.Store(&pair)
	linkAPICertificateExpiry.Set(float64(pair.Leaf.NotAfter.Unix()))
	return nil
}

// renew writes the Secret if that is due, and returns what it holds then. Of replicas that
// write at once, one succeeds, and the others read it a minute later.
func (c *certificate) renew(ctx context.Context, now time.Time, secret *corev1.Secret) map[string][]byte {
	if secret.Labels[v1alpha1.PurposeLabel] != v1alpha1.PurposeLinkAPICertificate || now.Before(c.pausedUntil) {
		return secret.Data
	}
	renewed, err := renew(now, c.secrets.namespace, secret.Data)
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
		ctrl.LoggerFrom(ctx).Info("Certificate of the link API renewed", "secret", linkAPISecret, "served", renewed[nextCertKey] == nil)
		return renewed
	case apierrors.IsConflict(err):
		return secret.Data
	}
	c.pausedUntil = now.Add(renewalPause)
	ctrl.LoggerFrom(ctx).Error(err, "Certificate of the link API not renewed", "secret", linkAPISecret)
	return secret.Data
}
