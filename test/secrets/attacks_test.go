package secrets

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/internal/testenv/cluster"
)

// request is a dry run of something.
type request func(ctx context.Context, c *fixture, as client.Client) error

// attack is what one rule of the policy refuses.
type attack struct {
	do      request
	refusal string
	// rule is the text of the policy that is removed, and without is what replaces it.
	rule, without string
}

const (
	opaqueOnly   = "flinks-operator creates Secrets of the type Opaque only"
	labelledOnly = "flinks-operator creates Secrets with the label of its purposes only"
	samePurpose  = "flinks-operator does not change the purpose of a Secret"
	sameData     = "flinks-operator does not change the data of this Secret"
	immutable    = "flinks-operator does not change whether this Secret is immutable"
	sameLabels   = "flinks-operator does not change the labels of this Secret"
	annotations  = "flinks-operator does not change the annotations of this Secret"
	finalizers   = "flinks-operator changes no finalizers of others"
	owners       = "flinks-operator changes no owner references but those of its own Secrets to BankConnections"
	deletions    = "flinks-operator deletes the Secrets for links and sessions only"

	operations  = "operations: [CREATE, UPDATE, DELETE]"
	dataRule    = "variables.delivered || variables.certificate || object.?data == oldObject.?data"
	deleteRule  = "variables.creates || variables.updates || variables.delivered"
	groupRule   = " || !r.apiVersion.startsWith('connect.flinks-operator.dev/')"
	purposeRule = "object.metadata.?labels[?'connect.flinks-operator.dev/purpose'].orValue('') == variables.purpose"
	finalRule   = "filter(f, f != 'connect.flinks-operator.dev/in-use')"
)

