package manager

import "testing"

// TestProfileAddress: profiles are served to this machine alone.
func TestProfileAddress(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"": true, "0": true, "127.0.0.1:6060": true, "[::1]:6060": true,
		":6060": false, "0.0.0.0:6060": false, "[::]:6060": false, "10.0.0.1:6060": false, "localhost:6060": false, "6060": false,
	} {
		o := Default()
		o.ProfileAddress = address
		if err := o.validate(); (err == nil) != want {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// TestMemoryLimit: the Go runtime is told of nine tenths of what the container has.
func TestMemoryLimit(t *testing.T) {
	t.Parallel()
	for limit, want := range map[string]int64{"": 0, "1000": 900, "512Mi": 512 << 20 / 100 * 90, "1Gi": 1 << 30 / 100 * 90} {
		if got, err := memoryGoal(limit); err != nil || got != want {
			t.Errorf("%q: %d, %v", limit, got, err)
		}
	}
	for _, limit := range []string{"much", "-1", "0", "1 GB"} {
		o := Default()
		o.MemoryLimit = limit
		if o.validate() == nil {
			t.Errorf("%q is accepted", limit)
		}
	}
}
