package schedule

import "time"

// horizon is how far ahead Next looks. The rarest day is 29 February, which can be eight
// years away.
const horizon = 9 * 366 * day

// Schedule is a cron expression in a time zone. Parse makes one; the zero Schedule never
// fires. Equal schedules fire at the same times.
type Schedule struct {
	calendar calendar
	zone     *time.Location
}

// Next returns the first time after the given one at which the schedule fires, in UTC. It
// returns the zero time for the zero Schedule, and outside the years 1 to 9999.
func (s Schedule) Next(after time.Time) time.Time {
	if s.zone == nil {
		return time.Time{}
	}
	from := after.Add(1)
	for p := range periods(s.zone, from, from.Add(horizon)) {
		if t, ok := s.first(p, later(from, p.start)); ok {
			return t
		}
	}
	return time.Time{}
}

// first returns the first time of a period that is not before from.
func (s Schedule) first(p period, from time.Time) (time.Time, bool) {
	shown, last := read(from, p.offset), read(p.end, p.offset)
	if s.calendar.isHourly() {
		reading, ok := s.calendar.first(shown, last)
		return at(reading, p.offset), ok
	}
	// A reading that the clock already showed before the change does not repeat.
	shown = later(shown, read(p.start, p.before))
	reading, ok := s.calendar.first(shown, last)
	t := at(reading, p.offset)

	// A reading that the change skipped is read with the offset from before it.
	skipped, missed := s.calendar.first(read(from, p.before), read(p.start, p.offset))
	if catchUp := at(skipped, p.before); missed && (!ok || catchUp.Before(t)) {
		return catchUp, true
	}
	return t, ok
}
