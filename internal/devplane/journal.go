package devplane

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

// calls are the entries of the simulator's journal that match.
func (p *Plane) calls(match func(flinkssim.Entry) bool) []flinkssim.Entry {
	return slices.DeleteFunc(p.Simulator.Journal(), func(e flinkssim.Entry) bool { return !match(e) })
}

// listed is one line for each entry, ids shortened.
func listed(entries []flinkssim.Entry) string {
	if len(entries) == 0 {
		return "nothing"
	}
	var lines []string
	for _, e := range entries {
		lines = append(lines, e.String())
	}
	return strings.Join(lines, "\n")
}

// checkSessions shows every live session there was, and that no login ever had
// two at once: one was opened by linking, and one by the refresh.
func (d *demo) checkSessions(context.Context) error {
	for _, c := range d.customers() {
		d.story.say("%s", listed(d.calls(func(e flinkssim.Entry) bool {
			return e.LiveSessionOpened && e.LoginID == c.loginID
		})))
		login, _ := d.Simulator.Login(c.loginID)
		if login.LiveOpened != 2 || login.LiveRefused != 0 {
			return fmt.Errorf("%s: %d live sessions were opened and %d refused, want 2 (linking, one refresh) and 0",
				c.connection.Name, login.LiveOpened, login.LiveRefused)
		}
	}
	stats := d.Simulator.LiveStats()
	if stats.MaxPerLogin != 1 || len(stats.Overlaps) != 0 {
		return fmt.Errorf("a login had %d live sessions at once, with %d overlaps, want 1 and 0", stats.MaxPerLogin, len(stats.Overlaps))
	}
	d.story.say("at most %d live session per login at any time; %d in all, none refused", stats.MaxPerLogin, stats.Opened)
	return nil
}
