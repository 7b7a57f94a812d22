package devplane

import (
	"context"
	"fmt"
	"strings"
	"text/template"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
)

var linksText = template.Must(template.New("links").Parse(`
# Pages to click through, in a browser on this machine. The bank knows {{.Username}} (and {{.Username}}+anything),
# password {{.Password}}; its questions have the answers Montreal, Canada and Triangle.
#
# {{.New}} has no bank yet:
#   {{.NewLink}}
# {{.Returning}}'s bank wants to ask something:
#   {{.ReturningLink}}
#
# Such a link is in the status of every connection that wants a person:
#   kubectl get bankconn -o jsonpath='{range .items[*]}{.metadata.name}{"  "}{.status.reconnect.link.url}{"\n"}{end}'
`))

// prepareLinks applies a connection whose bank is not linked yet, and one whose bank has a
// question, and returns a text with their links.
func (p *Plane) prepareLinks(ctx context.Context) (string, error) {
	manifest, err := p.unlinkedAtSimulator()
	if err != nil {
		return "", err
	}
	returning := sample{manifest.DeepCopy(), manifest.file}
	if err := p.makeReturning(ctx, returning); err != nil {
		return "", err
	}
	if err := p.apply(ctx, manifest.Unstructured, returning.Unstructured); err != nil {
		return "", err
	}
	values := map[string]string{
		"Username": "Greatday", "Password": flinkssim.DefaultPassword,
		"New": manifest.GetName(), "Returning": returning.GetName(),
	}
	if values["NewLink"], err = p.linkOf(ctx, manifest); err != nil {
		return "", err
	}
	if values["ReturningLink"], err = p.linkOf(ctx, returning); err != nil {
		return "", err
	}
	var text strings.Builder
	err = linksText.Execute(&text, values)
	return text.String(), err
}

// unlinkedAtSimulator returns the sample of a connection whose bank is not linked yet.
func (p *Plane) unlinkedAtSimulator() (sample, error) {
	samples, err := p.tree.readSamples()
	if err != nil {
		return sample{}, err
	}
	manifest, err := samples.unlinked()
	if err != nil {
		return sample{}, err
	}
	// The hosts of a namespaced instance follow from its name, so it cannot lead to the simulator.
	instance := map[string]string{"kind": string(v1alpha1.KindClusterFlinksInstance), "name": p.Instance}
	return manifest, unstructured.SetNestedStringMap(manifest.Object, instance, "spec", "instanceRef")
}

// makeReturning gives a connection a login that was linked some time ago, and whose bank
// asked a question at night.
func (p *Plane) makeReturning(ctx context.Context, s sample) error {
	const name = "acme-returning"
	s.SetName(name)
	if err := unstructured.SetNestedField(s.Object, name+"-login", "spec", "loginIdSecretRef", "name"); err != nil {
		return err
	}
	id := p.Simulator.SeedLogin(flinkssim.SeedOptions{
		Username: "Greatday+returning", LastRefresh: p.Simulator.Now().Add(-24 * time.Hour), LastCode: "QUESTION_NOT_FOUND",
	})
	secret := &unstructured.Unstructured{Object: map[string]any{"stringData": map[string]any{v1alpha1.DefaultLoginIDKey: id}}}
	secret.SetGroupVersionKind(secretKind)
	secret.SetNamespace(s.GetNamespace())
	secret.SetName(name + "-login")
	return p.apply(ctx, secret)
}

func (p *Plane) linkOf(ctx context.Context, s sample) (string, error) {
	var c v1alpha1.BankConnection
	err := wait.PollUntilContextTimeout(ctx, pollInterval, p.options.Patience, true, func(ctx context.Context) (bool, error) {
		err := p.Client.Get(ctx, client.ObjectKeyFromObject(s), &c)
		return c.Status.Reconnect != nil && c.Status.Reconnect.Link.URL != "", err
	})
	if err != nil {
		return "", fmt.Errorf("waiting for the link of %s: %w", s.GetName(), err)
	}
	return c.Status.Reconnect.Link.URL, nil
}
