package controlplane

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"

	"github.com/flinks-operator/flinks-operator/internal/controlplane/child"
)

const (
	readyTimeout  = time.Minute
	readyInterval = 25 * time.Millisecond
)

// waitUntilReady returns when url answers 200, with an error when that takes too long or when a
// process of the control plane ends first.
func (cp *ControlPlane) waitUntilReady(ctx context.Context, url string, p *child.Process) error {
	client, err := rest.HTTPClientFor(cp.Config)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	err = wait.PollUntilContextTimeout(ctx, readyInterval, readyTimeout, true, func(ctx context.Context) (bool, error) {
		return answersOK(ctx, client, url), context.Cause(cp.alive) //nolint:contextcheck // Two lives are watched here.
	})
	if err != nil && cp.alive.Err() == nil {
		return fmt.Errorf("not ready: %w%s", err, p.LastWords())
	}
	return err
}

func answersOK(ctx context.Context, client *http.Client, url string) bool {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	response, err := client.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	return response.StatusCode == http.StatusOK
}
