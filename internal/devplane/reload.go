package devplane

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/devplane/report"
)

// lookInterval is the pause between two looks at the sources.
const lookInterval = 500 * time.Millisecond

// shownFiles bounds the changed files that are named.
const shownFiles = 3

// reloader keeps the operator that runs at what its sources say.
type reloader struct {
	plane   *Plane
	program *program
	report  *report.Reporter
	// paths are the files and directories that are watched.
	paths []string
	watch watcher
}

// startProgram builds the operator and runs it as a program of its own. It returns the URL
// of its link API.
func (p *Plane) startProgram(ctx context.Context, dir *stateDir, account serviceAccount) (string, error) {
	kubeconfig := dir.file("operator.kubeconfig")
	if err := account.writeKubeconfig(p.Kubeconfig, kubeconfig); err != nil {
		return "", err
	}
	p.onStop("removing the operator's kubeconfig", func() error { return os.Remove(kubeconfig) })
	log, err := createLog(p.ManagerLog)
	if err != nil {
		return "", err
	}
	address, err := freeAddress(ctx, "127.0.0.1:0")
	data, dataErr := freeAddress(ctx, p.options.DataAddress)
	if err := errors.Join(err, dataErr, log.Close()); err != nil {
		return "", err
	}
	p.DataURL = "https://" + data
	operator := newProgram(p.tree, dir.file("manager"), address, p.ManagerLog, []string{
		"--kubeconfig=" + kubeconfig, "--log-level=DEBUG",
		"--namespace=" + account.Namespace, "--leader-election-namespace=" + account.Namespace,
		"--link-api-bind-address=" + address, "--data-bind-address=" + data, "--metrics-bind-address=0", "--health-probe-bind-address=0",
	})
	operator.onDeath(func(err error) { p.end(err) })
	p.onStop("stopping the operator", operator.close)
	p.reload = &reloader{plane: p, program: operator}
	if err := p.reload.build(ctx); err != nil {
		return "", err
	}
	return "https://" + address, operator.start(ctx)
}

// freeAddress returns an address that was free just now; port 0 stands for any. The operator listens
// on the same one after each start, because others know it.
func freeAddress(ctx context.Context, address string) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// build builds the operator and notes from what.
func (r *reloader) build(ctx context.Context) error {
	directories, listErr := r.program.directories(ctx)
	if listErr == nil { // else what was watched so far
		others := []string{r.tree("go.mod"), r.tree("go.sum"), r.tree("config", "crd", "bases"), r.tree("config", "rbac")}
		r.paths = slices.Concat(directories, others)
	}
	now, err := readStamps(r.paths)
	if err != nil {
		return err
	}
	r.watch.begin(now)
	if listErr != nil {
		return listErr
	}
	return r.program.build(ctx)
}

func (r *reloader) tree(elements ...string) string { return r.plane.tree.path(elements...) }

// follow restarts the operator at each change of its sources, until the plane ends. An
// operator that ends by itself is no longer the end of everything: the next change may
// mend it.
func (r *reloader) follow(ctx context.Context, to *report.Reporter) {
	ctx, cancel := r.plane.whileUp(ctx)
	defer cancel()
	r.report = to
	r.program.onDeath(func(err error) {
		to.Title("%v", err)
		to.Say("It starts again when its sources change")
	})
	ticker := time.NewTicker(lookInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		now, err := readStamps(r.paths)
		if err != nil {
			to.Title("The sources are not watched any more: %v", err)
			return
		}
		if changed := r.watch.look(now); len(changed) > 0 {
			r.restart(ctx, changed)
		}
	}
}

// restart replaces the operator by one that is built from what the sources say now. If
// that fails, it says why; what does not build leaves the operator as it is.
func (r *reloader) restart(ctx context.Context, changed []string) {
	began := time.Now()
	r.report.Title("%s changed: building the operator", r.names(changed))
	if err := r.build(ctx); err != nil {
		r.complain(ctx, "It does not build, so nothing is restarted", err)
		return
	}
	built := time.Since(began)
	if err := r.replace(ctx, changed); err != nil {
		r.complain(ctx, "It does not start", err)
		return
	}
	r.report.Say("Restarted; building took %.1fs, the rest %.1fs", built.Seconds(), (time.Since(began) - built).Seconds())
}

// complain reports what went wrong, unless everything is being stopped.
func (r *reloader) complain(ctx context.Context, what string, err error) {
	if ctx.Err() == nil {
		r.report.Say("%s:\n%v", what, err)
	}
}

// replace stops the operator, and starts what was built last. What it needs in the cluster
// is installed in between, if it has changed.
func (r *reloader) replace(ctx context.Context, changed []string) error {
	if err := r.program.stop(); err != nil {
		r.complain(ctx, "Stopping the operator", err)
	}
	if slices.ContainsFunc(changed, func(file string) bool { return filepath.Ext(file) == ".yaml" }) {
		if _, err := r.plane.install(ctx); err != nil {
			return fmt.Errorf("installing config: %w", err)
		}
	}
	if err := r.program.start(ctx); err != nil {
		return err
	}
	return r.program.waitUntilServing(ctx, r.plane.options.Patience)
}

// names returns the first of the files, as they are called in the source tree.
func (r *reloader) names(files []string) string {
	var names []string
	for _, file := range files[:min(len(files), shownFiles)] {
		if name, err := filepath.Rel(r.tree("."), file); err == nil {
			names = append(names, filepath.ToSlash(name))
		}
	}
	if more := len(files) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}
