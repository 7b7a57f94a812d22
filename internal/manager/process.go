package manager

import (
	"fmt"
	"net/netip"
	"runtime/debug"

	"k8s.io/apimachinery/pkg/api/resource"
)

// isLoopback reports whether an address is one that only this machine reaches, or none.
func isLoopback(address string) bool {
	if address == "" || address == "0" {
		return true
	}
	bound, err := netip.ParseAddrPort(address)
	return err == nil && bound.Addr().IsLoopback()
}

// memoryShare is the percentage of the container's limit that is the soft limit of the Go runtime. The
// rest is for what Go does not count: the buffers of the kernel, and the pages of the program.
const memoryShare = 90

// memoryGoal returns the bytes that the Go runtime should stay below in a container with that
// limit; 0 without a limit.
func memoryGoal(limit string) (int64, error) {
	if limit == "" {
		return 0, nil
	}
	quantity, err := resource.ParseQuantity(limit)
	if err != nil || quantity.Value() <= 0 {
		return 0, fmt.Errorf("memory-limit must be a quantity above 0, is %q", limit)
	}
	return quantity.Value() / 100 * memoryShare, nil
}

// limitMemory sets the soft memory limit of the Go runtime. Without it the heap may double before a
// collection, so that the container is killed.
func (o *Options) limitMemory() {
	if goal, err := memoryGoal(o.MemoryLimit); err == nil && goal > 0 {
		debug.SetMemoryLimit(goal)
	}
}
