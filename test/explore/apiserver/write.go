package apiserver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// optimisticLock is the text of kube-apiserver's conflict.
const optimisticLock = "the object has been modified; please apply your changes to the latest version and try again"

// create stores a new object. It owns o.
func (s *Server) create(ctx context.Context, r *resource, o client.Object) (client.Object, error) {
	if err := s.admitCreate(r, o); err != nil {
		return nil, err
	}
	version := o.GetResourceVersion()
	s.fillSystemFields(r, o)
	if errs := validateCreate(ctx, r, o); len(errs) > 0 {
		return nil, apierrors.NewInvalid(r.gvk.GroupKind(), o.GetName(), errs)
	}
	if version != "" && version != "0" {
		return nil, internal("resourceVersion should not be set on objects to be created")
	}
	return s.add(r, o)
}

// add stores an object that is as it should be, unless there is one of its name.
func (s *Server) add(r *resource, o client.Object) (client.Object, error) {
	if there := s.objects[r.kind][client.ObjectKeyFromObject(o)]; there != nil {
		err := apierrors.NewAlreadyExists(r.gr, o.GetName())
		if there.GetDeletionTimestamp() != nil {
			err.ErrStatus.Message = "object is being deleted: " + err.ErrStatus.Message
		}
		return nil, err
	}
	s.commit(r, o)
	if r.custom {
		s.setForm(o, absent)
	}
	return o, nil
}

// internal returns an error that kube-apiserver did not foresee.
func internal(message string) error {
	return &apierrors.StatusError{ErrStatus: metav1.Status{Status: metav1.StatusFailure, Code: 500, Message: message}}
}

// admitCreate does what the admission plugin NamespaceLifecycle does.
func (s *Server) admitCreate(r *resource, o client.Object) error {
	if !r.namespaced {
		return nil
	}
	n, ok := s.objects[Namespace][types.NamespacedName{Name: o.GetNamespace()}].(*corev1.Namespace)
	if !ok {
		return apierrors.NewNotFound(resources[Namespace].gr, o.GetNamespace())
	}
	if n.Status.Phase != corev1.NamespaceTerminating {
		return nil
	}
	err := apierrors.NewForbidden(r.gr, o.GetName(), fmt.Errorf("unable to create new content in namespace %s because it is being terminated", n.Name))
	err.ErrStatus.Details.Causes = append(err.ErrStatus.Details.Causes, metav1.StatusCause{
		Type: corev1.NamespaceTerminatingCause, Message: fmt.Sprintf("namespace %s is being terminated", n.Name), Field: "metadata.namespace",
	})
	return err
}

// fillSystemFields gives a new object what only the server gives, and takes from it what only the
// server may set.
func (s *Server) fillSystemFields(r *resource, o client.Object) {
	m := objectMeta(o)
	if m.Name == "" && m.GenerateName != "" {
		m.Name = fmt.Sprintf("%s%05x", m.GenerateName, s.named+1)
	}
	m.UID, m.CreationTimestamp = s.newUID(), s.now()
	m.DeletionTimestamp, m.DeletionGracePeriodSeconds = nil, nil
	m.ResourceVersion = "" // Core kinds keep a generation that they are sent.
	m.SetSelfLink("")
	switch o := o.(type) {
	case *corev1.Secret:
		prepareSecret(o)
	case *corev1.Namespace:
		prepareNamespace(o, nil)
	default:
		m.Generation = 1
		statusOf(o).Set(definitions()[r.kind].emptyStatus)
	}
}

func prepareSecret(o *corev1.Secret) {
	for key, value := range o.StringData {
		if o.Data == nil {
			o.Data = map[string][]byte{}
		}
		o.Data[key] = []byte(value)
	}
	o.StringData = nil
	if o.Type == "" {
		o.Type = corev1.SecretTypeOpaque
	}
}

func prepareNamespace(o, old *corev1.Namespace) {
	if old != nil {
		o.Spec, o.Status = old.Spec, old.Status
	} else {
		o.Status = corev1.NamespaceStatus{Phase: corev1.NamespaceActive}
		if !slices.Contains(o.Spec.Finalizers, corev1.FinalizerKubernetes) {
			o.Spec.Finalizers = append(o.Spec.Finalizers, corev1.FinalizerKubernetes)
		}
	}
	if o.Labels == nil {
		o.Labels = map[string]string{}
	}
	o.Labels[corev1.LabelMetadataName] = o.Name
}

