package devplane

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"

	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/flinks-operator/flinks-operator/internal/manager"
)

// serviceAccount is the one that the operator is shipped with.
type serviceAccount struct {
	Namespace, Name string
}

func (a serviceAccount) user() string {
	return "system:serviceaccount:" + a.Namespace + ":" + a.Name
}

func (a serviceAccount) groups() []string {
	return []string{"system:serviceaccounts", "system:serviceaccounts:" + a.Namespace, "system:authenticated"}
}

// impersonate returns the access that RBAC grants the account, and nothing more, so that a right
// that is missing shows.
func (a serviceAccount) impersonate(admin *rest.Config) *rest.Config {
	cfg := rest.CopyConfig(admin)
	cfg.Impersonate = rest.ImpersonationConfig{
		UserName: a.user(),
		Groups:   a.groups(),
	}
	return cfg
}

// writeKubeconfig writes what impersonate returns as a file, from that of an administrator.
func (a serviceAccount) writeKubeconfig(from, to string) error {
	config, err := clientcmd.LoadFromFile(from)
	if err != nil {
		return err
	}
	for _, user := range config.AuthInfos {
		user.Impersonate, user.ImpersonateGroups = a.user(), a.groups()
	}
	return clientcmd.WriteToFile(*config, to)
}

// startManager runs the operator in this process, and returns the URL of its link API.
func (p *Plane) startManager(ctx context.Context, cfg *rest.Config, namespace string) (string, error) {
	file, err := createLog(p.ManagerLog)
	if err != nil {
		return "", err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", errors.Join(err, file.Close())
	}
	data, err := new(net.ListenConfig).Listen(ctx, "tcp", p.options.DataAddress)
	if err != nil {
		return "", errors.Join(fmt.Errorf("%w; -data-address names another", err), listener.Close(), file.Close())
	}
	p.DataURL = "https://" + data.Addr().String()
	log := logr.FromSlogHandler(slog.NewJSONHandler(file, &slog.HandlerOptions{Level: slog.LevelDebug}))
	ctrl.SetLogger(log)
	klog.SetLogger(log)

	options := manager.Default()
	options.LeaderElectionNamespace, options.Namespace = namespace, namespace
	options.LinkAPIListener, options.DataAPIListener, options.AuditLog = listener, data, file
	// No program here asks, and the ports may be taken.
	options.MetricsAddress, options.ProbeAddress, options.LinkAPIAddress = "0", "0", "0"

	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() {
		err := manager.Run(ctx, cfg, options)
		if ctx.Err() == nil {
			p.end(fmt.Errorf("the operator ended by itself: %w; see %s", err, p.ManagerLog))
		}
		ended <- err
	}()
	p.onStop("stopping the operator", func() error {
		cancel()
		return errors.Join(<-ended, file.Close())
	})
	return "https://" + listener.Addr().String(), nil
}

func createLog(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
}
