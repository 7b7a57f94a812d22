package schedule_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/flinks-operator/flinks-operator/internal/schedule"
)

func TestParse(t *testing.T) {
	const from, layout = "2027-03-01T00:00:00Z", "01-02 15:04" // a Monday
	for _, tt := range []struct {
		expression string
		want       []string // the first three times
	}{
		{"@hourly", []string{"03-01 01:00", "03-01 02:00", "03-01 03:00"}},
		{"@daily", []string{"03-02 00:00", "03-03 00:00", "03-04 00:00"}},
		{"@midnight", []string{"03-02 00:00", "03-03 00:00", "03-04 00:00"}},
		{"@weekly", []string{"03-07 00:00", "03-14 00:00", "03-21 00:00"}},
		{"@monthly", []string{"04-01 00:00", "05-01 00:00", "06-01 00:00"}},
		{"@yearly", []string{"01-01 00:00", "01-01 00:00", "01-01 00:00"}},
		{"@annually", []string{"01-01 00:00", "01-01 00:00", "01-01 00:00"}},
		{" @daily\n", []string{"03-02 00:00", "03-03 00:00", "03-04 00:00"}},
		{"0 9 * * 1-5", []string{"03-01 09:00", "03-02 09:00", "03-03 09:00"}},
		{"\t0  9\t? *   ?\n", []string{"03-01 09:00", "03-02 09:00", "03-03 09:00"}},
		{"*/20 9-10 * * *", []string{"03-01 09:00", "03-01 09:20", "03-01 09:40"}},
		{"5/25 9 * * *", []string{"03-01 09:05", "03-01 09:30", "03-01 09:55"}},
		{"59 23 31 * *", []string{"03-31 23:59", "05-31 23:59", "07-31 23:59"}},
		{"0 9 1 jan,Mar,DEC *", []string{"03-01 09:00", "12-01 09:00", "01-01 09:00"}},
		{"0 9 * * tue,WED,Thu", []string{"03-02 09:00", "03-03 09:00", "03-04 09:00"}},
		{"0 9 * * THU", []string{"03-04 09:00", "03-11 09:00", "03-18 09:00"}},
		{"0 9 * * 7", []string{"03-07 09:00", "03-14 09:00", "03-21 09:00"}},
		{"0 9 * * 0", []string{"03-07 09:00", "03-14 09:00", "03-21 09:00"}},
		{"0 9 * * FRI-MON", []string{"03-01 09:00", "03-05 09:00", "03-06 09:00"}},
		{"0 9 * * SAT-7", []string{"03-06 09:00", "03-07 09:00", "03-13 09:00"}},
		{"0 9 * * MON-FRI/2", []string{"03-01 09:00", "03-03 09:00", "03-05 09:00"}},
		{"0 9 * * */2", []string{"03-02 09:00", "03-04 09:00", "03-06 09:00"}},
		{"0 22-2/2 * * *", []string{"03-01 02:00", "03-01 22:00", "03-02 00:00"}},
		{"0 0 30 2 1", []string{"02-07 00:00", "02-14 00:00", "02-21 00:00"}},
		{"0 0 29 2 *", []string{"02-29 00:00", "02-29 00:00", "02-29 00:00"}},
		{"0 0 31 4,5 *", []string{"05-31 00:00", "05-31 00:00", "05-31 00:00"}},
		// A star with a step restricts, so either day is enough.
		{"0 0 */10 * 3", []string{"03-03 00:00", "03-10 00:00", "03-11 00:00"}},
	} {
		s, at := parse(t, tt.expression, ""), instant(t, from)
		var got []string
		for range tt.want {
			at = s.Next(at)
			got = append(got, at.Format(layout))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q fires at %q, want %q", tt.expression, got, tt.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, tt := range []struct {
		expression string
		want       error
	}{
		{"", schedule.ErrFields},
		{" \t\n", schedule.ErrFields},
		{"9", schedule.ErrFields},
		{"0 9 * *", schedule.ErrFields},
		{"0 0 9 * * *", schedule.ErrFields},
		{"0 0 9 * * * 2027", schedule.ErrFields},
		{"@every 5s", schedule.ErrEvery},
		{"@every", schedule.ErrEvery},
		{"@EVERY 24h", schedule.ErrEvery},
		{"@reboot", schedule.ErrDescriptor},
		{"@", schedule.ErrDescriptor},
		{"@every5s", schedule.ErrDescriptor},
		{"@daily 5", schedule.ErrDescriptor},
		{"TZ=America/Toronto 0 9 * * *", schedule.ErrZonePrefix},
		{"CRON_TZ=UTC 0 9 * * *", schedule.ErrZonePrefix},
		{"TZ=", schedule.ErrZonePrefix},
		{"TZ=UTC @daily", schedule.ErrZonePrefix},
		{"60 * * * *", schedule.ErrSyntax},
		{"-1 * * * *", schedule.ErrSyntax},
		{"+1 * * * *", schedule.ErrSyntax},
		{"0 24 * * *", schedule.ErrSyntax},
		{"0 0 0 * *", schedule.ErrSyntax},
		{"0 0 32 * *", schedule.ErrSyntax},
		{"0 0 * 13 *", schedule.ErrSyntax},
		{"0 0 * 0 *", schedule.ErrSyntax},
		{"0 0 * * 8", schedule.ErrSyntax},
		{"0 0 * * monday", schedule.ErrSyntax},
		{"0 0 * mon *", schedule.ErrSyntax},
		{"*/0 * * * *", schedule.ErrSyntax},
		{"*/60 * * * *", schedule.ErrSyntax},
		{"0 */24 * * *", schedule.ErrSyntax},
		{"0 25-2 * * *", schedule.ErrSyntax},
		{"0 100-0 * * *", schedule.ErrSyntax},
		{"0 25/2 * * *", schedule.ErrSyntax},
		{"0 22-24 * * *", schedule.ErrSyntax},
		{"0 0 32-1 * *", schedule.ErrSyntax},
		{"0 0 * * 8-1", schedule.ErrSyntax},
		{"99999999999999999999 * * * *", schedule.ErrSyntax},
		{"1/2/3 * * * *", schedule.ErrSyntax},
		{"1-2-3 * * * *", schedule.ErrSyntax},
		{"1,,2 * * * *", schedule.ErrSyntax},
		{", * * * *", schedule.ErrSyntax},
		{"0, * * * *", schedule.ErrSyntax},
		{"H * * * *", schedule.ErrSyntax},
		{"0 0 L * *", schedule.ErrSyntax},
		{"0 0 15W * *", schedule.ErrSyntax},
		{"0 0 * * FRI#3", schedule.ErrSyntax},
		{"0 0 * * FRI-MON/2", schedule.ErrSyntax},
		{"0 0 * * 1/2", schedule.ErrSyntax},
		{"0 0 * * 5-7/2", schedule.ErrSyntax},
		{"0 0 * * sun-mon/x", schedule.ErrSyntax},
		{"0 0 * * \x00", schedule.ErrSyntax},
		{"0 0 31 2 *", schedule.ErrNeverFires},
		{"0 0 30 FEB ?", schedule.ErrNeverFires},
		{"0 0 31 4,6,9,11 *", schedule.ErrNeverFires},
		{strings.Repeat("0", 257), schedule.ErrTooLong},
		{"0 9 * * *" + strings.Repeat(" ", 300), schedule.ErrTooLong},
	} {
		s, err := schedule.Parse(tt.expression, "")
		if !errors.Is(err, tt.want) || s != (schedule.Schedule{}) {
			t.Errorf("Parse(%q) = %v, want %v", tt.expression, err, tt.want)
		}
	}
}

var refusedZones = []string{
	"Local", "local", "LOCAL", "localtime", "posixrules", "posix/UTC", "right/UTC", "Mars/Olympus", "../etc/passwd", "/etc/localtime",
	"America", "America/", "America/Toronto ", "America/../UTC", "+05:00", "UTC+5", " UTC", "\x00", strings.Repeat("A", 65),
}

func TestParseTimeZone(t *testing.T) {
	for zone, want := range map[string]string{
		"":                                 "2027-07-01T09:00:00Z",
		"UTC":                              "2027-07-01T09:00:00Z",
		"America/Toronto":                  "2027-07-01T13:00:00Z",
		"Asia/Kolkata":                     "2027-07-01T03:30:00Z",
		"Etc/GMT+5":                        "2027-07-01T14:00:00Z",
		"America/Argentina/ComodRivadavia": "2027-07-01T12:00:00Z",
	} {
		if next := parse(t, "0 9 * * *", zone).Next(instant(t, "2027-07-01T00:00:00Z")); !next.Equal(instant(t, want)) {
			t.Errorf("in %q it fires at %s, want %s", zone, next, want)
		}
	}
	for _, zone := range refusedZones {
		if _, err := schedule.Parse("0 9 * * *", zone); !errors.Is(err, schedule.ErrTimeZone) {
			t.Errorf("Parse in %q: %v, want %v", zone, err, schedule.ErrTimeZone)
		}
	}
}

// refusals are all errors of the package. What is refused is refused with one of
// them, and nothing else, so that no input can get into a message.
var refusals = []error{
	schedule.ErrTooLong, schedule.ErrFields, schedule.ErrSyntax, schedule.ErrDescriptor, schedule.ErrEvery,
	schedule.ErrZonePrefix, schedule.ErrNeverFires, schedule.ErrTimeZone,
	schedule.ErrWeekday, schedule.ErrTimeOfDay, schedule.ErrEmptyWindow,
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"0 9 * * 1-5", "@daily", "@every 5s", "TZ=UTC 0 9 * * *", "0 0 31 2 *", "*/5 22-2 1,15 JAN-MAR FRI-MON", "1/2/3 * * * *", "0 100-0 1 MAY FRI",
		"0 0 L * FRI#3", "18446744073709551616 * * * *", "*/18446744073709551615 * * * *",
	} {
		f.Add(seed, "America/Toronto", int64(1_800_000_000))
	}
	f.Fuzz(func(t *testing.T, expression, zone string, seconds int64) {
		s, err := schedule.Parse(expression, zone)
		if err != nil {
			if !slices.Contains(refusals, err) || s != (schedule.Schedule{}) {
				t.Fatalf("Parse = %v, %v", s, err)
			}
			return
		}
		after := time.Unix(seconds%250_000_000_000, 0) // up to the year 9892
		if year := after.UTC().Year(); year < 1 {
			return
		}
		for range 3 {
			next := s.Next(after)
			if !next.After(after) || next.Second() != 0 && next.Year() > 1972 {
				t.Fatalf("Next(%s) = %s", after, next)
			}
			after = next
		}
		if s.MoreOftenThan(time.Minute) || !s.MoreOftenThan(9*366*24*time.Hour) {
			t.Fatal("fires twice in a minute, or never")
		}
	})
}

