package finalizer

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestDenials goes through all that an API server can answer. An admission webhook denies
// with the status of its choice.
func TestDenials(t *testing.T) {
	retried := []int{
		http.StatusUnauthorized, http.StatusRequestTimeout, http.StatusConflict, http.StatusGone, http.StatusTooManyRequests,
	}
	for code := 400; code < 600; code++ {
		answer := fmt.Errorf("patching: %w", &apierrors.StatusError{ErrStatus: metav1.Status{Status: metav1.StatusFailure, Code: int32(code)}})
		got, err := result(answer)
		switch {
		case code >= 500, slices.Contains(retried, code):
			if got != "" || !errors.Is(err, answer) {
				t.Errorf("%d is %q, %v; want a retry", code, got, err)
			}
		case code == http.StatusNotFound:
			if got != Missing || err != nil {
				t.Errorf("%d is %q, %v", code, got, err)
			}
		case got != Forbidden || err != nil:
			t.Errorf("%d is %q, %v; want a denial", code, got, err)
		}
	}
	lost := errors.New("connection refused")
	if got, err := result(lost); got != "" || !errors.Is(err, lost) {
		t.Errorf("no answer is %q, %v; want a retry", got, err)
	}
	if got, err := result(nil); got != Done || err != nil {
		t.Errorf("success is %q, %v", got, err)
	}
}
