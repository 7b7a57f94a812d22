package demo

import (
	"strings"

	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/internal/testenv"
	"github.com/flinks-operator/flinks-operator/internal/testenv/cluster"
)

// checkSessions shows every live session that there was, and makes sure that no login ever had
// two at once: linking opened one, and the refresh another.
func (d *demo) checkSessions() {
	for _, c := range d.people() {
		d.Say("%s", listed(d.calls(func(e flinkssim.Entry) bool {
			return e.LiveSessionOpened && e.LoginID == c.loginID
		})))
		if login, _ := d.Sim.Login(c.loginID); login.LiveOpened != 2 || login.LiveRefused != 0 {
			d.T.Fatalf("%s: %d live sessions were opened and %d refused, want 2 (linking, one refresh) and 0",
				c.connection.Name, login.LiveOpened, login.LiveRefused)
		}
	}
	stats := d.Sim.LiveStats()
	if stats.MaxPerLogin != 1 || len(stats.Overlaps) != 0 {
		d.T.Fatalf("a login had %d live sessions at once, with %d overlaps, want 1 and 0", stats.MaxPerLogin, len(stats.Overlaps))
	}
	d.Say("at most %d live session per login at any time; %d in all, none refused", stats.MaxPerLogin, stats.Opened)
}

// checkReplay makes sure that what the operator wrote and called follows from what it had read
// and been answered.
func (d *demo) checkReplay() { d.Say("%s", d.CheckReplay()) }

// checkLeaks looks for loginIds and keys in all that the operator wrote and that is shown here, and
// for requestIds in all of it but the links, which name the session that they open.
func (d *demo) checkLeaks() {
	d.CheckCanaries()
	d.Reject("log of the gateway", d.gatewayLog.String())
	d.Reject("text of the demo", d.Told())
	sinks := map[string]string{
		"log of the operator": cluster.Logs.String(), "log of the gateway": d.gatewayLog.String(), "metrics": cluster.Gathered(d.T),
		"events": d.Kubectl("get", "events", "--all-namespaces", "-o", "yaml"),
		"leases": d.Kubectl("get", "leases", "--all-namespaces", "-o", "yaml"),
	}
	requestIDs := map[string]bool{}
	for _, e := range d.Sim.Journal() {
		if e.RequestID != "" {
			requestIDs[e.RequestID] = true
		}
	}
	for sink, text := range sinks {
		for id := range requestIDs {
			if testenv.Leaks(text, id) {
				d.T.Errorf("a requestId is in the %s", sink)
			}
		}
	}
	for line := range strings.Lines(cluster.Logs.String()) {
		if strings.Contains(line, `"level":"ERROR"`) {
			d.T.Errorf("the operator's log has an error: %s", line)
		}
	}
	if !d.T.Failed() {
		d.Say("no loginId, key or requestId where it must not be; the operator's log has no errors")
	}
}
