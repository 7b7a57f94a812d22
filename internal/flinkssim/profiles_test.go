package flinkssim

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestProfiles: everything that has a kinder side is turned, everything else stays.
func TestProfiles(t *testing.T) {
	neither := []string{
		"reconnectEnabled", "jsRedirectIgnored", "accountsFilterIgnored", "webhookHeader", "swapCategoryAndType", "concurrencyLock",
		"processingDuration", "asyncDuration", "liveLatency", "slowLatency",
	}
	strict, kind := DefaultKnobs(), DefaultKnobs()
	kind.Kind()
	if kind.Validate() != nil {
		t.Error(kind.Validate())
	}
	for field := range reflect.TypeFor[Knobs]().Fields() {
		name := field.Tag.Get("json")
		same := reflect.ValueOf(strict).FieldByIndex(field.Index).Equal(reflect.ValueOf(kind).FieldByIndex(field.Index))
		if same != slices.Contains(neither, name) {
			t.Errorf("knob %s: the same in both profiles is %t", name, same)
		}
	}
	kind.LiveLatency, strict.LiveLatency = time.Second, time.Second
	if kind.Strict(); kind != strict {
		t.Errorf("got %+v after turning it back", kind)
	}
}

func TestKnobsAsText(t *testing.T) {
	k := DefaultKnobs()
	raw, err := json.Marshal(k)
	if err != nil {
		t.Fatal(err)
	}
	var back Knobs
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Fatal(err)
	}
	if back != k {
		t.Errorf("got %+v, want %+v", back, k)
	}
	if !strings.Contains(string(raw), `"authorizeTokenTTL":"15m0s"`) {
		t.Errorf("got %s", raw)
	}
}

func TestAProfileComesFirst(t *testing.T) {
	var k, want Knobs
	if err := json.Unmarshal([]byte(`{"authorizeTokenTTL":"1m","profile":"kind","throttleStatus":403}`), &k); err != nil {
		t.Fatal(err)
	}
	want.Kind()
	want.AuthorizeTokenTTL, want.ThrottleStatus = time.Minute, 403
	if k != want {
		t.Errorf("got %+v, want %+v", k, want)
	}
	if err := k.Set("profile", "strict"); err != nil || k.ThrottleStatus != 401 {
		t.Errorf("got %+v, %v", k, err)
	}
}

// TestAlternatives: each knob has one, which is possible and not what it is by default.
func TestAlternatives(t *testing.T) {
	left := map[string]bool{}
	for field := range reflect.TypeFor[Knobs]().Fields() {
		left[field.Tag.Get("json")] = true
	}
	for _, a := range Alternatives() {
		k := DefaultKnobs()
		if err := k.Set(a.Knob, a.Value); err != nil || k.Validate() != nil || k == DefaultKnobs() {
			t.Errorf("%s=%s: %v, %v", a.Knob, a.Value, err, k.Validate())
		}
		delete(left, a.Knob)
	}
	if len(left) > 0 {
		t.Errorf("no alternative for %v", left)
	}
}

func TestImpossibleKnobs(t *testing.T) {
	for _, tt := range []struct{ knob, value string }{
		{"authorizeTokenTTL", "0s"}, {"mfaToken", "none"}, {"invalidLoginStatus", "404"}, {"invalidRequestStatus", "500"},
		{"sessionExpiredStatus", "200"}, {"throttleStatus", "503"}, {"retryLaterStatus", "503"},
		{"securityResponseCode", "OK"}, {"maintenanceCode", "CLOSED"}, {"wrongPasswordCode", "NO"},
		{"requestIdAfterDetails", "maybe"}, {"setScheduledRefreshBody", "xml"}, {"deleteUnknown", "500"},
		{"deleteCardBody", "xml"}, {"webhookHeader", "Authorization"}, {"retentionDays", "-1"}, {"liveLatency", "-1s"},
		{"cardCredential", "none"}, {"resumeToken", "old"}, {"authorizeUnknown", "404"}, {"tagScope", "bank"},
		{"requestIdAfterReconnect", "maybe"}, {"idleOutReplay", "OK"},
	} {
		k := DefaultKnobs()
		if err := k.Set(tt.knob, tt.value); err != nil {
			t.Errorf("setting %s: %v", tt.knob, err)
		}
		if k.Validate() == nil {
			t.Errorf("%s=%s must be refused", tt.knob, tt.value)
		}
		s := New(Options{})
		if s.SetKnobs(func(now *Knobs) { *now = k }) == nil || s.Knobs() != DefaultKnobs() {
			t.Errorf("%s=%s must leave the knobs as they were", tt.knob, tt.value)
		}
	}
	k := DefaultKnobs()
	for _, tt := range []struct{ knob, value string }{{"nothing", "1"}, {"throttleStatus", "many"}, {"requireXApiKey", "perhaps"}, {"profile", "mean"}} {
		if k.Set(tt.knob, tt.value) == nil {
			t.Errorf("%s=%s must be refused", tt.knob, tt.value)
		}
	}
}