var attacks = map[string]attack{
	"a token of a ServiceAccount in kube-system": {create(func(_ *fixture, s *corev1.Secret) {
		token(s, "kube-system", "a-token")
		purposed(s, "login")
	}), opaqueOnly, "object.type == 'Opaque'", "true"},
	"a Secret without a purpose":     {create(func(*fixture, *corev1.Secret) {}), labelledOnly, "variables.purpose in ['link', 'session', 'login']", "true"},
	"a Secret with an alien purpose": {create(func(_ *fixture, s *corev1.Secret) { purposed(s, "link-keys") }), labelledOnly, "variables.purpose in ['link', 'session', 'login']", "true"},
	"a Secret by an apply":           {apply("another", "", `"data":{"a":"bmV3"}`), labelledOnly, operations, "operations: [UPDATE, DELETE]"},
	"the certificate in another namespace": {
		create(func(_ *fixture, s *corev1.Secret) { certificate(s, "default", "flinks-operator-link-api-tls") }), opaqueOnly,
		"variables.own && (", "(",
	},
	"another certificate": {
		create(func(_ *fixture, s *corev1.Secret) { certificate(s, cluster.LeaseNamespace, "another") }), opaqueOnly,
		"variables.secret.metadata.name in ['flinks-operator-link-api-tls', 'flinks-operator-data-api-tls'] && ", "",
	},
	"other keys": {
		create(func(_ *fixture, s *corev1.Secret) { s.Namespace = cluster.LeaseNamespace }), labelledOnly,
		"variables.secret.metadata.name == 'flinks-operator-links' && ", "",
	},
	"a token with the name of the keys": {
		create(func(_ *fixture, s *corev1.Secret) { token(s, cluster.LeaseNamespace, "flinks-operator-links") }), opaqueOnly,
		"'flinks-operator-links' && variables.secret.type == 'Opaque'", "'flinks-operator-links'",
	},
	"a token with the name of the certificate": {
		create(func(_ *fixture, s *corev1.Secret) { token(s, cluster.LeaseNamespace, "flinks-operator-link-api-tls") }), opaqueOnly,
		" && variables.secret.type == 'kubernetes.io/tls'", "",
	},

	"other keys of an instance, by a patch":   {patch("keys", `{"data":{"apiKey":"bmV3"}}`), sameData, dataRule, "true"},
	"other keys of an instance, as text":      {patch("keys", `{"stringData":{"apiKey":"new"}}`), sameData, dataRule, "true"},
	"other keys of an instance, by an update": {update("keys", func(s *corev1.Secret) { s.Data["apiKey"] = []byte("new") }), sameData, operations, "operations: [CREATE, DELETE]"},
	"other keys of an instance, by an apply":  {apply("keys", "", `"data":{"apiKey":"bmV3"}`), sameData, dataRule, "true"},
	"another loginId":                         {patch("a-login", `{"data":{"loginId":"bmV3"}}`), sameData, "variables.purpose in ['link', 'session']\n", "variables.purpose in ['link', 'session', 'login']\n"},
	"the certificate in another namespace is replaced": {
		patch("flinks-operator-link-api-tls", `{"data":{"tls.crt":"bmV3"}}`), sameData,
		"variables.own && variables.secret", "variables.secret",
	},
	"another certificate is replaced": {
		inOwn(patch("another-certificate", `{"data":{"tls.crt":"bmV3"}}`)), sameData,
		" && variables.secret.metadata.name in ['flinks-operator-link-api-tls', 'flinks-operator-data-api-tls']", "",
	},
	"the certificate gets an annotation": {
		inOwn(patch("another-certificate", `{"metadata":{"annotations":{"example.com/copy-to":"elsewhere"}}}`)), annotations,
		"variables.delivered || object.metadata.?annotations == oldObject.metadata.?annotations", "true",
	},
	"a certificate with the label":   {patch("a-certificate", `{"data":{"tls.crt":"bmV3"}}`), sameData, "variables.secret.type == 'Opaque' && variables.purpose", "variables.purpose"},
	"keys that cannot be replaced":   {patch("keys", `{"immutable":true}`), immutable, "variables.delivered || object.?immutable == oldObject.?immutable", "true"},
	"a session becomes a login":      {patch("a-session", label("connect.flinks-operator.dev/purpose", "login")), samePurpose, purposeRule, "true"},
	"a label that a Service selects": {patch("keys", label("team", "b")), sameLabels, "variables.delivered || object.metadata.?labels == oldObject.metadata.?labels", "true"},
	"an annotation for another operator": {
		patch("keys", `{"metadata":{"annotations":{"example.com/copy-to":"elsewhere"}}}`), annotations,
		"variables.delivered || object.metadata.?annotations == oldObject.metadata.?annotations", "true",
	},
	"the finalizer of another operator":    {patch("keys", `{"metadata":{"finalizers":null}}`), finalizers, finalRule, "filter(f, false)"},
	"a finalizer that stays":               {patch("a-session", `{"metadata":{"finalizers":["example.com/mine"]}}`), finalizers, finalRule, "filter(f, false)"},
	"an owner that is going":               {patch("a-session", owned("v1", "ConfigMap")), owners, "r.kind != 'BankConnection'" + groupRule, "false"},
	"an owner of our group":                {patch("a-session", owned("connect.flinks-operator.dev/v1alpha1", "FlinksInstance")), owners, "r.kind != 'BankConnection' ||", "false ||"},
	"a BankConnection of another group":    {patch("a-session", owned("example.com/v1", "BankConnection")), owners, groupRule, ""},
	"keys with an owner that is collected": {patch("keys", owned("connect.flinks-operator.dev/v1alpha1", "BankConnection")), owners, "!variables.created || ", ""},
	"the keys of an instance are deleted":  {remove("keys"), deletions, deleteRule, "true"},
	"a login is deleted":                   {remove("a-login"), deletions, operations, "operations: [CREATE, UPDATE]"},
	"a certificate with the label is gone": {remove("a-certificate"), deletions, "variables.secret.type == 'Opaque' && variables.purpose", "variables.purpose"},
}

// createVictims makes Secrets of all sorts, in a namespace in which the operator asks for what
// it may not have.
func (c *fixture) createVictims() {
	c.T.Helper()
	c.Withhold()
	for name, change := range map[string]func(*corev1.Secret){
		"keys": func(s *corev1.Secret) {
			s.Data = map[string][]byte{"apiKey": []byte("old")}
			s.Labels, s.Finalizers = map[string]string{"team": "a"}, []string{"example.com/theirs"}
		},
		"a-login": func(s *corev1.Secret) {
			purposed(s, "login")
			s.Data, s.Finalizers = map[string][]byte{"loginId": []byte("old")}, []string{"connect.flinks-operator.dev/in-use"}
			s.OwnerReferences = []metav1.OwnerReference{{APIVersion: "connect.flinks-operator.dev/v1alpha1", Kind: "BankConnection", Name: "acme", UID: "1"}}
		},
		"a-session":     func(s *corev1.Secret) { purposed(s, "session") },
		"a-link":        func(s *corev1.Secret) { purposed(s, "link") },
		"a-certificate": func(s *corev1.Secret) { certificate(s, c.Namespace, s.Name); purposed(s, "link") },
		"flinks-operator-link-api-tls": func(s *corev1.Secret) {
			certificate(s, c.Namespace, s.Name)
			purposed(s, "link-api-certificate")
		},
	} {
		s := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: c.Namespace, Name: name}}
		change(s)
		c.Create(s)
		// Neither a finalizer nor the garbage collector gets in the way of the end of the test.
		c.T.Cleanup(func() {
			c.Kubectl("patch", "secret", name, "-n", c.Namespace, "--type=merge", "-p", `{"metadata":{"finalizers":null}}`)
		})
	}
}

