// Package event emits the events that package lifecycle composes.
package event

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// Emit emits events about an object. They are best effort: a namespace that is being deleted
// takes none.
func Emit(recorder events.EventRecorder, object client.Object, all ...lifecycle.Event) {
	for _, e := range all {
		eventType := corev1.EventTypeNormal
		if e.Warning {
			eventType = corev1.EventTypeWarning
		}
		recorder.Eventf(object, nil, eventType, e.Reason, e.Action, "%s", e.Note)
	}
}
