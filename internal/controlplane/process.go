package controlplane

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

// gracePeriod is what a process gets between SIGTERM and SIGKILL.
const gracePeriod = 20 * time.Second

// launcher starts commands from one OS thread, which lives until close.
//
// Linux sends a child its parent-death signal when the thread that started it ends, not when the
// process does, and the Go runtime ends threads as it likes. So the starting goroutine keeps a
// thread to itself. It also means that close kills whatever still runs.
type launcher struct {
	commands chan *exec.Cmd
	results  chan error
}

func newLauncher() *launcher {
	l := &launcher{commands: make(chan *exec.Cmd), results: make(chan error)}
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		for cmd := range l.commands {
			l.results <- cmd.Start()
		}
	}()
	return l
}

// start starts cmd as a child that dies with this process. It is for one caller at a time.
func (l *launcher) start(cmd *exec.Cmd) error {
	cmd.SysProcAttr = childAttributes()
	l.commands <- cmd
	return <-l.results
}

func (l *launcher) close() {
	close(l.commands)
}

// process is a child process that was started.
type process struct {
	name    string
	cmd     *exec.Cmd
	logFile string
	exited  chan struct{} // closed when the process has ended
}

// startProcess starts cmd with its output going to logFile. When the process ends, ended is called.
func startProcess(l *launcher, cmd *exec.Cmd, logFile string, ended func(*process)) (*process, error) {
	log, err := os.OpenFile(logFile, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // The child has a copy.
	cmd.Stdout, cmd.Stderr = log, log
	if err := l.start(cmd); err != nil {
		return nil, err
	}
	p := &process{name: filepath.Base(cmd.Path), cmd: cmd, logFile: logFile, exited: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // ProcessState tells more than this error
		close(p.exited)
		ended(p)
	}()
	return p, nil
}

// stop ends the process and returns when it is gone: with SIGTERM first if graceful, with SIGKILL
// at once if not.
func (p *process) stop(graceful bool) error {
	if !graceful {
		return p.kill()
	}
	if err := p.signal(syscall.SIGTERM); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), gracePeriod) //nolint:forbidigo // Stopping has a limit of its own.
	defer cancel()
	select {
	case <-p.exited:
		return nil
	case <-ctx.Done():
		return errors.Join(fmt.Errorf("%s had to be killed: it did not stop within %s", p.name, gracePeriod), p.kill())
	}
}

func (p *process) kill() error {
	if err := p.signal(syscall.SIGKILL); err != nil {
		return err
	}
	<-p.exited
	return nil
}

// signal sends sig. That the process is gone already is not an error.
func (p *process) signal(sig syscall.Signal) error {
	err := p.cmd.Process.Signal(sig)
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("sending %s to %s: %w", sig, p.name, err)
	}
	return nil
}

// lastWords returns the end of the process's log, ready to be appended to an error.
func (p *process) lastWords() string {
	content, err := os.ReadFile(p.logFile)
	if err != nil || len(content) == 0 {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	return "; its last lines:\n" + strings.Join(lines[max(0, len(lines)-15):], "\n")
}
