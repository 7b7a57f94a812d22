package arbitrary

import (
	"testing"

	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"

	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
)

// TestEveryTextFits: no text of the API is always empty here because its pattern accepts no text.
func TestEveryTextFits(t *testing.T) {
	var visit func(path string, s *structuralschema.Structural)
	visit = func(path string, s *structuralschema.Structural) {
		if v := s.ValueValidation; s.Type == "string" && v != nil && len(v.Enum) == 0 && v.Format == "" && len(textsFor(v)) < 2 {
			t.Errorf("%s: %q accepts %q alone", path, v.Pattern, textsFor(v))
		}
		for name, property := range s.Properties {
			visit(path+"."+name, &property)
		}
		if s.Items != nil {
			visit(path+"[]", s.Items)
		}
		if s.AdditionalProperties != nil && s.AdditionalProperties.Structural != nil {
			visit(path+"{}", s.AdditionalProperties.Structural)
		}
	}
	for _, kind := range []apiserver.Kind{apiserver.BankConnection, apiserver.RefreshPolicy, apiserver.FlinksInstance, apiserver.ClusterFlinksInstance} {
		visit(string(kind), apiserver.Schema(kind))
	}
}
