package controlplane

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Temporary data directories have a name that tells them from others. While one is being made its
// name begins with newPrefix too, so that it is not taken for an abandoned one.
const (
	tempPrefix = "flinks-controlplane-"
	newPrefix  = "new-"
)

// dataDir is a directory that belongs to one control plane: it is locked as long as it is open.
type dataDir struct {
	path      string
	temporary bool
	lock      *os.File
}

// openDataDir takes the directory at path, or a new temporary one if path is empty.
func openDataDir(path string) (*dataDir, error) {
	if path == "" {
		removeAbandoned()
		return newTempDataDir()
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	lock, err := lockDir(path)
	if err != nil {
		return nil, fmt.Errorf("%s: is another control plane using it? %w", path, err)
	}
	return &dataDir{path: path, lock: lock}, nil
}

func newTempDataDir() (*dataDir, error) {
	path, err := os.MkdirTemp("", newPrefix+tempPrefix)
	if err != nil {
		return nil, err
	}
	lock, err := lockDir(path)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(path))
	}
	locked := filepath.Join(filepath.Dir(path), strings.TrimPrefix(filepath.Base(path), newPrefix))
	if err := os.Rename(path, locked); err != nil {
		return nil, errors.Join(err, os.RemoveAll(path), lock.Close())
	}
	return &dataDir{path: locked, temporary: true, lock: lock}, nil
}

// close gives the directory back, and removes it if it is temporary.
func (d *dataDir) close() error {
	var err error
	if d.temporary {
		err = os.RemoveAll(d.path)
	}
	return errors.Join(err, d.lock.Close())
}

// removeAbandoned removes the temporary directories of control planes whose process was killed
// before it could. At more than 60 MB each they would fill a disk. It does what it can.
func removeAbandoned() {
	paths, _ := filepath.Glob(filepath.Join(os.TempDir(), tempPrefix+"*"))
	for _, path := range paths {
		if lock, err := lockDir(path); err == nil {
			_ = os.RemoveAll(path)
			_ = lock.Close()
		}
	}
}

// lockDir takes the lock of a directory, or fails at once if another process has it. The kernel releases
// the lock when the holder ends, however it ends; children do not inherit it.
func lockDir(path string) (*os.File, error) {
	dir, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(dir.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("locking %s: %w", path, err), dir.Close())
	}
	return dir, nil
}
