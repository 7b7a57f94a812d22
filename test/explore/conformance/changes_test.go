package conformance

import (
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
)

// change is something that a caller does to an object before it sends it.
type change struct {
	name string
	do   func(client.Object)
}

// epoch is the time that statuses are about.
var epoch = time.Date(2026, 1, 1, 9, 0, 0, 123456789, time.FixedZone("somewhere", 7200))

func at(minutes int) *metav1.Time {
	return new(metav1.NewTime(epoch.Add(time.Duration(minutes) * time.Minute)))
}

func duration(d time.Duration) *metav1.Duration { return &metav1.Duration{Duration: d} }

// metadataChanges returns the changes that suit every kind.
func metadataChanges() []change {
	return []change{
		{"label a=1", func(o client.Object) { label(o, "a", "1") }},
		{"label a=2", func(o client.Object) { label(o, "a", "2") }},
		{"label b=1", func(o client.Object) { label(o, "b", "1") }},
		{"no labels", func(o client.Object) { o.SetLabels(nil) }},
		{"empty labels", func(o client.Object) { o.SetLabels(map[string]string{}) }},
		{"invalid label", func(o client.Object) { label(o, "a", "no spaces") }},
		{"annotation", func(o client.Object) { o.SetAnnotations(map[string]string{"example.com/asked": "now"}) }},
		{"invalid annotation", func(o client.Object) { o.SetAnnotations(map[string]string{"-": ""}) }},
		{"finalizer x", func(o client.Object) { finalizer(o, "example.com/x") }},
		{"finalizer y", func(o client.Object) { finalizer(o, "example.com/y") }},
		{"no finalizers", func(o client.Object) { o.SetFinalizers(nil) }},
		{"one finalizer less", func(o client.Object) {
			if f := o.GetFinalizers(); len(f) > 0 {
				o.SetFinalizers(f[1:])
			}
		}},
		{"finalizer twice", func(o client.Object) { o.SetFinalizers([]string{"example.com/x", "example.com/x"}) }},
		{"invalid finalizer", func(o client.Object) { o.SetFinalizers([]string{"no spaces"}) }},
		{"owner", func(o client.Object) {
			o.SetOwnerReferences([]metav1.OwnerReference{{APIVersion: "v1", Kind: "ConfigMap", Name: "owner", UID: "1"}})
		}},
		{"invalid owner", func(o client.Object) { o.SetOwnerReferences([]metav1.OwnerReference{{Kind: "ConfigMap"}}) }},
		{"no version", func(o client.Object) { o.SetResourceVersion("") }},
		{"version 0", func(o client.Object) { o.SetResourceVersion("0") }},
		{"wrong version", func(o client.Object) { o.SetResourceVersion("1") }},
		{"no UID", func(o client.Object) { o.SetUID("") }},
		{"wrong UID", func(o client.Object) { o.SetUID("00000000-0000-0000-0000-000000000000") }},
		{"other generation", func(o client.Object) { o.SetGeneration(99) }},
		{"other creation time", func(o client.Object) { o.SetCreationTimestamp(*at(0)) }},
		{"no deletion time", func(o client.Object) { o.SetDeletionTimestamp(nil) }},
		{"nothing", func(client.Object) {}},
	}
}

func label(o client.Object, key, value string) {
	labels := map[string]string{}
	maps.Copy(labels, o.GetLabels())
	labels[key] = value
	o.SetLabels(labels)
}

func finalizer(o client.Object, name string) {
	if !slices.Contains(o.GetFinalizers(), name) {
		o.SetFinalizers(append(slices.Clone(o.GetFinalizers()), name))
	}
}

