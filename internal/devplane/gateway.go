package devplane

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/internal/gateway"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// linkAPITLS is the Secret with the certificate of the operator's link API.
const linkAPITLS = "flinks-operator-link-api-tls"

// startGateway runs the gateway in this process, with what its pod would have: a token
// of its ServiceAccount, and the authority of the link API.
func (p *Plane) startGateway(ctx context.Context, dir *stateDir, linkAPIURL, namespace string) error {
	options := gateway.Default()
	options.LinkAPIURL, options.PrivateAddress, options.Drain = linkAPIURL, "0", 0
	options.LinkAPICAFile, options.LinkAPITokenFile = dir.file("link-api-ca.crt"), dir.file("link-api-token")
	if err := p.fetchAuthority(ctx, namespace, options.LinkAPICAFile); err != nil {
		return err
	}
	if err := p.fetchToken(ctx, serviceAccount{namespace, gatewayAccount}, options.LinkAPITokenFile); err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", p.options.GatewayAddress)
	if err != nil {
		return fmt.Errorf("%w; -gateway-address names another", err)
	}
	file, err := createLog(p.GatewayLog)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	options.Listener, options.Log = listener, slog.New(slog.NewJSONHandler(file, nil))
	// Browsers take localhost, unlike a number, for a place as safe as https.
	port := listener.Addr().(*net.TCPAddr).Port
	p.GatewayURL = "http://localhost:" + strconv.Itoa(port)
	p.runGateway(ctx, options, file)
	return nil
}

func (p *Plane) runGateway(ctx context.Context, options gateway.Options, log *os.File) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() {
		err := gateway.Run(ctx, options)
		if ctx.Err() == nil {
			p.end(fmt.Errorf("the gateway ended by itself: %w", err))
		}
		ended <- err
	}()
	p.onStop("stopping the gateway", func() error {
		cancel()
		return errors.Join(<-ended, log.Close(), os.Remove(options.LinkAPITokenFile), os.Remove(options.LinkAPICAFile))
	})
}

// fetchAuthority waits for the operator to make the certificate of its link API.
func (p *Plane) fetchAuthority(ctx context.Context, namespace, file string) error {
	var secret corev1.Secret
	err := wait.PollUntilContextTimeout(ctx, pollInterval, p.options.Patience, true, func(ctx context.Context) (bool, error) {
		err := p.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: linkAPITLS}, &secret)
		return err == nil, client.IgnoreNotFound(err)
	})
	if err != nil {
		return errors.Join(fmt.Errorf("waiting for the link API's certificate: %w", err), p.managerErrors())
	}
	return os.WriteFile(file, secret.Data["ca.crt"], 0o600)
}

// fetchToken writes a token for the link API to a file, as the kubelet does for a pod.
func (p *Plane) fetchToken(ctx context.Context, of serviceAccount, file string) error {
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: of.Namespace, Name: of.Name}}
	day := int64(24 * 60 * 60)
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{
		ExpirationSeconds: &day, Audiences: []string{linkapi.Audience},
	}}
	if err := p.Client.SubResource("token").Create(ctx, account, request); err != nil {
		return fmt.Errorf("asking for a token of %s: %w", of.Name, err)
	}
	return os.WriteFile(file, []byte(request.Status.Token), 0o600)
}
