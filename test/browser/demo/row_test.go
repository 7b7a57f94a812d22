package demo

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// row is what people see of a connection.
type row struct {
	name, ready, reason, institution, lastRefresh, refresh, also string
}

var heading = row{"NAME", "READY", "REASON", "INSTITUTION", "LAST REFRESH", "SESSION", "ALSO TRUE"}

// rowOf leaves out the age of things, so that a row differs only when something
// has happened.
func rowOf(c *v1alpha1.BankConnection) row {
	r := row{name: c.Name, institution: c.Status.Institution}
	if ready := meta.FindStatusCondition(c.Status.Conditions, v1alpha1.ConditionReady); ready != nil {
		r.ready, r.reason = string(ready.Status), ready.Reason
	}
	if t := c.Status.LastRefreshTime; t != nil {
		r.lastRefresh = t.UTC().Format("15:04:05Z")
	}
	if refresh := c.Status.Refresh; refresh != nil {
		r.refresh = string(refresh.State)
	}
	r.also = strings.Join(alsoTrue(c), ",")
	return r
}

// alsoTrue returns the conditions that are true, besides those that an object always has.
func alsoTrue(c *v1alpha1.BankConnection) []string {
	always := []string{v1alpha1.ConditionReady, v1alpha1.ConditionAuthorized, v1alpha1.ConditionDataFresh}
	var names []string
	for _, condition := range c.Status.Conditions {
		if condition.Status != metav1.ConditionTrue || slices.Contains(always, condition.Type) {
			continue
		}
		names = append(names, condition.Type+"="+condition.Reason)
	}
	if c.DeletionTimestamp != nil {
		names = append(names, "deleting")
	}
	return names
}

// String aligns the columns.
func (r row) String() string {
	show := func(s string) string { return cmp.Or(s, "-") }
	return fmt.Sprintf("%-18s %-8s %-19s %-14s %-13s %-13s %s",
		show(r.name), show(r.ready), show(r.reason), show(r.institution), show(r.lastRefresh), show(r.refresh), show(r.also))
}
