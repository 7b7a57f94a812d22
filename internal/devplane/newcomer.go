package devplane

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// linkOnPage shows a connection that is applied before anybody has a loginId: its link
// leads the person to the gateway's page, and the operator makes the Secret.
func (d *demo) linkOnPage(ctx context.Context) error {
	manifest, err := d.newcomerAtSimulator()
	if err != nil {
		return err
	}
	typed, err := manifest.connection()
	if err != nil {
		return err
	}
	d.newcomer.connection = client.ObjectKeyFromObject(typed)
	d.story.say("kubectl apply -f %s; there is no Secret %s", manifest.file, typed.Spec.LoginIDSecretRef.Name)
	if err := d.apply(ctx, manifest.Unstructured); err != nil {
		return err
	}
	link, err := d.pageLink(ctx)
	if err != nil {
		return err
	}
	if d.page, err = d.visit(ctx); err != nil {
		return err
	}
	if err := d.page.goThrough(ctx, link, d.newcomer.person.Username); err != nil {
		return err
	}
	if _, err := d.follower.until(ctx, d.options.Patience, d.newcomer.connection, "become ready", isReady); err != nil {
		return err
	}
	return d.checkSecret(ctx, client.ObjectKey{Namespace: typed.Namespace, Name: typed.Spec.LoginIDSecretRef.Name}, loginIDKey(typed))
}

// newcomerAtSimulator is the sample of a connection whose bank is to be linked yet.
func (p *Plane) newcomerAtSimulator() (sample, error) {
	samples, err := p.tree.readSamples()
	if err != nil {
		return sample{}, err
	}
	manifest, err := samples.newcomer()
	if err != nil {
		return sample{}, err
	}
	return manifest, p.atSimulator(manifest)
}

// pageLink waits for the link of the newcomer.
func (d *demo) pageLink(ctx context.Context) (string, error) {
	c, err := d.follower.until(ctx, d.options.Patience, d.newcomer.connection, "have a link for the person", func(c *v1alpha1.BankConnection) bool {
		return c != nil && wantsPerson(c) && c.Status.Reconnect != nil && c.Status.Reconnect.URL != ""
	})
	if err != nil {
		return "", err
	}
	link := c.Status.Reconnect
	d.story.say("link:    %s\n%s, until %s", link.URL, link.Reason, link.LinkExpirationTime.UTC().Format("2006-01-02 15:04Z"))
	return link.URL, nil
}

// checkSecret makes sure that the operator stored the loginId, and takes it over.
func (d *demo) checkSecret(ctx context.Context, name client.ObjectKey, key string) error {
	var secret corev1.Secret
	if err := d.Client.Get(ctx, name, &secret); err != nil {
		return fmt.Errorf("reading the Secret that the operator made: %w", err)
	}
	d.newcomer.loginID = string(secret.Data[key])
	if login, ok := d.Simulator.Login(d.newcomer.loginID); !ok || !login.Linked {
		return errors.New("the Secret that the operator made holds no loginId of Flinks")
	}
	d.story.say("the operator made the Secret %s, of %s", name.Name, secret.OwnerReferences[0].Name)
	return d.untilFetched(ctx)
}

// answerOnPage shows a bank that asks: what the link of the connection leads to is a
// page that works whenever it is opened.
func (d *demo) answerOnPage(ctx context.Context) error {
	before, err := d.follower.existing(d.newcomer.connection)
	if err != nil {
		return err
	}
	value, err := d.request(ctx, d.newcomer)
	if err != nil {
		return err
	}
	link, err := d.pageLink(ctx)
	if err != nil {
		return err
	}
	if err := d.page.goThrough(ctx, link, d.newcomer.person.Username); err != nil {
		return err
	}
	return d.untilCollected(ctx, d.newcomer, value, before)
}
