package apiserver

import (
	"reflect"

	corev1 "k8s.io/api/core/v1"
	metavalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func validateSecret(o *corev1.Secret) field.ErrorList {
	var errs field.ErrorList
	path, size := field.NewPath("data"), 0
	for key, value := range o.Data {
		for _, problem := range validation.IsConfigMapKey(key) {
			errs = append(errs, field.Invalid(path.Key(key), key, problem))
		}
		size += len(value)
	}
	if size > corev1.MaxSecretSize {
		errs = append(errs, field.TooLong(path, "", corev1.MaxSecretSize))
	}
	switch o.Type {
	case corev1.SecretTypeOpaque:
	case corev1.SecretTypeTLS:
		errs = append(errs, required(o, corev1.TLSCertKey)...)
		errs = append(errs, required(o, corev1.TLSPrivateKeyKey)...)
	case corev1.SecretTypeServiceAccountToken, corev1.SecretTypeDockercfg, corev1.SecretTypeDockerConfigJson,
		corev1.SecretTypeBasicAuth, corev1.SecretTypeSSHAuth:
		panic("apiserver: Secrets of type " + o.Type + " are not modelled")
	default: // Bootstrap tokens, and the types of others, have no rules.
	}
	return errs
}

func required(o *corev1.Secret, key string) field.ErrorList {
	if _, ok := o.Data[key]; ok {
		return nil
	}
	return field.ErrorList{field.Required(field.NewPath("data").Key(key), "")}
}

func validateSecretUpdate(o, old *corev1.Secret) field.ErrorList {
	errs := metavalidation.ValidateImmutableField(o.Type, old.Type, field.NewPath("type"))
	if old.Immutable != nil && *old.Immutable {
		if o.Immutable == nil || !*o.Immutable {
			errs = append(errs, field.Forbidden(field.NewPath("immutable"), "field is immutable when `immutable` is set"))
		}
		if !reflect.DeepEqual(o.Data, old.Data) {
			errs = append(errs, field.Forbidden(field.NewPath("data"), "field is immutable when `immutable` is set"))
		}
	}
	return append(errs, validateSecret(o)...)
}