func purposed(s *corev1.Secret, purpose string) {
	s.Labels = map[string]string{"connect.flinks-operator.dev/purpose": purpose}
}

func certificate(s *corev1.Secret, namespace, name string) {
	s.Namespace, s.Name, s.Type = namespace, name, corev1.SecretTypeTLS
	s.Data = map[string][]byte{corev1.TLSCertKey: nil, corev1.TLSPrivateKeyKey: nil}
}

func token(s *corev1.Secret, namespace, name string) {
	s.Namespace, s.Name, s.Type = namespace, name, corev1.SecretTypeServiceAccountToken
	s.Annotations = map[string]string{corev1.ServiceAccountNameKey: "namespace-controller"}
}

// createOwn makes a certificate next to the operator.
func (c *fixture) createOwn(name string) {
	c.T.Helper()
	c.Kubectl("delete", "secret", name, "-n", cluster.LeaseNamespace, "--ignore-not-found")
	s := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name}}
	certificate(s, cluster.LeaseNamespace, name)
	purposed(s, "link-api-certificate")
	c.Create(s)
	c.T.Cleanup(func() { c.Kubectl("delete", "secret", name, "-n", cluster.LeaseNamespace) })
}

// inOwn makes a request in the namespace of the operator.
func inOwn(do request) request {
	return func(ctx context.Context, c *fixture, as client.Client) error {
		own := *c.Cluster
		own.Namespace = cluster.LeaseNamespace
		return do(ctx, &fixture{&own}, as)
	}
}

func label(key, value string) string {
	return fmt.Sprintf(`{"metadata":{"labels":{%q:%q}}}`, key, value)
}

func owned(apiVersion, kind string) string {
	return fmt.Sprintf(`{"metadata":{"ownerReferences":[{"apiVersion":%q,"kind":%q,"name":"mine","uid":"2"}]}}`, apiVersion, kind)
}

// create creates a Secret that is Opaque, has no label and is in the test's namespace, unless
// that is changed.
func create(change func(*fixture, *corev1.Secret)) request {
	return func(ctx context.Context, c *fixture, as client.Client) error {
		s := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: c.Namespace, Name: "another"}, Type: corev1.SecretTypeOpaque}
		change(c, s)
		return as.Create(ctx, s, client.DryRunAll)
	}
}

func patch(name, body string) request {
	return patchBy(types.MergePatchType, name, body)
}

func patchBy(of types.PatchType, name, body string, options ...client.PatchOption) request {
	return func(ctx context.Context, c *fixture, as client.Client) error {
		s := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: c.Namespace, Name: name}}
		return as.Patch(ctx, s, client.RawPatch(of, []byte(body)), append(options, client.DryRunAll)...)
	}
}

func apply(name, purpose, fields string) request {
	labels := ""
	if purpose != "" {
		labels = fmt.Sprintf(`"connect.flinks-operator.dev/purpose":%q`, purpose)
	}
	body := fmt.Sprintf(`{"apiVersion":"v1","kind":"Secret","metadata":{"name":%q,"labels":{%s}},%s}`, name, labels, fields)
	return patchBy(types.ApplyPatchType, name, body, client.FieldOwner("thief"), client.ForceOwnership)
}

func update(name string, change func(*corev1.Secret)) request {
	return func(ctx context.Context, c *fixture, as client.Client) error {
		var s corev1.Secret
		if err := as.Get(ctx, client.ObjectKey{Namespace: c.Namespace, Name: name}, &s); err != nil {
			return err
		}
		change(&s)
		return as.Update(ctx, &s, client.DryRunAll)
	}
}

func remove(name string) request {
	return func(ctx context.Context, c *fixture, as client.Client) error {
		s := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: c.Namespace, Name: name}}
		return as.Delete(ctx, s, client.DryRunAll)
	}
}
