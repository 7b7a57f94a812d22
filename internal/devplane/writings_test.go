package devplane

import (
	"encoding/base64"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLeaks(t *testing.T) {
	const id = "d3445a1b-0c2d-4e3f-8a5b-6c7d8e9f0a1b"
	login := []confidential{{"loginId", id}, {"apiKey", "another"}}
	for name, test := range map[string]struct {
		content string
		want    []string
	}{
		"absent":         {content: "login d344…"},
		"as it is":       {content: `{"login":"` + id + `"}`, want: []string{"loginId in it"}},
		"upper case":     {content: "D3445A1B-0C2D-4E3F-8A5B-6C7D8E9F0A1B", want: []string{"loginId in it"}},
		"without dashes": {content: "d3445a1b0c2d4e3f8a5b6c7d8e9f0a1b", want: []string{"loginId in it"}},
		"as in a Secret": {content: base64.StdEncoding.EncodeToString([]byte(id)), want: []string{"loginId in it"}},
		"two":            {content: id + " another", want: []string{"loginId in it", "apiKey in it"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, leaks(login, []place{{"it", []byte(test.content)}})); diff != "" {
				t.Errorf("leaks (-want +got):\n%s", diff)
			}
		})
	}
}