// specChanges returns what users do to a kind.
func specChanges(kind apiserver.Kind) []change {
	switch kind {
	case apiserver.BankConnection:
		return slices.Concat(connectionChanges(), reconnectChanges())
	case apiserver.RefreshPolicy:
		return policyChanges(func(o client.Object) *v1alpha1.RefreshPolicySpec { return &o.(*v1alpha1.RefreshPolicy).Spec })
	case apiserver.FlinksInstance:
		return identityChanges(func(o client.Object) *v1alpha1.InstanceIdentity {
			return &o.(*v1alpha1.FlinksInstance).Spec.InstanceIdentity
		})
	case apiserver.ClusterFlinksInstance:
		return slices.Concat(clusterInstanceChanges(),
			identityChanges(func(o client.Object) *v1alpha1.InstanceIdentity {
				return &o.(*v1alpha1.ClusterFlinksInstance).Spec.InstanceIdentity
			}))
	case apiserver.Secret:
		return secretChanges()
	default:
		return nil
	}
}

func connectionChanges() []change {
	on := func(name string, do func(*v1alpha1.BankConnectionSpec)) change {
		return change{name, func(o client.Object) { do(&o.(*v1alpha1.BankConnection).Spec) }}
	}
	changes := []change{
		on("suspend", func(s *v1alpha1.BankConnectionSpec) { s.Suspend = true }),
		on("do not suspend", func(s *v1alpha1.BankConnectionSpec) { s.Suspend = false }),
		on("retain", func(s *v1alpha1.BankConnectionSpec) { s.DeletionPolicy = v1alpha1.DeletionPolicyRetain }),
		on("default deletion policy", func(s *v1alpha1.BankConnectionSpec) { s.DeletionPolicy = "" }),
		on("invalid deletion policy", func(s *v1alpha1.BankConnectionSpec) { s.DeletionPolicy = "Keep" }),
		on("other instance", func(s *v1alpha1.BankConnectionSpec) { s.InstanceRef.Name = "other" }),
		on("no instance", func(s *v1alpha1.BankConnectionSpec) { s.InstanceRef.Name = "" }),
		on("Secret s1", func(s *v1alpha1.BankConnectionSpec) { s.LoginIDSecretRef.Name = "s1" }),
		on("Secret s2 with a key", func(s *v1alpha1.BankConnectionSpec) {
			s.LoginIDSecretRef = v1alpha1.LoginIDSecretReference{Name: "s2", Key: "id"}
		}),
		on("invalid key", func(s *v1alpha1.BankConnectionSpec) { s.LoginIDSecretRef.Key = "a/b" }),
		on("policy reference", func(s *v1alpha1.BankConnectionSpec) { s.RefreshPolicyRef = &v1alpha1.RefreshPolicyReference{Name: "p"} }),
		on("no policy", func(s *v1alpha1.BankConnectionSpec) { s.RefreshPolicy, s.RefreshPolicyRef = nil, nil }),
		on("hand-off", func(s *v1alpha1.BankConnectionSpec) {
			s.SessionHandOff = &v1alpha1.SessionHandOff{Destination: "Secret"}
		}),
	}
	return slices.Concat(changes, policyChanges(func(o client.Object) *v1alpha1.RefreshPolicySpec {
		s := &o.(*v1alpha1.BankConnection).Spec
		if s.RefreshPolicy == nil {
			s.RefreshPolicy = &v1alpha1.RefreshPolicySpec{Type: v1alpha1.RefreshManual}
		}
		return s.RefreshPolicy
	}))
}

