package cluster

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
	"github.com/flinks-operator/flinks-operator/internal/manager"
)

// GatewayAccount is the ServiceAccount of the gateway, as shipped.
const GatewayAccount = "flinks-operator-gateway"

// StartServing starts a manager with the link API, and returns its URL once it is there.
func (c *Cluster) StartServing(change ...func(*manager.Options)) (url string, stop func()) {
	c.T.Helper()
	listener, err := (&net.ListenConfig{}).Listen(c.T.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		c.T.Fatal(err)
	}
	stop = c.Start(append([]func(*manager.Options){func(o *manager.Options) {
		o.Namespace, o.LinkAPIListener = LeaseNamespace, listener
	}}, change...)...)
	c.Eventually("the certificate of the link API", 20*time.Second, func(ctx context.Context) (bool, error) {
		_, err := c.authority(ctx)
		return err == nil, client.IgnoreNotFound(err)
	})
	return "https://" + listener.Addr().String(), stop
}

func (c *Cluster) authority(ctx context.Context) ([]byte, error) {
	var secret corev1.Secret
	err := c.Client.Get(ctx, client.ObjectKey{Namespace: LeaseNamespace, Name: "flinks-operator-link-api-tls"}, &secret)
	return secret.Data["ca.crt"], err
}

// LinkAPIFiles writes what the gateway's pod has mounted: the authority of the link API,
// and the token of the gateway's ServiceAccount.
func (c *Cluster) LinkAPIFiles() (ca, token string) {
	c.T.Helper()
	pem, err := c.authority(c.T.Context())
	if err != nil {
		c.T.Fatal(err)
	}
	dir := c.T.TempDir()
	ca, token = filepath.Join(dir, "ca.crt"), filepath.Join(dir, "token")
	for file, content := range map[string][]byte{ca: pem, token: []byte(c.Token(LeaseNamespace, GatewayAccount, ForLinkAPI))} {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			c.T.Fatal(err)
		}
	}
	return ca, token
}

// Gateway asks the link API as the gateway does.
func (c *Cluster) Gateway(url string) *linkapi.Client {
	c.T.Helper()
	ca, token := c.LinkAPIFiles()
	asked, err := linkapi.NewClient(linkapi.ClientOptions{URL: url, CAFile: ca, TokenFile: token})
	if err != nil {
		c.T.Fatal(err)
	}
	return asked
}

// Token returns a token of a ServiceAccount, and creates the ServiceAccount if it does not exist.
func (c *Cluster) Token(namespace, account string, change ...func(*authenticationv1.TokenRequestSpec)) string {
	c.T.Helper()
	sa := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: account}}
	if err := c.Client.Create(c.T.Context(), sa); err != nil && !apierrors.IsAlreadyExists(err) {
		c.T.Fatal(err)
	}
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: new(int64(3600))}}
	for _, f := range change {
		f(&request.Spec)
	}
	if err := c.Client.SubResource("token").Create(c.T.Context(), sa, request); err != nil {
		c.T.Fatalf("making a token of %s: %v", account, err)
	}
	c.Guard(request.Status.Token)
	return request.Status.Token
}

// ForLinkAPI makes a token one for the link API, as the gateway's pod mounts it.
func ForLinkAPI(s *authenticationv1.TokenRequestSpec) { s.Audiences = []string{linkapi.Audience} }

// AddGateway gives the shared instance a gateway.
func (c *Cluster) AddGateway(url string) {
	c.T.Helper()
	c.Kubectl("patch", "clusterflinksinstance", c.InstanceName(), "--type=merge", "-p", `{"spec":{"gateway":{"url":"`+url+`"}}}`)
}
