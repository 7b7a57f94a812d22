package lifecycle_test

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// TestConditionsThatToolsKnow: of all conditions of the API, tools that know nothing
// but kstatus heed three. A warning, such as that data expire, fails no roll-out; nor
// does it hide a connection that is not ready.
func TestConditionsThatToolsKnow(t *testing.T) {
	types := conditionTypes(t)
	if len(types) < 14 {
		t.Fatalf("the API has only %d conditions: %v", len(types), types)
	}
	for _, conditionType := range types {
		t.Run(conditionType, func(t *testing.T) {
			want := map[metav1.ConditionStatus]status.Status{
				metav1.ConditionTrue: status.CurrentStatus, metav1.ConditionFalse: status.InProgressStatus,
			}
			switch conditionType {
			case v1alpha1.ConditionReady:
				return
			case v1alpha1.ConditionStalled:
				want = map[metav1.ConditionStatus]status.Status{
					metav1.ConditionTrue: status.FailedStatus, metav1.ConditionFalse: status.FailedStatus,
				}
			case v1alpha1.ConditionReconciling:
				want[metav1.ConditionTrue] = status.InProgressStatus
			}
			for ready, want := range want {
				s := newBound(t)
				s.corrupt(func(st *v1alpha1.BankConnectionStatus) {
					st.Conditions = []metav1.Condition{
						{Type: v1alpha1.ConditionReady, Status: ready, Reason: "Test"},
						{Type: conditionType, Status: metav1.ConditionTrue, Reason: "Test"},
					}
				})
				if got := s.kstatus(); got != want {
					t.Errorf("with Ready %s: %s, not %s", ready, got, want)
				}
			}
		})
	}
}

// conditionTypes reads the types from the source, so that none is forgotten.
func conditionTypes(t *testing.T) []string {
	t.Helper()
	path := filepath.Join("..", "..", "api", "v1alpha1", "condition_types.go")
	file, err := parser.ParseFile(gotoken.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var types []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Condition") {
			return true
		}
		name, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		types = append(types, name)
		return true
	})
	return types
}
