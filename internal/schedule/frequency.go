package schedule

import "time"

// The sample covers 28 years, in which every date falls on every weekday, in leap years
// and in others.
var (
	sampleStart = time.Date(2024, time.January, 1, 0, 0, 0, 0, time.UTC)
	sampleEnd   = sampleStart.AddDate(28, 0, 0)
)

// MoreOftenThan reports whether the schedule can fire twice within less than d: in local
// time, or around one of the clock changes that are known for the zone in 28 years from
// 2024.
func (s Schedule) MoreOftenThan(d time.Duration) bool {
	if s.zone == nil {
		return false
	}
	if s.calendar.isMoreOftenThan(d) {
		return true
	}
	for p := range periods(s.zone, sampleStart, sampleEnd) {
		if p.before != p.offset && s.isCrowdedAt(p, d) {
			return true
		}
	}
	return false
}

// isCrowdedAt reports whether the schedule fires twice within less than d around the
// change at the start of a period. Elsewhere local time passes like UTC.
func (s Schedule) isCrowdedAt(p period, d time.Duration) bool {
	// The skipped times come within the length of the gap after the change.
	settled := later(p.start, p.start.Add(p.offset-p.before))
	for t := s.Next(p.start.Add(-d)); t.Before(settled) && !t.IsZero(); {
		next := s.Next(t)
		if next.Sub(t) < d {
			return true
		}
		t = next
	}
	return false
}

// isMoreOftenThan reports whether two readings are less than d apart.
func (c calendar) isMoreOftenThan(d time.Duration) bool {
	first, _ := c.minuteFrom(0)
	last := first
	for {
		m, ok := c.minuteFrom(last + 1)
		if !ok {
			break
		}
		if time.Duration(m-last)*time.Minute < d {
			return true
		}
		last = m
	}
	open := time.Duration(last-first) * time.Minute
	return day-open < d && c.closestDays()-open < d
}

// closestDays returns the shortest distance between two days of the calendar.
func (c calendar) closestDays() time.Duration {
	least := sampleEnd.Sub(sampleStart)
	var previous time.Time
	for date := sampleStart; date.Before(sampleEnd) && least > day; {
		in, next := c.next(date)
		if in && !previous.IsZero() {
			least = min(least, date.Sub(previous))
		}
		if in {
			previous = date
		}
		date = next
	}
	return least
}
