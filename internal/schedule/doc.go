// Package schedule computes when something is due in local time: at the times of a cron
// expression, and within windows of the week. It is pure: no clock and no
// I/O, except that the first use of a time zone reads its rules.
//
// # What an expression means
//
// An expression has the five fields of a Kubernetes CronJob, with the same meaning:
// if both day fields are restricted, either of them is enough. Names of months and
// weekdays, ? for *, and @hourly, @daily, @midnight, @weekly, @monthly, @yearly and
// @annually are accepted. So are two forms that a CronJob refuses: 7 for Sunday, and
// ranges that wrap around, such as FRI-MON or 22-2.
//
// Misleading expressions are refused: a step that leaves its range at once (*/60), and
// among the weekdays a step without an end, or one that wraps around Sunday.
//
// # Days on which clocks change
//
// A Schedule that names hours reads a skipped or repeated local time with the UTC offset
// from before the change, as RFC 5545 does. So each time comes exactly once:
//
//   - A skipped time is moved by the length of the gap: 02:30 becomes 03:30 if 02:00
//     becomes 03:00. Moving it to the end of the gap instead would bring times together
//     that are hours apart: 01:30, 02:30 and 03:30 would come within an hour.
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
