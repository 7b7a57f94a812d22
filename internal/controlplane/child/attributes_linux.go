package child

import "syscall"

// attributes puts a child into a process group of its own, so that a Ctrl-C at the terminal
// reaches this process alone and it can stop its children in order, and has the kernel kill the child
// when this process ends, even by SIGKILL. See Launcher for the thread that this depends on.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