// statusForm is how the status of a stored object is written, where its value does not tell.
type statusForm int

const (
	// written by a client, with all the fields that the type always has.
	written statusForm = iota
	// defaulted by the schema, which may leave out fields that the type always has.
	defaulted
	// absent until a client writes the object; it is read as if it were defaulted.
	absent
)

// writing is what an endpoint has to know of an update besides the object.
type writing struct {
	subresource string
	// form is how the status came; other than absent.
	form statusForm
	// patch leaves what it does not name as it was.
	patch bool
	// valid content was checked already.
	valid bool
}

// update replaces the object, or with subresource status the status of it. It owns o.
func (s *Server) update(ctx context.Context, r *resource, o client.Object, w writing) (client.Object, error) {
	old := s.objects[r.kind][client.ObjectKeyFromObject(o)]
	if old == nil {
		return nil, notFound(r, o.GetName())
	}
	if uid := o.GetUID(); uid != "" && uid != old.GetUID() {
		err := fmt.Errorf("Precondition failed: UID in precondition: %v, UID in object meta: %v", uid, old.GetUID()) //nolint:staticcheck // It is kube-apiserver's text.
		return nil, apierrors.NewConflict(r.gr, o.GetName(), err)
	}
	return s.replace(ctx, r, o, old, w)
}

// replace does what updates and patches have in common.
func (s *Server) replace(ctx context.Context, r *resource, o, old client.Object, w writing) (client.Object, error) {
	if err := checkVersion(r, o, old); err != nil {
		return nil, err
	}
	prepareUpdate(r, o, old, w.subresource)
	if errs := validateUpdate(ctx, r, o, old, w); len(errs) > 0 {
		return nil, apierrors.NewInvalid(r.gvk.GroupKind(), o.GetName(), errs)
	}
	if emptied(o, old) {
		s.remove(r, client.ObjectKeyFromObject(o))
		return o, nil
	}
	form := w.formAfter(s.forms[old])
	if r.equal(o, old) && !r.reformed(s.forms[old], form) {
		return old, nil
	}
	s.commit(r, o)
	s.setForm(o, form)
	return o, nil
}

// formAfter returns the form of the status after an update.
func (w writing) formAfter(before statusForm) statusForm {
	if w.subresource == "status" && (!w.patch || w.form == defaulted) {
		return w.form
	}
	return min(before, defaulted)
}

// reformed reports whether a change of form alone changes what is stored.
func (r *resource) reformed(before, after statusForm) bool {
	return before != after && (before == absent || definitions()[r.kind].sparse)
}

func (s *Server) setForm(o client.Object, form statusForm) {
	if form != written {
		s.forms[o] = form
	}
}

func checkVersion(r *resource, o, old client.Object) error {
	version, err := strconv.ParseUint(o.GetResourceVersion(), 10, 64)
	if o.GetResourceVersion() != "" && err != nil {
		return apierrors.NewBadRequest("invalid resource version")
	}
	switch {
	case version == 0 && !r.custom:
		o.SetResourceVersion(old.GetResourceVersion())
	case version == 0:
		path := field.NewPath("metadata", "resourceVersion")
		errs := field.ErrorList{field.Invalid(path, 0, "must be specified for an update")}
		kind := r.gvk.GroupKind()
		kind.Kind = r.gr.Resource
		return apierrors.NewInvalid(kind, o.GetName(), errs)
	case o.GetResourceVersion() != old.GetResourceVersion():
		return apierrors.NewConflict(r.gr, o.GetName(), errors.New(optimisticLock))
	}
	return nil
}

// prepareUpdate takes back what the endpoint does not change.
func prepareUpdate(r *resource, o, old client.Object, subresource string) {
	prepareMetadata(o, old)
	switch o := o.(type) {
	case *corev1.Secret:
		prepareSecret(o)
	case *corev1.Namespace:
		prepareNamespace(o, old.(*corev1.Namespace))
	default:
		prepareCustom(r, o, old.DeepCopyObject().(client.Object), subresource)
	}
}

