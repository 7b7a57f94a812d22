// Package trail writes the audit records of acts that package lifecycle finds in what was
// written, or that the link service saw. A record follows the act: one that is written tells
// what happened, and a crash in between loses it.
package trail

import (
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/audit"
)

// OfConnection records acts about a connection. The browser is nil if they were done in none.
func OfConnection(log *audit.Log, c *v1alpha1.BankConnection, browser *audit.Client, acts ...audit.Act) {
	for _, act := range acts {
		log.Write(audit.Record{Act: act, Object: objectOf("BankConnection", c), Instance: instanceOf(c), Client: browser})
	}
}

// OfReading records that an application read the data of a connection.
func OfReading(log *audit.Log, c *v1alpha1.BankConnection, reading audit.Reading, act audit.Act) {
	log.Write(audit.Record{Act: act, Object: objectOf("BankConnection", c), Instance: instanceOf(c), Reading: &reading})
}

func instanceOf(c *v1alpha1.BankConnection) audit.Instance {
	ref := c.Spec.InstanceRef
	instance := audit.Instance{Kind: string(ref.Kind), Name: ref.Name}
	if ref.Kind == v1alpha1.KindFlinksInstance {
		instance.Namespace = c.Namespace
	}
	return instance
}

// OfInstance records acts about an instance.
func OfInstance(log *audit.Log, kind v1alpha1.InstanceKind, o client.Object, acts ...audit.Act) {
	for _, act := range acts {
		log.Write(audit.Record{
			Act: act, Object: objectOf(string(kind), o),
			Instance: audit.Instance{Kind: string(kind), Namespace: o.GetNamespace(), Name: o.GetName()},
		})
	}
}

func objectOf(kind string, o client.Object) audit.Object {
	return audit.Object{Kind: kind, Namespace: o.GetNamespace(), UID: string(o.GetUID())}
}