func reconnectChanges() []change {
	on := func(name string, do func(*v1alpha1.ReconnectSpec)) change {
		return change{name, func(o client.Object) {
			s := &o.(*v1alpha1.BankConnection).Spec
			if s.Reconnect == nil {
				s.Reconnect = &v1alpha1.ReconnectSpec{}
			}
			do(s.Reconnect)
		}}
	}
	const account = "b3e2c3a0-0000-4000-8000-000000000001"
	return []change{
		on("empty reconnect", func(*v1alpha1.ReconnectSpec) {}),
		on("delivery", func(s *v1alpha1.ReconnectSpec) { s.Link = v1alpha1.LinkSpec{Destination: v1alpha1.LinkInSecret} }),
		on("reissues without Reissue", func(s *v1alpha1.ReconnectSpec) { s.MaxReissues, s.OnExpiry = new(int32(2)), "" }),
		on("too many reissues", func(s *v1alpha1.ReconnectSpec) { s.MaxReissues, s.OnExpiry = new(int32(11)), "Reissue" }),
		on("reissues", func(s *v1alpha1.ReconnectSpec) { s.MaxReissues, s.OnExpiry = new(int32(2)), "Reissue" }),
		on("account", func(s *v1alpha1.ReconnectSpec) { s.AccountIDs = []string{account} }),
		on("no account", func(s *v1alpha1.ReconnectSpec) { s.AccountIDs = []string{} }),
		on("account twice", func(s *v1alpha1.ReconnectSpec) { s.AccountIDs = []string{account, account} }),
		on("URL", func(s *v1alpha1.ReconnectSpec) { s.RedirectURL = "https://app.example.com/linked" }),
		on("URL that is no URL", func(s *v1alpha1.ReconnectSpec) { s.RedirectURL = "app" }),
		on("URL with a password", func(s *v1alpha1.ReconnectSpec) { s.RedirectURL = "https://a:b@example.com" }),
		on("short deadline", func(s *v1alpha1.ReconnectSpec) { s.Deadline = duration(time.Minute) }),
		on("deadline", func(s *v1alpha1.ReconnectSpec) { s.Deadline = duration(72 * time.Hour) }),
		on("zero deadline", func(s *v1alpha1.ReconnectSpec) { s.Deadline = duration(0) }),
	}
}

func policyChanges(of func(client.Object) *v1alpha1.RefreshPolicySpec) []change {
	on := func(name string, do func(*v1alpha1.RefreshPolicySpec)) change {
		return change{name, func(o client.Object) { do(of(o)) }}
	}
	window := func(start, end string) v1alpha1.RefreshWindow { return v1alpha1.RefreshWindow{Start: start, End: end} }
	return []change{
		on("manual", func(s *v1alpha1.RefreshPolicySpec) { *s = v1alpha1.RefreshPolicySpec{Type: v1alpha1.RefreshManual} }),
		on("interval", func(s *v1alpha1.RefreshPolicySpec) {
			*s = v1alpha1.RefreshPolicySpec{Type: v1alpha1.RefreshScheduled, Interval: duration(24 * time.Hour)}
		}),
		on("short interval", func(s *v1alpha1.RefreshPolicySpec) {
			*s = v1alpha1.RefreshPolicySpec{Type: v1alpha1.RefreshScheduled, Interval: duration(time.Minute)}
		}),
		on("scheduled", func(s *v1alpha1.RefreshPolicySpec) { s.Type = v1alpha1.RefreshScheduled }),
		on("unknown type", func(s *v1alpha1.RefreshPolicySpec) { s.Type = "Often" }),
		on("no type", func(s *v1alpha1.RefreshPolicySpec) { s.Type = "" }),
		on("schedule", func(s *v1alpha1.RefreshPolicySpec) { s.Schedule = "0 9 * * 1-5" }),
		on("every", func(s *v1alpha1.RefreshPolicySpec) { s.Schedule = "@every 1h" }),
		on("time zone", func(s *v1alpha1.RefreshPolicySpec) { s.TimeZone = "America/Toronto" }),
		on("windows", func(s *v1alpha1.RefreshPolicySpec) {
			s.AllowedWindows = []v1alpha1.RefreshWindow{window("09:00", "21:00")}
		}),
		on("empty window", func(s *v1alpha1.RefreshPolicySpec) {
			s.AllowedWindows = []v1alpha1.RefreshWindow{window("09:00", "09:00")}
		}),
		on("invalid window", func(s *v1alpha1.RefreshPolicySpec) { s.AllowedWindows = []v1alpha1.RefreshWindow{window("9", "21:00")} }),
		on("days twice", func(s *v1alpha1.RefreshPolicySpec) {
			s.AllowedWindows = []v1alpha1.RefreshWindow{{Days: []v1alpha1.Weekday{"Mon", "Mon"}, Start: "09:00", End: "10:00"}}
		}),
		on("nightly", func(s *v1alpha1.RefreshPolicySpec) { *s = v1alpha1.RefreshPolicySpec{Type: v1alpha1.RefreshNightly} }),
		on("long observe interval", func(s *v1alpha1.RefreshPolicySpec) { s.ObserveInterval = duration(200 * time.Hour) }),
		on("data age", func(s *v1alpha1.RefreshPolicySpec) { s.MaxDataAge = duration(48*time.Hour + time.Second) }),
	}
}