// TestRangesAreLists compares ranges, past the end and with steps too, with what
// they stand for.
func TestRangesAreLists(t *testing.T) {
	bounds := [][2]int{{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 6}}
	rapid.Check(t, func(t *rapid.T) {
		field := rapid.IntRange(0, 4).Draw(t, "field")
		least, most := bounds[field][0], bounds[field][1]
		from := rapid.IntRange(least, most).Draw(t, "from")
		to := rapid.IntRange(least, most).Draw(t, "to")
		length := to - from + 1
		if length < 1 {
			length += most - least + 1
		}
		step := 1
		if length > 2 && (field < 4 || from <= to) {
			step = rapid.IntRange(1, length-1).Draw(t, "step")
		}
		var list []string
		for i := 0; i < length; i += step {
			list = append(list, strconv.Itoa(least+(from-least+i)%(most-least+1)))
		}
		with := func(element string) schedule.Schedule {
			fields := []string{"0", "0", "1", "1", "1"}
			fields[field] = element
			return parse(t, strings.Join(fields, " "), "")
		}
		element := fmt.Sprintf("%d-%d", from, to)
		if step > 1 {
			element += "/" + strconv.Itoa(step)
		}
		if with(element) != with(strings.Join(list, ",")) {
			t.Errorf("field %d: %s is not %s", field, element, list)
		}
	})
}
