package devplane

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/flinks-operator/flinks-operator/internal/devplane/report"
)

// Run brings everything up, prints how to use it, and stays until ctx is done or
// until a part of it ends by itself, which is an error.
func Run(ctx context.Context, o Options) error {
	r := report.New(o.Out)
	r.Line("Bringing up a control plane, a simulator of Flinks and the operator")
	p, err := Start(ctx, o)
	if err != nil {
		return err
	}
	text, err := p.welcome(ctx)
	if err != nil {
		return errors.Join(p.blame(ctx, err), p.Stop())
	}
	r.Say("%s", p.facts())
	_, _ = fmt.Fprint(o.Out, text)
	if p.reload != nil {
		go p.reload.follow(ctx, r)
	}
	select {
	case <-ctx.Done():
		r.Title("Stopping")
	case <-p.Done():
	}
	err = errors.Join(p.Err(), p.Stop())
	if err == nil {
		r.Line("Stopped; nothing is left running")
	}
	return err
}

// welcome returns how to use what is up: links to click, and commands.
func (p *Plane) welcome(ctx context.Context) (string, error) {
	ctx, cancel := p.whileUp(ctx)
	defer cancel()
	links, err := p.prepareLinks(ctx)
	if err != nil {
		return "", err
	}
	guide, err := p.guide()
	return links + guide, err
}

// facts say what is up, and where.
func (p *Plane) facts() string {
	facts := fmt.Sprintf(`API server       %s
kubeconfig       %s
Flinks           %s, the API and the Connect pages
simulator        %s, its control API
operator         as %s
operator's log   %s
gateway          %s, the pages of links
preview          %s, these pages in every state
data API         %s, for applications
ClusterFlinksInstance %s is ready: the operator's keys are accepted`,
		p.Server, p.Kubeconfig, p.SimulatorURL, p.ControlURL, p.User, p.ManagerLog, p.GatewayURL, p.PreviewURL, p.DataURL, p.Instance)
	if p.reload != nil {
		facts += "\nAn edit of the operator's sources, or of config/crd or config/rbac, restarts the operator and nothing else"
	}
	return facts
}

// kubectlDir returns the directory with the kubectl that was built with the control
// plane, if it was.
func (p *Plane) kubectlDir() (string, bool) {
	dir := p.tree.path("bin", "k8s")
	info, err := os.Stat(filepath.Join(dir, "kubectl"))
	return dir, err == nil && info.Mode().IsRegular()
}
