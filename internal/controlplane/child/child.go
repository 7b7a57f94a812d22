// Package child runs other programs as child processes that end with this one: on Linux by
// whatever death, elsewhere if they are stopped.
package child

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// Launcher starts programs from one OS thread, which lives until Close.
//
// Linux sends a child its parent-death signal when the thread that started it ends, not when the
// process does, and the Go runtime ends threads as it likes. So the starting goroutine keeps a
// thread to itself. It also means that Close kills whatever still runs.
type Launcher struct {
	commands chan *exec.Cmd
	results  chan error
}

// NewLauncher returns a Launcher that is ready to start programs.
func NewLauncher() *Launcher {
	l := &Launcher{commands: make(chan *exec.Cmd), results: make(chan error)}
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		for cmd := range l.commands {
			l.results <- cmd.Start()
		}
	}()
	return l
}

// Close ends what still runs. Nothing can be started afterwards.
func (l *Launcher) Close() { close(l.commands) }

// Start starts cmd with its output going to the end of logFile. When the process ends, ended is
// called. Start is for one caller at a time.
func (l *Launcher) Start(cmd *exec.Cmd, logFile string, ended func(*Process)) (*Process, error) {
	log, err := os.OpenFile(logFile, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // The child has a copy.
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = log, log, attributes()
	l.commands <- cmd
	if err := <-l.results; err != nil {
		return nil, err
	}
	p := &Process{Name: filepath.Base(cmd.Path), cmd: cmd, logFile: logFile, exited: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // ProcessState tells more than this error
		close(p.exited)
		ended(p)
	}()
	return p, nil
}

// Process is a child process that was started.
type Process struct {
	// Name is that of the program.
	Name string

	cmd     *exec.Cmd
	logFile string
	exited  chan struct{} // closed when the process has ended
}

// ID returns the process id.
func (p *Process) ID() int { return p.cmd.Process.Pid }

// Ended reports how the process ended, and whether it has.
func (p *Process) Ended() (how string, ended bool) {
	select {
	case <-p.exited:
		return p.cmd.ProcessState.String(), true
	default:
		return "", false
	}
}

// Stop ends the process with SIGTERM and returns when it is gone. After the grace period it is
// killed, which is an error.
func (p *Process) Stop(gracePeriod time.Duration) error {
	if err := p.signal(syscall.SIGTERM); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), gracePeriod) //nolint:forbidigo // Stopping has a limit of its own.
	defer cancel()
	select {
	case <-p.exited:
		return nil
	case <-ctx.Done():
		return errors.Join(fmt.Errorf("%s had to be killed: it did not stop within %s", p.Name, gracePeriod), p.Kill())
	}
}

// Kill ends the process with SIGKILL and returns when it is gone.
func (p *Process) Kill() error {
	if err := p.signal(syscall.SIGKILL); err != nil {
		return err
	}
	<-p.exited
	return nil
}

// signal sends sig. That the process is gone already is not an error.
func (p *Process) signal(sig syscall.Signal) error {
	err := p.cmd.Process.Signal(sig)
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("sending %s to %s: %w", sig, p.Name, err)
	}
	return nil
}

// LastWords returns the end of the process's log, ready to be appended to an error.
func (p *Process) LastWords() string {
	content, err := os.ReadFile(p.logFile)
	if err != nil || len(content) == 0 {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	return "; its last lines:\n" + strings.Join(lines[max(0, len(lines)-15):], "\n")
}
