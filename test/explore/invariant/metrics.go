package invariant

import (
	"strings"
	"sync"

	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

// guarded are the loginIds and keys of all worlds of this process, whose metrics are one.
var guarded sync.Map

// LeakInMetrics reports whether an identifier or a key of a world is in the metrics (S3).
func LeakInMetrics() bool {
	families, err := metrics.Registry.Gather()
	if err != nil {
		return false
	}
	var text strings.Builder
	for _, family := range families {
		text.WriteString(family.String() + "\n")
	}
	leaked := false
	guarded.Range(func(secret, _ any) bool {
		leaked = leaks(text.String(), secret.(string))
		return !leaked
	})
	return leaked
}
