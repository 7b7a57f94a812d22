//go:build unix && !linux

package child

import "syscall"

// attributes puts a child into a process group of its own, so that a Ctrl-C at the terminal
// reaches this process alone and it can stop its children in order.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
