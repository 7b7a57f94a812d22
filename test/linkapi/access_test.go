package linkapi

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
	"github.com/flinks-operator/flinks-operator/internal/testenv/cluster"
)

const view = `{"token":"not-a-token"}`

// TestTheLinkAPIRefusesOtherAccounts: an account that is not the gateway's does not get as far
// as being told what is wrong with what they sent.
func TestTheLinkAPIRefusesOtherAccounts(t *testing.T) {
	c := newCluster(t)
	url, _ := c.StartServing()
	bound := func(kind, name string) func(*authenticationv1.TokenRequestSpec) {
		return func(s *authenticationv1.TokenRequestSpec) {
			s.BoundObjectRef = &authenticationv1.BoundObjectReference{Kind: kind, APIVersion: "v1", Name: name}
		}
	}
	gone := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: cluster.LeaseNamespace, Name: "gone-" + c.Namespace}}
	c.Create(gone)
	revoked := c.Token(cluster.LeaseNamespace, cluster.GatewayAccount, cluster.ForLinkAPI, bound("Secret", gone.Name))
	if err := c.Client.Delete(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	gateway := c.Token(cluster.LeaseNamespace, cluster.GatewayAccount, cluster.ForLinkAPI)
	for _, tc := range []struct {
		name, authorization, method, path string
		want                              int
	}{
		{"no token", "", "", "", 401},
		{"an empty token", "Bearer ", "", "", 401},
		{"garbage", "Bearer garbage", "", "", 401},
		{"a password", "Basic YWRtaW46YWRtaW4=", "", "", 401},
		{"a token without the word", gateway, "", "", 401},
		{"a token that was changed", "Bearer " + gateway[:len(gateway)-8] + "AAAAAAAA", "", "", 401},
		{"a token that was revoked", "Bearer " + revoked, "", "", 401},
		{"a token for another audience", "Bearer " + c.Token(cluster.LeaseNamespace, cluster.GatewayAccount, func(s *authenticationv1.TokenRequestSpec) {
			s.Audiences = []string{"vault"}
		}), "", "", 401},
		{"the gateway's token for the API server", "Bearer " + c.Token(cluster.LeaseNamespace, cluster.GatewayAccount), "", "", 401},
		{"a token for two audiences", "Bearer " + c.Token(cluster.LeaseNamespace, cluster.GatewayAccount, func(s *authenticationv1.TokenRequestSpec) {
			s.Audiences = []string{"vault", linkapi.Audience}
		}), "", "", 200},
		{"the manager", "Bearer " + c.Token(cluster.LeaseNamespace, "flinks-operator-manager", cluster.ForLinkAPI), "", "", 403},
		{"the default account next to it", "Bearer " + c.Token(cluster.LeaseNamespace, "default", cluster.ForLinkAPI), "", "", 403},
		{"an application", "Bearer " + c.Token(c.Namespace, "application", cluster.ForLinkAPI), "", "", 403},
		{"a gateway of another namespace", "Bearer " + c.Token(c.Namespace, cluster.GatewayAccount, cluster.ForLinkAPI), "", "", 403},
		{"the gateway that gets", "Bearer " + gateway, http.MethodGet, "", 403},
		{"the gateway that wants metrics", "Bearer " + gateway, "", "/metrics", 403},
		{"the gateway elsewhere", "Bearer " + gateway, "", "/linkapi/v2/view", 403},
		{"the gateway around a corner", "Bearer " + gateway, "", "/linkapi/v1/../../metrics", 404},
		{"the gateway", "Bearer " + gateway, "", "", 200},
	} {
		t.Run(tc.name, func(t *testing.T) {
			status, body := post(t, c, url, tc.authorization, tc.method, tc.path)
			if status != tc.want {
				t.Errorf("status %d, want %d", status, tc.want)
			}
			if tc.want != 200 && (strings.Contains(body, "not-a-token") || strings.Contains(body, "state")) {
				t.Errorf("it is told %q", body)
			}
		})
	}
	c.CheckCanaries()
	c.CheckForbidden()
}

