package apiserver

import (
	"context"

	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Schema returns the schema of a custom resource, for reading only.
func Schema(kind Kind) *structuralschema.Structural { return definitions()[kind].structural }

// Read returns a custom resource as the server reads it from the wire, without what the schema
// does not know and with its defaults, and what is wrong with it by schema and rules.
func Read(ctx context.Context, kind Kind, sent map[string]any) (content map[string]any, wrong field.ErrorList) {
	d := definitions()[kind]
	content = d.decode(runtime.DeepCopyJSON(sent))
	return content, d.judge(ctx, content)
}

// Judge says what is wrong with a custom resource and its status, by schema and rules.
func Judge(ctx context.Context, kind Kind, o client.Object) field.ErrorList {
	d := definitions()[kind]
	return d.judge(ctx, d.content(o))
}

// JudgeStatus says what is wrong with an object whose status replaces that of another. It
// remembers what it found right, as the server does.
func JudgeStatus(ctx context.Context, kind Kind, o, old client.Object) field.ErrorList {
	return definitions()[kind].validateCustom(ctx, resources[kind], o, old, "status")
}

func (d *definition) judge(ctx context.Context, content map[string]any) field.ErrorList {
	errs := validation.ValidateCustomResource(nil, content, d.object)
	errs = append(errs, listtype.ValidateListSetsAndMaps(nil, d.structural, content)...)
	if blocked, err := blocking(errs); blocked {
		return append(errs, err)
	}
	found, _ := d.rules.Validate(context.WithoutCancel(ctx), nil, d.structural, content, nil, celBudget)
	return append(errs, found...)
}
