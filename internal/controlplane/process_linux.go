package controlplane

import "syscall"

// childAttributes puts a child into a process group of its own, so that a Ctrl-C at the terminal
// reaches this process alone and it can stop its children in order, and has the kernel kill the child
// when this process ends, even by SIGKILL. See launcher for the thread that this depends on.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
