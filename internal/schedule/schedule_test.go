package schedule_test

import (
	"testing"
	"time"

	"github.com/netresearch/go-cron"
	"pgregory.net/rapid"

	"github.com/flinks-operator/flinks-operator/internal/schedule"
)

func parse(t interface {
	Helper()
	Fatalf(string, ...any)
}, expression, zone string,
) schedule.Schedule {
	t.Helper()
	s, err := schedule.Parse(expression, zone)
	if err != nil {
		t.Fatalf("Parse(%q, %q): %v", expression, zone, err)
	}
	return s
}

func instant(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestNext(t *testing.T) {
	for _, tt := range []struct{ name, expression, zone, after, want string }{
		{"strictly after", "0 9 * * *", "", "2027-03-01T09:00:00Z", "2027-03-02T09:00:00Z"},
		{"a nanosecond before", "0 9 * * *", "", "2027-03-01T08:59:59.999999999Z", "2027-03-01T09:00:00Z"},
		{"a nanosecond after", "0 9 * * *", "", "2027-03-01T09:00:00.000000001Z", "2027-03-02T09:00:00Z"},
		{"weekdays of a zone", "0 9 * * 1-5", "America/Toronto", "2027-03-05T14:00:00Z", "2027-03-08T14:00:00Z"},
		{"in summer", "0 9 * * 1-5", "America/Toronto", "2027-07-02T13:00:00Z", "2027-07-05T13:00:00Z"},
		{"date or weekday: the date", "0 2 1 * 1", "", "2027-03-29T02:00:00Z", "2027-04-01T02:00:00Z"},
		{"date or weekday: the weekday", "0 2 1 * 1", "", "2027-04-01T02:00:00Z", "2027-04-05T02:00:00Z"},
		{"the rarest day", "0 0 29 2 *", "", "2096-02-29T00:00:00Z", "2104-02-29T00:00:00Z"},
		{"end of the year", "59 23 31 12 *", "Asia/Kolkata", "2027-12-31T18:29:00Z", "2028-12-31T18:29:00Z"},
		{"after a leap year", "0 9 1 1 *", "America/Toronto", "2040-12-31T05:00:00Z", "2041-01-01T14:00:00Z"},
		{"on the last day of a leap year", "0 9 * * *", "America/Toronto", "2040-12-30T14:00:00Z", "2040-12-31T14:00:00Z"},
		{"before any zone", "0 0 * * *", "America/Toronto", "0001-01-01T00:00:00Z", "0001-01-01T05:17:32Z"},

		{"skipped: comes an hour later", "30 2 * * *", "America/Toronto", "2027-03-13T12:00:00Z", "2027-03-14T07:30:00Z"},
		{"skipped: comes once", "30 2 * * *", "America/Toronto", "2027-03-14T07:30:00Z", "2027-03-15T06:30:00Z"},
		{"skipped: after the change", "30 2 * * *", "America/Toronto", "2027-03-14T07:10:00Z", "2027-03-14T07:30:00Z"},
		{"skipped: meets the next hour", "30 2,3 * * *", "America/Toronto", "2027-03-14T07:30:00Z", "2027-03-15T06:30:00Z"},
		{"skipped: before the next time", "10 2 * * *", "Europe/London", "2027-03-28T01:10:00Z", "2027-03-29T01:10:00Z"},
		{"skipped midnight", "0 0 * * *", "America/Sao_Paulo", "2018-11-03T12:00:00Z", "2018-11-04T03:00:00Z"},
		{"skipped half hour", "15 2 * * *", "Australia/Lord_Howe", "2027-10-02T12:00:00Z", "2027-10-02T15:45:00Z"},
		{"skipped day", "0 9 30 12 *", "Pacific/Apia", "2011-12-01T00:00:00Z", "2011-12-30T19:00:00Z"},
		{"skipped day meets the next", "0 9 * * *", "Pacific/Apia", "2011-12-30T19:00:00Z", "2011-12-31T19:00:00Z"},

		{"repeated: the first time", "30 1 * * *", "America/Toronto", "2027-11-06T12:00:00Z", "2027-11-07T05:30:00Z"},
		{"repeated: once", "30 1 * * *", "America/Toronto", "2027-11-07T05:30:00Z", "2027-11-08T06:30:00Z"},
		{"repeated: between both", "30 1 * * *", "America/Toronto", "2027-11-07T06:10:00Z", "2027-11-08T06:30:00Z"},
		{"repeated: at the change", "0 1 * * *", "America/Toronto", "2027-11-07T05:59:59Z", "2027-11-08T06:00:00Z"},
		{"the hour after comes", "0 2 * * *", "America/Toronto", "2027-11-07T05:30:00Z", "2027-11-07T07:00:00Z"},
		{"repeated late evening", "30 23 * * *", "America/Sao_Paulo", "2019-02-17T01:30:00Z", "2019-02-18T02:30:00Z"},
		{"repeated half hour", "45 1 * * *", "Australia/Lord_Howe", "2027-04-03T14:45:00Z", "2027-04-04T15:15:00Z"},

		{"hourly comes in both", "0 * * * *", "America/Toronto", "2027-11-07T05:00:00Z", "2027-11-07T06:00:00Z"},
		{"hourly, written out", "0 0-23 * * *", "America/Toronto", "2027-11-07T05:00:00Z", "2027-11-07T06:00:00Z"},
		{"hourly, not skipped", "30 * * * *", "America/Toronto", "2027-03-14T06:30:00Z", "2027-03-14T07:30:00Z"},
		{"hourly at a half hour's change", "0 * * * *", "Australia/Lord_Howe", "2027-04-03T14:00:00Z", "2027-04-03T15:30:00Z"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			next := parse(t, tt.expression, tt.zone).Next(instant(t, tt.after))
			if want := instant(t, tt.want); !next.Equal(want) || next.Location() != time.UTC {
				t.Errorf("Next(%s) = %s, want %s", tt.after, next, want)
			}
		})
	}
}

