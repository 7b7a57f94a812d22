package devplane

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// stateDir is the directory that belongs to one plane: it is locked while the
// plane is up.
type stateDir struct {
	path string
	lock *os.File
}

// openStateDir takes a directory, or fails at once if another plane has it. The
// kernel releases the lock when the process ends, however it ends.
func openStateDir(path string) (*stateDir, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	lock, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("%s is in use: is devplane running already? -dir names another directory (%w)", path, err), lock.Close())
	}
	return &stateDir{path: path, lock: lock}, nil
}

func (d *stateDir) kubeconfig() string { return filepath.Join(d.path, "kubeconfig") }

func (d *stateDir) file(name string) string { return filepath.Join(d.path, name) }

// takeKubeconfig copies a kubeconfig to the path that is printed.
func (d *stateDir) takeKubeconfig(from string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(d.kubeconfig(), content, 0o600)
}

// close releases the directory. The log stays; a kubeconfig without a server
// would only mislead.
func (d *stateDir) close() error {
	err := os.Remove(d.kubeconfig())
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, d.lock.Close())
}
