package instance_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle/instance"
)

// start returns when the clock of a test starts, between 1970 and 2070: nothing may depend on the
// date, or on whole seconds.
func start(t testing.TB) time.Time {
	t.Helper()
	now := time.Unix(0, rand.Int64N(int64(100*365*24*time.Hour))).UTC()
	t.Logf("the clock starts at %v", now)
	return now
}

func refusal(op flinks.Operation, code flinks.Code) *flinks.Error {
	entry := flinks.Lookup(string(code), false)
	return &flinks.Error{Op: op, HTTPStatus: 401, Code: entry.Code, Class: entry.Class, Delivery: flinks.Answered}
}

// told sums up the events between two statuses.
func told(before, after *v1alpha1.InstanceStatus) []string {
	var events []string
	for _, e := range instance.Events(before, after) {
		events = append(events, fmt.Sprintf("warning=%t %s %s", e.Warning, e.Action, e.Reason))
	}
	return events
}

// noAnswer returns a call that Flinks may have acted upon.
func noAnswer(op flinks.Operation) *flinks.Error {
	return &flinks.Error{Op: op, Code: flinks.CodeNoAnswer, Class: flinks.ClassTransient, Delivery: flinks.Ambiguous}
}
