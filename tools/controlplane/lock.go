package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// lock takes the lock file at path, waiting for as long as another process has it. The kernel
// gives the lock back when its holder ends, however it ends.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("opening the lock: %w", err)
	}
	if err := tryLock(file); err == nil {
		return func() { _ = file.Close() }, nil
	}
	err = withProgress("lock", func(doing *lastLine) error {
		fmt.Fprintf(doing, "another build holds %s", path)
		say("waiting: %s", doing.String())
		return waitForLock(ctx, file)
	})
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return func() { _ = file.Close() }, nil
}

func waitForLock(ctx context.Context, file *os.File) error {
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := tryLock(file)
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the lock: %w", ctx.Err())
		case <-ticker.C:
		}
	}
}

func tryLock(file *os.File) error {
	return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}
