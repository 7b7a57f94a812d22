// Package controlplane runs a Kubernetes control plane as child processes: etcd, kube-apiserver
// and, if asked, kube-controller-manager. There is no kubelet and no scheduler: objects are stored,
// validated, authorized, watched and deleted as in any cluster, but no Pod ever runs.
//
// It is not envtest of controller-runtime, which does much the same, for two reasons: envtest's
// processes outlive a parent that is killed, and envtest runs no controller manager, without which a
// namespace is never deleted.
//
// The package works on Unix systems. That the children never outlive their parent is certain
// on Linux only; elsewhere it takes a call of Stop.
package controlplane

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"k8s.io/client-go/rest"

	"github.com/flinks-operator/flinks-operator/internal/controlplane/child"
)

// Options say what to run. The zero value is an API server with RBAC and its data in a temporary
// directory.
type Options struct {
	// AssetsDir holds the binaries. By default it is $KUBEBUILDER_ASSETS if that holds all that is
	// needed, otherwise bin/k8s of the enclosing Go module, where `make k8s` puts them.
	AssetsDir string

	// DataDir is where etcd's data, keys, logs and the kubeconfig go. It is created if needed and
	// kept at Stop, so that the next Start continues with the same objects. By default it is a
	// temporary directory, which Stop removes.
	DataDir string

	// ControllerManager also runs kube-controller-manager, with two controllers: one empties
	// and removes deleted namespaces, some 5 s after their deletion, and the garbage collector
	// follows owner references. Both send requests of their own for every kind of resource.
	ControllerManager bool

	// AuditLog makes the API server write one line of JSON per request to ControlPlane.AuditLog:
	// who did what to which object, without bodies. A watch has a second line, when it ends.
	AuditLog bool

	// APIServerArgs are further flags of kube-apiserver, such as "--v=4". They come last and so
	// override the package's own.
	APIServerArgs []string
}

// ControlPlane is a running control plane. Its fields are for reading.
type ControlPlane struct {
	// Config is the access of an administrator (group system:masters), without client-side
	// throttling. It may impersonate any user and any ServiceAccount.
	Config *rest.Config

	// Kubeconfig is the path of a file that says the same as Config.
	Kubeconfig string

	// DataDir is the absolute path of the directory with the data, and one <process>.log each.
	DataDir string

	// AuditLog is the path of the audit log, or empty.
	AuditLog string

	data      *dataDir
	launcher  *child.Launcher
	processes []*child.Process
	alive     context.Context
	end       context.CancelCauseFunc
	stop      func() error
}

// gracePeriod is what a process gets between SIGTERM and SIGKILL.
const gracePeriod = 20 * time.Second

// errStopped is the end of a control plane that was asked to stop.
var errStopped = errors.New("the control plane was stopped")

// Start runs a control plane and returns when it is ready to serve. The context limits the start
// alone: once started, only Stop ends the control plane. When Start fails, nothing is left behind,
// and the error ends with the last lines that the failing process wrote.
func Start(ctx context.Context, opts Options) (*ControlPlane, error) {
	assets, err := findAssets(opts)
	if err != nil {
		return nil, err
	}
	data, err := openDataDir(opts.DataDir)
	if err != nil {
		return nil, fmt.Errorf("preparing the control plane's data: %w", err)
	}
	cp := &ControlPlane{DataDir: data.path, data: data, launcher: child.NewLauncher()}
	cp.alive, cp.end = context.WithCancelCause(context.WithoutCancel(ctx))
	cp.stop = sync.OnceValue(cp.shutDown)
	if err := cp.start(ctx, opts, assets); err != nil {
		return nil, errors.Join(err, cp.Stop())
	}
	return cp, nil
}

// start runs one process after the other, each when the one before it is ready.
func (cp *ControlPlane) start(ctx context.Context, opts Options, assets string) error {
	ports, err := reservePorts(3)
	if err != nil {
		return fmt.Errorf("reserving ports for the control plane: %w", err)
	}
	defer ports.release()
	creds, err := writeCredentials(cp.DataDir, "https://"+ports.addresses[1])
	if err != nil {
		return fmt.Errorf("writing the control plane's credentials: %w", err)
	}
	cp.Config, cp.Kubeconfig = creds.admin, creds.adminKubeconfig

	args := arguments{dir: cp.DataDir, creds: creds, ports: ports}
	if opts.AuditLog {
		if args.audit, err = writeAuditPolicy(cp.DataDir); err != nil {
			return fmt.Errorf("writing the audit policy: %w", err)
		}
		cp.AuditLog = args.audit.log
	}
	components := []component{args.etcd(), args.apiServer(opts.APIServerArgs)}
	if opts.ControllerManager {
		components = append(components, args.controllerManager())
	}
	for _, c := range components {
		if err := cp.run(ctx, assets, c); err != nil {
			return fmt.Errorf("starting %s: %w", c.name, err)
		}
	}
	return nil
}

// run starts one process and waits until it is ready.
func (cp *ControlPlane) run(ctx context.Context, assets string, c component) error {
	// ctx bounds the start only.
	cmd := exec.CommandContext(context.WithoutCancel(ctx), filepath.Join(assets, c.name), c.args...)
	cmd.Dir = cp.DataDir
	// An empty environment, because ETCD_* and the like would change what the processes do.
	cmd.Env = []string{}
	p, err := cp.launcher.Start(cmd, filepath.Join(cp.DataDir, c.name+".log"), cp.ended)
	if err != nil {
		return err
	}
	cp.processes = append(cp.processes, p)
	return cp.waitUntilReady(ctx, c.health, p)
}

// ended notes that p has ended, which is a failure unless the control plane is being stopped.
func (cp *ControlPlane) ended(p *child.Process) {
	if cp.alive.Err() == nil {
		how, _ := p.Ended()
		cp.end(fmt.Errorf("%s ended by itself: %s%s", p.Name, how, p.LastWords()))
	}
}

// Done returns a channel that is closed when the control plane stops or when one of its processes
// ends by itself.
func (cp *ControlPlane) Done() <-chan struct{} {
	return cp.alive.Done()
}

// Err returns which process ended by itself, and how. It is nil as long as all of them run, and after
// a Stop.
func (cp *ControlPlane) Err() error {
	if err := context.Cause(cp.alive); !errors.Is(err, errStopped) {
		return err
	}
	return nil
}

// Stop ends the processes, last started first, and removes the data directory if it is a
// temporary one. It may be called more than once. The error says what could not be cleaned up.
func (cp *ControlPlane) Stop() error {
	return cp.stop()
}

func (cp *ControlPlane) shutDown() error {
	cp.end(errStopped)
	var errs []error
	for _, p := range slices.Backward(cp.processes) {
		errs = append(errs, cp.stopProcess(p))
	}
	cp.launcher.Close()
	errs = append(errs, cp.data.close())
	return errors.Join(errs...)
}

// stopProcess kills a process if the data is in a temporary directory: there is nothing to save,
// and killing takes no time.
func (cp *ControlPlane) stopProcess(p *child.Process) error {
	if cp.data.temporary {
		return p.Kill()
	}
	return p.Stop(gracePeriod)
}
