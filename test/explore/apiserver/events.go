package apiserver

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// RecordedEvent is an Event that was recorded.
type RecordedEvent struct {
	Time metav1.Time
	// Kind, Key and UID say what it is about.
	Kind Kind
	Key  types.NamespacedName
	UID  types.UID
	// Type is Normal or Warning.
	Type                 string
	Reason, Action, Note string
}

// Events returns all that were recorded, oldest first.
func (s *Server) Events() []RecordedEvent { return s.events }

// Recorder records events through the client's gate. An error of the gate loses the event, as an
// error of the API server would.
func (c *Client) Recorder() events.EventRecorder { return recorder{c} }

type recorder struct{ c *Client }

func (r recorder) Eventf(regarding, _ runtime.Object, eventType, reason, action, note string, args ...any) {
	o := regarding.(client.Object)
	kind := resourceOf(o).kind
	event := RecordedEvent{
		Time: r.c.server.now(), Kind: kind, Key: client.ObjectKeyFromObject(o), UID: o.GetUID(),
		Type: eventType, Reason: reason, Action: action, Note: fmt.Sprintf(note, args...),
	}
	e := &Effect{Verb: Create, Kind: Event, Key: types.NamespacedName{Namespace: o.GetNamespace()}}
	_ = r.c.pass(e, func() error { // A lost event is no error of the caller.
		r.c.server.events = append(r.c.server.events, event)
		return nil
	})
}
