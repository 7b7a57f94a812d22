package schedule_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/flinks-operator/flinks-operator/internal/schedule"
)

func window(t *testing.T, days []string, start, end, zone string) schedule.Window {
	t.Helper()
	w, err := schedule.ParseWindow(days, start, end, zone)
	if err != nil {
		t.Fatalf("ParseWindow(%q, %q, %q, %q): %v", days, start, end, zone, err)
	}
	return w
}

func TestWindowsNext(t *testing.T) {
	business := window(t, []string{"Mon", "Tue"}, "09:00", "21:00", "America/Toronto")
	night := window(t, []string{"Fri"}, "22:00", "02:00", "America/Toronto")
	skipped := window(t, nil, "02:15", "05:00", "America/Toronto")
	inGap := window(t, []string{"Sun"}, "02:10", "02:40", "America/Toronto")
	repeated := window(t, nil, "01:00", "01:30", "America/Toronto")
	weekend := window(t, []string{"Sat", "Sun"}, "00:00", "24:00", "")
	for _, tt := range []struct {
		name    string
		windows schedule.Windows
		t, want string
	}{
		{"none", nil, "2027-03-01T12:34:56.789Z", "2027-03-01T12:34:56.789Z"},
		{"at the start", schedule.Windows{business}, "2027-03-01T14:00:00Z", "2027-03-01T14:00:00Z"},
		{"before the start", schedule.Windows{business}, "2027-03-01T13:59:59.999Z", "2027-03-01T14:00:00Z"},
		{"within", schedule.Windows{business}, "2027-03-01T20:30:15.5Z", "2027-03-01T20:30:15.5Z"},
		{"before the end", schedule.Windows{business}, "2027-03-02T01:59:59.999Z", "2027-03-02T01:59:59.999Z"},
		{"at the end", schedule.Windows{business}, "2027-03-02T02:00:00Z", "2027-03-02T14:00:00Z"},
		{"next week, in summer", schedule.Windows{business}, "2027-03-10T02:00:00Z", "2027-03-15T13:00:00Z"},
		{"earliest of two", schedule.Windows{business, weekend}, "2027-03-04T02:00:00Z", "2027-03-06T00:00:00Z"},
		{"one of two is open", schedule.Windows{business, weekend}, "2027-03-07T23:59:59Z", "2027-03-07T23:59:59Z"},
		{"after a whole day", schedule.Windows{weekend}, "2027-03-08T00:00:00Z", "2027-03-13T00:00:00Z"},
		{"past midnight: the evening", schedule.Windows{night}, "2027-03-06T04:00:00Z", "2027-03-06T04:00:00Z"},
		{"past midnight: the morning", schedule.Windows{night}, "2027-03-06T06:59:00Z", "2027-03-06T06:59:00Z"},
		{"past midnight: over", schedule.Windows{night}, "2027-03-06T07:00:00Z", "2027-03-13T03:00:00Z"},
		{"past midnight: not the morning of its day", schedule.Windows{night}, "2027-03-05T06:00:00Z", "2027-03-06T03:00:00Z"},

		{"skipped start", schedule.Windows{skipped}, "2027-03-14T05:00:00Z", "2027-03-14T07:00:00Z"},
		{"skipped window", schedule.Windows{inGap}, "2027-03-13T05:00:00Z", "2027-03-21T06:10:00Z"},
		{"repeated window opens twice", schedule.Windows{repeated}, "2027-11-07T05:30:00Z", "2027-11-07T06:00:00Z"},
		{"skipped day", schedule.Windows{window(t, []string{"Fri"}, "09:00", "10:00", "Pacific/Apia")}, "2011-12-29T00:00:00Z", "2012-01-05T19:00:00Z"},
		{"last day of a leap year", schedule.Windows{business}, "2040-12-31T06:00:00Z", "2040-12-31T14:00:00Z"},
		{"after a leap year", schedule.Windows{business}, "2041-01-01T06:00:00Z", "2041-01-01T14:00:00Z"},
		{"the zero Window is open", schedule.Windows{{}}, "2027-03-01T12:00:00Z", "2027-03-01T12:00:00Z"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if next := tt.windows.Next(instant(t, tt.t)); !next.Equal(instant(t, tt.want)) {
				t.Errorf("Next(%s) = %s, want %s", tt.t, next, tt.want)
			}
		})
	}
	for _, at := range beyondTime {
		if next := (schedule.Windows{business, night}).Next(at); !next.Equal(at) {
			t.Errorf("Next(%s) = %s", at, next)
		}
	}
}

