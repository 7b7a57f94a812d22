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

// calendar holds an expression without its time zone: sets of numbers, one bit for each.
// It works with readings of a clock. A reading is the UTC time with the same date and time
// of day, which makes it computable.
type calendar struct {
	minutes, hours, dates, months, weekdays uint64
}

// monthDays holds the number of days of each month in a leap year, from January.
var monthDays = [12]uint{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

// exists reports whether one of the months has one of the dates, or weekdays count too.
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

// isHourly reports whether no hour is left out.
func (c calendar) isHourly() bool { return c.hours&everyHour == everyHour }

// first returns the first reading that is not before from; ok is false if there is none
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

// next reports whether the date is in the calendar, and returns the next date to try.
func (c calendar) next(date time.Time) (in bool, next time.Time) {
	year, month, d := date.Date()
	if !has(c.months, int(month)) {
		return false, time.Date(year, month+1, 1, 0, 0, 0, 0, time.UTC)
	}
	return c.hasDay(d, date.Weekday()), date.Add(day)
}

// hasDay requires both date and weekday if one of them is a star, and either if both are
// restricted.
func (c calendar) hasDay(date int, weekday time.Weekday) bool {
	inDates, inWeekdays := has(c.dates, date), has(c.weekdays, int(weekday))
	if (c.dates|c.weekdays)&star != 0 {
		return inDates && inWeekdays
	}
	return inDates || inWeekdays
}

// minuteFrom returns the first minute of the day that is not before the given one.
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