func identityChanges(of func(client.Object) *v1alpha1.InstanceIdentity) []change {
	on := func(name string, do func(*v1alpha1.InstanceIdentity)) change {
		return change{name, func(o client.Object) { do(of(o)) }}
	}
	return []change{
		on("customer", func(s *v1alpha1.InstanceIdentity) { s.CustomerID = "43387ca6-0391-4c82-857d-70d95f087ecc" }),
		on("invalid customer", func(s *v1alpha1.InstanceIdentity) { s.CustomerID = "somebody" }),
		on("instance", func(s *v1alpha1.InstanceIdentity) { s.Instance = "sandbox" }),
		on("limits", func(s *v1alpha1.InstanceIdentity) { s.Limits = &v1alpha1.InstanceLimits{Burst: new(int32(300))} }),
		on("invalid limits", func(s *v1alpha1.InstanceIdentity) { s.Limits = &v1alpha1.InstanceLimits{Burst: new(int32(0))} }),
		on("deletions", func(s *v1alpha1.InstanceIdentity) {
			s.Limits = &v1alpha1.InstanceLimits{Deletions: &v1alpha1.DeletionLimit{Percent: new(int32(50))}}
		}),
		on("no limits", func(s *v1alpha1.InstanceIdentity) { s.Limits = nil }),
		on("gateway", func(s *v1alpha1.InstanceIdentity) {
			s.Gateway = &v1alpha1.GatewaySpec{URL: "https://connect.example.com"}
		}),
		on("invalid gateway", func(s *v1alpha1.InstanceIdentity) {
			s.Gateway = &v1alpha1.GatewaySpec{URL: "https://connect.example.com/path"}
		}),
		on("retention", func(s *v1alpha1.InstanceIdentity) {
			s.Retention = &v1alpha1.Retention{Data: duration(30 * 24 * time.Hour)}
		}),
		on("invalid retention", func(s *v1alpha1.InstanceIdentity) { s.Retention = &v1alpha1.Retention{Data: duration(time.Hour)} }),
		on("default policy", func(s *v1alpha1.InstanceIdentity) {
			s.RefreshPolicy = &v1alpha1.RefreshPolicySpec{Type: v1alpha1.RefreshManual}
		}),
	}
}

func clusterInstanceChanges() []change {
	on := func(name string, do func(*v1alpha1.ClusterFlinksInstanceSpec)) change {
		return change{name, func(o client.Object) { do(&o.(*v1alpha1.ClusterFlinksInstance).Spec) }}
	}
	return []change{
		on("all namespaces", func(s *v1alpha1.ClusterFlinksInstanceSpec) { s.AllowedNamespaces = &v1alpha1.AllowedNamespaces{} }),
		on("some namespaces", func(s *v1alpha1.ClusterFlinksInstanceSpec) {
			s.AllowedNamespaces = &v1alpha1.AllowedNamespaces{Selector: metav1.LabelSelector{MatchLabels: map[string]string{"a": "1"}}}
		}),
		on("strange namespaces", func(s *v1alpha1.ClusterFlinksInstanceSpec) {
			s.AllowedNamespaces = &v1alpha1.AllowedNamespaces{Selector: metav1.LabelSelector{
				MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "a", Operator: "Near"}},
			}}
		}),
		on("endpoints", func(s *v1alpha1.ClusterFlinksInstanceSpec) {
			s.Endpoints = &v1alpha1.Endpoints{API: "https://api.example.com", Connect: "https://connect.example.com"}
		}),
		on("invalid endpoints", func(s *v1alpha1.ClusterFlinksInstanceSpec) { s.Endpoints = &v1alpha1.Endpoints{API: "nowhere"} }),
	}
}

