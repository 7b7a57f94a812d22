//go:build unix && !linux

package controlplane

import "syscall"

// childAttributes puts a child into a process group of its own, so that a Ctrl-C at the terminal
// reaches this process alone and it can stop its children in order.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
