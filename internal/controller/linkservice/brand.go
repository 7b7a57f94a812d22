package linkservice

import (
	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// brandOf returns how the page of an instance's links looks.
func brandOf(page v1alpha1.PageSpec) linkapi.Brand {
	return linkapi.Brand{
		AccentColor:  page.AccentColor,
		SupportEmail: page.Support.Email, SupportPhone: page.Support.Phone, SupportURL: page.Support.URL,
		PrivacyURL: page.PrivacyURL,
	}
}