func secretChanges() []change {
	on := func(name string, do func(*corev1.Secret)) change {
		return change{name, func(o client.Object) { do(o.(*corev1.Secret)) }}
	}
	return []change{
		on("loginId", func(s *corev1.Secret) { s.Data = map[string][]byte{"loginId": []byte("one")} }),
		on("other loginId", func(s *corev1.Secret) { s.Data = map[string][]byte{"loginId": []byte("two\n")} }),
		on("empty loginId", func(s *corev1.Secret) { s.Data = map[string][]byte{"loginId": {}} }),
		on("no data", func(s *corev1.Secret) { s.Data = nil }),
		on("string data", func(s *corev1.Secret) { s.StringData = map[string]string{"loginId": "three"} }),
		on("invalid key", func(s *corev1.Secret) { s.Data = map[string][]byte{"a/b": []byte("x")} }),
		on("type", func(s *corev1.Secret) { s.Type = "example.com/login" }),
		on("no type", func(s *corev1.Secret) { s.Type = "" }),
		on("TLS", func(s *corev1.Secret) { s.Type = corev1.SecretTypeTLS }),
		on("immutable", func(s *corev1.Secret) { s.Immutable = new(true) }),
		on("mutable", func(s *corev1.Secret) { s.Immutable = nil }),
	}
}

// statusChanges returns what the operator does to a kind, rightly or not.
func statusChanges(kind apiserver.Kind) []change {
	switch kind {
	case apiserver.BankConnection:
		return slices.Concat(connectionStatusChanges(), conditionChanges(func(o client.Object) (*[]metav1.Condition, *int64) {
			s := &o.(*v1alpha1.BankConnection).Status
			return &s.Conditions, &s.ObservedGeneration
		}))
	case apiserver.RefreshPolicy:
		return conditionChanges(func(o client.Object) (*[]metav1.Condition, *int64) {
			s := &o.(*v1alpha1.RefreshPolicy).Status
			return &s.Conditions, &s.ObservedGeneration
		})
	case apiserver.FlinksInstance, apiserver.ClusterFlinksInstance:
		return slices.Concat(instanceStatusChanges(), conditionChanges(func(o client.Object) (*[]metav1.Condition, *int64) {
			s := instanceStatus(o)
			return &s.Conditions, &s.ObservedGeneration
		}))
	default:
		return nil
	}
}

func instanceStatus(o client.Object) *v1alpha1.InstanceStatus {
	if i, ok := o.(*v1alpha1.FlinksInstance); ok {
		return &i.Status
	}
	return &o.(*v1alpha1.ClusterFlinksInstance).Status
}

func instanceStatusChanges() []change {
	on := func(name string, do func(*v1alpha1.InstanceStatus)) change {
		return change{name, func(o client.Object) { do(instanceStatus(o)) }}
	}
	return []change{
		on("counts", func(s *v1alpha1.InstanceStatus) { s.Connections = &v1alpha1.ConnectionCounts{Total: 3, Ready: 1} }),
		on("no counts", func(s *v1alpha1.InstanceStatus) { s.Connections = nil }),
		on("check time", func(s *v1alpha1.InstanceStatus) { s.NightlyCheckTime = at(3) }),
		on("empty status", func(s *v1alpha1.InstanceStatus) { *s = v1alpha1.InstanceStatus{} }),
	}
}

func conditionChanges(of func(client.Object) (*[]metav1.Condition, *int64)) []change {
	on := func(name string, do func(conditions *[]metav1.Condition)) change {
		return change{name, func(o client.Object) { c, _ := of(o); do(c) }}
	}
	ready := metav1.Condition{Type: "Ready", Status: "True", Reason: "Refreshed", Message: "All is well.", LastTransitionTime: *at(1)}
	with := func(do func(*metav1.Condition)) []metav1.Condition {
		c := ready
		do(&c)
		return []metav1.Condition{c}
	}
	return []change{
		on("ready", func(c *[]metav1.Condition) { *c = []metav1.Condition{ready} }),
		on("not ready", func(c *[]metav1.Condition) { *c = with(func(c *metav1.Condition) { c.Status = "False" }) }),
		on("ready later", func(c *[]metav1.Condition) { *c = with(func(c *metav1.Condition) { c.LastTransitionTime = *at(2) }) }),
		on("condition twice", func(c *[]metav1.Condition) { *c = []metav1.Condition{ready, ready} }),
		on("condition without a reason", func(c *[]metav1.Condition) { *c = with(func(c *metav1.Condition) { c.Reason = "" }) }),
		on("condition without a time", func(c *[]metav1.Condition) {
			*c = with(func(c *metav1.Condition) { c.LastTransitionTime = metav1.Time{} })
		}),
		on("condition of a wrong status", func(c *[]metav1.Condition) { *c = with(func(c *metav1.Condition) { c.Status = "Perhaps" }) }),
		on("no conditions", func(c *[]metav1.Condition) { *c = nil }),
		{"observed generation", func(o client.Object) { _, g := of(o); *g = o.GetGeneration() }},
		{"no observed generation", func(o client.Object) { _, g := of(o); *g = 0 }},
	}
}

