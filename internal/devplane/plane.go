package devplane

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/internal/controlplane"
	"github.com/flinks-operator/flinks-operator/internal/devplane/preview"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/internal/manager"
)

// Plane is everything that runs. Its fields are for reading.
type Plane struct {
	// Client is that of an administrator.
	Client client.WithWatch
	// Kubeconfig is the path of a file with the same access, for kubectl.
	Kubeconfig string
	// Server is the URL of the API server.
	Server string
	// Simulator is Flinks, at SimulatorURL. ControlURL is its control API.
	Simulator                *flinkssim.Server
	SimulatorURL, ControlURL string
	// GatewayURL is where links to the gateway lead. GatewayLog is its log, in JSON.
	GatewayURL, GatewayLog string
	// DataURL is where applications read data.
	DataURL string
	// PreviewURL lists the pages of the gateway, in every state.
	PreviewURL string
	// User is the name under which the operator works.
	User string
	// Instance is the ClusterFlinksInstance that stands for the simulator.
	Instance string
	// ManagerLog is the path of the operator's log, in JSON.
	ManagerLog string

	// namespace is that of the operator.
	namespace string

	tree    tree
	options Options
	reload  *reloader // nil if the operator runs in this process
	alive   context.Context
	end     context.CancelCauseFunc
	stops   []func() error
	stop    func() error
}

var (
	// errStopped is the end of a plane that was asked to stop.
	errStopped = errors.New("devplane was stopped")
	// errInterrupted is the end of a plane that the user interrupted.
	errInterrupted = errors.New("interrupted")
)

// Start brings everything up and returns when the operator accepts connections.
// When it fails, nothing is left behind.
func Start(ctx context.Context, o Options) (*Plane, error) {
	root, err := findTree()
	if err != nil {
		return nil, err
	}
	p := &Plane{tree: root, options: o}
	p.alive, p.end = context.WithCancelCause(context.WithoutCancel(ctx))
	p.stop = sync.OnceValue(p.shutDown)
	up, cancel := p.whileUp(ctx)
	defer cancel()
	if err := p.start(up); err != nil {
		return nil, errors.Join(p.blame(ctx, err), p.Stop())
	}
	return p, nil
}

// blame returns the reason behind an error: that the user interrupts, or that a
// part of the plane has ended.
func (p *Plane) blame(interrupts context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case interrupts.Err() != nil:
		return errInterrupted
	}
	return errors.Join(p.Err(), err)
}

// whileUp returns a context that ends with the plane, if not earlier.
func (p *Plane) whileUp(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	forget := context.AfterFunc(p.alive, cancel)
	return ctx, func() {
		forget()
		cancel()
	}
}

func (p *Plane) start(ctx context.Context) error {
	dir, err := openStateDir(p.tree.path(p.options.Dir))
	if err != nil {
		return err
	}
	p.Kubeconfig, p.ManagerLog, p.GatewayLog = dir.kubeconfig(), dir.file("manager.log"), dir.file("gateway.log")
	p.onStop("giving the directory back", dir.close)
	if err := p.startSimulator(ctx); err != nil {
		return fmt.Errorf("starting the simulator: %w", err)
	}
	access, err := p.startControlPlane(ctx, dir)
	if err != nil {
		return fmt.Errorf("starting the control plane: %w", err)
	}
	account, err := p.install(ctx)
	if err != nil {
		return fmt.Errorf("installing the operator: %w", err)
	}
	p.namespace = account.Namespace
	linkAPIURL, err := p.startOperator(ctx, dir, account, access)
	if err != nil {
		return fmt.Errorf("starting the operator: %w", err)
	}
	p.User = account.user()
	if err := p.startGateway(ctx, dir, linkAPIURL, account.Namespace); err != nil {
		return fmt.Errorf("starting the gateway: %w", err)
	}
	if p.PreviewURL, err = p.serve(ctx, "the preview", p.options.PreviewAddress, preview.Handler()); err != nil {
		return fmt.Errorf("starting the preview: %w; -preview-address names another", err)
	}
	if err := p.connectInstance(ctx); err != nil {
		return fmt.Errorf("connecting the operator to the simulator: %w", err)
	}
	return nil
}

// startOperator returns the URL of the operator's link API.
func (p *Plane) startOperator(ctx context.Context, dir *stateDir, account serviceAccount, access *rest.Config) (string, error) {
	if p.options.Reload {
		return p.startProgram(ctx, dir, account)
	}
	return p.startManager(ctx, account.impersonate(access), account.Namespace)
}

func (p *Plane) startControlPlane(ctx context.Context, dir *stateDir) (*rest.Config, error) {
	cp, err := controlplane.Start(ctx, controlplane.Options{ControllerManager: true})
	if err != nil {
		return nil, err
	}
	p.onStop("stopping the control plane", cp.Stop)
	go func() {
		<-cp.Done()
		if err := cp.Err(); err != nil {
			p.end(err)
		}
	}()
	scheme, err := manager.NewScheme()
	if err != nil {
		return nil, err
	}
	p.Server = cp.Config.Host
	if p.Client, err = client.NewWithWatch(cp.Config, client.Options{Scheme: scheme}); err != nil {
		return nil, err
	}
	return cp.Config, dir.takeKubeconfig(cp.Kubeconfig)
}

// onStop adds something to do at Stop. What was started last is stopped first.
func (p *Plane) onStop(what string, stop func() error) {
	p.stops = append(p.stops, func() error {
		if err := stop(); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		return nil
	})
}

// Done returns a channel that is closed when the plane stops, or when a part of
// it ends by itself.
func (p *Plane) Done() <-chan struct{} { return p.alive.Done() }

// Err returns which part ended by itself, and how. It is nil as long as all of them
// run, and after a Stop.
func (p *Plane) Err() error {
	if err := context.Cause(p.alive); !errors.Is(err, errStopped) {
		return err
	}
	return nil
}

// Stop stops everything in order. It may be called more than once. The error says
// what could not be cleaned up.
func (p *Plane) Stop() error { return p.stop() }

func (p *Plane) shutDown() error {
	p.end(errStopped)
	var errs []error
	for _, stop := range slices.Backward(p.stops) {
		errs = append(errs, stop())
	}
	return errors.Join(errs...)
}
