package linkapi

import (
	"net/url"
	"regexp"
	"strings"
)

// Brand is how the page of a link looks for the customers of an instance. Each field may be
// empty.
type Brand struct {
	// Logo is the digest of the logo: 64 hexadecimal digits.
	Logo string `json:"logo,omitempty"`
	// AccentColor is that of buttons and links, such as #0b57d0.
	AccentColor string `json:"accentColor,omitempty"`
	// SupportEmail, SupportPhone and SupportURL are where customers find help.
	SupportEmail string `json:"supportEmail,omitempty"`
	SupportPhone string `json:"supportPhone,omitempty"`
	SupportURL   string `json:"supportURL,omitempty"`
	// PrivacyURL is the page that says what happens to the customer's data.
	PrivacyURL string `json:"privacyURL,omitempty"`
}

// The bounds and forms of the API, written down a second time.
const (
	maxEmail    = 128
	maxPhone    = 32
	maxBrandURL = 512
)

var (
	isDigest = regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString
	isColor  = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`).MatchString
	isEmail  = regexp.MustCompile(`^[0-9A-Za-z_+.-]+@[0-9A-Za-z.-]+$`).MatchString
	isPhone  = regexp.MustCompile(`^[+]?[0-9 ().-]+$`).MatchString
)

// sanitized returns the brand without the values that could be more on a page than what they
// are meant to be.
func (b Brand) sanitized() Brand {
	if !isDigest(b.Logo) {
		b.Logo = ""
	}
	if !isColor(b.AccentColor) {
		b.AccentColor = ""
	}
	if len(b.SupportEmail) > maxEmail || !isEmail(b.SupportEmail) {
		b.SupportEmail = ""
	}
	if len(b.SupportPhone) > maxPhone || !isPhone(b.SupportPhone) {
		b.SupportPhone = ""
	}
	if !isPublicPage(b.SupportURL) {
		b.SupportURL = ""
	}
	if !isPublicPage(b.PrivacyURL) {
		b.PrivacyURL = ""
	}
	return b
}

// isPublicPage reports whether a page may link to a URL.
func isPublicPage(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && len(raw) <= maxBrandURL && strings.HasPrefix(originOf(raw), "https:") && u.Hostname() != ""
}
