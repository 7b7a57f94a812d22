package lifecycle

import (
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// maxAllowance is how far ahead deletions may be confirmed.
const maxAllowance = 24 * time.Hour

// Confirmation is an administrator's permission for deletions that exceed the limit: a
// time until which all of them are intended.
type Confirmation struct {
	// Annotation is allow-deletions-until; empty if it is not set.
	Annotation string
	// Noted is the confirmation in the status of the instance; nil if none exists.
	Noted *v1alpha1.DeletionConfirmation
}

// IsValid reports whether any number of logins may be deleted. A time is judged once, when
// it is noted: a time that was too far ahead does not become valid later.
func (c Confirmation) IsValid(now time.Time) bool {
	until, ok := parseAnnotation(c.Annotation)
	return ok && c.Noted != nil && c.Noted.Until.Time.Equal(until) && !isTooFarAhead(c.Noted) &&
		now.Before(until) && !until.After(now.Add(maxAllowance))
}

func isTooFarAhead(c *v1alpha1.DeletionConfirmation) bool {
	return c.Until.After(c.FirstSeenTime.Add(maxAllowance))
}

// parseAnnotation returns the time in an annotation of an instance, as a status can hold it.
func parseAnnotation(annotation string) (t time.Time, ok bool) {
	t, err := time.Parse(time.RFC3339, annotation)
	t = t.UTC().Truncate(time.Second)
	return t, err == nil && t.Year() >= 1970 && t.Year() <= 9999
}

// NoteConfirmation records when an annotation was first seen, and returns the reason why
// it does not count; empty if it counts, or is not set.
func NoteConfirmation(now time.Time, annotation string, st *v1alpha1.InstanceStatus) (invalid string) {
	until, ok := parseAnnotation(annotation)
	switch {
	case !ok:
		st.DeletionConfirmation = nil
	case st.DeletionConfirmation == nil || !st.DeletionConfirmation.Until.Time.Equal(until):
		st.DeletionConfirmation = &v1alpha1.DeletionConfirmation{Until: *Past(until), FirstSeenTime: *Past(now)}
	}
	switch {
	case annotation == "":
		return ""
	case !ok:
		return v1alpha1.ReasonConfirmationUnreadable
	case isTooFarAhead(st.DeletionConfirmation):
		return v1alpha1.ReasonConfirmationTooFarAhead
	}
	return ""
}
