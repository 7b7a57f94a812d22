package devplane

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/flinks-operator/flinks-operator/internal/replay"
)

// checkReplay makes sure that what the operator wrote and called follows from what it had
// read and been answered.
func (d *demo) checkReplay(ctx context.Context) error {
	log, err := os.Open(d.AuditLog)
	if err != nil {
		return fmt.Errorf("opening the audit log: %w", err)
	}
	report, err := replay.Check(ctx, replay.Run{Audit: log, Operator: d.User, Exchanges: d.exchanges.Exchanges()})
	if err := errors.Join(err, log.Close()); err != nil {
		return fmt.Errorf("computing the run again: %w", err)
	}
	if len(report.Unexplained) > 0 {
		return fmt.Errorf("computing the run again: %s", report)
	}
	d.story.say("%s", report)
	return nil
}
