package schedule

import "errors"

// The errors of Parse and ParseWindow. Their texts are fixed, so that no part of the input
// gets into a status or a log.
var (
	// ErrTooLong: the expression has more than 256 bytes.
	ErrTooLong = errors.New("the schedule is longer than 256 characters")
	// ErrFields: the expression has more or fewer than five fields.
	ErrFields = errors.New("the schedule needs five fields: minute, hour, day of month, month, day of week")
	// ErrSyntax: a field of the expression is not valid in cron.
	ErrSyntax = errors.New("a field of the schedule is not valid")
	// ErrDescriptor: the expression begins with @, but is not a known descriptor.
	ErrDescriptor = errors.New("the schedule is not one of @hourly, @daily, @midnight, @weekly, @monthly, @yearly and @annually")
	// ErrEvery: the expression is an interval, which has no time of day.
	ErrEvery = errors.New("@every is an interval, not a schedule")
	// ErrZonePrefix: the expression begins with TZ= or CRON_TZ=.
	ErrZonePrefix = errors.New("the schedule must not contain a time zone")
	// ErrNeverFires: none of the days exists.
	ErrNeverFires = errors.New("the schedule names no day that exists")
	// ErrTimeZone: the time zone is not a name from the IANA database.
	ErrTimeZone = errors.New("the time zone is not an IANA name such as America/Toronto")
	// ErrWeekday: a day of a window is not one of Mon to Sun.
	ErrWeekday = errors.New("a day of the window is not one of Mon, Tue, Wed, Thu, Fri, Sat and Sun")
	// ErrTimeOfDay: a start or end is not of the form HH:MM.
	ErrTimeOfDay = errors.New("start and end of a window must be times such as 09:00; an end can be 24:00")
	// ErrEmptyWindow: start and end are the same, which could mean a day or nothing.
	ErrEmptyWindow = errors.New("start and end of the window are the same")
)
