package apiserver

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/model"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	metavalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/cel/common"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// celBudget is what the rules of an object may cost together; kube-apiserver has the same number.
const celBudget = 10_000_000

func validateCreate(ctx context.Context, r *resource, o client.Object) field.ErrorList {
	errs := validateNewMetadata(r, o)
	switch o := o.(type) {
	case *corev1.Secret:
		return append(errs, validateSecret(o)...)
	case *corev1.Namespace:
		return errs
	}
	return append(errs, definitions()[r.kind].validateNew(ctx, o)...)
}

func validateNewMetadata(r *resource, o client.Object) field.ErrorList {
	name := metavalidation.NameIsDNSSubdomain
	if r.kind == Namespace {
		name = metavalidation.NameIsDNSLabel
	}
	return metavalidation.ValidateObjectMeta(objectMeta(o), r.namespaced, name, field.NewPath("metadata"))
}

func validateUpdate(ctx context.Context, r *resource, o, old client.Object, w writing) field.ErrorList {
	errs := validateMetadata(r, o, old)
	switch o := o.(type) {
	case *corev1.Secret:
		errs = append(errs, validateSecretUpdate(o, old.(*corev1.Secret))...)
	case *corev1.Namespace:
	default:
		if !w.valid && (specChanged(r, o, old) || statusChanged(o, old)) {
			errs = append(errs, definitions()[r.kind].validateCustom(ctx, r, o, old, w.subresource)...)
		}
	}
	return errs
}

func validateMetadata(r *resource, o, old client.Object) field.ErrorList {
	path, anyName := field.NewPath("metadata"), func(string, bool) []string { return nil }
	errs := metavalidation.ValidateObjectMetaUpdate(objectMeta(o), objectMeta(old), path)
	return append(errs, metavalidation.ValidateObjectMeta(objectMeta(o), r.namespaced, anyName, path)...)
}

// validateNew judges a new custom resource, which has no status yet. What has arrived is judged to
// the end, even if its caller is gone by then.
func (d *definition) validateNew(ctx context.Context, o client.Object) field.ErrorList {
	c := d.content(o)
	delete(c, "status")
	key := string(encode(c["spec"])) + o.GetName()
	if _, ok := d.seen.Load(key); ok {
		return nil
	}
	errs := validation.ValidateCustomResource(nil, c, d.object)
	errs = append(errs, listtype.ValidateListSetsAndMaps(nil, d.structural, c)...)
	if blocked, err := blocking(errs); blocked {
		return append(errs, err)
	}
	found, _ := d.rules.Validate(context.WithoutCancel(ctx), nil, d.structural, c, nil, celBudget)
	if errs = append(errs, found...); len(errs) == 0 {
		d.seen.Store(key, true)
	}
	return errs
}

// validateChange judges a custom resource by what changed: what was invalid before and stays as it
// is does not matter. It comes to an end as validateNew does.
func (d *definition) validateChange(ctx context.Context, c, old map[string]any, subresource string) field.ErrorList {
	var errs field.ErrorList
	correlated := common.NewCorrelatedObject(c, old, &model.Structural{Structural: d.structural})
	if subresource == "status" {
		if status, ok := c["status"]; ok {
			ratchet := validation.WithRatcheting(correlated.Key("status"))
			errs = validation.ValidateCustomResourceUpdate(field.NewPath("status"), status, old["status"], d.status, ratchet)
		}
	} else {
		errs = validation.ValidateCustomResourceUpdate(nil, c, old, d.object, validation.WithRatcheting(correlated))
	}
	if len(listtype.ValidateListSetsAndMaps(nil, d.structural, old)) == 0 {
		errs = append(errs, listtype.ValidateListSetsAndMaps(nil, d.structural, c)...)
	}
	if blocked, err := blocking(errs); blocked {
		return append(errs, err)
	}
	found, _ := d.rules.Validate(context.WithoutCancel(ctx), nil, d.structural, c, old, celBudget, cel.WithRatcheting(correlated))
	return append(errs, found...)
}

// blocking reports whether an object is too wrong for its rules to be looked at.
func blocking(errs field.ErrorList) (bool, *field.Error) {
	for _, err := range errs {
		switch err.Type {
		case field.ErrorTypeNotSupported, field.ErrorTypeRequired, field.ErrorTypeTooLong, field.ErrorTypeTooMany, field.ErrorTypeTypeInvalid:
			return true, field.Invalid(nil, nil, "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation")
		default: // The other errors leave an object that rules can be asked about.
		}
	}
	return false, nil
}
