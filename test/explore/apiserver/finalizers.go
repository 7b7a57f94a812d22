package apiserver

import (
	"bytes"
	"context"
	"encoding/json"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// metadataPatch is a merge patch that changes finalizers and nothing else, as most of the
// operator's are. It needs no detour through JSON.
type metadataPatch struct {
	Metadata struct {
		Finalizers      json.RawMessage `json:"finalizers"`
		ResourceVersion string          `json:"resourceVersion"`
		UID             types.UID       `json:"uid"`
	} `json:"metadata"`
}

// readMetadataPatch reads a patch of that kind, and reports whether it is one.
func readMetadataPatch(body []byte) (p metadataPatch, ok bool) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	err := d.Decode(&p)
	return p, err == nil && !d.More() && p.Metadata.Finalizers != nil && p.Metadata.ResourceVersion != ""
}

// apply makes the patched object; nil if that is not as simple as that.
func (p metadataPatch) apply(old client.Object) client.Object {
	var finalizers []string
	if json.Unmarshal(p.Metadata.Finalizers, &finalizers) != nil {
		return nil
	}
	o := old.DeepCopyObject().(client.Object)
	o.SetFinalizers(finalizers)
	o.SetResourceVersion(p.Metadata.ResourceVersion)
	if p.Metadata.UID != "" {
		o.SetUID(p.Metadata.UID)
	}
	return o
}

// patchMetadata applies such a patch, and reports whether it was one.
func (s *Server) patchMetadata(ctx context.Context, r *resource, old client.Object, body []byte, subresource string) (o client.Object, done bool, err error) {
	p, ok := readMetadataPatch(body)
	if !ok || subresource != "" || r.kind == Namespace || r.custom && statusOf(old).IsZero() {
		return nil, false, nil
	}
	if o = p.apply(old); o == nil {
		return nil, false, nil
	}
	o, err = s.replace(ctx, r, own(r, o), old, writing{patch: true})
	return o, true, err
}
