package devplane

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/flinks-operator/flinks-operator/internal/controlplane/child"
)

// operatorCommand is the package of the operator's program.
const operatorCommand = "./cmd/manager"

// operatorGrace is what the operator gets to record the live calls that are out.
const operatorGrace = time.Minute

// shownLines bounds what is shown of a build that fails.
const shownLines = 30

// errClosed: there is no start after the last stop.
var errClosed = errors.New("the operator was stopped for good")

// program is the operator as a program of its own, built from the source tree, so that
// it can be replaced while everything else goes on.
type program struct {
	tree   tree
	binary string
	args   []string
	// address is the one that the program listens on when it works.
	address string
	log     string

	launcher *child.Launcher

	mu sync.Mutex
	// process is the one that runs; nil if none is to run.
	process *child.Process
	closed  bool
	// died is called when the process ends by itself.
	died func(error)
}

// newProgram returns the operator as the program that is built as binary, with these
// arguments. It writes to the end of log.
func newProgram(t tree, binary, address, log string, args []string) *program {
	return &program{tree: t, binary: binary, args: args, address: address, log: log, launcher: child.NewLauncher()}
}

// build compiles the operator. An error has the text of the compiler.
func (o *program) build(ctx context.Context) error {
	_, err := o.goTool(ctx, "build", "-o", o.binary, operatorCommand)
	return err
}

// directories returns the directories of the packages that the operator is made of.
func (o *program) directories(ctx context.Context) ([]string, error) {
	const ofThisModule = "{{with .Module}}{{if .Main}}{{$.Dir}}{{end}}{{end}}"
	out, err := o.goTool(ctx, "list", "-deps", "-f", ofThisModule, operatorCommand)
	return strings.Fields(out), err
}

// goTool runs go in the source tree, and returns its output.
func (o *program) goTool(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Env = o.tree.path("."), append(cmd.Environ(), "CGO_ENABLED=0")
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	err := cmd.Run()
	if err != nil && problems.Len() > 0 {
		return "", errors.New(firstLines(problems.String()))
	}
	return out.String(), err
}

// firstLines shortens a text to what can be read at once.
func firstLines(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if len(lines) > shownLines {
		lines = append(lines[:shownLines], "…")
	}
	return strings.Join(lines, "\n")
}

// start starts the program that was built last.
func (o *program) start(ctx context.Context) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return errClosed
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), o.binary, o.args...)
	var err error
	o.process, err = o.launcher.Start(cmd, o.log, o.ended)
	return err
}

// ended reports a process that ended without being stopped.
func (o *program) ended(p *child.Process) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.process != p {
		return
	}
	o.process = nil
	how, _ := p.Ended()
	o.died(fmt.Errorf("the operator ended by itself: %s; see %s", how, o.log))
}

// onDeath sets what is done when the process ends by itself.
func (o *program) onDeath(died func(error)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.died = died
}

// running reports whether a process is to run, and has not ended.
func (o *program) running() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.process != nil
}

// stop stops the process, if one runs, and returns when it is gone.
func (o *program) stop() error {
	o.mu.Lock()
	process := o.process
	o.process = nil
	o.mu.Unlock()
	if process == nil {
		return nil
	}
	return process.Stop(operatorGrace)
}

// close stops the process for good.
func (o *program) close() error {
	o.mu.Lock()
	o.closed = true
	o.mu.Unlock()
	err := o.stop()
	o.launcher.Close()
	return err
}

// waitUntilServing returns when the program accepts connections, with an error if it ends
// before or takes too long.
func (o *program) waitUntilServing(ctx context.Context, patience time.Duration) error {
	var dialer net.Dialer
	return wait.PollUntilContextTimeout(ctx, pollInterval, patience, true, func(ctx context.Context) (bool, error) {
		if !o.running() {
			return false, errors.New("it ended at once")
		}
		connection, err := dialer.DialContext(ctx, "tcp", o.address)
		if err != nil {
			return false, nil //nolint:nilerr // It does not listen yet.
		}
		return true, connection.Close()
	})
}
