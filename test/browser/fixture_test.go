package browser

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/internal/testenv/cluster"
	"github.com/flinks-operator/flinks-operator/test/browser/chromium"
)

// fixture is one test's namespace and Flinks, on the stack that all tests share.
type fixture struct {
	*cluster.Cluster
	*stack
	t      *testing.T
	flinks string // origin of Flinks Connect
	// left is what the browsers kept.
	left []string
}

// newFixture makes a Flinks that delivers data at once, so that no test waits for
// what others are about.
func newFixture(t *testing.T, change ...func(*flinkssim.Knobs)) *fixture {
	t.Helper()
	shared := theStack(t)
	s := &fixture{t: t, stack: shared}
	s.Cluster = cluster.New(t, func(o *flinkssim.Options) { o.Clock = shared.clock })
	pages := httptest.NewTLSServer(s.Sim.Handler())
	t.Cleanup(pages.Close)
	s.flinks = named(pages, "flinks.test")
	change = append([]func(*flinkssim.Knobs){quick}, change...)
	for _, f := range change {
		if err := s.Sim.SetKnobs(f); err != nil {
			t.Fatal(err)
		}
	}
	s.createInstance()
	t.Cleanup(s.checkSinks)
	return s
}

func quick(k *flinkssim.Knobs) { k.ProcessingDuration, k.FirstDetailsPending = 0, false }

func (s *fixture) createInstance() {
	s.t.Helper()
	keys := s.Sim.Credentials()
	s.Create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.Namespace, Name: "keys"},
		StringData: map[string]string{"secretKey": keys.SecretKey, "apiKey": keys.APIKey},
	})
	instance := &v1alpha1.ClusterFlinksInstance{ObjectMeta: metav1.ObjectMeta{Name: s.InstanceName()}}
	instance.Spec.Instance, instance.Spec.CustomerID = keys.Instance, keys.CustomerID
	instance.Spec.CredentialsSecretRef = v1alpha1.SecretReference{Namespace: s.Namespace, Name: "keys"}
	instance.Spec.Endpoints = &v1alpha1.Endpoints{API: s.URL, Connect: s.flinks}
	instance.Spec.Limits = &v1alpha1.InstanceLimits{RequestsPerSecond: new(int32(1000)), Burst: new(int32(1000))}
	instance.Spec.Gateway = &v1alpha1.GatewaySpec{URL: s.gateway}
	s.Create(instance)
	s.t.Cleanup(func() {
		_ = s.Client.Delete(context.WithoutCancel(s.t.Context()), instance)
	})
}

// connection creates a connection whose link leads to the gateway.
func (s *fixture) connection(name string, change ...func(*v1alpha1.BankConnection)) *v1alpha1.BankConnection {
	s.t.Helper()
	c := cluster.NewConnection(s.Namespace, name, s.InstanceName())
	c.Spec.Reconnect = &v1alpha1.ReconnectSpec{Link: v1alpha1.LinkSpec{Type: v1alpha1.LinkGateway}}
	for _, f := range change {
		f(c)
	}
	s.Create(c)
	return c
}

// link waits for the link of a connection.
func (s *fixture) link(name string) (link string) {
	s.t.Helper()
	s.await("a link for "+name, func() bool {
		if r := s.Get(name).Status.Reconnect; r != nil {
			link = r.Link.URL
		}
		return link != ""
	})
	if !strings.HasPrefix(link, s.gateway+"/c/") {
		s.t.Fatal("the link does not lead to the gateway")
	}
	return link
}

func (s *fixture) await(what string, holds func() bool) {
	s.t.Helper()
	s.Eventually(what, patience, func(context.Context) (bool, error) { return holds(), nil })
}

// unlinked creates a connection without a login, and returns the link to connect it.
func (s *fixture) unlinked(name string, change ...func(*v1alpha1.BankConnection)) (link string) {
	s.t.Helper()
	s.connection(name, change...)
	return s.link(name)
}

// returning creates a connection whose bank has a question, which the nightly refresh could not
// answer. It returns the login, and the link to the page.
func (s *fixture) returning(name, username string, change ...func(*flinkssim.SeedOptions)) (loginID, link string) {
	s.t.Helper()
	seed := flinkssim.SeedOptions{
		Username: username, LastRefresh: s.clock.Now().Add(-time.Hour), LastCode: "QUESTION_NOT_FOUND",
	}
	for _, f := range change {
		f(&seed)
	}
	loginID = s.Sim.SeedLogin(seed)
	s.Guard(loginID)
	s.Create(cluster.LoginSecret(s.Namespace, name, loginID))
	s.connection(name, func(c *v1alpha1.BankConnection) { c.Spec.Reconnect.Language = seed.Language })
	return loginID, s.link(name)
}

// ready waits until the connection needs no person and has its data.
func (s *fixture) ready(name string) *v1alpha1.BankConnection {
	s.t.Helper()
	var c *v1alpha1.BankConnection
	s.await(name+" to be ready", func() bool {
		c = s.Get(name)
		return c.Status.Binding != nil && c.Status.Reconnect == nil && isTrue(c, v1alpha1.ConditionReady) &&
			!isTrue(c, v1alpha1.ConditionUserActionRequired)
	})
	return c
}

func isTrue(c *v1alpha1.BankConnection, condition string) bool {
	return meta.IsStatusConditionTrue(c.Status.Conditions, condition)
}

// loginID returns what the operator stored for a connection.
func (s *fixture) loginID(name string) string {
	s.t.Helper()
	var secret corev1.Secret
	if err := s.Client.Get(s.t.Context(), client.ObjectKey{Namespace: s.Namespace, Name: name + "-login"}, &secret); err != nil {
		s.t.Fatal(err)
	}
	s.Guard(string(secret.Data["loginId"]))
	return string(secret.Data["loginId"])
}

// opened returns the number of live sessions that the login ever had.
func (s *fixture) opened(loginID string) int {
	s.t.Helper()
	state, ok := s.Sim.Login(loginID)
	if !ok {
		s.t.Fatal("Flinks does not know the login")
	}
	return state.LiveOpened
}

// expectOpened checks the number of live sessions that the login ever had.
func (s *fixture) expectOpened(loginID string, want int) {
	s.t.Helper()
	if n := s.opened(loginID); n != want {
		s.t.Errorf("got %d sessions, want %d", n, want)
	}
}

// expectDone waits until the page says that all is done and acme is ready, and checks how many live
// sessions its login ever had.
func (s *fixture) expectDone(p *page, loginID string, sessions int) {
	s.t.Helper()
	p.state("Done")
	s.ready("acme")
	s.expectOpened(loginID, sessions)
}

// openLink opens a link as a new person does.
func (s *fixture) openLink(link string, o chromium.Options) *page {
	s.t.Helper()
	p := newPage(s.t, o)
	s.watch(p)
	p.Open(link)
	return p
}
