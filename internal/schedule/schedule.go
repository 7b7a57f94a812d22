package schedule

import "time"

// horizon is how far ahead Next looks. The rarest day is the 29th of February,
// which can be eight years off.
const horizon = 9 * 366 * day

// Schedule is a cron expression in a time zone. Parse makes one; the zero Schedule
// never fires. Schedules that are equal fire at the same instants.
type Schedule struct {
	calendar calendar
	zone     *time.Location
}

// Next is the first instant after the given one at which the schedule fires, in
// UTC. It is the zero time for the zero Schedule, and outside of the years 1 to 9999.
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

// first is the first instant of a period that is not before from.
func (s Schedule) first(p period, from time.Time) (time.Time, bool) {
	shown, last := read(from, p.offset), read(p.end, p.offset)
	if s.calendar.isHourly() {
		reading, ok := s.calendar.first(shown, last)
		return at(reading, p.offset), ok
	}
	// What the clock showed before the change has been.
	shown = later(shown, read(p.start, p.before))
	reading, ok := s.calendar.first(shown, last)
	t := at(reading, p.offset)

	// What the change skipped is read with the offset from before it.
	skipped, missed := s.calendar.first(read(from, p.before), read(p.start, p.offset))
	if catchUp := at(skipped, p.before); missed && (!ok || catchUp.Before(t)) {
		return catchUp, true
	}
	return t, ok
}
