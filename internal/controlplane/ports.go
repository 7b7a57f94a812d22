package controlplane

import (
	"fmt"
	"net"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// loopback is the only address that anything here listens on.
const loopback = "127.0.0.1"

// reservedPorts are TCP ports of the loopback address that no other caller gets until release.
//
// Asking the kernel for a free port, closing it and passing on its number is a race, and with several
// control planes starting at once it is lost now and then. So the ports stay bound, never
// listening, with SO_REUSEPORT, and the servers are told to bind with SO_REUSEPORT as well.
type reservedPorts struct {
	addresses []string // host:port
	sockets   []int
}

func reservePorts(n int) (*reservedPorts, error) {
	ports := &reservedPorts{}
	for range n {
		if err := ports.add(); err != nil {
			ports.release()
			return nil, err
		}
	}
	return ports, nil
}

func (r *reservedPorts) add() error {
	socket, err := newSocket()
	if err != nil {
		return fmt.Errorf("making a socket: %w", err)
	}
	r.sockets = append(r.sockets, socket)
	if err := unix.SetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
		return fmt.Errorf("sharing a port: %w", err)
	}
	if err := unix.Bind(socket, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return fmt.Errorf("binding a port of %s: %w", loopback, err)
	}
	name, err := unix.Getsockname(socket)
	if err != nil {
		return fmt.Errorf("reading the number of a port: %w", err)
	}
	inet, ok := name.(*unix.SockaddrInet4)
	if !ok {
		return fmt.Errorf("reading the number of a port: unexpected address type %T", name)
	}
	r.addresses = append(r.addresses, net.JoinHostPort(loopback, strconv.Itoa(inet.Port)))
	return nil
}

// newSocket makes a socket that children do not inherit.
func newSocket() (int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.CloseOnExec(socket)
	}
	return socket, err
}

// release gives the ports up. A server that listens by then keeps its own.
func (r *reservedPorts) release() {
	for _, socket := range r.sockets {
		_ = unix.Close(socket)
	}
	r.sockets = nil
}
