package devplane

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// fieldOwner is the field manager of all that is applied here.
const fieldOwner = client.FieldOwner("devplane")

// pollInterval is the pause between two looks at what is awaited.
const pollInterval = 50 * time.Millisecond

// readManifests reads the objects of a YAML file, or of all in a directory, by the
// order of their names. Kustomizations are no objects of a cluster.
func readManifests(path string) ([]*unstructured.Unstructured, error) {
	files := []string{path}
	if filepath.Ext(path) != ".yaml" {
		var err error
		if files, err = filepath.Glob(filepath.Join(path, "*.yaml")); err != nil {
			return nil, err
		}
	}
	var all []*unstructured.Unstructured
	for _, file := range files {
		if filepath.Base(file) == "kustomization.yaml" {
			continue
		}
		objects, err := readManifest(file)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", file, err)
		}
		all = append(all, objects...)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no manifests in %s", path)
	}
	return all, nil
}

func readManifest(file string) ([]*unstructured.Unstructured, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var objects []*unstructured.Unstructured
	documents := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(content), len(content))
	for {
		u := &unstructured.Unstructured{}
		err := documents.Decode(&u.Object)
		switch {
		case errors.Is(err, io.EOF):
			return objects, nil
		case err != nil:
			return nil, err
		case len(u.Object) > 0:
			objects = append(objects, u)
		}
	}
}

// apply applies objects, in order, as `kubectl apply --server-side` does.
func (p *Plane) apply(ctx context.Context, objects ...*unstructured.Unstructured) error {
	for _, u := range objects {
		if err := p.applyOne(ctx, u); err != nil {
			return fmt.Errorf("applying %s %s: %w", u.GetKind(), u.GetName(), err)
		}
	}
	return nil
}

// applyOne waits for what a server that has just started makes by itself: a kind
// to be served, and the namespace "default".
func (p *Plane) applyOne(ctx context.Context, u *unstructured.Unstructured) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, pollInterval, p.options.Patience, true, func(ctx context.Context) (bool, error) {
		last = p.Client.Apply(ctx, client.ApplyConfigurationFromUnstructured(u.DeepCopy()), fieldOwner, client.ForceOwnership)
		if apierrors.IsNotFound(last) || meta.IsNoMatchError(last) {
			return false, nil
		}
		return true, last
	})
	if last != nil {
		return last
	}
	return err
}
