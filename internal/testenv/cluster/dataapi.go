package cluster

import (
	"context"
	"crypto/x509"
	"net"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/dataclient"
	"github.com/flinks-operator/flinks-operator/internal/dataapi"
	"github.com/flinks-operator/flinks-operator/internal/manager"
)

// DataAPI returns where a manager serves data that is started with the change.
func (c *Cluster) DataAPI() (url string, change func(*manager.Options)) {
	c.T.Helper()
	listener, err := (&net.ListenConfig{}).Listen(c.T.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		c.T.Fatal(err)
	}
	return "https://" + listener.Addr().String(), func(o *manager.Options) { o.DataAPIListener, o.DataAdvertiseIP = listener, "127.0.0.1" }
}

// StartServingData starts a manager with the data API, and returns its URL and the authorities of its
// certificate once they are there.
func (c *Cluster) StartServingData(change ...func(*manager.Options)) (url string, authorities *x509.CertPool, stop func()) {
	c.T.Helper()
	url, serve := c.DataAPI()
	stop = c.Start(append([]func(*manager.Options){serve}, change...)...)
	authorities = x509.NewCertPool()
	c.Eventually("the certificate of the data API", 20*time.Second, func(ctx context.Context) (bool, error) {
		pem, err := c.dataAuthorities(ctx)
		return authorities.AppendCertsFromPEM(pem), client.IgnoreNotFound(err)
	})
	return url, authorities, stop
}

func (c *Cluster) dataAuthorities(ctx context.Context) (pem []byte, err error) {
	var secret corev1.Secret
	err = c.Client.Get(ctx, client.ObjectKey{Namespace: LeaseNamespace, Name: "flinks-operator-data-api-tls"}, &secret)
	return secret.Data["ca.crt"], err
}

// DataClient returns the client that applications use, with a token.
func (c *Cluster) DataClient(url, token string) *dataclient.Client {
	c.T.Helper()
	tokens := func(context.Context) ([]byte, error) { return []byte(token), nil }
	application, err := dataclient.New(url, tokens, c.dataAuthorities)
	if err != nil {
		c.T.Fatal(err)
	}
	c.T.Cleanup(application.CloseIdleConnections)
	return application
}

// ForDataAPI makes a token one for the data API, as the pod of an application mounts it.
func ForDataAPI(s *authenticationv1.TokenRequestSpec) { s.Audiences = []string{dataapi.Audience} }
