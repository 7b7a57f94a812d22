package schedule

import (
	"strconv"
	"strings"

	"github.com/netresearch/go-cron"
)

// maxExpression is more than a list of every second minute needs.
const maxExpression = 256

// parser turns fields into sets of bits. It does not compute when a schedule fires: on the
// days on which clocks change it fires twice, or at other times than the expression says.
var parser = cron.MustNewParser(
	cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor | cron.DowOrDom)

// Parse reads a cron expression and the name of its time zone; an empty name is UTC. The
// error is one of this package's.
func Parse(expression, timeZone string) (Schedule, error) {
	if len(expression) > maxExpression {
		return Schedule{}, ErrTooLong
	}
	// In capitals the parser mistakes the H of THU for an extension that it does not
	// allow.
	fields := strings.Fields(strings.ToLower(expression))
	if err := checkFields(fields); err != nil {
		return Schedule{}, err
	}
	days, err := parseCalendar(strings.Join(fields, " "))
	if err != nil {
		return Schedule{}, err
	}
	zone, err := loadZone(timeZone)
	if err != nil {
		return Schedule{}, err
	}
	return Schedule{calendar: days, zone: zone}, nil
}

// checkFields refuses fields that the parser would accept, or refuse without a reason. It
// leaves the descriptors to the parser.
func checkFields(fields []string) error {
	if len(fields) == 0 {
		return ErrFields
	}
	switch first := fields[0]; {
	case strings.HasPrefix(first, "tz=") || strings.HasPrefix(first, "cron_tz="):
		return ErrZonePrefix
	case first == "@every":
		return ErrEvery
	case first[0] == '@':
		return nil
	case len(fields) != len(largest):
		return ErrFields
	}
	return checkElements(fields)
}

// largest holds the largest numbers of the fields; 7 is a Sunday.
var largest = [5]int{59, 23, 31, 12, 7}

func checkElements(fields []string) error {
	for i, field := range fields {
		for element := range strings.SplitSeq(field, ",") {
			ok := isElement(element, largest[i]) && (i < 4 || isWeekdayStep(element))
			if !ok {
				return ErrSyntax
			}
		}
	}
	return nil
}

// isElement reports whether an element has only cron's signs, and no range that begins
// beyond the largest number. The parser treats such a range as one that wraps around.
func isElement(element string, largest int) bool {
	if element == "" || strings.Trim(element, "0123456789abcdefghijklmnopqrstuvwxyz*?-/") != "" {
		return false
	}
	span, _, _ := strings.Cut(element, "/")
	from, _, _ := strings.Cut(span, "-")
	number, err := strconv.Atoi(from)
	return err != nil || number <= largest
}

// isWeekdayStep reports whether a step among weekdays does not wrap around Sunday. The
// parser would count Sunday twice, as 0 and as 7.
func isWeekdayStep(element string) bool {
	days, _, stepped := strings.Cut(element, "/")
	if !stepped || days == "*" || days == "?" {
		return true
	}
	from, to, _ := strings.Cut(days, "-")
	return weekdayNumber(from) >= 0 && weekdayNumber(from) <= weekdayNumber(to)
}

// weekdayNumber returns the number of a weekday, from 0 for Sunday; -1 for no weekday.
func weekdayNumber(day string) int {
	if len(day) == 1 && day[0] >= '0' && day[0] <= '6' {
		return int(day[0] - '0')
	}
	for i, name := range weekdayNames {
		if strings.EqualFold(day, name) {
			return i
		}
	}
	return -1
}

// parseCalendar leaves the parser's errors out of its own, because they repeat the input.
func parseCalendar(expression string) (calendar, error) {
	parsed, err := parser.Parse(expression)
	spec, ok := parsed.(*cron.SpecSchedule)
	switch {
	case err != nil && expression[0] == '@':
		return calendar{}, ErrDescriptor
	case err != nil || !ok:
		return calendar{}, ErrSyntax
	}
	c := calendar{minutes: spec.Minute, hours: spec.Hour, dates: spec.Dom, months: spec.Month, weekdays: spec.Dow}
	if !c.exists() {
		return calendar{}, ErrNeverFires
	}
	return c, nil
}
