package schedule_test

import (
	"fmt"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/schedule"
)

// 02:30 does not exist on one Sunday in spring in Toronto: the schedule fires an hour later.
func ExampleParse() {
	s, err := schedule.Parse("30 2 * * SUN", "America/Toronto")
	if err != nil {
		fmt.Println(err)
		return
	}
	toronto, _ := time.LoadLocation("America/Toronto")
	t := time.Date(2026, 2, 28, 12, 0, 0, 0, toronto)
	for range 3 {
		t = s.Next(t)
		fmt.Println(t.In(toronto).Format("Mon 2 Jan 15:04 MST"))
	}
	// Output:
	// Sun 1 Mar 02:30 EST
	// Sun 8 Mar 03:30 EDT
	// Sun 15 Mar 02:30 EDT
}

// Misleading expressions are refused.
func ExampleParse_refused() {
	for _, expression := range []string{"*/60 * * * *", "@every 1h"} {
		_, err := schedule.Parse(expression, "")
		fmt.Println(err)
	}
	_, err := schedule.Parse("0 9 * * *", "Toronto")
	fmt.Println(err)
	// Output:
	// a field of the schedule is not valid
	// @every is an interval, not a schedule
	// the time zone is not an IANA name such as America/Toronto
}

// A refresh that is due at night waits for a window.
func ExampleWindows_Next() {
	office, err := schedule.ParseWindow([]string{"Mon", "Tue", "Wed", "Thu", "Fri"}, "09:00", "17:00", "America/Toronto")
	if err != nil {
		fmt.Println(err)
		return
	}
	windows := schedule.Windows{office}
	for _, due := range []string{"2026-03-06T19:30:00Z", "2026-03-06T23:30:00Z"} {
		t, _ := time.Parse(time.RFC3339, due)
		fmt.Println(due, "->", windows.Next(t).Format(time.RFC3339))
	}
	// Output:
	// 2026-03-06T19:30:00Z -> 2026-03-06T19:30:00Z
	// 2026-03-06T23:30:00Z -> 2026-03-09T13:00:00Z
}

// A policy that contacts customers too often is refused when it is written.
func ExampleSchedule_MoreOftenThan() {
	for _, expression := range []string{"0 9 * * *", "0 9,15 * * *"} {
		s, err := schedule.Parse(expression, "America/Toronto")
		fmt.Println(expression, s.MoreOftenThan(23*time.Hour), err)
	}
	// Output:
	// 0 9 * * * false <nil>
	// 0 9,15 * * * true <nil>
}