func connectionStatusChanges() []change {
	on := func(name string, do func(*v1alpha1.BankConnectionStatus)) change {
		return change{name, func(o client.Object) { do(&o.(*v1alpha1.BankConnection).Status) }}
	}
	fingerprint := strings.Repeat("f", 32)
	binding := func(f string) *v1alpha1.Binding {
		return &v1alpha1.Binding{Instance: "toolbox", CustomerID: "c", LoginFingerprint: f, BoundTime: *at(1)}
	}
	changes := []change{
		on("binding", func(s *v1alpha1.BankConnectionStatus) { s.Binding = binding(fingerprint) }),
		on("invalid binding", func(s *v1alpha1.BankConnectionStatus) { s.Binding = binding("short") }),
		on("no binding", func(s *v1alpha1.BankConnectionStatus) { s.Binding = nil }),
		on("institution", func(s *v1alpha1.BankConnectionStatus) { s.Institution = "FlinksCapital" }),
		on("long institution", func(s *v1alpha1.BankConnectionStatus) { s.Institution = strings.Repeat("é", 65) }),
		on("fitting institution", func(s *v1alpha1.BankConnectionStatus) { s.Institution = strings.Repeat("é", 64) }),
		on("times", func(s *v1alpha1.BankConnectionStatus) { s.LastRefreshTime, s.NextRefreshTime = at(5), at(1445) }),
		on("zero time", func(s *v1alpha1.BankConnectionStatus) { s.LastRefreshTime = &metav1.Time{} }),
		on("claim", func(s *v1alpha1.BankConnectionStatus) {
			s.Refresh = &v1alpha1.RefreshStatus{Attempt: 1, State: v1alpha1.RefreshClaimed, StartTime: at(6), NotBefore: at(20)}
			s.Internal.Nonce = "n"
		}),
		on("result", func(s *v1alpha1.BankConnectionStatus) {
			s.Refresh = &v1alpha1.RefreshStatus{Attempt: 1, State: v1alpha1.RefreshSucceeded, LastResult: &v1alpha1.RefreshResult{HTTPStatus: 200, AnswerTime: *at(7)}}
		}),
		on("invalid state", func(s *v1alpha1.BankConnectionStatus) { s.Refresh = &v1alpha1.RefreshStatus{State: "Dreaming"} }),
		on("negative attempt", func(s *v1alpha1.BankConnectionStatus) { s.Refresh = &v1alpha1.RefreshStatus{Attempt: -1} }),
		on("three times", func(s *v1alpha1.BankConnectionStatus) {
			s.Internal.UnattendedTimes = []metav1.Time{*at(1), *at(2), *at(3)}
		}),
		on("four times", func(s *v1alpha1.BankConnectionStatus) {
			s.Internal.UnattendedTimes = []metav1.Time{*at(1), *at(2), *at(3), *at(4)}
		}),
	}
	return slices.Concat(changes, moreConnectionStatusChanges(on))
}

