package apivalidation

// rejectedPages are looks that the page of a link cannot have.
var rejectedPages = []change{
	{path: "spec.gateway.page.logoConfigMapRef.name", value: absent{}, says: "Required value"},
	{path: "spec.gateway.page.logoConfigMapRef.key", value: absent{}, says: "Required value"},
	{path: "spec.gateway.page.logoConfigMapRef.key", value: "a/b", says: "should match"},
	{path: "spec.gateway.page.logoConfigMapRef.name", value: "Brand", says: "should match"},
	{path: "spec.gateway", value: map[string]any{
		"url": "https://connect.example.com", "page": map[string]any{"logoConfigMapRef": map[string]any{"name": "brand", "key": "logo.png"}},
	}, says: "a logo needs a displayName"},
	{path: "spec.gateway.page.accentColor", value: "#fff", says: "at least 7 char"},
	{path: "spec.gateway.page.accentColor", value: "crimson", says: "should match"},
	{path: "spec.gateway.page.accentColor", value: "#12345g", says: "should match"},
	{path: "spec.gateway.page.accentColor", value: "#00;}*{", says: "should match"},
	{path: "spec.gateway.page.support.email", value: "example.com", says: "should match"},
	{path: "spec.gateway.page.support.email", value: "help@localhost", says: "should match"},
	{path: "spec.gateway.page.support.email", value: "a@example.com,b@example.com", says: "should match"},
	{path: "spec.gateway.page.support.email", value: "a@example.com?subject=b", says: "should match"},
	{path: "spec.gateway.page.support.email", value: "a..b@example.com", says: "should match"},
	{path: "spec.gateway.page.support.email", value: "Help <a@example.com>", says: "should match"},
	{path: "spec.gateway.page.support.email", value: "é@example.com", says: "should match"},
	{path: "spec.gateway.page.support.phone", value: "12", says: "at least 3 char"},
	{path: "spec.gateway.page.support.phone", value: "1-800-BANK", says: "should match"},
	{path: "spec.gateway.page.support.phone", value: "+1 514 555 0100;ext=1", says: "should match"},
	{path: "spec.gateway.page.support.phone", value: "514 555\n0100", says: "should match"},
	{path: "spec.gateway.page.support.phone", value: "tel:911", says: "should match"},
}

// badPages are values of a field that the page of a link leads to.
func badPages(path string) []change {
	rejected := []change{
		{path: path, value: "", says: "at least 1 char"},
		{path: path, value: "https://user@example.com/", says: "user name or password"},
		{path: path, value: "https://example.com/é", says: "printable ASCII"},
	}
	for _, url := range []string{
		"http://example.com/", "javascript:alert(1)", "data:text/html,x", "mailto:a@example.com", "/help", "//example.com", "https://", "https://:443/",
	} {
		rejected = append(rejected, change{path: path, value: url, says: "absolute https URL"})
	}
	return rejected
}
