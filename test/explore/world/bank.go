package world

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
)

// Bank is one customer's instance of Flinks.
type Bank struct {
	*flinkssim.Server
	// Host of its API and its Connect pages.
	Host string
	// Keys are the keys that it accepts besides, or instead of, those that it began with.
	SecretKeys, APIKeys []string
	// Down makes it unreachable.
	Down bool
	// LastUse is when each key was last used.
	LastUse map[string]time.Time

	w       *World
	handler http.Handler
	// aliases are other hosts that lead to it.
	aliases []string
	// seen is the number of the last entry of the journal that was told of.
	seen int
}

// AddBank adds an instance of Flinks under a host. Several customers may share a host.
func (w *World) AddBank(host string, o flinkssim.Options) *Bank {
	o.Clock = w.newClock()
	if o.Knobs == (flinkssim.Knobs{}) {
		o.Knobs = flinkssim.DefaultKnobs()
	}
	s := flinkssim.New(o)
	keys := s.Credentials()
	b := &Bank{
		Server: s, Host: host, w: w, handler: s.Handler(), LastUse: map[string]time.Time{},
		SecretKeys: []string{keys.SecretKey}, APIKeys: []string{keys.APIKey},
	}
	w.banks = append(w.banks, b)
	return b
}

// Alias makes an instance of Flinks answer under another host too, as a proxy would.
func (b *Bank) Alias(host string) { b.aliases = append(b.aliases, host) }

// Answers reports whether the instance is reached at a host.
func (b *Bank) Answers(host string) bool { return b.Host == host || slices.Contains(b.aliases, host) }

// Banks returns the instances of Flinks.
func (w *World) Banks() []*Bank { return w.banks }

// bankOf returns the instance that a request goes to; nil if nothing answers there.
func (w *World) bankOf(r *http.Request) (found *Bank) {
	for _, b := range w.banks {
		if !b.Answers(r.URL.Host) {
			continue
		}
		if found == nil || strings.Contains(r.URL.Path, "/"+b.Credentials().CustomerID+"/") {
			found = b
		}
	}
	return found
}

// ServeHTTP implements http.Handler. Keys that are accepted are those that the simulator knows.
func (b *Bank) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	keys := b.Credentials()
	b.exchange(r, "Flinks-Auth-Key", b.SecretKeys, keys.SecretKey)
	b.exchange(r, "X-Api-Key", b.APIKeys, keys.APIKey)
	b.handler.ServeHTTP(w, r)
}

func (b *Bank) exchange(r *http.Request, header string, accepted []string, known string) {
	sent := r.Header.Get(header)
	if sent == "" {
		return
	}
	b.LastUse[sent] = b.w.now
	switch {
	case slices.Contains(accepted, sent):
		r.Header.Set(header, known)
	case sent == known:
		r.Header.Set(header, "revoked")
	}
}

// look tells of what is new in the journal.
func (w *World) look(b *Bank) {
	entries := b.JournalSince(b.seen)
	if len(entries) == 0 {
		return
	}
	b.seen = entries[len(entries)-1].Seq
	if w.Entries != nil {
		w.Entries(b, entries)
	}
}

// RunNightly lets a night come at a Flinks that refreshes by night.
func (w *World) RunNightly(b *Bank) {
	w.must(b.SetKnobs(func(k *flinkssim.Knobs) { k.NightlyWorks = true }), "turning nights on")
	b.RunNightly()
	w.look(b)
}

// DeleteAtFlinks deletes a login, as a user of the dashboard would.
func (w *World) DeleteAtFlinks(b *Bank, loginID string) {
	w.revoked = true
	w.checkBound()
	keys := b.Credentials()
	path := "/v3/" + keys.CustomerID + "/BankingServices/DeleteCard/" + loginID
	request, err := http.NewRequestWithContext(w.ctx, http.MethodDelete, "https://"+b.Host+path, http.NoBody)
	w.must(err, "deleting a login")
	request.Header.Set("X-Api-Key", keys.APIKey)
	response, err := browser{w}.RoundTrip(request)
	w.must(err, "deleting a login")
	_ = response.Body.Close()
}

// checkBound notes that it is unclear how the story ends if a login was revoked and a connection is
// not bound: it cannot be bound to that login any more.
func (w *World) checkBound() {
	for _, o := range w.Server.List(apiserver.BankConnection) {
		w.Unclear = w.Unclear || w.revoked && o.(*v1alpha1.BankConnection).Status.Binding == nil
	}
}
