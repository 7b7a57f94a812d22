package invariant

import (
	"reflect"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/testenv"
	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

// checkLeaks looks for identifiers and keys in all that the operator wrote (S3): logs, errors,
// events, and every version of every object.
func (c *Checker) checkLeaks() {
	said := c.said()
	written, links := c.written()
	for _, secret := range c.secretsOfBanks() {
		guarded.Store(secret, true)
		for sink, text := range map[string]string{"what it said": said, "objects": written, "links": links} {
			if leaks(text, secret) {
				c.w.Violate("S3", "a loginId or a key is in %s", sink)
			}
		}
	}
	for _, b := range c.w.Banks() {
		for _, e := range b.Journal() {
			if e.RequestID != "" && (strings.Contains(said, e.RequestID) || strings.Contains(written, e.RequestID)) {
				c.w.Violate("S3", "the RequestId of %s is in what the operator said or wrote", e)
				return
			}
		}
	}
}

// secretsOfBanks returns the loginIds and the keys.
func (c *Checker) secretsOfBanks() []string {
	var all []string
	for _, b := range c.w.Banks() {
		keys := b.Credentials()
		all = append(all, keys.SecretKey, keys.APIKey, keys.BearerToken)
		for _, l := range b.Logins() {
			all = append(all, l.LoginID)
		}
	}
	return all
}

func (c *Checker) said() string {
	var b strings.Builder
	b.WriteString(c.w.Said())
	for _, e := range c.w.Server.Events() {
		b.WriteString(e.Reason + " " + e.Action + " " + e.Note + "\n")
	}
	return b.String()
}

// written returns every text in every version of every object of the operator, once; links are the
// texts that RequestIds may stand in.
func (c *Checker) written() (text, links string) {
	found, urls := map[string]bool{}, map[string]bool{}
	for _, kind := range apiserver.Kinds() {
		for _, change := range c.w.Server.Log(kind) {
			collect(change.Object, found, urls)
		}
	}
	return join(found), join(urls)
}

func join(texts map[string]bool) string {
	var b strings.Builder
	for t := range texts {
		b.WriteString(t + "\n")
	}
	return b.String()
}

// collect gathers the texts of an object. Of Secrets only the metadata count.
func collect(o client.Object, found, urls map[string]bool) {
	if s, ok := o.(*corev1.Secret); ok {
		texts(reflect.ValueOf(s.ObjectMeta), found)
		return
	}
	if bank, ok := o.(*v1alpha1.BankConnection); ok && isDirect(bank.Status.Reconnect) {
		urls[bank.Status.Reconnect.Link.URL] = true
		bank = bank.DeepCopy()
		bank.Status.Reconnect.Link.URL = ""
		o = bank
	}
	texts(reflect.ValueOf(o), found)
}

// isDirect reports whether a status has a link that opens Flinks Connect. One to the gateway is judged as
// any other text.
func isDirect(r *v1alpha1.ReconnectStatus) bool {
	return r != nil && r.Link.URL != "" && !strings.HasPrefix(r.Link.URL, world.Gateway)
}

// texts gathers every string in a value.
func texts(v reflect.Value, found map[string]bool) {
	switch v.Kind() {
	case reflect.String:
		if v.Len() >= 8 {
			found[v.String()] = true
		}
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			texts(v.Elem(), found)
		}
	case reflect.Struct:
		if v.Type().PkgPath() == "time" {
			return
		}
		for _, f := range v.Fields() {
			texts(f, found)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			texts(v.Index(i), found)
		}
	case reflect.Map:
		for iter := v.MapRange(); iter.Next(); {
			texts(iter.Key(), found)
			texts(iter.Value(), found)
		}
	default: // What is left holds no text.
	}
}

// seen remembers texts in which no spelling of a secret was found. Most texts are the same in
// every world.
var seen sync.Map // secret + text → bool

func leaks(text, secret string) bool {
	for line := range strings.Lines(text) {
		key := secret + line
		if _, ok := seen.Load(key); ok {
			continue
		}
		if testenv.Leaks(line, secret) {
			return true
		}
		if len(line) < 200 {
			seen.Store(key, true)
		}
	}
	return false
}
