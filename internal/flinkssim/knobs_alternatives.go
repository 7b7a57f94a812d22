package flinkssim

import (
	"reflect"
	"strconv"
)

// Alternative is a value that a knob may have instead of its default, as Knobs.Set takes it.
type Alternative struct{ Knob, Value string }

// alternativeSpans are those of knobs that are numbers. Latencies are real time, and short.
var alternativeSpans = map[string]string{
	"authorizeTokenTTL": "30m", "throttleRetryAfter": "1m", "retentionDays": "0", "credentialDays": "0", "accountIdDays": "0",
	"processingDuration": "0s", "asyncDuration": "1m", "liveLatency": "20ms", "slowLatency": "20ms",
}

// Alternatives returns each knob with each value that is not its default, so that a client can be tried under
// each of them alone.
func Alternatives() []Alternative {
	var all []Alternative
	v := reflect.ValueOf(DefaultKnobs())
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("json")
		switch field := v.Field(i); {
		case choices[name] != nil:
			for _, value := range choices[name][1:] {
				all = append(all, Alternative{name, value})
			}
		case field.Kind() == reflect.Bool:
			all = append(all, Alternative{name, strconv.FormatBool(!field.Bool())})
		default:
			all = append(all, Alternative{name, alternativeSpans[name]})
		}
	}
	return all
}