func moreConnectionStatusChanges(on func(string, func(*v1alpha1.BankConnectionStatus)) change) []change {
	account := v1alpha1.Account{ID: "b3e2c3a0-0000-4000-8000-000000000001", Type: "Chequing", Currency: "CAD"}
	policy := func(interval time.Duration) *v1alpha1.EffectivePolicy {
		return &v1alpha1.EffectivePolicy{Source: "Instance", Type: v1alpha1.RefreshScheduled, Interval: duration(interval), EffectiveTime: *at(0)}
	}
	return []change{
		on("link", func(s *v1alpha1.BankConnectionStatus) {
			s.Reconnect = &v1alpha1.ReconnectStatus{
				Question: v1alpha1.QuestionStatus{ChallengeTypes: []string{"QuestionAndAnswer"}, ExpirationTime: at(9)},
				Link:     v1alpha1.LinkStatus{Type: v1alpha1.LinkDirect, URL: "https://connect.example.com/x"},
			}
		}),
		on("empty link", func(s *v1alpha1.BankConnectionStatus) { s.Reconnect = &v1alpha1.ReconnectStatus{} }),
		on("accounts", func(s *v1alpha1.BankConnectionStatus) { s.Accounts = []v1alpha1.Account{account} }),
		on("account twice", func(s *v1alpha1.BankConnectionStatus) { s.Accounts = []v1alpha1.Account{account, account} }),
		on("account without an id", func(s *v1alpha1.BankConnectionStatus) { s.Accounts = []v1alpha1.Account{{Type: "Chequing"}} }),
		on("effective policy", func(s *v1alpha1.BankConnectionStatus) { s.RefreshPolicy = policy(time.Hour) }),
		on("negative interval", func(s *v1alpha1.BankConnectionStatus) { s.RefreshPolicy = policy(-time.Hour) }),
		on("last error", func(s *v1alpha1.BankConnectionStatus) {
			s.LastError = &v1alpha1.LastError{Code: "BANK_UNAVAILABLE", Class: "transient", StartTime: *at(8)}
		}),
		on("last error without a time", func(s *v1alpha1.BankConnectionStatus) { s.LastError = &v1alpha1.LastError{Code: "X"} }),
		on("nightly", func(s *v1alpha1.BankConnectionStatus) { s.Nightly = &v1alpha1.NightlyStatus{Enabled: false} }),
		on("empty status", func(s *v1alpha1.BankConnectionStatus) { *s = v1alpha1.BankConnectionStatus{} }),
	}
}

// fresh returns a valid object that was never sent.
func fresh(kind apiserver.Kind, key types.NamespacedName) client.Object {
	m := metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name}
	identity := v1alpha1.InstanceIdentity{Instance: "toolbox", CustomerID: "43387ca6-0391-4c82-857d-70d95f087ecb"}
	switch kind {
	case apiserver.BankConnection:
		return &v1alpha1.BankConnection{ObjectMeta: m, Spec: v1alpha1.BankConnectionSpec{
			InstanceRef:      v1alpha1.InstanceReference{Kind: v1alpha1.KindClusterFlinksInstance, Name: "toolbox"},
			LoginIDSecretRef: v1alpha1.LoginIDSecretReference{Name: "login"},
		}}
	case apiserver.RefreshPolicy:
		return &v1alpha1.RefreshPolicy{ObjectMeta: m, Spec: v1alpha1.RefreshPolicySpec{Type: v1alpha1.RefreshManual}}
	case apiserver.FlinksInstance:
		return &v1alpha1.FlinksInstance{ObjectMeta: m, Spec: v1alpha1.FlinksInstanceSpec{
			InstanceIdentity: identity, CredentialsSecretRef: v1alpha1.LocalSecretReference{Name: "keys"},
		}}
	case apiserver.ClusterFlinksInstance:
		return &v1alpha1.ClusterFlinksInstance{ObjectMeta: m, Spec: v1alpha1.ClusterFlinksInstanceSpec{
			InstanceIdentity: identity, CredentialsSecretRef: v1alpha1.SecretReference{Namespace: "flinks-system", Name: "keys"},
		}}
	case apiserver.Secret:
		return &corev1.Secret{ObjectMeta: m, Data: map[string][]byte{"loginId": []byte("one")}}
	case apiserver.Namespace:
		return &corev1.Namespace{ObjectMeta: m}
	default:
		panic("no object of kind " + kind)
	}
}
