package bankconnection

import (
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/instance"
	"github.com/flinks-operator/flinks-operator/internal/controller/login"
	"github.com/flinks-operator/flinks-operator/internal/controller/refreshpolicy"
	"github.com/flinks-operator/flinks-operator/internal/controller/watch"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// +kubebuilder:rbac:groups=connect.flinks-operator.dev,resources=bankconnections,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=connect.flinks-operator.dev,resources=bankconnections/status,verbs=update
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// SetupWithManager starts the reconciler with the manager.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, o controller.Options) error {
	return r.Watches().Start(mgr, o, r)
}

// Watches returns what wakes the reconciler.
func (r *Reconciler) Watches() watch.Set {
	instances := routinely(r.ofInstance)
	confirmed := handler.EnqueueRequestsFromMapFunc(r.toBeDeleted)
	return watch.Set{
		Name: "bankconnection",
		Own:  watch.Own(&v1alpha1.BankConnection{}, changedByOthers()),
		Others: []watch.Watch{
			{Object: &v1alpha1.FlinksInstance{}, Handler: instances, Predicates: []predicate.Predicate{instance.ConcernsConnections()}},
			{Object: &v1alpha1.ClusterFlinksInstance{}, Handler: instances, Predicates: []predicate.Predicate{instance.ConcernsConnections()}},
			{Object: &v1alpha1.FlinksInstance{}, Handler: confirmed, Predicates: []predicate.Predicate{instance.ConfirmationNoted()}},
			{Object: &v1alpha1.ClusterFlinksInstance{}, Handler: confirmed, Predicates: []predicate.Predicate{instance.ConfirmationNoted()}},
			{Object: &v1alpha1.RefreshPolicy{}, Handler: routinely(r.ofPolicy), Predicates: []predicate.Predicate{refreshpolicy.Changed()}},
			{
				Object: &v1alpha1.BankConnection{}, Handler: handler.EnqueueRequestsFromMapFunc(r.duplicatesOf),
				Predicates: []predicate.Predicate{stakeChanged()},
			},
			{Object: &v1alpha1.BankConnection{}, Handler: handler.Funcs{UpdateFunc: r.rebindAsked}},
			{
				Object: instance.NamespaceMetadata(), Handler: handler.EnqueueRequestsFromMapFunc(r.inNamespace),
				Predicates: []predicate.Predicate{predicate.LabelChangedPredicate{}},
			},
		},
		Timed:    r.Admission,
		Channels: r.channels(),
	}
}

// channels returns what other parts of the process tell of.
func (r *Reconciler) channels() []watch.Channel {
	all := []watch.Channel{{Events: r.IneligibleLogins.Events(), Handler: handler.EnqueueRequestsFromMapFunc(r.ineligible)}}
	if links := r.Logins.Links; links != nil && links.Removed != nil {
		all = append(all, watch.Channel{Events: links.Removed, Handler: routinely(r.ofRemovedKey)})
	}
	return all
}

// changedByOthers passes what others changed and the operator acts on: the
// spec, annotations, the finalizers, a deletion, what the gateway asks for or how far a customer
// comes there, and the answer to a live call that an earlier leader made. The operator's other status writes are not
// among them.
func changedByOthers() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		was, is := e.ObjectOld, e.ObjectNew
		return was.GetGeneration() != is.GetGeneration() ||
			was.GetUID() != is.GetUID() ||
			was.GetDeletionTimestamp().IsZero() != is.GetDeletionTimestamp().IsZero() ||
			asked(was) != asked(is) || gatewayAsked(was, is) || travelled(was, is) || claimSettled(was, is) ||
			lost(was.GetFinalizers(), is.GetFinalizers())
	}}
}

// asked returns what people ask for by annotations.
func asked(o client.Object) [5]string {
	a := o.GetAnnotations()
	return [5]string{
		a[v1alpha1.RefreshRequestedAtAnnotation], a[v1alpha1.SessionRequestedAtAnnotation], a[v1alpha1.LinkRequestedAtAnnotation],
		a[v1alpha1.RebindAnnotation], a[v1alpha1.AbandonLoginAnnotation],
	}
}

// gatewayAsked reports whether the gateway asks for something that it did not ask for
// before. Any replica writes that, so it is news to the leader.
func gatewayAsked(was, is client.Object) bool {
	before, after := was.(*v1alpha1.BankConnection).Status.Internal.GatewayRequest, is.(*v1alpha1.BankConnection).Status.Internal.GatewayRequest
	return after != nil && after.Reason == "" && !equality.Semantic.DeepEqual(before, after)
}

