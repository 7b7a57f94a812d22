package schedule

import (
	"slices"
	"time"
)

// weekdayNames holds the names of time.Weekdays in the API.
var weekdayNames = []string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}

// windowHorizon is enough for a window of one day a week, even if a change of the clocks
// skips that day.
const windowHorizon = 22 * day

// Window is a time of some days of the week, in the local time of a zone. It includes its
// start and excludes its end, which is on the next day if it is earlier in the day than
// the start. ParseWindow makes one; the zero Window is always open.
type Window struct {
	weekdays uint64
	// since and until are counted from the same midnight.
	since, until time.Duration
	zone         *time.Location
}

// ParseWindow reads a window: days are Mon to Sun, or empty for all; start and end are
// HH:MM, and an end of 24:00 is the end of the day; timeZone is as in Parse. A window past
// midnight belongs to the day on which it begins. The error is one of this package's.
func ParseWindow(days []string, start, end, timeZone string) (Window, error) {
	weekdays, ok := parseWeekdays(days)
	if !ok {
		return Window{}, ErrWeekday
	}
	since, sinceOK := parseTimeOfDay(start)
	until, untilOK := parseTimeOfDay(end)
	if !sinceOK || !untilOK || since == day {
		return Window{}, ErrTimeOfDay
	}
	if since == until {
		return Window{}, ErrEmptyWindow
	}
	if until < since {
		until += day
	}
	zone, err := loadZone(timeZone)
	if err != nil {
		return Window{}, err
	}
	return Window{weekdays: weekdays, since: since, until: until, zone: zone}, nil
}

func parseWeekdays(names []string) (weekdays uint64, ok bool) {
	if len(names) == 0 {
		return 1<<len(weekdayNames) - 1, true
	}
	for _, name := range names {
		i := slices.Index(weekdayNames, name)
		if i < 0 {
			return 0, false
		}
		weekdays |= 1 << i
	}
	return weekdays, true
}

// parseTimeOfDay reads HH:MM up to 24:00, and returns the time since midnight.
func parseTimeOfDay(s string) (time.Duration, bool) {
	if s == "24:00" {
		return day, true
	}
	const layout = "15:04"
	t, err := time.Parse(layout, s)
	if err != nil || len(s) != len(layout) {
		return 0, false
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, true
}

// next returns t if the window is open then, and otherwise when it opens next.
func (w Window) next(t time.Time) time.Time {
	if w.zone == nil {
		return t
	}
	for p := range periods(w.zone, t, t.Add(windowHorizon)) {
		opens := at(w.first(read(later(t, p.start), p.offset)), p.offset)
		if opens.Before(p.end) {
			return later(opens, t)
		}
	}
	return t
}

// first returns the first reading in the window that is not before from. It begins with
// the window of the day before, which may still be open, and ends with that of the same
// weekday in the next week.
func (w Window) first(from time.Time) time.Time {
	date := from.Truncate(day).Add(-day)
	for !has(w.weekdays, int(date.Weekday())) || !from.Before(date.Add(w.until)) {
		date = date.Add(day)
	}
	return later(from, date.Add(w.since))
}

// Windows are times of the week. Something may happen in any of them.
type Windows []Window

// Next returns t if one of the windows is open then, or if there are none, or outside the
// years 1 to 9999. Otherwise it returns when the next one opens, in UTC.
func (ws Windows) Next(t time.Time) time.Time {
	if len(ws) == 0 {
		return t
	}
	first := ws[0].next(t)
	for _, w := range ws[1:] {
		first = earlier(first, w.next(t))
	}
	return first
}
