package schedule_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The reference knows nothing of offsets. It looks at the clock once a minute, and
// at the numbers that an expression was made from.

var zoneNames = []string{
	"America/Toronto", "Europe/London", "Asia/Kolkata", "UTC",
	"Australia/Lord_Howe", // changes by half an hour
	"Pacific/Apia",        // had no 30 December 2011
	"America/Sao_Paulo",   // changed at midnight until 2019
}

func zoneOf(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

var firstDay, lastDay = time.Date(2011, 1, 4, 0, 0, 0, 0, time.UTC), time.Date(2040, 12, 25, 0, 0, 0, 0, time.UTC)

// beyondTime are instants with which time cannot be computed.
var beyondTime = []time.Time{
	time.Date(10000, 1, 2, 0, 0, 0, 0, time.UTC), time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC),
	time.Unix(1<<63-1, 0), time.Unix(-1<<63, 0), time.Unix(1<<63-1-62135596800, 0), time.Unix(1<<62, 0),
}

// changes returns the hours in which the clocks of a zone change, from 2011 to 2040.
func changes(zone *time.Location) []time.Time {
	var found []time.Time
	_, before := firstDay.In(zone).Zone()
	for t := firstDay; t.Before(lastDay); t = t.Add(time.Hour) {
		if _, offset := t.In(zone).Zone(); offset != before {
			found, before = append(found, t), offset
		}
	}
	return found
}

// tick is a minute, and what the clock shows then: as a time of UTC.
type tick struct{ at, shows time.Time }

func shows(t time.Time, zone *time.Location) time.Time {
	year, month, date := t.In(zone).Date()
	hour, minute, second := t.In(zone).Clock()
	return time.Date(year, month, date, hour, minute, second, t.Nanosecond(), time.UTC)
}

func ticks(zone *time.Location, from, until time.Time) []tick {
	var all []tick
	for t := from.UTC().Truncate(time.Minute); t.Before(until); t = t.Add(time.Minute) {
		all = append(all, tick{t, shows(t, zone)})
	}
	return all
}

// numbers are what an expression lists; a field that is nil is a star.
type numbers struct{ minutes, hours, dates, months, weekdays []int }

func (n numbers) expression() string {
	var fields []string
	for _, field := range [][]int{n.minutes, n.hours, n.dates, n.months, n.weekdays} {
		if field == nil {
			fields = append(fields, "*")
			continue
		}
		fields = append(fields, strings.ReplaceAll(strings.Trim(fmt.Sprint(field), "[]"), " ", ","))
	}
	return strings.Join(fields, " ")
}

func listed(field []int, number int) bool { return field == nil || slices.Contains(field, number) }

func (n numbers) match(shown time.Time) bool {
	if !listed(n.minutes, shown.Minute()) || !listed(n.hours, shown.Hour()) || !listed(n.months, int(shown.Month())) {
		return false
	}
	date, weekday := listed(n.dates, shown.Day()), listed(n.weekdays, int(shown.Weekday()))
	if n.dates != nil && n.weekdays != nil {
		return date || weekday
	}
	return date && weekday
}

func (n numbers) isHourly() bool {
	for hour := range 24 {
		if !listed(n.hours, hour) {
			return false
		}
	}
	return true
}

// fires returns the instants at which the expression fires. The ticks must begin long
// before the first one that matters, so that repetitions are known as such.
func (n numbers) fires(ticks []tick) []time.Time {
	var fires []time.Time
	shown := map[time.Time]bool{}
	for i, now := range ticks {
		if n.isHourly() {
			if n.match(now.shows) {
				fires = append(fires, now.at)
			}
			continue
		}
		if i > 0 {
			before := ticks[i-1]
			for m := before.shows.Add(time.Minute); m.Before(now.shows); m = m.Add(time.Minute) {
				if n.match(m) {
					fires = append(fires, before.at.Add(m.Sub(before.shows)))
				}
				shown[m] = true
			}
		}
		if n.match(now.shows) && !shown[now.shows] {
			fires = append(fires, now.at)
		}
		shown[now.shows] = true
	}
	slices.SortFunc(fires, time.Time.Compare)
	return slices.Compact(fires)
}

// drawNumbers prefers the hours in which clocks change, on any day.
func drawNumbers(t *rapid.T) numbers {
	numbersFrom := func(name string, least, most, stars, length int, number *rapid.Generator[int]) []int {
		switch kind := rapid.IntRange(0, 9).Draw(t, name+" kind"); {
		case kind < stars:
			return nil
		case kind == 9 && most < 24: // longer lists are too long
			length = most - least + 1
			return rapid.SliceOfNDistinct(rapid.IntRange(least, most), length, length, rapid.ID[int]).Draw(t, name)
		}
		return rapid.SliceOfNDistinct(number, 1, length, rapid.ID[int]).Draw(t, name)
	}
	return numbers{
		minutes:  numbersFrom("minutes", 0, 59, 1, 3, rapid.IntRange(0, 59)),
		hours:    numbersFrom("hours", 0, 23, 2, 4, rapid.OneOf(rapid.IntRange(0, 3), rapid.IntRange(0, 23))),
		dates:    numbersFrom("dates", 1, 31, 7, 3, rapid.IntRange(1, 31)),
		months:   numbersFrom("months", 1, 12, 6, 8, rapid.IntRange(1, 12)),
		weekdays: numbersFrom("weekdays", 0, 6, 6, 3, rapid.IntRange(0, 6)),
	}
}

// drawInstant prefers the days around a change.
func drawInstant(t *rapid.T, changes []time.Time) time.Time {
	within := int64(lastDay.Sub(firstDay))
	from := firstDay
	if len(changes) > 0 && rapid.IntRange(0, 3).Draw(t, "near a change") > 0 {
		from = rapid.SampledFrom(changes).Draw(t, "change").Add(-30 * time.Hour)
		within = int64(60 * time.Hour)
	}
	return from.Add(time.Duration(rapid.Int64Range(0, within).Draw(t, "instant")))
}

// firstAfter finds the first of sorted instants after t.
func firstAfter(sorted []time.Time, t time.Time) (time.Time, bool) {
	i, found := slices.BinarySearchFunc(sorted, t, time.Time.Compare)
	if found {
		i++
	}
	if i == len(sorted) {
		return time.Time{}, false
	}
	return sorted[i], true
}
