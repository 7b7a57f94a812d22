package main

import "testing"

func TestExitCodes(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		want int
	}{
		"help":                  {[]string{"-h"}, 0},
		"an unknown flag":       {[]string{"--party"}, exitUsage},
		"a network that is not": {[]string{"--trusted-proxy-cidrs=x"}, exitUsage},
		"a level that is not":   {[]string{"--log-level=LOUD"}, exitUsage},
		"more than flags":       {[]string{"serve"}, exitUsage},
		"no operator":           {nil, 1},
	} {
		t.Run(name, func(t *testing.T) {
			if got := run(tc.args); got != tc.want {
				t.Errorf("%d, want %d", got, tc.want)
			}
		})
	}
}
