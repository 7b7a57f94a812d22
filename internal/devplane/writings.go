package devplane

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/prometheus/common/expfmt"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// confidential is a value that must not be shown, and what to call it instead.
type confidential struct {
	name, value string
}

// place is where somebody may read.
type place struct {
	name    string
	content []byte
}

// checkWritings looks for errors in the operator's log, and for everything
// confidential in all that it wrote and that was shown here.
func (d *demo) checkWritings(ctx context.Context) error {
	if err := errors.Join(d.managerErrors(), d.checkSearch(ctx)); err != nil {
		return err
	}
	values, requests := d.confidential()
	places, err := d.places(ctx)
	if err != nil {
		return err
	}
	found := leaks(append(requests, values...), places)
	// A link that was shown names its session.
	found = append(found, leaks(values, []place{{"this text", d.story.told()}})...)
	if len(found) > 0 {
		return fmt.Errorf("confidential values were found:\n  %s", strings.Join(found, "\n  "))
	}
	d.story.say("looked for %d values in: %s\nthe operator's log has no errors", len(values)+len(requests), strings.Join(names(places), ", "))
	return nil
}

// checkSearch makes sure that what is looked for would be found: the loginIds are
// in their Secrets. That of the newcomer was the operator's, and went with its owner.
func (d *demo) checkSearch(ctx context.Context) error {
	secrets, err := d.secrets(ctx)
	if err != nil {
		return err
	}
	for _, c := range d.known() {
		if len(leaks([]confidential{{"loginId", c.loginID}}, secrets)) == 0 {
			return fmt.Errorf("the loginId of %s is not found where it must be, in its Secret", c.connection.Name)
		}
	}
	return nil
}

// confidential returns the values that may be in Secrets alone, and the
// requestIds, which may be in a reconnect link as well.
func (d *demo) confidential() (values, requests []confidential) {
	keys := d.Simulator.Credentials()
	values = []confidential{
		{"secretKey", keys.SecretKey}, {"apiKey", keys.APIKey}, {"bearerToken", keys.BearerToken},
	}
	for _, c := range d.customers() {
		values = append(values, confidential{"loginId of " + c.connection.Name, c.loginID})
	}
	for _, e := range d.Simulator.Journal() {
		found := confidential{"requestId of " + e.Endpoint, e.RequestID}
		if e.RequestID != "" && !slices.ContainsFunc(requests, func(c confidential) bool { return c.value == e.RequestID }) {
			requests = append(requests, found)
		}
	}
	return values, requests
}

// places are all that the operator writes, except what goes to Flinks.
func (d *demo) places(ctx context.Context) ([]place, error) {
	log, err := os.ReadFile(d.ManagerLog)
	if err != nil {
		return nil, fmt.Errorf("reading the operator's log: %w", err)
	}
	gatewayLog, err := os.ReadFile(d.GatewayLog)
	if err != nil {
		return nil, fmt.Errorf("reading the gateway's log: %w", err)
	}
	metrics, err := gatherMetrics()
	if err != nil {
		return nil, err
	}
	versions, err := d.versions()
	if err != nil {
		return nil, err
	}
	places := []place{{"the operator's log", log}, {"the gateway's log", gatewayLog}, {"its metrics", metrics}, versions}
	for _, dumped := range []struct {
		name string
		list client.ObjectList
	}{
		{"events", &eventsv1.EventList{}},
		{"leases", &coordinationv1.LeaseList{}},
		{"instances", &v1alpha1.ClusterFlinksInstanceList{}},
	} {
		found, err := d.dump(ctx, dumped.name, dumped.list)
		if err != nil {
			return nil, err
		}
		places = append(places, found)
	}
	return places, nil
}

// versions are those of every connection at any time, without the link, which
// names the session that it opens.
func (d *demo) versions() (place, error) {
	all := d.follower.seen()
	var content bytes.Buffer
	for _, version := range all {
		var u unstructured.Unstructured
		if err := json.Unmarshal(version, &u.Object); err != nil {
			return place{}, fmt.Errorf("reading a version of a connection: %w", err)
		}
		unstructured.RemoveNestedField(u.Object, "status", "reconnect", "url")
		if err := json.NewEncoder(&content).Encode(u.Object); err != nil {
			return place{}, fmt.Errorf("writing a version of a connection: %w", err)
		}
	}
	return place{fmt.Sprintf("every version of the connections (%d)", len(all)), content.Bytes()}, nil
}

// dump is a list of objects, of which there must be some.
func (d *demo) dump(ctx context.Context, name string, list client.ObjectList) (place, error) {
	if err := d.Client.List(ctx, list); err != nil {
		return place{}, fmt.Errorf("listing the %s: %w", name, err)
	}
	n := meta.LenList(list)
	if n == 0 {
		return place{}, fmt.Errorf("there are no %s", name)
	}
	content, err := json.Marshal(list)
	return place{fmt.Sprintf("the %s (%d)", name, n), content}, err
}

func (d *demo) secrets(ctx context.Context) ([]place, error) {
	var list corev1.SecretList
	if err := d.Client.List(ctx, &list); err != nil {
		return nil, fmt.Errorf("listing Secrets: %w", err)
	}
	var places []place
	for _, s := range list.Items {
		for key, value := range s.Data {
			places = append(places, place{s.Name + "/" + key, value})
		}
	}
	return places, nil
}

// gatherMetrics is what the metrics endpoint would serve.
func gatherMetrics() ([]byte, error) {
	families, err := metrics.Registry.Gather()
	if err != nil {
		return nil, fmt.Errorf("gathering metrics: %w", err)
	}
	var text bytes.Buffer
	for _, family := range families {
		if _, err := expfmt.MetricFamilyToText(&text, family); err != nil {
			return nil, fmt.Errorf("writing metrics: %w", err)
		}
	}
	return text.Bytes(), nil
}

// leaks says which value was found where, without the value.
func leaks(values []confidential, places []place) []string {
	var found []string
	for _, p := range places {
		content := strings.ToLower(string(p.content))
		for _, v := range values {
			if slices.ContainsFunc(forms(v.value), func(form string) bool { return strings.Contains(content, form) }) {
				found = append(found, v.name+" in "+p.name)
			}
		}
	}
	return found
}

// forms are the ways in which a value may be written, in lower case.
func forms(value string) []string {
	lower := strings.ToLower(value)
	return []string{
		lower, strings.ReplaceAll(lower, "-", ""),
		strings.ToLower(base64.StdEncoding.EncodeToString([]byte(value))),
	}
}

func names(places []place) []string {
	var all []string
	for _, p := range places {
		all = append(all, p.name)
	}
	return all
}