func TestNextHourlyFollowsTheRealHours(t *testing.T) {
	zone := zoneOf(t, "America/Toronto")
	for _, tt := range []struct {
		expression string
		day        time.Time
		want       int
	}{
		{"0 * * * *", time.Date(2027, 3, 13, 0, 0, 0, 0, zone), 24},
		{"0 * * * *", time.Date(2027, 3, 14, 0, 0, 0, 0, zone), 23},
		{"0 * * * *", time.Date(2027, 11, 7, 0, 0, 0, 0, zone), 25},
		{"*/10 * * * *", time.Date(2027, 3, 14, 0, 0, 0, 0, zone), 23 * 6},
		{"*/10 * * * *", time.Date(2027, 11, 7, 0, 0, 0, 0, zone), 25 * 6},
		{"0 0-22 * * *", time.Date(2027, 11, 7, 0, 0, 0, 0, zone), 23},
		{"30 1,2 * * *", time.Date(2027, 11, 7, 0, 0, 0, 0, zone), 2},
		{"30 1,2 * * *", time.Date(2027, 3, 14, 0, 0, 0, 0, zone), 2},
	} {
		s, count := parse(t, tt.expression, "America/Toronto"), 0
		for at := s.Next(tt.day.Add(-1)); at.Before(tt.day.AddDate(0, 0, 1)); at = s.Next(at) {
			count++
		}
		if count != tt.want {
			t.Errorf("%q fires %d times on %s, want %d", tt.expression, count, tt.day.Format(time.DateOnly), tt.want)
		}
	}
}

func TestNextIsZeroWhereThereIsNone(t *testing.T) {
	if next := (schedule.Schedule{}).Next(firstDay); !next.IsZero() {
		t.Errorf("the zero Schedule fires at %s", next)
	}
	for _, after := range beyondTime {
		if next := parse(t, "0 9 * * *", "America/Toronto").Next(after); !next.IsZero() {
			t.Errorf("Next(%s) = %s, want the zero time", after, next)
		}
	}
}

// TestNextAroundEveryChange compares whole days with the reference, at each change of
// each zone in 30 years.
func TestNextAroundEveryChange(t *testing.T) {
	expressions := []numbers{
		{minutes: []int{0}},
		{minutes: []int{30}},
		{minutes: []int{0, 20, 45}, hours: []int{1}},
		{minutes: []int{15, 45}, hours: []int{0, 2, 3}},
		{minutes: []int{0}, hours: []int{0}},
		{minutes: []int{30}, hours: []int{23}},
		{hours: []int{1, 2}},
		{minutes: []int{50}, hours: []int{0, 1, 2, 3}, weekdays: []int{0}},
		{minutes: []int{10}, hours: []int{2, 9}, dates: []int{1, 30}, weekdays: []int{0, 5}},
	}
	for _, name := range zoneNames {
		t.Run(name, func(t *testing.T) {
			zone, found := zoneOf(t, name), 0
			for _, change := range changes(zone) {
				found++
				from, until := change.Add(-30*time.Hour), change.Add(54*time.Hour)
				ticks := ticks(zone, from.Add(-26*time.Hour), until)
				for _, n := range expressions {
					compareDays(t, n, name, ticks, from)
				}
			}
			t.Logf("%d changes", found)
		})
	}
}

