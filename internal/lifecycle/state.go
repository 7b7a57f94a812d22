package lifecycle

import (
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// Inputs are all that a decision depends on, next to the time.
type Inputs struct {
	Facts
	Memory
	Limits
}

// state is a connection at an instant, and the status that is worked out for it.
type state struct {
	Inputs
	now time.Time
	// was is the status as it was read.
	was *v1alpha1.BankConnectionStatus
	// st is the status to read and, in a draft, to write. A decision changes none: then
	// it is the same as was.
	st *v1alpha1.BankConnectionStatus
}

// at returns the state that a decision is made from.
func (in Inputs) at(now time.Time) *state {
	st := &in.Connection.Status
	return &state{Inputs: in, now: now, was: st, st: st}
}

// draft returns a state whose status can be changed, with what cannot be true taken out.
func (in Inputs) draft(now time.Time) *state {
	s := in.at(now)
	s.st = s.was.DeepCopy()
	s.repair()
	return s
}
