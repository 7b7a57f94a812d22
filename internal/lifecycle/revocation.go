package lifecycle

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// Revocation ends the links to the gateway of an instance that were issued before a time.
type Revocation struct {
	// Annotation is revoke-links-before; empty if it is not set.
	Annotation string
	// Noted is the revocation in the status of the instance; nil without one.
	Noted *v1alpha1.LinkRevocation
}

// before returns the time before which links were issued that do not work; zero if all do.
// An annotation counts as soon as it can be read, before the leader has noted it. Until
// then, a time in the future stands for the present.
func (r Revocation) before(now time.Time) time.Time {
	before := r.noted()
	if asked, ok := parseAnnotation(r.Annotation); ok && !r.isNoted(asked) {
		before = Later(before, earlier(asked, now))
	}
	return before
}

// noted returns the time that the status says. What is written depends on no other: with a
// time in the future that is not noted, another link would be issued each second.
func (r Revocation) noted() time.Time {
	if r.Noted == nil {
		return time.Time{}
	}
	return r.Noted.EffectiveTime.Time
}

func (r Revocation) isNoted(asked time.Time) bool {
	return r.Noted != nil && r.Noted.RequestTime.Time.Equal(asked)
}

// Note records a revocation when it is first seen, and returns the reason why the
// annotation revokes nothing; empty if it does, or is not set.
func (r Revocation) Note(now time.Time, st *v1alpha1.InstanceStatus) (invalid string) {
	asked, ok := parseAnnotation(r.Annotation)
	switch {
	case r.Annotation == "":
		return ""
	case !ok:
		return v1alpha1.ReasonRevocationUnreadable
	case !r.isNoted(asked):
		effective := future(Later(r.noted(), earlier(asked, now)))
		st.LinkRevocation = &v1alpha1.LinkRevocation{RequestTime: metav1.NewTime(asked), EffectiveTime: *effective}
	}
	return ""
}

func earlier(t, u time.Time) time.Time {
	if u.Before(t) {
		return u
	}
	return t
}
