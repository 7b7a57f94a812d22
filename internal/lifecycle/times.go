package lifecycle

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	// SessionIdle is how long Flinks keeps an authorising session open without activity.
	SessionIdle = 8 * time.Minute
	// LiveCallTimeout bounds a live /Authorize. Flinks answers within 210 s.
	LiveCallTimeout = 4 * time.Minute
	// ClaimLifetime is how old a claim may be when its call is sent.
	ClaimLifetime = 30 * time.Second
	// CollectPoll is how often Flinks wants to be asked for data.
	CollectPoll = 10 * time.Second

	margin = time.Minute
	// sessionCooldown is how long a live session of unknown outcome may be open.
	sessionCooldown = LiveCallTimeout + SessionIdle + margin
	// linkMargin shortens a link's life by the time that it takes to reach the customer.
	linkMargin = 30 * time.Second
	// processingTime is how long Flinks may take to fetch data, and the longest that a
	// customer's session can last.
	processingTime = 30 * time.Minute
	// ClockSkew is the tolerated difference between our clock and Flinks'.
	ClockSkew = 5 * time.Minute

	// maxRetryAfter is the longest pause that the operator grants Flinks: a day, and what
	// rounding adds.
	maxRetryAfter = 24*time.Hour + margin

	unattendedLimit  = 3
	unattendedWindow = 24 * time.Hour
)

// blockedLook is how often a connection that another object blocks is reconciled. Watches
// report that object's changes; this covers an event that was lost.
const blockedLook = 10 * time.Minute

// immediately is how soon a reconcile follows one that left work undone.
const immediately = time.Second

// Status times have whole seconds. Past times are rounded down, times to wait for are
// rounded up, and a wait that starts at a past time starts at the end of its second, so
// that nothing happens early.

// Past returns a past time as a status holds it.
func Past(t time.Time) *metav1.Time {
	return &metav1.Time{Time: t.UTC().Truncate(time.Second)}
}

func future(t time.Time) *metav1.Time {
	return &metav1.Time{Time: t.UTC().Add(time.Second - 1).Truncate(time.Second)}
}

// EndOf returns the end of the second that a status names.
func EndOf(t *metav1.Time) time.Time { return t.Add(time.Second - 1) }

// due reports whether t is set and not in the future.
func due(now time.Time, t *metav1.Time) bool {
	return t != nil && !now.Before(t.Time)
}

// Pending reports whether t is set and in the future.
func Pending(now time.Time, t *metav1.Time) bool {
	return t != nil && now.Before(t.Time)
}

func latest(a, b *metav1.Time) *metav1.Time {
	if a == nil || (b != nil && a.Before(b)) {
		return b
	}
	return a
}

// Later returns the later one of two instants.
func Later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func clamp(d, least, most time.Duration) time.Duration {
	return min(max(d, least), most)
}

// WorksUntil returns when a session opened at the given time stops working, unless it is
// used.
func WorksUntil(opened time.Time) *metav1.Time { return Past(opened.Add(SessionIdle - linkMargin)) }

func appendBounded(times []metav1.Time, t metav1.Time, limit int) []metav1.Time {
	times = append(times, t)
	return times[max(0, len(times)-limit):]
}
