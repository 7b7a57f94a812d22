package schedule

import (
	"iter"
	"sync"
	"time"
	_ "time/tzdata" // an image from scratch has no time zones of its own
)

const maxZoneName = 64

// zones caches the time zones by name. Their number is bounded by the names in the
// database, and no zone changes while the process runs.
var zones sync.Map

// loadZone accepts the names of the IANA database, which begin with a capital. It refuses
// other files in a directory of time zones, such as localtime or right/UTC, and Local,
// which depends on the machine.
func loadZone(name string) (*time.Location, error) {
	if name == "" {
		return time.UTC, nil
	}
	if zone, ok := zones.Load(name); ok {
		return zone.(*time.Location), nil
	}
	if name == "Local" || len(name) > maxZoneName || name[0] < 'A' || name[0] > 'Z' {
		return nil, ErrTimeZone
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, ErrTimeZone
	}
	kept, _ := zones.LoadOrStore(name, zone)
	return kept.(*time.Location), nil
}

// period is a time in which a zone keeps one offset from UTC.
type period struct {
	start, end time.Time
	// before is the offset before start. It is the same if there was no change.
	offset, before time.Duration
}

// settling is longer than any change of a clock: some skipped a day to cross the date
// line.
const settling = 2 * day

// maxYear is the last year that a status can hold.
const maxYear = 9999

// periods yields the periods of a zone that matter for the time between two instants. The
// last one ends at until. There are none outside the years 1 to 9999, because Go cannot
// compute with times far beyond them.
func periods(zone *time.Location, from, until time.Time) iter.Seq[period] {
	return func(yield func(period) bool) {
		if year := from.UTC().Year(); year < 1 || year > maxYear {
			return
		}
		// Earlier changes have no effect any more.
		start := from.Add(-settling)
		before := offsetAt(start, zone)
		for start.Before(until) {
			p := period{start: start, end: periodEnd(start, until, zone), offset: offsetAt(start, zone), before: before}
			if !yield(p) {
				return
			}
			start, before = p.end, p.offset
		}
	}
}

// periodEnd returns when the offset at t may change next, at most until. ZoneBounds of the
// standard library returns bounds that are no changes, and on the last day of a leap year
// an end that has passed; its start may belong to rules of a year that were not in force,
// so it is not used.
func periodEnd(t, until time.Time, zone *time.Location) time.Time {
	_, end := t.In(zone).ZoneBounds()
	switch {
	case end.IsZero():
		return until
	case !end.After(t):
		end = time.Date(t.UTC().Year()+1, time.January, 1, 0, 0, 0, 0, time.UTC)
	}
	return earlier(end, until)
}

func offsetAt(t time.Time, zone *time.Location) time.Duration {
	_, seconds := t.In(zone).Zone()
	return time.Duration(seconds) * time.Second
}

// read returns the reading that a clock with the offset shows at t.
func read(t time.Time, offset time.Duration) time.Time { return t.UTC().Add(offset) }

// at returns the time at which a clock with the offset shows a reading.
func at(reading time.Time, offset time.Duration) time.Time { return reading.Add(-offset) }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
