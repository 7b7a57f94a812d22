package lifecycle

import (
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// Stages is how many stages a derivation has.
var Stages = len(stages)

// DemandOf returns what an action needs of the limits.
func DemandOf(now time.Time, in Inputs, a Action) Demand { return in.at(now).demandOf(a) }

// RefusalOf returns what is refused with an action.
func RefusalOf(a Action) Refusal { return refusalOf(a) }

// DeriveInOrder derives a status by the stages of the given numbers.
func DeriveInOrder(now time.Time, in Inputs, order []int) v1alpha1.BankConnectionStatus {
	s := in.draft(now)
	for _, number := range order {
		stages[number](s)
	}
	return *s.st
}