func TestParseWindowRefuses(t *testing.T) {
	for _, tt := range []struct {
		days             []string
		start, end, zone string
		want             error
	}{
		{nil, "09:00", "09:00", "", schedule.ErrEmptyWindow},
		{nil, "00:00", "00:00", "", schedule.ErrEmptyWindow},
		{nil, "9:00", "10:00", "", schedule.ErrTimeOfDay},
		{nil, "09:00", "24:01", "", schedule.ErrTimeOfDay},
		{nil, "24:00", "09:00", "", schedule.ErrTimeOfDay},
		{nil, "24:00", "24:00", "", schedule.ErrTimeOfDay},
		{nil, "09:60", "10:00", "", schedule.ErrTimeOfDay},
		{nil, "", "10:00", "", schedule.ErrTimeOfDay},
		{nil, "09:00", "10:00:00", "", schedule.ErrTimeOfDay},
		{nil, "09:00", "-1:00", "", schedule.ErrTimeOfDay},
		{[]string{"Monday"}, "09:00", "10:00", "", schedule.ErrWeekday},
		{[]string{"mon"}, "09:00", "10:00", "", schedule.ErrWeekday},
		{[]string{"Mon", ""}, "09:00", "10:00", "", schedule.ErrWeekday},
		{nil, "09:00", "10:00", "Local", schedule.ErrTimeZone},
	} {
		w, err := schedule.ParseWindow(tt.days, tt.start, tt.end, tt.zone)
		if !errors.Is(err, tt.want) || w != (schedule.Window{}) {
			t.Errorf("ParseWindow(%q, %q, %q, %q) = %v, want %v", tt.days, tt.start, tt.end, tt.zone, err, tt.want)
		}
	}
}

// hours are a window in numbers; its times are minutes of the day.
type hours struct {
	days       []time.Weekday
	start, end int
	zone       *time.Location
}

func (h hours) isOpen(t time.Time) bool {
	shown := shows(t, h.zone)
	minute := shown.Hour()*60 + shown.Minute()
	today, yesterday := h.has(shown.Weekday()), h.has((shown.Weekday()+6)%7)
	if h.start < h.end {
		return today && h.start <= minute && minute < h.end
	}
	return today && h.start <= minute || yesterday && minute < h.end
}

func (h hours) has(day time.Weekday) bool { return len(h.days) == 0 || slices.Contains(h.days, day) }

func (h hours) parse() (schedule.Window, error) {
	var days []string
	for _, d := range h.days {
		days = append(days, d.String()[:3])
	}
	clock := func(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }
	return schedule.ParseWindow(days, clock(h.start), clock(h.end), h.zone.String())
}

// drawHours prefers the hours in which clocks change.
func drawHours(t *rapid.T, zone *time.Location) hours {
	minute := rapid.OneOf(rapid.IntRange(0, 239), rapid.IntRange(0, 1439))
	days := rapid.SliceOfNDistinct(rapid.SampledFrom([]time.Weekday{0, 1, 2, 3, 4, 5, 6}), 0, 7, rapid.ID[time.Weekday])
	start := minute.Draw(t, "start")
	end := minute.Filter(func(m int) bool { return m != start }).Draw(t, "end")
	if rapid.IntRange(0, 9).Draw(t, "until midnight") == 0 {
		end = 24 * 60
	}
	return hours{days.Draw(t, "days"), start, end, zone}
}

// TestWindowsNextIsTheFirstOfTheReference looks at the clock every minute until a
// window is open.
func TestWindowsNextIsTheFirstOfTheReference(t *testing.T) {
	for _, name := range zoneNames {
		zone := zoneOf(t, name)
		others := []*time.Location{zone, zone, zoneOf(t, "America/Toronto"), time.UTC}
		changes := changes(zone)
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			var all []hours
			var windows schedule.Windows
			for range rapid.IntRange(1, 3).Draw(t, "windows") {
				h := drawHours(t, rapid.SampledFrom(others).Draw(t, "zone"))
				w, err := h.parse()
				if err != nil {
					t.Fatal(err)
				}
				all, windows = append(all, h), append(windows, w)
			}
			from := drawInstant(t, changes)
			want := from
			for !slices.ContainsFunc(all, func(h hours) bool { return h.isOpen(want) }) {
				want = want.Truncate(time.Minute).Add(time.Minute)
			}
			next := windows.Next(from)
			if !next.Equal(want) || !windows.Next(next).Equal(next) {
				t.Fatalf("%v: Next(%s) = %s, want %s", all, from, next, want)
			}
		}))
	}
}

func FuzzParseWindow(f *testing.F) {
	f.Add("Mon", "09:00", "24:00", "America/Toronto", int64(1_800_000_000))
	f.Add("", "22:00", "06:00", "", int64(-1<<63))
	f.Fuzz(func(t *testing.T, day, start, end, zone string, seconds int64) {
		var days []string
		if day != "" {
			days = []string{day}
		}
		w, err := schedule.ParseWindow(days, start, end, zone)
		if err != nil && !slices.Contains(refusals, err) {
			t.Fatal(err)
		}
		at := time.Unix(seconds, 0)
		if next := (schedule.Windows{w}).Next(at); next.Before(at) {
			t.Fatalf("Next(%s) = %s", at, next)
		}
	})
}

func BenchmarkWindowsNext(b *testing.B) {
	w, err := schedule.ParseWindow([]string{"Mon"}, "09:00", "21:00", "America/Toronto")
	if err != nil {
		b.Fatal(err)
	}
	windows, at := schedule.Windows{w, w}, time.Date(2027, 3, 10, 0, 0, 0, 0, time.UTC)
	b.ReportAllocs()
	for b.Loop() {
		windows.Next(at)
	}
}
