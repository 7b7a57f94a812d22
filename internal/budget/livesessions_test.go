package budget

import "testing"

func TestLiveSessionsAreBoundedPerInstanceAndInAll(t *testing.T) {
	s := &LiveSessions{PerInstance: 2, Total: 3}
	take := func(instance string, want bool) func() {
		t.Helper()
		release, ok := s.TryAcquire(instance)
		if ok != want {
			t.Fatalf("TryAcquire(%q) = %v, want %v", instance, ok, want)
		}
		return release
	}
	first := take("a", true)
	take("a", true)
	take("a", false)
	take("b", true)
	take("b", false)
	first()
	first() // Giving back twice must not free a second place.
	take("b", true)
	take("a", false)
}
