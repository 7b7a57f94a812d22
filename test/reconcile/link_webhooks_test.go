package reconcile

import (
	"context"
	"errors"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/linkservice"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

const webhookKey, previousWebhookKey = "current-webhook-key", "previous-webhook-key"

func (h *harness) webhooks() (*linkservice.Service, *incarnation) {
	h.t.Helper()
	replica := h.incarnate(nil)
	return replica.linkService, replica
}

func (h *harness) ofInstance() linkapi.Instance { return linkapi.Instance{Name: h.instance()} }

// TestNotificationOfOneLogin: its connection is observed once, however many notifications there are.
func TestNotificationOfOneLogin(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	login := h.seed("greatday_nomfa")
	h.connect("acme", login)
	h.run(time.Minute)
	h.connect("twin", login)
	h.run(time.Minute)
	h.poke("acme")
	h.run(time.Minute)
	h.sim.ResetJournal()
	v, _ := h.webhooks()
	for range 5 {
		h.catchUp()
		if err := v.Notify(h.ctx(), h.ofInstance(), linkapi.NewIdentifier(login)); err != nil {
			t.Fatal(err)
		}
	}
	owner, twin := "acme", "twin"
	if condition(h.get(owner), v1alpha1.ConditionStalled) != "" {
		owner, twin = twin, owner // They are of the same second.
	}
	if g := h.get(owner).Status.Internal.GatewayRequest; g == nil || g.Action != v1alpha1.GatewayObserve {
		t.Errorf("request %+v", g)
	}
	if g := h.get(twin).Status.Internal.GatewayRequest; g != nil {
		t.Errorf("the younger one is asked for %+v", g)
	}
	h.poke(owner)
	h.run(time.Second)
	if calls := h.calls(); calls["Authorize cached"] != 1 || len(calls) != 2 {
		t.Errorf("calls: %v", calls)
	}
}

// TestNotificationsOfNoConnection: they write nothing.
func TestNotificationsOfNoConnection(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	login := h.seed("greatday_nomfa")
	h.connect("acme", login)
	h.run(time.Minute)
	h.connect("asleep", h.seed("Greatday"), func(c *v1alpha1.BankConnection) { c.Spec.Suspend = true })
	h.run(time.Minute)
	other := &v1alpha1.ClusterFlinksInstance{
		ObjectMeta: metav1.ObjectMeta{Name: h.instance() + "-other"},
		Spec: v1alpha1.ClusterFlinksInstanceSpec{
			InstanceIdentity:     v1alpha1.InstanceIdentity{Instance: "toolbox", CustomerID: "11111111-1111-4111-8111-111111111111"},
			CredentialsSecretRef: v1alpha1.SecretReference{Name: "keys", Namespace: h.namespace},
			Endpoints:            &v1alpha1.Endpoints{API: h.url, Connect: h.url},
		},
	}
	other.Spec.Gateway = &v1alpha1.GatewaySpec{URL: gatewayURL}
	h.create(other)
	t.Cleanup(func() { h.discard(other) })
	h.createOwnInstance()
	h.await(func(ctx context.Context) (bool, error) {
		return h.direct.Get(ctx, client.ObjectKeyFromObject(other), &v1alpha1.ClusterFlinksInstance{}) == nil, nil
	})
	for name, tc := range map[string]struct {
		instance linkapi.Instance
		login    string
		want     error
	}{
		"an unknown login":               {h.ofInstance(), strangeLogin, nil},
		"of another customer":            {linkapi.Instance{Name: other.Name}, login, nil},
		"of an unknown instance":         {linkapi.Instance{Name: "nobody"}, login, linkapi.ErrNotFound},
		"of an instance with no gateway": {linkapi.Instance{Namespace: h.namespace, Name: ownInstance}, login, linkapi.ErrNotFound},
		"of no instance":                 {linkapi.Instance{}, login, linkapi.ErrNotFound},
		"of a namespace's instance":      {linkapi.Instance{Namespace: h.namespace, Name: h.instance()}, login, linkapi.ErrNotFound},
		"of a name that is none":         {linkapi.Instance{Name: "../secrets"}, login, linkapi.ErrNotFound},
		"of what is no login":            {h.ofInstance(), "order-7", linkapi.ErrInvalid},
		"of nothing":                     {h.ofInstance(), "", linkapi.ErrInvalid},
		"of a connection that is asleep": {h.ofInstance(), h.seed("Greatday"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			v, replica := h.webhooks()
			if err := v.Notify(h.ctx(), tc.instance, linkapi.NewIdentifier(tc.login)); !errors.Is(err, tc.want) {
				t.Errorf("%v, want %v", err, tc.want)
			}
			if names := replica.effects.names; len(names) != 0 {
				t.Errorf("it does %v", names)
			}
		})
	}
}

// TestNotificationsOfAnotherInstance: two instances may be the same customer of Flinks. A
// notification concerns the connections of the instance whose key signed it, and no others:
// anyone who may create an instance chooses its key.
func TestNotificationsOfAnotherInstance(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	h.createOwnInstance(func(i *v1alpha1.FlinksInstance) { i.Spec.Gateway = &v1alpha1.GatewaySpec{URL: gatewayURL} })
	victim, own := h.seed("greatday_nomfa"), h.seed("Greatday")
	h.connect("acme", victim)
	h.run(time.Minute)
	h.connect("mine", own, ofOwnInstance)
	h.run(time.Minute)
	ownOne := linkapi.Instance{Namespace: h.namespace, Name: ownInstance}
	for _, tc := range []struct {
		instance   linkapi.Instance
		login      string
		connection string
		want       bool
	}{
		{ownOne, victim, "acme", false},
		{h.ofInstance(), own, "mine", false},
		{ownOne, own, "mine", true},
		{h.ofInstance(), victim, "acme", true},
	} {
		v, replica := h.webhooks()
		h.catchUp()
		if err := v.Notify(h.ctx(), tc.instance, linkapi.NewIdentifier(tc.login)); err != nil {
			t.Fatal(err)
		}
		asked := h.get(tc.connection).Status.Internal.GatewayRequest != nil
		if asked != tc.want || (len(replica.effects.names) > 0) != tc.want {
			t.Errorf("%s is asked for an observe by %+v: %t, by %v", tc.connection, tc.instance, asked, replica.effects.names)
		}
	}
}

// TestFloodOfNotifications: many notifications by a sender that knows a login and can sign cost little.
func TestFloodOfNotifications(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	login := h.seed("greatday_nomfa")
	h.connect("acme", login)
	h.run(time.Minute)
	h.sim.ResetJournal()
	v, replica := h.webhooks()
	for range 200 {
		h.catchUp()
		if err := v.Notify(h.ctx(), h.ofInstance(), linkapi.NewIdentifier(login)); err != nil {
			t.Fatal(err)
		}
		h.poke("acme")
		h.run(time.Second)
	}
	if n, calls := len(replica.effects.names), h.calls(); n > 60 || calls["Authorize cached"] > 60 || calls["Authorize live"] != 0 {
		t.Errorf("%d writes, calls %v", n, calls)
	}
}

// TestHintsThatMeetOtherWrites are not lost.
func TestHintsThatMeetOtherWrites(t *testing.T) {
	t.Parallel()
	h := newGatewayHarness(t)
	login := h.seed("greatday_nomfa")
	h.connect("acme", login)
	h.run(time.Minute)
	met := false
	replica := h.incarnate(func(e *effects) {
		e.before = func(name string) {
			if name == "update BankConnection/status" && !met {
				met = true
				h.annotate("acme", "example.com/met", "yes")
			}
		}
	})
	v := replica.linkService
	h.catchUp()
	if err := v.Notify(h.ctx(), h.ofInstance(), linkapi.NewIdentifier(login)); err != nil {
		t.Fatal(err)
	}
	if g := h.get("acme").Status.Internal.GatewayRequest; !met || g == nil {
		t.Errorf("request %+v", g)
	}
}

// TestWebhookKeys come from the credentials Secret, one or two, and none that can be
// guessed.
func TestWebhookKeys(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		data map[string]string
		want []string
		// without a gateway in the spec of the instance.
		without bool
	}{
		"no gateway":          {data: map[string]string{"webhookKey": webhookKey}, without: true},
		"one":                 {data: map[string]string{"webhookKey": webhookKey}, want: []string{webhookKey}},
		"with a line's end":   {data: map[string]string{"webhookKey": webhookKey + "\n"}, want: []string{webhookKey}},
		"two":                 {data: map[string]string{"webhookKey": webhookKey, "previousWebhookKey": previousWebhookKey}, want: []string{webhookKey, previousWebhookKey}},
		"the previous alone":  {data: map[string]string{"previousWebhookKey": previousWebhookKey}, want: []string{previousWebhookKey}},
		"none":                {data: nil, want: nil},
		"empty":               {data: map[string]string{"webhookKey": ""}, want: nil},
		"too short":           {data: map[string]string{"webhookKey": "fifteen letters"}, want: nil},
		"white space":         {data: map[string]string{"webhookKey": "                    "}, want: nil},
		"no text":             {data: map[string]string{"webhookKey": "\xff\xfe0123456789abcdef"}, want: nil},
		"one of two is short": {data: map[string]string{"webhookKey": webhookKey, "previousWebhookKey": "short"}, want: []string{webhookKey}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newBareHarness(t)
			h.createInstance(func(i *v1alpha1.ClusterFlinksInstance, s *corev1.Secret) {
				if !tc.without {
					i.Spec.Gateway = &v1alpha1.GatewaySpec{URL: gatewayURL}
				}
				for key, value := range tc.data {
					s.Data[key] = []byte(value)
				}
			})
			h.probe()
			v, _ := h.webhooks()
			keys, err := v.WebhookKeys(h.ctx(), h.ofInstance())
			if len(tc.want) == 0 {
				if !errors.Is(err, linkapi.ErrNotFound) || keys != nil {
					t.Errorf("%d keys, %v", len(keys), err)
				}
				return
			}
			if err != nil || len(keys) != len(tc.want) {
				t.Fatalf("%d keys, %v", len(keys), err)
			}
			for i, key := range keys {
				if key.Reveal() != tc.want[i] {
					t.Errorf("key %d is another", i)
				}
			}
		})
	}
	t.Run("no instance", func(t *testing.T) {
		h := newGatewayHarness(t)
		v, _ := h.webhooks()
		if _, err := v.WebhookKeys(h.ctx(), linkapi.Instance{Name: "nobody"}); !errors.Is(err, linkapi.ErrNotFound) {
			t.Errorf("%v", err)
		}
		h.discard(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: "keys"}})
		if _, err := v.WebhookKeys(h.ctx(), h.ofInstance()); !errors.Is(err, linkapi.ErrNotFound) {
			t.Errorf("without a Secret: %v", err)
		}
	})
}
