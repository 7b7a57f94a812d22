package cluster

import (
	"bytes"
	"context"
	"os/exec"
	"strings"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/testenv"
)

// Apply applies manifests, server-side.
func (c *Cluster) Apply(manifest string) string {
	c.T.Helper()
	return c.run(strings.NewReader(manifest), "apply", "--server-side", "-f", "-")
}

// Kubectl runs kubectl as an administrator and returns what it prints.
func (c *Cluster) Kubectl(args ...string) string {
	c.T.Helper()
	return c.run(nil, args...)
}

func (c *Cluster) run(input *strings.Reader, args ...string) string {
	c.T.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.T.Context()), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, testenv.Kubectl(c.T), append([]string{"--kubeconfig", c.Env.Kubeconfig}, args...)...) //nolint:gosec // Tests say what to run.
	if input != nil {
		cmd.Stdin = input
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		c.T.Fatalf("kubectl %s: %v\n%s%s", strings.Join(args, " "), err, out, stderr.String())
	}
	return string(out)
}
