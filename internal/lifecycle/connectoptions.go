package lifecycle

import "github.com/flinks-operator/flinks-operator/api/v1alpha1"

// sandbox is the instance of Flinks that all its customers share. It has no bank but the test
// bank, which Connect shows on request only.
const sandbox = "toolbox"

// ShowsTestBank reports whether Flinks Connect of an instance shows the test bank.
func ShowsTestBank(instance v1alpha1.InstanceIdentity) bool {
	if instance.Connect.Demo == "" {
		return instance.Instance == sandbox
	}
	return instance.Connect.Demo == v1alpha1.Shown
}
