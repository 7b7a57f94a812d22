package fault

import (
	"encoding/json"
	"maps"
	"reflect"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

func init() {
	// mutate changes one field of a status past all rules, in every connection.
	kinds["mutate"] = func(i *Injected) {
		path, how := i.args()[0], i.args()[1]
		i.act = func(*world.Effect) error {
			i.w.LinksInDoubt = true // A status that was edited may not tell what a Secret holds.
			i.w.After(0, func() {
				for _, o := range i.w.Server.List(apiserver.BankConnection) {
					mutate(i.w, client.ObjectKeyFromObject(o), strings.Split(path, "."), how)
				}
			})
			return nil
		}
	}
	// secret spoils the login Secrets for a while.
	kinds["secret"] = func(i *Injected) {
		i.act = func(*world.Effect) error { i.w.After(0, func() { spoil(i.w, i.Arg) }); return nil }
	}
}

// Hows are the ways in which a field is mutated.
var Hows = []string{"gone", "empty", "past", "future", "odd"}

func mutate(w *world.World, key types.NamespacedName, path []string, how string) {
	w.Server.Mutate(apiserver.BankConnection, key, func(o client.Object) {
		c := o.(*v1alpha1.BankConnection)
		raw, err := json.Marshal(c.Status)
		if err != nil {
			panic(err)
		}
		var status map[string]any
		if err := json.Unmarshal(raw, &status); err != nil {
			panic(err)
		}
		change(status, path, func(old any) any { return mutated(old, how, w.Now()) })
		raw, _ = json.Marshal(status)
		changed := v1alpha1.BankConnectionStatus{}
		if json.Unmarshal(raw, &changed) == nil && !reflect.DeepEqual(c.Status, changed) {
			w.NoteMutation(key)
			c.Status = changed
		}
	})
}

func change(in map[string]any, path []string, f func(any) any) {
	if len(path) > 1 {
		if deeper, ok := in[path[0]].(map[string]any); ok {
			change(deeper, path[1:], f)
		}
		return
	}
	old, ok := in[path[0]]
	if !ok {
		return
	}
	if next := f(old); next == nil {
		delete(in, path[0])
	} else {
		in[path[0]] = next
	}
}

// mutated returns another value of the same type; nil for none.
func mutated(old any, how string, now time.Time) any {
	if how == "gone" {
		return nil
	}
	switch v := old.(type) {
	case string:
		return mutatedText(v, how, now)
	case float64:
		return map[string]any{"empty": 0.0, "past": 1.0, "future": v + 1, "odd": 1e6}[how]
	case bool:
		return !v
	case []any:
		return v[:0]
	}
	return map[string]any{}
}

func mutatedText(old, how string, now time.Time) any {
	if _, err := time.Parse(time.RFC3339, old); err == nil {
		return map[string]any{
			"empty": nil, "past": now.Add(-400 * 24 * time.Hour).UTC().Format(time.RFC3339),
			"future": now.Add(400 * 24 * time.Hour).UTC().Format(time.RFC3339), "odd": "1970-01-01T00:00:01Z",
		}[how]
	}
	return map[string]any{"empty": "", "past": "Failed", "future": "Succeeded", "odd": old + "x"}[how]
}

// Spoils are the ways in which a login Secret is spoilt.
var Spoils = []string{"missing", "empty", "newline", "bom", "key", "other", "garbage"}

// spoiledFor is how long a login Secret stays spoilt.
const spoiledFor = 10 * time.Minute

func spoil(w *world.World, how string) {
	spoilt := map[types.NamespacedName]bool{}
	// Where Secrets go first, one is not put back.
	w.Unclear = w.Unclear || how == "missing" && len(w.ContentsOrder) > 0
	for _, o := range w.Server.List(apiserver.BankConnection) {
		c := o.(*v1alpha1.BankConnection)
		name := types.NamespacedName{Namespace: c.Namespace, Name: c.Spec.LoginIDSecretRef.Name}
		if c.Status.Binding == nil || how == "other" {
			w.Unclear = true // It may be bound to another login, or to none.
		}
		if old := w.SecretData(name); old != nil && !spoilt[name] {
			spoilt[name] = true
			spoilOne(w, name, old, how)
		}
	}
}

// spoilOne spoils one Secret, and mends it after a while if nothing else has changed it.
func spoilOne(w *world.World, name types.NamespacedName, old map[string]string, how string) {
	if last, ok := w.Spoilt[name]; ok && maps.Equal(old, last.Left) {
		old = last.Whole // It is spoilt twice, and is mended at last.
	}
	if how == "missing" {
		w.StripFinalizers(apiserver.Secret, name)
		w.Lose(apiserver.Secret, name)
	} else {
		w.EditSecret(name, spoiltData(w, name, old, how))
	}
	left := w.SecretData(name)
	w.Spoilt[name] = world.Spoilt{Whole: old, Left: left}
	w.After(spoiledFor, func() {
		if maps.Equal(w.SecretData(name), left) {
			w.PutSecret(name, old)
		}
	})
}

// spoiltData returns what is in a spoilt Secret.
func spoiltData(w *world.World, name types.NamespacedName, old map[string]string, how string) map[string]string {
	key := v1alpha1.DefaultLoginIDKey
	switch how {
	case "empty":
		return map[string]string{key: ""}
	case "newline":
		return map[string]string{key: old[key] + "\r\n"}
	case "bom":
		return map[string]string{key: "\ufeff " + old[key]}
	case "key":
		return map[string]string{"loginID": old[key]}
	case "other":
		return map[string]string{key: w.Stranger(name)}
	case "garbage":
		return map[string]string{key: strings.Repeat("x", 900_000)}
	}
	panic("fault: there is no way to spoil a Secret " + how)
}