// prepareMetadata takes back what only the server sets.
func prepareMetadata(o, old client.Object) {
	m, was := objectMeta(o), objectMeta(old)
	m.Generation, m.CreationTimestamp = was.Generation, was.CreationTimestamp
	if m.UID == "" {
		m.UID = was.UID
	}
	if was.DeletionTimestamp != nil {
		m.DeletionTimestamp = was.DeletionTimestamp.DeepCopy()
	}
	if was.DeletionGracePeriodSeconds != nil && m.DeletionGracePeriodSeconds == nil {
		m.DeletionGracePeriodSeconds = new(*was.DeletionGracePeriodSeconds)
	}
}

func prepareCustom(r *resource, o, old client.Object, subresource string) {
	if subresource == "status" {
		objectMeta(old).DeepCopyInto(objectMeta(o))
		specOf(o).Set(specOf(old))
		return
	}
	statusOf(o).Set(statusOf(old))
	if !r.spec.equal(specOf(o), specOf(old)) {
		objectMeta(o).Generation++
	}
}

// emptied reports whether the last finalizer of an object that is being deleted is gone.
func emptied(o, old client.Object) bool {
	if n, ok := o.(*corev1.Namespace); ok && len(n.Spec.Finalizers) > 0 {
		return false
	}
	m := objectMeta(old)
	return len(o.GetFinalizers()) == 0 && m.DeletionTimestamp != nil &&
		(m.DeletionGracePeriodSeconds == nil || *m.DeletionGracePeriodSeconds == 0)
}

// remove ends an object, at once or as soon as it has no finalizers.
func (s *Server) delete(r *resource, key types.NamespacedName, o metav1.DeleteOptions) error {
	old := s.objects[r.kind][key]
	if old == nil {
		return notFound(r, key.Name)
	}
	if p := o.PropagationPolicy; p != nil && *p != metav1.DeletePropagationBackground {
		panic(fmt.Sprintf("apiserver: deletion with propagation policy %s is not modelled", *p))
	}
	if err := checkPreconditions(r, old, o.Preconditions); err != nil {
		return err
	}
	if r.kind == Namespace {
		s.terminate(r, old.(*corev1.Namespace))
		return nil
	}
	if len(old.GetFinalizers()) == 0 {
		s.remove(r, key)
		return nil
	}
	next := old.DeepCopyObject().(client.Object)
	s.markDeleted(next)
	if !r.equal(next, old) {
		s.commit(r, next)
	}
	return nil
}

func checkPreconditions(r *resource, o client.Object, p *metav1.Preconditions) error {
	if p == nil {
		return nil
	}
	gr := r.gr
	if r.kind != Namespace {
		gr.Resource = r.gvk.Kind
	}
	if p.UID != nil && *p.UID != o.GetUID() {
		return apierrors.NewConflict(gr, o.GetName(), fmt.Errorf("the UID in the precondition (%s) does not match the UID in record (%s). The object might have been deleted and then recreated", *p.UID, o.GetUID()))
	}
	if p.ResourceVersion != nil && *p.ResourceVersion != o.GetResourceVersion() {
		return apierrors.NewConflict(gr, o.GetName(), fmt.Errorf("the ResourceVersion in the precondition (%s) does not match the ResourceVersion in record (%s). The object might have been modified", *p.ResourceVersion, o.GetResourceVersion()))
	}
	return nil
}

// markDeleted marks an object that finalizers keep.
func (s *Server) markDeleted(o client.Object) {
	m := objectMeta(o)
	if m.DeletionTimestamp == nil && m.Generation > 0 {
		m.Generation++
	}
	if now := s.now(); m.DeletionTimestamp == nil || m.DeletionTimestamp.After(now.Time) {
		m.DeletionTimestamp = &now
	}
	m.DeletionGracePeriodSeconds = new(int64)
}

// specChanged reports whether an update changes the spec.
func specChanged(r *resource, o, old client.Object) bool {
	return !r.spec.equal(specOf(o), specOf(old))
}

func statusChanged(o, old client.Object) bool {
	return !equality.Semantic.DeepEqual(statusOf(o).Interface(), statusOf(old).Interface())
}
