package lifecycle

import (
	"cmp"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// DeliveredSecret is a Secret that the operator writes for others to read.
type DeliveredSecret string

const (
	// LinkSecret holds the link for the customer.
	LinkSecret DeliveredSecret = "Link"
	// SessionSecret holds a RequestId for applications.
	SessionSecret DeliveredSecret = "Session"
)

// DeliveredSecretName returns the name of a Secret that is written or deleted now: that of
// the one that was announced, or else the name that the spec gives.
func DeliveredSecretName(c *v1alpha1.BankConnection, secret DeliveredSecret) string {
	announced := c.Status.Internal.LinkSecretName
	if secret == SessionSecret {
		announced = ""
		if c.Status.Session != nil {
			announced = c.Status.Session.SecretName
		}
	}
	return cmp.Or(announced, givenSecretName(c, secret))
}

// givenSecretName returns the name that the spec gives the Secret.
func givenSecretName(c *v1alpha1.BankConnection, secret DeliveredSecret) string {
	var given string
	if t := secretTemplate(c, secret); t != nil {
		given = t.Name
	}
	suffix := "-reconnect"
	if secret == SessionSecret {
		suffix = "-session"
	}
	return cmp.Or(given, c.Name+suffix)
}

// DeliveredSecretLabels returns the labels that the spec gives the Secret.
func DeliveredSecretLabels(c *v1alpha1.BankConnection, secret DeliveredSecret) v1alpha1.SecretLabels {
	if t := secretTemplate(c, secret); t != nil {
		return t.Labels
	}
	return nil
}

// LoginSecretLabels returns the labels that the spec gives a Secret with the loginId that
// the operator creates.
func LoginSecretLabels(c *v1alpha1.BankConnection) v1alpha1.SecretLabels {
	if t := c.Spec.LoginIDSecretTemplate; t != nil {
		return t.Labels
	}
	return nil
}

func secretTemplate(c *v1alpha1.BankConnection, secret DeliveredSecret) *v1alpha1.SecretTemplate {
	switch {
	case secret == SessionSecret && c.Spec.SessionHandOff != nil:
		return c.Spec.SessionHandOff.SecretTemplate
	case secret == LinkSecret && c.Spec.Reconnect != nil:
		return c.Spec.Reconnect.Link.SecretTemplate
	}
	return nil
}

func deliversSession(c *v1alpha1.BankConnection) bool { return c.Spec.SessionHandOff != nil }
