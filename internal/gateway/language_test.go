package gateway

import "testing"

func TestNegotiate(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ own, accepted, want string }{
		"nothing":                        {want: "en"},
		"the connection's own":           {own: "fr", accepted: "en-CA", want: "fr"},
		"one that there is not":          {own: "de", accepted: "fr", want: "fr"},
		"the browser's":                  {accepted: "fr-CA, fr;q=0.9, en;q=0.8", want: "fr"},
		"the best, not the first":        {accepted: "en;q=0.3, fr;q=0.7", want: "fr"},
		"the first of two":               {accepted: "fr;q=0.7, en;q=0.7", want: "fr"},
		"one that is refused":            {accepted: "fr;q=0, de", want: "en"},
		"refused in full":                {accepted: "fr;q=0.000", want: "en"},
		"letters of any size":            {accepted: "FR-ca", want: "fr"},
		"others first":                   {accepted: "de-DE,de;q=0.9,fr;q=0.1,*;q=0.05", want: "fr"},
		"an invalid quality":             {accepted: "fr;q=much, en;q=0.1", want: "en"},
		"a quality that is not a number": {accepted: "fr;q=NaN, en;q=0.1", want: "en"},
		"a quality above all":            {accepted: "fr;q=7, en", want: "en"},
		"garbage":                        {accepted: ";;,q=,\x00", want: "en"},
		"a name that merely begins so":   {accepted: "frr", want: "en"},
	}
	for name, test := range tests {
		if got := negotiate(test.own, test.accepted); got != test.want {
			t.Errorf("%s: %s, not %s", name, got, test.want)
		}
	}
}
