package devplane

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLastErrors(t *testing.T) {
	log := `{"level":"ERROR","msg":"Oldest"}
{"level":"ERROR","msg":"Reconciler error","err":"secrets is forbidden"}
{"level":"INFO","msg":"Starting","err":"no"}
{"level":"ERROR","msg":"Rejected","error":"events is forbidden"}
{"level":"ERROR","msg":"Reconciler error","err":"secrets is forbidden"}
{"level":"DEBUG","msg":"x"}
{"level":"ERROR","msg":"Newest"}
not JSON
`
	want := []string{"Rejected: events is forbidden", "Reconciler error: secrets is forbidden", "Newest"}
	if diff := cmp.Diff(want, lastErrors([]byte(log))); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	if got := lastErrors([]byte(`{"level":"INFO","msg":"x"}`)); got != nil {
		t.Errorf("errors of a log without any: %q", got)
	}
}
