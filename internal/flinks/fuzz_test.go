package flinks

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/flinks-operator/flinks-operator/internal/flinks/internal/guid"
	"github.com/flinks-operator/flinks-operator/internal/flinks/internal/opaque"
)

const fuzzLogin = "b0debb48-f9f1-46c6-80a4-08d7dd88d478"

// A value is taken whole or not at all, and never shows.
func FuzzParseLoginID(f *testing.F) {
	for _, seed := range []string{fuzzLogin, fuzzLogin + "\n", "\uFEFF" + fuzzLogin, " ", "", "x", strings.Repeat("a", 1025), "{" + fuzzLogin + "}", "\xff\xfe"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		id, err := ParseLoginID(raw)
		if (err == nil) == id.IsZero() {
			t.Fatalf("zero %t with error %v", id.IsZero(), err)
		}
		if err != nil {
			if !errors.Is(err, ErrEmpty) && !errors.Is(err, ErrTooLong) && !errors.Is(err, ErrNotGUID) {
				t.Fatalf("unknown error %T", err)
			}
			return
		}
		if !guid.Is(opaque.Reveal(id.Value)) || !strings.Contains(string(raw), opaque.Reveal(id.Value)) || len(id.Fingerprint("h", "c")) != 32 {
			t.Fatal("the value is no GUID of the input")
		}
		if strings.Contains(fmt.Sprintf("%v%+v%#v", id, []any{id}, struct{ x LoginID }{id}), opaque.Reveal(id.Value)) {
			t.Fatal("the value shows")
		}
	})
}
