package schedule

import (
	"math/bits"
	"time"
)

const (
	day = 24 * time.Hour

	// star is the bit that the parser adds to a field which restricts nothing.
	star = 1 << 63

	everyHour = 1<<24 - 1
)

// calendar is what an expression says, without a time zone: sets of numbers, one
// bit for each. It deals in readings of a clock. A reading is the time of UTC with
// the same date and time of day, so that readings can be computed with.
type calendar struct {
	minutes, hours, dates, months, weekdays uint64
}

// monthDays are the days of each month from January, in a year that has them all.
var monthDays = [12]uint{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

// exists is false if none of the months has any of the dates, and weekdays do not
// count instead.
func (c calendar) exists() bool {
	if c.weekdays&star == 0 {
		return true
	}
	for i, days := range monthDays {
		if has(c.months, i+1) && c.dates&(1<<(days+1)-1) != 0 {
			return true
		}
	}
	return false
}

// isHourly is true if no hour is left out.
func (c calendar) isHourly() bool { return c.hours&everyHour == everyHour }

// first is the first reading that is not before from. ok is false if there is none
// before until.
func (c calendar) first(from, until time.Time) (reading time.Time, ok bool) {
	if !from.Before(until) {
		return time.Time{}, false
	}
	from = from.Add(time.Minute - 1).Truncate(time.Minute)
	minute := from.Hour()*60 + from.Minute()
	for date := from.Truncate(day); date.Before(until); {
		in, next := c.next(date)
		if m, ok := c.minuteFrom(minute); in && ok {
			reading = date.Add(time.Duration(m) * time.Minute)
			return reading, reading.Before(until)
		}
		date, minute = next, 0
	}
	return time.Time{}, false
}

// next is true if the date is in the calendar, and says which to look at next.
func (c calendar) next(date time.Time) (in bool, next time.Time) {
	year, month, d := date.Date()
	if !has(c.months, int(month)) {
		return false, time.Date(year, month+1, 1, 0, 0, 0, 0, time.UTC)
	}
	return c.hasDay(d, date.Weekday()), date.Add(day)
}

// hasDay asks for both date and weekday if one of them is a star, and for either if
// both are restricted.
func (c calendar) hasDay(date int, weekday time.Weekday) bool {
	inDates, inWeekdays := has(c.dates, date), has(c.weekdays, int(weekday))
	if (c.dates|c.weekdays)&star != 0 {
		return inDates && inWeekdays
	}
	return inDates || inWeekdays
}

// minuteFrom is the first minute of the day that is not before the given one.
func (c calendar) minuteFrom(minute int) (first int, ok bool) {
	hour := minute / 60
	if rest := c.minutes &^ star >> (minute % 60); has(c.hours, hour) && rest != 0 {
		return minute + bits.TrailingZeros64(rest), true
	}
	later := c.hours & everyHour >> (hour + 1)
	if later == 0 {
		return 0, false
	}
	return (hour+1+bits.TrailingZeros64(later))*60 + bits.TrailingZeros64(c.minutes), true
}

func has(set uint64, number int) bool { return set>>number&1 == 1 }