// compareDays compares what fires after from with the reference.
func compareDays(t *testing.T, n numbers, zone string, ticks []tick, from time.Time) {
	t.Helper()
	s, fires, at := parse(t, n.expression(), zone), n.fires(ticks), from
	for {
		want, ok := firstAfter(fires, at)
		if !ok {
			return
		}
		if next := s.Next(at); !next.Equal(want) {
			t.Fatalf("%q in %s: Next(%s) = %s, want %s", n.expression(), zone, at, next, want)
		}
		at = want
	}
}

func TestNextIsTheFirstOfTheReference(t *testing.T) {
	for _, name := range zoneNames {
		zone := zoneOf(t, name)
		changes := changes(zone)
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			n, from := drawNumbers(t), drawInstant(t, changes)
			s, err := schedule.Parse(n.expression(), name)
			if err != nil {
				if next, fires := nextDay(n, from); fires {
					t.Fatalf("Parse(%q): %v, although it fires on %s", n.expression(), err, next)
				}
				t.Skip()
			}
			until := from.Add(50 * time.Hour)
			fires := n.fires(ticks(zone, from.Add(-26*time.Hour), until))
			for range 5 {
				after := from.Add(time.Duration(rapid.Int64Range(0, int64(30*time.Hour)).Draw(t, "after")))
				next, again := s.Next(after), s.Next(after)
				want, ok := firstAfter(fires, after)
				if (ok && !next.Equal(want)) || (!ok && next.Before(until)) || !next.Equal(again) {
					t.Fatalf("%q: Next(%s) = %s, want %s", n.expression(), after, next, want)
				}
			}
		}))
	}
}

// nextDay looks for a day of the expression within nine years.
func nextDay(n numbers, from time.Time) (time.Time, bool) {
	n.minutes, n.hours = nil, nil
	for date := from; date.Before(from.AddDate(9, 0, 0)); date = date.AddDate(0, 0, 1) {
		if n.match(date) {
			return date, true
		}
	}
	return time.Time{}, false
}

// TestNextWithoutChanges compares with the parser's own reckoning where no clock
// changes, over all distances.
func TestNextWithoutChanges(t *testing.T) {
	theirs := cron.MustNewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.DowOrDom).WithMaxSearchYears(9)
	rapid.Check(t, func(t *rapid.T) {
		n, after := drawNumbers(t), drawInstant(t, nil)
		s, err := schedule.Parse(n.expression(), "UTC")
		if err != nil {
			t.Skip()
		}
		spec, err := theirs.Parse("CRON_TZ=UTC " + n.expression())
		if err != nil {
			t.Fatal(err)
		}
		for range 10 {
			next := s.Next(after)
			if want := spec.Next(after); !next.Equal(want) {
				t.Fatalf("%q: Next(%s) = %s, want %s", n.expression(), after, next, want)
			}
			after = next
		}
	})
}

func TestSchedulesCanBeCompared(t *testing.T) {
	s := parse(t, "0 9 * * MON-FRI", "America/Toronto")
	if s != parse(t, " 0  9 ? * 1-5\n", "America/Toronto") {
		t.Error("the same in other words is not equal")
	}
	if s == parse(t, "0 9 * * MON-FRI", "America/New_York") || s == parse(t, "0 9 * * MON-SAT", "America/Toronto") {
		t.Error("something else is equal")
	}
}

func BenchmarkNext(b *testing.B) {
	for _, bm := range []struct{ name, expression, zone string }{
		{"daily", "30 2 * * *", "America/Toronto"},
		{"weekdays", "0 9 * * 1-5", "America/Toronto"},
		{"hourly", "0 * * * *", "America/Toronto"},
		{"yearly", "0 0 29 2 *", "America/Toronto"},
		{"utc", "0 9 * * *", "UTC"},
	} {
		b.Run(bm.name, func(b *testing.B) {
			s, err := schedule.Parse(bm.expression, bm.zone)
			if err != nil {
				b.Fatal(err)
			}
			after := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
			b.ReportAllocs()
			for b.Loop() {
				s.Next(after)
			}
		})
	}
}