func post(t *testing.T, c *cluster.Cluster, url, authorization, method, path string) (status int, body string) {
	t.Helper()
	if method == "" {
		method = http.MethodPost
	}
	if path == "" {
		path = linkapi.Path + "view"
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(view))
	if err != nil {
		t.Fatal(err)
	}
	req.URL.Path = path
	req.Header.Set("Content-Type", "application/json")
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	res, err := (&http.Transport{TLSClientConfig: &tls.Config{RootCAs: authority(t, c), MinVersion: tls.VersionTLS12}}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(raw)
}

func authority(t *testing.T, c *cluster.Cluster) *x509.CertPool {
	t.Helper()
	file, _ := c.LinkAPIFiles()
	pem, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatal("there is no authority")
	}
	return pool
}

// TestTheLinkAPISpeaksTLSAlone: clients need TLS 1.2 and the authority of its certificate.
func TestTheLinkAPISpeaksTLSAlone(t *testing.T) {
	c := newCluster(t)
	url, _ := c.StartServing()
	address := strings.TrimPrefix(url, "https://")
	dial := func(config *tls.Config) error {
		conn, err := (&tls.Dialer{Config: config}).DialContext(t.Context(), "tcp", address)
		if err == nil {
			_ = conn.Close()
		}
		return err
	}
	pool := authority(t, c)
	if err := dial(&tls.Config{RootCAs: pool}); err != nil {
		t.Errorf("with the authority of the Secret: %v", err)
	}
	if err := dial(&tls.Config{RootCAs: pool, ServerName: "flinks-operator-link-api.flinks-system.svc"}); err != nil {
		t.Errorf("by the name of the Service: %v", err)
	}
	if err := dial(&tls.Config{}); err == nil {
		t.Error("a client trusts it without its authority")
	}
	if err := dial(&tls.Config{RootCAs: pool, ServerName: "flinks-operator-link-api.elsewhere.svc"}); err == nil {
		t.Error("it is trusted under another name")
	}
	if err := dial(&tls.Config{RootCAs: pool, MaxVersion: tls.VersionTLS11}); err == nil {
		t.Error("it speaks TLS 1.1")
	}
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Write([]byte("POST /linkapi/v1/view HTTP/1.1\r\nHost: x\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(conn)
	if err == nil && (strings.Contains(string(raw), "state") || strings.Contains(string(raw), "401")) {
		t.Errorf("it speaks without TLS: %q", raw)
	}
}

// TestTheClientIsRefusedAsItself: the gateway's own client tells that apart.
func TestTheClientIsRefusedAsItself(t *testing.T) {
	c := newCluster(t)
	url, _ := c.StartServing()
	asked := c.Gateway(url)
	if v, err := asked.View(t.Context(), linkapi.Visit{Token: linkapi.NewIdentifier("not-a-token")}); err != nil || v.State != linkapi.StateLinkInvalid {
		t.Errorf("%+v, %v", v, err)
	}
	ca, token := c.LinkAPIFiles()
	if err := os.WriteFile(token, []byte(c.Token(c.Namespace, "application", cluster.ForLinkAPI)), 0o600); err != nil {
		t.Fatal(err)
	}
	stranger, err := linkapi.NewClient(linkapi.ClientOptions{URL: url, CAFile: ca, TokenFile: token})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stranger.View(t.Context(), linkapi.Visit{Token: linkapi.NewIdentifier("not-a-token")}); !errors.Is(err, linkapi.ErrRefused) {
		t.Errorf("%v", err)
	}
}

// TestTheGatewaysTokenIsForTheLinkAPIAlone: the API server refuses it.
func TestTheGatewaysTokenIsForTheLinkAPIAlone(t *testing.T) {
	c := newCluster(t)
	mounted := c.Kubectl("get", "deployment", cluster.GatewayAccount, "-n", cluster.LeaseNamespace, "-o",
		"jsonpath={.spec.template.spec.volumes[*].projected.sources[*].serviceAccountToken.audience}")
	if mounted != linkapi.Audience {
		t.Errorf("the pod of the gateway mounts a token for %q", mounted)
	}
	for audience, want := range map[string]bool{"": true, mounted: false} {
		config := rest.AnonymousClientConfig(c.Env.Config)
		config.BearerToken = c.Token(cluster.LeaseNamespace, cluster.GatewayAccount, func(s *authenticationv1.TokenRequestSpec) {
			if audience != "" {
				s.Audiences = []string{audience}
			}
		})
		_, err := kubernetes.NewForConfigOrDie(config).AuthenticationV1().SelfSubjectReviews().Create(t.Context(),
			&authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
		if (err == nil) != want {
			t.Errorf("the API server takes a token for %q: %v", audience, err)
		}
	}
}
