package lifecycle_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

const loginFingerprint = "0123456789abcdef0123456789abcdef"

var epoch = time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC)

// claimant returns a connection that was created, and then bound, so many seconds after
// the epoch; a negative number leaves it unbound.
func claimant(uid string, created, bound int) *v1alpha1.BankConnection {
	c := &v1alpha1.BankConnection{ObjectMeta: metav1.ObjectMeta{
		UID: types.UID(uid), CreationTimestamp: metav1.NewTime(epoch.Add(time.Duration(created) * time.Second)),
		Finalizers: []string{v1alpha1.Finalizer, v1alpha1.ReleaseSecretFinalizer},
	}}
	if bound >= 0 {
		c.Status.Binding = &v1alpha1.Binding{
			LoginFingerprint: loginFingerprint, BoundTime: metav1.NewTime(epoch.Add(time.Duration(bound) * time.Second)),
		}
	}
	return c
}

func TestALoginBelongsToTheConnectionThatWasBoundFirst(t *testing.T) {
	want := []string{"bound first", "created first", "a, of a tie", "b, of a tie", "bound last", "unbound, older", "unbound"}
	given := []*v1alpha1.BankConnection{
		claimant("unbound", 9, -1), claimant("b, of a tie", 5, 6), claimant("bound last", 0, 8), claimant("bound first", 5, 5),
		claimant("created first", 4, 6), claimant("unbound, older", 1, -1), claimant("a, of a tie", 5, 6),
	}
	slices.SortFunc(given, lifecycle.CompareOwnership)
	var got []string
	for _, c := range given {
		got = append(got, string(c.UID))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("owners (-want +got):\n%s", diff)
	}
}

// TestOwnershipIsATotalOrder: whatever a backup brought back, of any two connections
// exactly one comes first, and everybody agrees which.
func TestOwnershipIsATotalOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		one := rapid.Custom(func(t *rapid.T) *v1alpha1.BankConnection {
			return claimant(rapid.StringMatching("[a-c]").Draw(t, "uid"), rapid.IntRange(0, 2).Draw(t, "created"), rapid.IntRange(-1, 2).Draw(t, "bound"))
		})
		a, b, c := one.Draw(t, "a"), one.Draw(t, "b"), one.Draw(t, "c")
		compare := lifecycle.CompareOwnership
		if compare(a, b) != -compare(b, a) {
			t.Fatal("the order depends on who asks")
		}
		if compare(a, b) <= 0 && compare(b, c) <= 0 && compare(a, c) > 0 {
			t.Fatal("the order goes round in a circle")
		}
		if compare(a, b) == 0 && a.UID != b.UID {
			t.Fatal("two connections own one login")
		}
	})
}

func TestOwnedByOther(t *testing.T) {
	now := epoch.Add(10*time.Second + 500*time.Millisecond)
	deleting := func(c *v1alpha1.BankConnection, finalizers ...string) *v1alpha1.BankConnection {
		c.DeletionTimestamp, c.Finalizers = &metav1.Time{Time: epoch}, finalizers
		return c
	}
	another := claimant("other", 0, 0)
	another.Status.Binding.LoginFingerprint = "00000000000000000000000000000000"
	tests := map[string]struct {
		c         *v1alpha1.BankConnection
		duplicate *v1alpha1.BankConnection
		want      bool
	}{
		"bound before, created later":     {claimant("c", 0, 2), claimant("other", 1, 1), true},
		"bound later, created before":     {claimant("c", 1, 1), claimant("other", 0, 2), false},
		"going, and not done yet":         {claimant("c", 0, 2), deleting(claimant("other", 0, 1), v1alpha1.Finalizer), true},
		"going, and done":                 {claimant("c", 0, 2), deleting(claimant("other", 0, 1), v1alpha1.ReleaseSecretFinalizer), false},
		"bound to another login":          {claimant("c", 0, 2), another, false},
		"not bound":                       {claimant("c", 0, 2), claimant("other", 0, -1), false},
		"neither is yet":                  {claimant("c", 0, -1), claimant("other", 0, -1), false},
		"bound, when c is about to be":    {claimant("c", 0, -1), claimant("other", 9, 9), true},
		"bound this second, created late": {claimant("c", 0, -1), claimant("other", 9, 10), false},
		"bound this second, older":        {claimant("c", 9, -1), claimant("other", 0, 10), true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := lifecycle.OwnedByOther(now, tt.c, loginFingerprint, []*v1alpha1.BankConnection{tt.duplicate})
			if got != tt.want {
				t.Errorf("owned by the other one: %v", got)
			}
		})
	}
}
