package flinkssim

import "slices"

// Keys are the credentials of an instance that can be replaced.
type Keys struct {
	SecretKey   string `json:"secretKey,omitempty"`
	APIKey      string `json:"apiKey,omitempty"`
	BearerToken string `json:"bearerToken,omitempty"`
}

// key is one credential, with those before it that are still accepted.
type key struct {
	current  string
	replaced []string
}

func (k *key) replace(next string, keepOld bool) {
	if next == "" || next == k.current {
		return
	}
	if keepOld {
		k.replaced = append(k.replaced, k.current)
	} else {
		k.replaced = nil
	}
	k.current = next
}

// ReplaceKeys puts other keys in the place of the instance's; one that is empty stays
// as it is. So either key can be refused alone: replace it, and let the client go on
// with the old one. With keepOld the old ones are accepted beside the new ones, as
// during a rotation; the journal tells which was used ([Entry.OldKey]). A later call
// without keepOld ends that for the keys that it replaces.
func (s *Server) ReplaceKeys(next Keys, keepOld bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secretKey.replace(next.SecretKey, keepOld)
	s.apiKey.replace(next.APIKey, keepOld)
	s.bearerToken.replace(next.BearerToken, keepOld)
}

// RetireOldKeys refuses from now on what ReplaceKeys went on accepting.
func (s *Server) RetireOldKeys() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range []*key{&s.secretKey, &s.apiKey, &s.bearerToken} {
		k.replaced = nil
	}
}

// Credentials returns the keys as they are now, generated ones included.
func (s *Server) Credentials() Credentials {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Credentials{
		Instance: s.instance, CustomerID: s.customerID,
		SecretKey: s.secretKey.current, APIKey: s.apiKey.current, BearerToken: s.bearerToken.current,
	}
}

// opens reports whether the value is good for the request, and notes in the journal
// where it is one that was replaced.
func (x *exchange) opens(k *key, value string) bool {
	if value == k.current {
		return true
	}
	if slices.Contains(k.replaced, value) {
		x.entry.OldKey = true
		return true
	}
	return false
}

func (s *Server) secretKeyOK(x *exchange) bool {
	return x.opens(&s.secretKey, x.header.Get("flinks-auth-key"))
}

// apiKeyOK guards the data calls.
func (s *Server) apiKeyOK(x *exchange) bool {
	return !s.knobs.RequireXAPIKey || x.opens(&s.apiKey, x.header.Get("x-api-key"))
}

func (s *Server) bearerOK(x *exchange) bool {
	return s.ownCustomer(x) && x.opens(&s.bearerToken, bearerValue(x))
}

// cardKeyOK guards the calls about a login, for which Flinks documents no credential
// at all: clients send either key.
func (s *Server) cardKeyOK(x *exchange) bool {
	switch s.knobs.CardCredential {
	case credentialSecret:
		return s.secretKeyOK(x)
	case credentialEither:
		return s.apiKeyOK(x) || s.secretKeyOK(x)
	default:
		return s.apiKeyOK(x)
	}
}
