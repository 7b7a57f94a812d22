package lifecycle_test

import (
	"testing"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// TestShowsTestBank: only toolbox shows it, unless the instance says otherwise.
func TestShowsTestBank(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		instance string
		demo     v1alpha1.Visibility
		want     bool
	}{
		{"toolbox", "", true},
		{"toolbox", v1alpha1.Hidden, false},
		{"toolbox", v1alpha1.Shown, true},
		{"acme-ca", "", false},
		{"acme-ca", v1alpha1.Hidden, false},
		{"acme-ca", v1alpha1.Shown, true},
	} {
		instance := v1alpha1.InstanceIdentity{Instance: row.instance, Connect: v1alpha1.ConnectSpec{Demo: row.demo}}
		if got := lifecycle.ShowsTestBank(instance); got != row.want {
			t.Errorf("%s with demo %q: %t", row.instance, row.demo, got)
		}
	}
}
