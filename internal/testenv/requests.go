package testenv

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// Counts are numbers of API requests by "VERB resource" or "VERB resource/subresource", such as
// "PATCH bankconnections/status". The verbs are those of the API server's metrics: GET, LIST, WATCH,
// POST, PUT, PATCH, APPLY, DELETE, DELETECOLLECTION, CONNECT. A watch counts from its start.
type Counts map[string]int

// RequestCounts returns how many requests for resources the API server has seen since it started,
// by all clients. That includes the API server's own, those of the controller manager, and with a
// shared control plane those of other test binaries; see Options.Isolated.
//
// A request is counted when the server is through with it, which can be a moment after the client has
// its answer. So poll for an exact number.
func (e *Env) RequestCounts(ctx context.Context) (Counts, error) {
	text, err := e.core.RESTClient().Get().AbsPath("/metrics").DoRaw(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the API server's metrics: %w", err)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("parsing the API server's metrics: %w", err)
	}
	counts := Counts{}
	counts.add(families["apiserver_request_total"])
	// A watch enters the total when it ends. Until then it is here.
	counts.add(families["apiserver_longrunning_requests"])
	return counts, nil
}

func (c Counts) add(family *dto.MetricFamily) {
	for _, metric := range family.GetMetric() {
		labels := map[string]string{}
		for _, label := range metric.GetLabel() {
			labels[label.GetName()] = label.GetValue()
		}
		if labels["resource"] == "" {
			continue
		}
		key := labels["verb"] + " " + labels["resource"]
		if labels["subresource"] != "" {
			key += "/" + labels["subresource"]
		}
		if n := int(metric.GetCounter().GetValue() + metric.GetGauge().GetValue()); n != 0 {
			c[key] += n
		}
	}
}

// Since returns what was added since an earlier count, without the zeros. Resources limit it to
// these resources and their subresources; without any it is about all.
func (c Counts) Since(earlier Counts, resources ...string) Counts {
	difference := Counts{}
	for key, n := range c {
		if n != earlier[key] && (len(resources) == 0 || slices.Contains(resources, resourceOf(key))) {
			difference[key] = n - earlier[key]
		}
	}
	return difference
}

// resourceOf returns the resource of a key, without the subresource.
func resourceOf(key string) string {
	_, path, _ := strings.Cut(key, " ")
	resource, _, _ := strings.Cut(path, "/")
	return resource
}
