package controlplane

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
)

// The users that the API server knows by their token. Their names are what an audit log shows.
const (
	adminUser   = "admin"
	managerUser = "system:kube-controller-manager"
)

// credentials are the files by which the processes know and trust each other, and what they say.
type credentials struct {
	servingCert, servingKey string // paths; one pair for every process that serves HTTPS
	tokens                  string // path of the API server's list of tokens
	serviceAccountKey       string // path of the key that signs ServiceAccount tokens
	adminKubeconfig         string
	managerKubeconfig       string

	admin *rest.Config
}

// writeCredentials writes into dir all that is needed to serve at server, an https URL. Everything
// is new at each start, except the ServiceAccount key, so that tokens survive a restart.
func writeCredentials(dir, server string) (*credentials, error) {
	c := &credentials{
		servingCert:       filepath.Join(dir, "serving.crt"),
		servingKey:        filepath.Join(dir, "serving.key"),
		tokens:            filepath.Join(dir, "tokens.csv"),
		serviceAccountKey: filepath.Join(dir, "service-account.key"),
		adminKubeconfig:   filepath.Join(dir, "kubeconfig"),
		managerKubeconfig: filepath.Join(dir, "kube-controller-manager.kubeconfig"),
	}
	certPEM, keyPEM, err := cert.GenerateSelfSignedCertKey(loopback, []net.IP{net.ParseIP(loopback)}, []string{"localhost"})
	if err != nil {
		return nil, fmt.Errorf("making a serving certificate: %w", err)
	}
	// The certificate's file holds its authority as well.
	c.admin = config(server, certPEM, rand.Text())
	manager := config(server, certPEM, rand.Text())
	err = errors.Join(
		os.WriteFile(c.servingCert, certPEM, 0o600),
		os.WriteFile(c.servingKey, keyPEM, 0o600),
		ensureKey(c.serviceAccountKey),
		writeTokens(c.tokens, map[string]*rest.Config{adminUser: c.admin, managerUser: manager}),
		writeKubeconfig(c.adminKubeconfig, adminUser, c.admin),
		writeKubeconfig(c.managerKubeconfig, managerUser, manager),
	)
	return c, err
}

// config returns the access to server with a token. QPS -1 turns client-side throttling off: tests
// measure this server, not the client's patience.
func config(server string, ca []byte, token string) *rest.Config {
	return &rest.Config{
		Host:            server,
		BearerToken:     token,
		TLSClientConfig: rest.TLSClientConfig{CAData: ca},
		QPS:             -1,
	}
}

// writeTokens writes the API server's list of static tokens. All users are administrators.
func writeTokens(path string, users map[string]*rest.Config) error {
	var lines strings.Builder
	for name, cfg := range users {
		fmt.Fprintf(&lines, "%s,%s,%s,system:masters\n", cfg.BearerToken, name, name)
	}
	return os.WriteFile(path, []byte(lines.String()), 0o600)
}

func writeKubeconfig(path, user string, cfg *rest.Config) error {
	const name = "flinks-controlplane"
	kubeconfig := clientcmdapi.NewConfig()
	kubeconfig.Clusters[name] = &clientcmdapi.Cluster{Server: cfg.Host, CertificateAuthorityData: cfg.CAData}
	kubeconfig.AuthInfos[user] = &clientcmdapi.AuthInfo{Token: cfg.BearerToken}
	kubeconfig.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: user}
	kubeconfig.CurrentContext = name
	return clientcmd.WriteToFile(*kubeconfig, path)
}

// ensureKey makes a private key at path unless there is one.
func ensureKey(path string) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	key, err := keyutil.MakeEllipticPrivateKeyPEM()
	if err != nil {
		return fmt.Errorf("making a key for ServiceAccount tokens: %w", err)
	}
	return keyutil.WriteKey(path, key)
}
