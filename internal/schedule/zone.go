package schedule

import (
	"iter"
	"sync"
	"time"
	_ "time/tzdata" // an image from scratch has no time zones of its own
)

const maxZoneName = 64

// zones holds the time zones that were used, by name. There are no more of them
// than names in the database, and no zone changes while the process runs.
var zones sync.Map

// loadZone accepts the names of the IANA database, which begin with a capital. What
// else lies in a directory of time zones, such as localtime or right/UTC, does not,
// and Local is what the machine happens to be set to.
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

// period is a stretch of time in which a zone keeps one offset from UTC.
type period struct {
	start, end time.Time
	// before is the offset that was kept until start. It is the same if there was
	// no change.
	offset, before time.Duration
}

// settling is more than a change ever skipped or repeated: a day, for those who
// crossed the date line.
const settling = 2 * day

// maxYear is the last one that a status can hold.
const maxYear = 9999

// periods are those of a zone that have anything to do with the time from one
// instant to another. The last one ends at until. There are none outside of the
// years 1 to 9999: far from them times cannot be computed with.
func periods(zone *time.Location, from, until time.Time) iter.Seq[period] {
	return func(yield func(period) bool) {
		if year := from.UTC().Year(); year < 1 || year > maxYear {
			return
		}
		// What changed before this is settled, and need not be known.
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

// periodEnd is when the offset at t may change next, or until. The bounds that the
// standard library gives are not all changes, and on the last day of a leap year
// the end has passed already; the start may belong to a year's rules that were not
// in force then, so it is not asked for.
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

// read is what the clock shows at t by an offset, as a reading.
func read(t time.Time, offset time.Duration) time.Time { return t.UTC().Add(offset) }

// at is when the clock shows a reading by an offset.
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
