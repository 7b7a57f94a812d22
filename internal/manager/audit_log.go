package manager

import (
	"fmt"
	"io"
	"os"

	"github.com/flinks-operator/flinks-operator/internal/audit"
)

// standardOutput stands for it in AuditLogPath, as in the flag of the same name of
// kube-apiserver.
const standardOutput = "-"

// openAuditLog returns where audit records go, nil for none, and what closes it. Its lines go to
// standard output and those of the logger to standard error, whatever the log level is. It calls
// failed when a record cannot be written.
func (o *Options) openAuditLog(failed func(error)) (log *audit.Log, closeLog func(), err error) {
	to, closeLog := o.AuditLog, func() {}
	switch {
	case to != nil:
	case o.AuditLogPath == "":
		return nil, closeLog, nil
	case o.AuditLogPath == standardOutput:
		to = os.Stdout
	default:
		var file io.WriteCloser
		file, err = os.OpenFile(o.AuditLogPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, closeLog, fmt.Errorf("opening the audit log: %w", err)
		}
		to, closeLog = file, func() { _ = file.Close() }
	}
	return audit.New(to, o.Clock.Now, failed), closeLog, nil
}
