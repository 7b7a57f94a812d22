package manager

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	clocktesting "k8s.io/utils/clock/testing"

	"github.com/flinks-operator/flinks-operator/internal/audit"
)

// TestAuditLogPath: a file is appended to, and closed; the writer comes before the path; and no path
// means no records.
func TestAuditLogPath(t *testing.T) {
	t.Parallel()
	open := func(o Options) (log *audit.Log, closeLog func(), failures *[]error) {
		t.Helper()
		o.Clock, failures = clocktesting.NewFakePassiveClock(noon), &[]error{}
		log, closeLog, err := o.openAuditLog(func(err error) { *failures = append(*failures, err) })
		if err != nil {
			t.Fatal(err)
		}
		return log, closeLog, failures
	}
	path := filepath.Join(t.TempDir(), "audit.log")
	for range 2 {
		log, closeLog, failures := open(Options{AuditLogPath: path})
		log.Write(audit.Record{})
		closeLog()
		if len(*failures) != 0 {
			t.Error(*failures)
		}
		if log.Write(audit.Record{}); len(*failures) != 1 || !errors.Is((*failures)[0], os.ErrClosed) {
			t.Errorf("after it was closed: %v", *failures)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil || strings.Count(string(text), "\n") != 2 {
		t.Errorf("%q, %v", text, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	var written bytes.Buffer
	log, _, _ := open(Options{AuditLogPath: path, AuditLog: &written})
	if log.Write(audit.Record{}); !strings.HasPrefix(written.String(), `{"time":"2031-05-06T12:00:00.000Z","logger":"audit"`) {
		t.Errorf("%q", written.String())
	}
	if log, _, _ := open(Options{}); log != nil {
		t.Error("there is a log without a path")
	}
	if o := Default(); o.AuditLogPath != "-" {
		t.Errorf("the default is %q", o.AuditLogPath)
	}
	o := Options{AuditLogPath: filepath.Join(path, "below a file")}
	if _, _, err := o.openAuditLog(nil); err == nil {
		t.Error("a path that cannot be opened is accepted")
	}
}
