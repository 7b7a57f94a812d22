package invariant

import (
	"slices"
	"sync"
)

// reached are the kinds of effects that were met in any world of this process.
var reached sync.Map

// Reached returns the kinds of effects that were met so far in this process, in order.
func Reached() []string {
	var all []string
	reached.Range(func(kind, _ any) bool {
		all = append(all, kind.(string))
		return true
	})
	slices.Sort(all)
	return all
}
