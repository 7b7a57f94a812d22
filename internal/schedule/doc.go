// Package schedule says when something is due by the clock on a wall: at the times
// of a cron expression, and within windows of the week. It is pure: no clock and no
// I/O, except that the first use of a time zone reads its rules.
//
// # What an expression means
//
// It has the five fields of a Kubernetes CronJob, and means what it means there:
// if both day fields are restricted, either of them is enough. Names of months and
// weekdays, ? for *, and @hourly, @daily, @midnight, @weekly, @monthly, @yearly and
// @annually are understood. So are two things that a CronJob refuses: 7 for Sunday,
// and ranges that pass the end, such as FRI-MON or 22-2.
//
// What could mean something else than it says is refused: a step that leaves its
// range at once (*/60), and in the weekdays a step without an end, or one that
// passes Sunday.
//
// # Days on which clocks change
//
// A Schedule that names hours reads a time that the clocks skip or repeat with the
// offset from before the change, as RFC 5545 reads the times of a calendar. So each
// time comes exactly once:
//
//   - A skipped time comes as long after the change as it would have come without.
//     02:30 becomes 03:30 where 02:00 becomes 03:00. The end of the gap would be
//     the other choice, but it draws times together that were hours apart: 01:30,
//     02:30 and 03:30 would come within an hour, and a schedule that keeps its
//     distance on every other day would break it on this one.
//   - A repeated time comes the first time only.
//
// A Schedule of every hour comes whenever the clock shows its minutes: 0 * * * *
// comes 23 times on a short day and 25 times on a long one. It is of every hour if
// its hours are all 24, however they are written.
//
// A Window is open while the clock shows its times. If they are repeated it opens
// twice, and if they are skipped it does not open; if its start is skipped it opens
// at the change.
package schedule
