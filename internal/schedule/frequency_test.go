package schedule_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/flinks-operator/flinks-operator/internal/schedule"
)

func TestMoreOftenThan(t *testing.T) {
	const day = 24 * time.Hour
	for _, tt := range []struct {
		expression, zone string
		least            time.Duration
	}{
		{"* * * * *", "", time.Minute},
		{"*/7 * * * *", "", 4 * time.Minute},
		{"0 * * * *", "", time.Hour},
		{"30 * * * *", "America/Toronto", time.Hour},
		{"@hourly", "America/Toronto", time.Hour},
		{"0,59 9 * * *", "", 59 * time.Minute},
		{"0,30 0 * * *", "", 30 * time.Minute},
		{"0 */5 * * *", "", 4 * time.Hour}, // from 20:00 to midnight
		{"0 0,23 * * *", "", time.Hour},
		{"0 0,23 * * 1", "", 23 * time.Hour},
		{"0 0,23 * * 1,2", "", time.Hour},
		{"0 9 * * *", "", day},
		{"0 9 * * 1,3", "", 2 * day},
		{"0 9 * * 1", "", 7 * day},
		{"0 9 1 * *", "", 28 * day},
		{"0 9 31 * *", "", 31 * day}, // of July and August
		{"0 9 1 * 1", "", day},
		{"@yearly", "", 365 * day},
		{"0 0 29 2 *", "", (4*365 + 1) * day},

		// Where clocks change.
		{"0 9 * * *", "America/Toronto", 23 * time.Hour},
		{"0 9 * * 1", "America/Toronto", 7*day - time.Hour},
		{"30 2 * * *", "America/Toronto", 23 * time.Hour},
		{"30 1-5 * * *", "America/Toronto", time.Hour},
		{"0 1-5 * * *", "Europe/London", time.Hour},
		{"0 */2 * * *", "America/Toronto", time.Hour}, // 03:00 for 02:00, then 04:00
		{"0 9 * * *", "America/Sao_Paulo", day},       // not since 2019
		{"0 * * * *", "Australia/Lord_Howe", time.Hour},
		{"30 * * * *", "Australia/Lord_Howe", 30 * time.Minute},
		{"0 2,3 * * *", "Australia/Lord_Howe", 30 * time.Minute},
		{"0 9 1 1 *", "America/Toronto", 365 * day},
	} {
		s := parse(t, tt.expression, tt.zone)
		if s.MoreOftenThan(tt.least) {
			t.Errorf("%q in %q fires more often than %s", tt.expression, tt.zone, tt.least)
		}
		if !s.MoreOftenThan(tt.least + 1) {
			t.Errorf("%q in %q never fires within %s", tt.expression, tt.zone, tt.least)
		}
	}
	for _, d := range []time.Duration{-1 << 63, -1, 0, 1} {
		if parse(t, "* * * * *", "").MoreOftenThan(d) {
			t.Errorf("fires within %s", d)
		}
	}
	if !parse(t, "@yearly", "America/Toronto").MoreOftenThan(1<<63 - 1) {
		t.Error("does not fire twice in 292 years")
	}
	if (schedule.Schedule{}).MoreOftenThan(time.Hour) {
		t.Error("the zero Schedule fires")
	}
}

// TestMoreOftenThanIsWhatNextSays walks through all of the sample.
func TestMoreOftenThanIsWhatNextSays(t *testing.T) {
	from := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	until := from.AddDate(28, 0, 0)
	rapid.Check(t, func(t *rapid.T) {
		n, zone := drawNumbers(t), rapid.SampledFrom(zoneNames).Draw(t, "zone")
		n.minutes = []int{rapid.IntRange(0, 59).Draw(t, "minute")}
		n.hours = rapid.SliceOfNDistinct(rapid.IntRange(0, 23), 1, 2, rapid.ID[int]).Draw(t, "one or two hours")
		if _, err := schedule.Parse(n.expression(), zone); err != nil {
			t.Skip()
		}
		walk := func(zone string) time.Duration {
			s, least := parse(t, n.expression(), zone), until.Sub(from)
			for at := s.Next(from); at.Before(until); {
				next := s.Next(at)
				least, at = min(least, next.Sub(at)), next
			}
			return least
		}
		s, least := parse(t, n.expression(), zone), walk(zone)
		if s.MoreOftenThan(least) {
			least = min(least, walk("UTC")) // as it is on the wall clock
		}
		if s.MoreOftenThan(least) || !s.MoreOftenThan(least+1) {
			t.Errorf("%q in %s: the least distance is %s", n.expression(), zone, least)
		}
	})
}

func BenchmarkMoreOftenThan(b *testing.B) {
	for _, expression := range []string{"0 * * * *", "0 9 * * 1-5", "0 0 29 2 *"} {
		b.Run(expression, func(b *testing.B) {
			s, err := schedule.Parse(expression, "America/Toronto")
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				s.MoreOftenThan(time.Hour)
			}
		})
	}
}