// travelled reports whether the customer went on with their link. Any replica writes that, and the
// leader notices that they do not go any further.
func travelled(was, is client.Object) bool {
	return lifecycle.Travelled(was.(*v1alpha1.BankConnection).Status.Link, is.(*v1alpha1.BankConnection).Status.Link)
}

// claimSettled reports whether the answer to a live call was recorded. The process that
// made the call may not lead any more.
func claimSettled(was, is client.Object) bool {
	before, after := was.(*v1alpha1.BankConnection).Status, is.(*v1alpha1.BankConnection).Status
	return before.Refresh != nil && after.Refresh != nil && before.Internal.Nonce == after.Internal.Nonce &&
		before.Refresh.State == v1alpha1.RefreshClaimed && after.Refresh.State != v1alpha1.RefreshClaimed
}

// rebindAsked makes the Secret be read at once. Annotations that are there when the
// manager starts are not new.
func (r *Reconciler) rebindAsked(_ context.Context, e event.UpdateEvent, q workqueue.TypedRateLimitingInterface[reconcile.Request]) {
	was, is := e.ObjectOld.GetAnnotations(), e.ObjectNew.GetAnnotations()
	if was[v1alpha1.RebindAnnotation] == is[v1alpha1.RebindAnnotation] {
		return
	}
	c := e.ObjectNew.(*v1alpha1.BankConnection)
	r.memory.askRebind(c)
	q.Add(reconcile.Request{NamespacedName: client.ObjectKeyFromObject(c)})
}

func lost(was, is []string) bool {
	return slices.ContainsFunc([]string{v1alpha1.Finalizer, v1alpha1.ReleaseSecretFinalizer}, func(f string) bool {
		return slices.Contains(was, f) && !slices.Contains(is, f)
	})
}

// stakeChanged passes what may change what other connections do with the login of one:
// who owns it, and what becomes of it when one of them is deleted. Objects that are there
// when the manager starts are all looked at anyway.
func stakeChanged() predicate.Predicate {
	return predicate.Funcs{
		CreateFunc: func(e event.CreateEvent) bool { return !e.IsInInitialList },
		UpdateFunc: func(e event.UpdateEvent) bool {
			was, is := e.ObjectOld.(*v1alpha1.BankConnection), e.ObjectNew.(*v1alpha1.BankConnection)
			return lifecycle.StakeOf(was) != lifecycle.StakeOf(is)
		},
	}
}

func (r *Reconciler) ofInstance(ctx context.Context, o client.Object) []reconcile.Request {
	return r.requests(ctx, atInstance(o))
}

func atInstance(o client.Object) client.MatchingFields {
	kind := v1alpha1.KindFlinksInstance
	if _, ok := o.(*v1alpha1.ClusterFlinksInstance); ok {
		kind = v1alpha1.KindClusterFlinksInstance
	}
	key := instance.Key{Kind: kind, Namespace: o.GetNamespace(), Name: o.GetName()}
	return client.MatchingFields{instance.IndexInstance: key.String()}
}

// toBeDeleted returns the connections that a confirmation allows to be deleted.
func (r *Reconciler) toBeDeleted(ctx context.Context, o client.Object) []reconcile.Request {
	return r.requests(ctx, atInstance(o), lifecycle.IsToBeDeleted)
}

func (r *Reconciler) inNamespace(ctx context.Context, o client.Object) []reconcile.Request {
	return r.requests(ctx, client.InNamespace(o.GetName()))
}

func (r *Reconciler) ineligible(context.Context, client.Object) []reconcile.Request {
	return r.IneligibleLogins.Requests()
}

// duplicatesOf finds the connections that have the login of one, or that name its Secret.
func (r *Reconciler) duplicatesOf(ctx context.Context, o client.Object) []reconcile.Request {
	c := o.(*v1alpha1.BankConnection)
	found := r.requests(ctx, client.MatchingFields{login.IndexSecret: login.SourceOf(c)})
	if b := c.Status.Binding; b != nil {
		found = append(found, r.requests(ctx, client.MatchingFields{login.IndexFingerprint: b.LoginFingerprint})...)
	}
	own := reconcile.Request{NamespacedName: client.ObjectKeyFromObject(c)}
	return slices.DeleteFunc(found, func(other reconcile.Request) bool { return other == own })
}
